internal import CSQLite

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

extension Connection {
    /// A file of a database that is written to.
    public enum DurableFile: Sendable {
        /// The write-ahead log: transactions write to it.
        case log
        /// The database file: checkpoints write to it.
        case database
    }

    /// Why the system took nothing of the write that has just failed; nil if it was no write, or another failure.
    ///
    /// `sqlite3_system_errno` does not know of a COMMIT, so the file is asked:
    /// <https://www.sqlite.org/c3ref/c_fcntl_begin_atomic_write.html#sqlitefcntllasterrno>.
    /// - Parameters:
    ///   - code: what SQLite said.
    ///   - file: the one that it wrote to.
    public func refusal(of code: ResultCode, in file: DurableFile) -> WriteRefusal? {
        state.refusal(of: code, in: file)
    }
}

extension ConnectionState {
    func refusal(of code: ResultCode, in file: Connection.DurableFile) -> WriteRefusal? {
        guard code == .ioErrorWrite || code == .ioErrorTruncate else { return nil }
        let operation = file == .log ? SQLITE_FCNTL_JOURNAL_POINTER : SQLITE_FCNTL_FILE_POINTER
        var handle: UnsafeMutablePointer<sqlite3_file>?
        guard unsafe sqlite3_file_control(database, "main", operation, &handle) == SQLITE_OK,
            let handle = unsafe handle, let methods = unsafe handle.pointee.pMethods
        else { return nil }
        var number: Int32 = 0
        guard unsafe methods.pointee.xFileControl?(handle, SQLITE_FCNTL_LAST_ERRNO, &number) == SQLITE_OK else {
            return nil
        }
        return switch number {
        case EROFS: .readOnly
        case EDQUOT: .quota
        default: nil
        }
    }
}
