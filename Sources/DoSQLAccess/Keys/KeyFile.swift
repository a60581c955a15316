/// A file of API keys (`protocol/authentication.md`, API keys): a JSON text with a record a line. Whoever reads it learns
/// no key.
public struct KeyFile: Sendable, Hashable {
    /// The records, in the order of the file; no id twice.
    public private(set) var records: [KeyRecord]

    /// A file without keys.
    public init() {
        records = []
    }

    /// Reads a file. It must not be open to every user of the machine: whoever can write it lets himself in.
    public init(path: String) throws(TokenFileError) {
        let file = try FileContents(path: path, .hidden)
        try self.init(file.bytes, path: path)
    }

    /// Reads a text; the path is for errors.
    init(_ bytes: [UInt8], path: String) throws(TokenFileError) {
        let json: JSONValue
        do {
            json = try JSONParser.parse(bytes)
        } catch {
            throw TokenFileError(path: path, .syntax("JSON: expected \(error.description)"))
        }
        guard let object = json.object, Set(object.keys) == ["version", "keys"], let list = object["keys"]?.array else {
            throw TokenFileError(path: path, .syntax("not a file of API keys: {\"version\": 1, \"keys\": […]}"))
        }
        guard object["version"] == .number(1) else {
            throw TokenFileError(path: path, .syntax("its version is not 1: it is for another release"))
        }
        records = []
        var ids: Set<String> = []
        for (index, element) in list.enumerated() {
            let record: KeyRecord
            do {
                record = try KeyRecord(element)
            } catch {
                throw TokenFileError(path: path, .record(index + 1, error.words))
            }
            guard ids.insert(record.id).inserted else {
                throw TokenFileError(path: path, .record(index + 1, "its id is another key's too"))
            }
            records.append(record)
        }
    }

    /// Adds a record.
    public mutating func add(_ record: KeyRecord) {
        records.append(record)
    }

    /// Marks a key as revoked.
    /// - Returns: whether there is a key of this id. One that was revoked before stays as it is.
    public mutating func revoke(id: String, at now: UInt64) -> Bool {
        guard let index = records.firstIndex(where: { $0.id == id }) else { return false }
        if records[index].revoked == nil { records[index].revoked = now / 1000 * 1000 }
        return true
    }

    /// The file's text, which ``init(path:)`` reads.
    public var text: String {
        let lines = records.map { "    \($0.json)" }.joined(separator: ",\n")
        return "{\n  \"version\": 1,\n  \"keys\": [\(lines.isEmpty ? "" : "\n\(lines)\n  ")]\n}\n"
    }
}
