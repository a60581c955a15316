extension KeyRecord {
    /// What is wrong with a record, in words.
    struct Fault: Error {
        let words: String
    }

    private static let members: Set<String> = ["id", "name", "created", "expires", "revoked", "sha256", "grants"]

    /// Reads a record; unknown members are refused, since they might narrow what the key may do.
    init(_ json: JSONValue) throws(Fault) {
        guard let object = json.object else { throw Fault(words: "it is not an object") }
        if let unknown = object.keys.sorted().first(where: { !Self.members.contains($0) }) {
            throw Fault(words: "'\(unknown)' is not a member of a key")
        }
        guard let id = object["id"]?.string, APIKey.isID(id) else {
            throw Fault(words: "id is not 16 hexadecimal digits")
        }
        guard let name = object["name"]?.string else { throw Fault(words: "name is not a text") }
        guard let hexadecimal = object["sha256"]?.string, let digest = Hexadecimal.decode(hexadecimal),
            digest.count == 32
        else { throw Fault(words: "sha256 is not 64 hexadecimal digits") }
        guard let created = try Self.time(object, "created") else { throw Fault(words: "created is missing") }
        guard let grantsJSON = object["grants"] else { throw Fault(words: "grants is missing") }
        let grants: [Grant]
        do {
            grants = try Grant.list(grantsJSON, member: "grants")
        } catch {
            throw Fault(words: error.description)
        }
        self.init(
            id: id, name: name, created: created, expires: try Self.time(object, "expires"),
            revoked: try Self.time(object, "revoked"), digest: digest, grants: grants)
    }

    private static func time(_ object: [String: JSONValue], _ member: String) throws(Fault) -> UInt64? {
        guard let value = object[member], value != .null else { return nil }
        guard let text = value.string, let time = Timestamp.milliseconds(text) else {
            throw Fault(words: "\(member) is not a time such as 2026-01-31T12:00:00Z")
        }
        return time
    }

    /// The record as one line of JSON.
    var json: String {
        var members = [
            "\"id\": \(JSONText.string(id))", "\"name\": \(JSONText.string(name))",
            "\"created\": \(JSONText.string(Timestamp.text(created)))",
        ]
        if let expires { members.append("\"expires\": \(JSONText.string(Timestamp.text(expires)))") }
        if let revoked { members.append("\"revoked\": \(JSONText.string(Timestamp.text(revoked)))") }
        members.append("\"sha256\": \(JSONText.string(Hexadecimal.encode(digest)))")
        members.append("\"grants\": [\(grants.map(\.json).joined(separator: ", "))]")
        return "{\(members.joined(separator: ", "))}"
    }
}
