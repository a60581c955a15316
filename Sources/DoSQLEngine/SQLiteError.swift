internal import CSQLite

/// What SQLite refused to do, in its own words.
///
/// <https://www.sqlite.org/c3ref/errcode.html>
public struct SQLiteError: Error, Sendable, Hashable {
    /// The extended result code.
    public let code: ResultCode
    /// SQLite's message, verbatim.
    public let message: String
    /// Where in the SQL text the fault lies, in bytes, if SQLite knows.
    public let offset: Int?

    /// The bound of this engine that was met, if it was one.
    public var bound: Bound?

    /// Why the system took nothing of a statement's write, if that was it.
    public var refusal: WriteRefusal?

    /// What the engine bounds by means of SQLite, in bytes.
    public enum Bound: Sendable, Hashable {
        /// The file's size: ``Connection/setDatabaseBytesMax(_:)``.
        case database(bytes: Int)
        /// What a statement takes: ``Budget/memoryMax``.
        case statement(bytes: Int)
        /// What the process takes: ``SQLiteLibrary/setHeapBytesMax(_:)``; 0: what the system has.
        case heap(bytes: Int)
    }

    /// Takes the three parts as SQLite gave them.
    public init(code: ResultCode, message: String, offset: Int? = nil) {
        self.code = code
        self.message = message
        self.offset = offset
    }
}

extension SQLiteError: CustomStringConvertible {
    /// The message followed by the code.
    public var description: String { "\(message) [\(code)]" }
}

extension SQLiteError {
    /// Reads the error of the last call on `database`: it must be asked for before the next call, which overwrites it.
    init(code: Int32, on database: OpaquePointer) {
        let extended = unsafe sqlite3_extended_errcode(database)
        // Some calls (a bind out of range on a fresh connection) return a code without leaving it on the connection.
        let isLast = extended & 0xff == code & 0xff
        let text = unsafe isLast ? sqlite3_errmsg(database) : sqlite3_errstr(code)
        let offset = unsafe isLast ? sqlite3_error_offset(database) : -1
        self.init(
            code: ResultCode(rawValue: isLast ? extended : code),
            message: unsafe text.map { unsafe String(cString: $0) } ?? "unknown error",
            offset: offset < 0 ? nil : Int(offset))
        if self.code.isOutOfMemory {
            bound =
                StatementHeap.boundWasMet
                ? .statement(bytes: StatementHeap.boundBytes) : .heap(bytes: SQLiteLibrary.heapBytesMax)
        }
    }
}
