public import DoSQLProtocol

/// `{"migrations": [{"id", "sql"}, …], "dryRun"?}`: the JSON of MIGRATE (`protocol/json.md`, requests).
public enum MigrateRequest {
    /// Appends the message's body, without a frame's header; if that fails, nothing.
    public static func encode(_ json: Span<UInt8>, into writer: inout ByteWriter) throws(JSONFault) {
        var migrations = Member()
        var dryRun = Member()
        var reader = JSONReader(json)
        try reader.beginRequestObject()
        while let name = try reader.nextMember() {
            if name.means("migrations") {
                try migrations.take("migrations", from: &reader)
            } else if name.means("dryRun") {
                try dryRun.take("dryRun", from: &reader)
            } else {
                try reader.skipValue()
            }
        }
        try reader.expectEnd()
        let start = writer.count
        do throws(JSONFault) {
            writer.writeU8(try reader.bool("dryRun", dryRun) ? 1 : 0)
            try encodeList(try reader.array("migrations", migrations), into: &writer)
        } catch {
            writer.truncate(to: start)
            throw error
        }
    }

    private static func encodeList(_ list: JSONReader, into writer: inout ByteWriter) throws(JSONFault) {
        var reader = list
        let position = writer.beginCount()
        var count = 0
        while try reader.nextElement() {
            do throws(JSONFault) {
                try encodeMigration(&reader, into: &writer)
            } catch {
                throw error.inside("migrations[\(count)]")
            }
            count += 1
        }
        writer.endCount(at: position, count)
    }

    @_lifetime(reader: copy reader)
    private static func encodeMigration(
        _ reader: inout JSONReader, into writer: inout ByteWriter
    ) throws(JSONFault) {
        var id = Member()
        var sql = Member()
        try reader.beginRequestObject()
        while let name = try reader.nextMember() {
            if name.means("id") {
                try id.take("id", from: &reader)
            } else if name.means("sql") {
                try sql.take("sql", from: &reader)
            } else {
                try reader.skipValue()
            }
        }
        writer.writeText(try reader.messageText("id", id))
        writer.writeText(try reader.messageText("sql", sql))
    }
}
