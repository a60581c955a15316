public import DoSQLProtocol

/// The JSON of BEGIN, COMMIT and savepoints (`protocol/json.md`, requests).
public enum TransactionRequest {
    /// Appends the body of a BEGIN from `{"mode"?, "wait"?, "idle"?, "total"?}`; if that fails, nothing. No bytes at all
    /// are as good as `{}`.
    public static func encodeBegin(_ json: Span<UInt8>, into writer: inout ByteWriter) throws(JSONFault) {
        if json.isEmpty { return writer.writeU8(Begin.Mode.write.rawValue) }
        var mode = Member()
        var wait = Member()
        var idle = Member()
        var total = Member()
        var reader = JSONReader(json)
        try reader.beginRequestObject()
        while let name = try reader.nextMember() {
            if name.means("mode") {
                try mode.take("mode", from: &reader)
            } else if name.means("wait") {
                try wait.take("wait", from: &reader)
            } else if name.means("idle") {
                try idle.take("idle", from: &reader)
            } else if name.means("total") {
                try total.take("total", from: &reader)
            } else {
                try reader.skipValue()
            }
        }
        try reader.expectEnd()
        let begin = try reader.choice("mode", mode, else: ModeWord.write)
        let milliseconds = (
            try reader.count("wait", wait), try reader.count("idle", idle), try reader.count("total", total)
        )
        writer.writeU8(begin.byte.rawValue)
        if let wait = milliseconds.0 { writer.writeOption(0x01, varint: wait) }
        if let idle = milliseconds.1 { writer.writeOption(0x02, varint: idle) }
        if let total = milliseconds.2 { writer.writeOption(0x03, varint: total) }
    }

    /// Appends the body of a COMMIT, which has no JSON.
    public static func encodeCommit(
        options: RequestOptions = RequestOptions(), into writer: inout ByteWriter
    ) throws(JSONFault) {
        try writer.writeOption(idempotencyKey: options.idempotencyKey)
    }

    /// Appends the body of a SAVEPOINT, RELEASE or ROLLBACK_TO from `{"name"}`; if that fails, nothing.
    public static func encodeSavepoint(_ json: Span<UInt8>, into writer: inout ByteWriter) throws(JSONFault) {
        var savepoint = Member()
        var reader = JSONReader(json)
        try reader.beginRequestObject()
        while let name = try reader.nextMember() {
            if name.means("name") {
                try savepoint.take("name", from: &reader)
            } else {
                try reader.skipValue()
            }
        }
        try reader.expectEnd()
        let name = try reader.messageText("name", savepoint)
        guard name.count >= 1, name.count <= Limits.savepointNameMax else {
            throw JSONFault("a savepoint's name has 1 to \(Limits.savepointNameMax) bytes", path: "name")
        }
        writer.writeText(name)
    }
}

private enum ModeWord: String, CaseIterable {
    case read, write

    var byte: Begin.Mode {
        switch self {
        case .read: .read
        case .write: .write
        }
    }
}
