import DoSQLEngine
import DoSQLProtocol
import FoundationEssentials

/// How much of its feeds a tenant keeps, if it is not what the server keeps of all (`protocol/administration.md`,
/// retention).
///
/// It lies beside the database, in `retention.json`, and not in it: a restore replaces what a tenant has stored, not what
/// its operator has decided.
package struct RetentionSettings: Codable, Equatable, Sendable {
    static let fileName = "retention.json"

    /// The bounds of one feed; nil: none.
    package struct Bounds: Codable, Equatable, Sendable {
        package var rows: Int?
        package var seconds: Int?

        package init(rows: Int? = nil, seconds: Int? = nil) {
            self.rows = rows
            self.seconds = seconds
        }

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(rows, forKey: .rows)
            try container.encode(seconds, forKey: .seconds)
        }
    }

    /// Of the messages; nil: as the server is configured.
    package var messages: Bounds?
    /// Of the events; nil: as the server is configured.
    package var events: Bounds?

    package init(messages: Bounds? = nil, events: Bounds? = nil) {
        self.messages = messages
        self.events = events
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(messages, forKey: .messages)
        try container.encode(events, forKey: .events)
    }

    /// What a bound may be: a count that every reader of JSON holds exactly.
    private static let range = 1...9_007_199_254_740_991

    /// Every rule they break, each as a sentence.
    var faults: [String] {
        var faults: [String] = []
        for (feed, bounds) in [("messages", messages), ("events", events)] {
            for (what, bound) in [("rows", bounds?.rows), ("seconds", bounds?.seconds)] {
                guard let bound, !Self.range.contains(bound) else { continue }
                faults.append(
                    "\(what) of \(feed) are \(Self.range.lowerBound) to \(Self.range.upperBound), not \(bound)")
            }
        }
        return faults
    }

    /// What is kept of each feed that is bounded. `configured`: what the server keeps of all tenants.
    func kept(else configured: [Feed: FeedRetention]) -> [Feed: FeedRetention] {
        var kept = configured
        for (feed, bounds) in [(Feed.messages, messages), (.events, events)] {
            guard let bounds else { continue }
            let retention = FeedRetention(rowsMax: bounds.rows, secondsMax: bounds.seconds)
            kept[feed] = retention.isBounded ? retention : nil
        }
        return kept
    }

    /// Those of a tenant's folder; without a file there are none.
    static func read(from folder: String) throws(Failure) -> RetentionSettings {
        let path = "\(folder)/\(fileName)"
        guard FileSystem.facts(of: path) != nil else { return RetentionSettings() }
        guard let data = FileManager.default.contents(atPath: path),
            let settings = try? JSONDecoder().decode(RetentionSettings.self, from: data)
        else { throw Failure(.tenantUnavailable, "\(path) cannot be read") }
        return settings
    }

    /// Writes them, by way of a file in `temporary`, so that they are there whole or not at all.
    func write(to folder: String, by temporary: String) throws(Failure) {
        let bytes: [UInt8]
        do {
            bytes = Array(try JSONEncoder().encode(self))
        } catch {
            throw Failure(.internal, "settings cannot be written: \(error)")
        }
        do throws(FileSystem.Failure) {
            let file = try WorkingFile(creating: temporary)
            try file.write(bytes)
            try file.sync()
            try FileSystem.rename(temporary, to: "\(folder)/\(Self.fileName)")
            try FileSystem.syncDirectory(folder)
        } catch {
            throw Failure(error)
        }
    }
}
