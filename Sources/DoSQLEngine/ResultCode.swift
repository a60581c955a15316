/// One of SQLite's result codes, extended: the low byte is the kind, the rest says more.
///
/// <https://www.sqlite.org/rescode.html>
public struct ResultCode: RawRepresentable, Sendable, Hashable {
    /// SQLite's number.
    public let rawValue: Int32

    /// Takes any number SQLite returned.
    @inlinable
    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// The kind without its detail: `SQLITE_CONSTRAINT` for `SQLITE_CONSTRAINT_UNIQUE`.
    @inlinable
    public var primary: ResultCode { ResultCode(rawValue: rawValue & 0xff) }

    /// Whether memory was refused, to SQLite itself or to its VFS.
    public var isOutOfMemory: Bool { primary == .noMemory || self == .ioErrorNoMemory }
}

extension ResultCode {
    /// `SQLITE_OK`.
    public static let ok = ResultCode(rawValue: 0)
    /// `SQLITE_ERROR`.
    public static let error = ResultCode(rawValue: 1)
    /// `SQLITE_INTERNAL`.
    public static let `internal` = ResultCode(rawValue: 2)
    /// `SQLITE_PERM`.
    public static let permission = ResultCode(rawValue: 3)
    /// `SQLITE_ABORT`.
    public static let abort = ResultCode(rawValue: 4)
    /// `SQLITE_BUSY`.
    public static let busy = ResultCode(rawValue: 5)
    /// `SQLITE_LOCKED`.
    public static let locked = ResultCode(rawValue: 6)
    /// `SQLITE_NOMEM`.
    public static let noMemory = ResultCode(rawValue: 7)
    /// `SQLITE_READONLY`.
    public static let readOnly = ResultCode(rawValue: 8)
    /// `SQLITE_INTERRUPT`.
    public static let interrupt = ResultCode(rawValue: 9)
    /// `SQLITE_IOERR`.
    public static let ioError = ResultCode(rawValue: 10)
    /// `SQLITE_CORRUPT`.
    public static let corrupt = ResultCode(rawValue: 11)
    /// `SQLITE_NOTFOUND`.
    public static let notFound = ResultCode(rawValue: 12)
    /// `SQLITE_FULL`.
    public static let full = ResultCode(rawValue: 13)
    /// `SQLITE_CANTOPEN`.
    public static let cannotOpen = ResultCode(rawValue: 14)
    /// `SQLITE_PROTOCOL`.
    public static let `protocol` = ResultCode(rawValue: 15)
    /// `SQLITE_SCHEMA`.
    public static let schema = ResultCode(rawValue: 17)
    /// `SQLITE_TOOBIG`.
    public static let tooBig = ResultCode(rawValue: 18)
    /// `SQLITE_CONSTRAINT`.
    public static let constraint = ResultCode(rawValue: 19)
    /// `SQLITE_MISMATCH`.
    public static let mismatch = ResultCode(rawValue: 20)
    /// `SQLITE_MISUSE`.
    public static let misuse = ResultCode(rawValue: 21)
    /// `SQLITE_NOLFS`.
    public static let noLargeFileSupport = ResultCode(rawValue: 22)
    /// `SQLITE_AUTH`.
    public static let authorization = ResultCode(rawValue: 23)
    /// `SQLITE_RANGE`.
    public static let range = ResultCode(rawValue: 25)
    /// `SQLITE_NOTADB`.
    public static let notADatabase = ResultCode(rawValue: 26)
    /// `SQLITE_ROW`.
    public static let row = ResultCode(rawValue: 100)
    /// `SQLITE_DONE`.
    public static let done = ResultCode(rawValue: 101)

    /// `SQLITE_ABORT_ROLLBACK`.
    public static let abortRollback = ResultCode(rawValue: 4 | 2 << 8)
    /// `SQLITE_BUSY_RECOVERY`.
    public static let busyRecovery = ResultCode(rawValue: 5 | 1 << 8)
    /// `SQLITE_BUSY_SNAPSHOT`.
    public static let busySnapshot = ResultCode(rawValue: 5 | 2 << 8)
    /// `SQLITE_READONLY_DBMOVED`.
    public static let readOnlyDatabaseMoved = ResultCode(rawValue: 8 | 4 << 8)
    /// `SQLITE_IOERR_READ`.
    public static let ioErrorRead = ResultCode(rawValue: 10 | 1 << 8)
    /// `SQLITE_IOERR_SHORT_READ`.
    public static let ioErrorShortRead = ResultCode(rawValue: 10 | 2 << 8)
    /// `SQLITE_IOERR_WRITE`.
    public static let ioErrorWrite = ResultCode(rawValue: 10 | 3 << 8)
    /// `SQLITE_IOERR_FSYNC`.
    public static let ioErrorSync = ResultCode(rawValue: 10 | 4 << 8)
    /// `SQLITE_IOERR_DIR_FSYNC`.
    public static let ioErrorDirectorySync = ResultCode(rawValue: 10 | 5 << 8)
    /// `SQLITE_IOERR_TRUNCATE`.
    public static let ioErrorTruncate = ResultCode(rawValue: 10 | 6 << 8)
    /// `SQLITE_IOERR_NOMEM`.
    public static let ioErrorNoMemory = ResultCode(rawValue: 10 | 12 << 8)
    /// `SQLITE_CONSTRAINT_CHECK`.
    public static let constraintCheck = ResultCode(rawValue: 19 | 1 << 8)
    /// `SQLITE_CONSTRAINT_COMMITHOOK`.
    public static let constraintCommitHook = ResultCode(rawValue: 19 | 2 << 8)
    /// `SQLITE_CONSTRAINT_FOREIGNKEY`.
    public static let constraintForeignKey = ResultCode(rawValue: 19 | 3 << 8)
    /// `SQLITE_CONSTRAINT_FUNCTION`.
    public static let constraintFunction = ResultCode(rawValue: 19 | 4 << 8)
    /// `SQLITE_CONSTRAINT_NOTNULL`.
    public static let constraintNotNull = ResultCode(rawValue: 19 | 5 << 8)
    /// `SQLITE_CONSTRAINT_PRIMARYKEY`.
    public static let constraintPrimaryKey = ResultCode(rawValue: 19 | 6 << 8)
    /// `SQLITE_CONSTRAINT_TRIGGER`.
    public static let constraintTrigger = ResultCode(rawValue: 19 | 7 << 8)
    /// `SQLITE_CONSTRAINT_UNIQUE`.
    public static let constraintUnique = ResultCode(rawValue: 19 | 8 << 8)
    /// `SQLITE_CONSTRAINT_VTAB`.
    public static let constraintVirtualTable = ResultCode(rawValue: 19 | 9 << 8)
    /// `SQLITE_CONSTRAINT_ROWID`.
    public static let constraintRowID = ResultCode(rawValue: 19 | 10 << 8)
    /// `SQLITE_CONSTRAINT_PINNED`.
    public static let constraintPinned = ResultCode(rawValue: 19 | 11 << 8)
    /// `SQLITE_CONSTRAINT_DATATYPE`.
    public static let constraintDataType = ResultCode(rawValue: 19 | 12 << 8)
}

extension ResultCode: CustomStringConvertible {
    /// `SQLITE_CONSTRAINT (2067)`: the name of the kind and the extended number.
    public var description: String {
        let names = [
            "OK", "ERROR", "INTERNAL", "PERM", "ABORT", "BUSY", "LOCKED", "NOMEM", "READONLY", "INTERRUPT", "IOERR",
            "CORRUPT", "NOTFOUND", "FULL", "CANTOPEN", "PROTOCOL", "EMPTY", "SCHEMA", "TOOBIG", "CONSTRAINT",
            "MISMATCH", "MISUSE", "NOLFS", "AUTH", "FORMAT", "RANGE", "NOTADB",
        ]
        let kind = Int(primary.rawValue)
        return "SQLITE_\(kind < names.count ? names[kind] : "UNKNOWN") (\(rawValue))"
    }
}
