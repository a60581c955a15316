import DoSQLEngine
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A database file in a directory of its own, which goes with it.
final class TemporaryDatabase {
    let directory: String
    var path: String { directory + "/tenant.db" }

    init() {
        var template = Array("/tmp/dosql-engine-XXXXXX".utf8CString)
        directory = unsafe template.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress, let made = unsafe mkdtemp(start) else { return "/nowhere" }
            return unsafe String(cString: made)
        }
    }

    deinit {
        for suffix in ["", "-wal", "-shm", "-journal"] { _ = unsafe unlink(path + suffix) }
        _ = unsafe rmdir(directory)
    }

    func exists(_ suffix: String) -> Bool { unsafe access(path + suffix, F_OK) == 0 }

    var writerOptions: OpenOptions {
        var options = OpenOptions(path: path, role: .writer)
        // Nobody pulls the plug on a test.
        options.synchronous = .off
        return options
    }

    func writer(_ sql: String = "") throws -> Connection {
        let connection = try Connection(writerOptions)
        if !sql.isEmpty { try connection.execute(trusted: sql) }
        return connection
    }

    func reader() throws -> Connection {
        try Connection(OpenOptions(path: path, role: .reader))
    }
}

/// A value as the tests compare it.
enum Cell: Equatable, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByNilLiteral {
    case null
    case integer(Int64)
    case real(UInt64)
    case text([UInt8])
    case blob([UInt8])

    init(integerLiteral value: Int64) { self = .integer(value) }
    init(stringLiteral value: String) { self = .text(Array(value.utf8)) }
    init(nilLiteral: ()) { self = .null }
    /// Bit for bit, so that -0.0 is not 0.0.
    static func real(_ value: Double) -> Cell { .real(value.bitPattern) }
}

func array(_ span: Span<UInt8>) -> [UInt8] {
    span.indices.map { span[$0] }
}

extension Statement {
    func cell(_ index: Int) -> Cell {
        switch columnType(index) {
        case .null: .null
        case .integer: .integer(int64(at: index))
        case .real: .real(double(at: index))
        case .text: .text(array(text(at: index)))
        case .blob: .blob(array(blob(at: index)))
        }
    }

    func rows() throws(SQLiteError) -> [[Cell]] {
        var rows: [[Cell]] = []
        while try step() { rows.append((0..<columnCount).map { cell($0) }) }
        return rows
    }
}

extension Connection {
    /// Runs one statement as a client would.
    @discardableResult
    func rows(_ sql: String) throws -> [[Cell]] {
        try prepare(sql).rows()
    }

    /// Why the sandbox refuses a text; nil if it does not.
    func denial(_ sql: String) -> Denial? {
        do throws(PrepareError) {
            _ = try prepare(sql)
            return nil
        } catch {
            if case .denied(let denial) = error { return denial }
            Issue.record("\(sql): \(error)")
            return nil
        }
    }

    /// Runs one statement that must fail in SQLite.
    func failure(_ sql: String) -> SQLiteError? {
        do {
            try rows(sql)
            return nil
        } catch let error as SQLiteError {
            return error
        } catch PrepareError.sqlite(let error) {
            return error
        } catch {
            Issue.record("\(sql): \(error)")
            return nil
        }
    }
}

/// `#require` of a value whose expression borrows a connection, which the macro cannot take apart.
func unwrap<Value>(_ value: Value?) throws -> Value {
    try #require(value)
}
