public import CSQLite

/// The current row and its description; columns are numbered from 0.
///
/// Spans borrow SQLite's memory: they are valid until the next ``step()`` or ``reset()`` of this statement. A class
/// cannot let the compiler check that, so: read a column, use its bytes, then step.
/// <https://www.sqlite.org/c3ref/column_blob.html>
extension Statement {
    /// The columns of the result; 0 if there is none.
    @inlinable
    public var columnCount: Int { unsafe Int(sqlite3_column_count(handle)) }

    /// The type of a value as it is stored; asked before the value, as reading a text may convert it.
    @inlinable
    public func columnType(_ index: Int) -> ColumnType {
        ColumnType(rawValue: unsafe sqlite3_column_type(handle, Int32(truncatingIfNeeded: index))) ?? .null
    }

    /// An integer value.
    @inlinable
    public func int64(at index: Int) -> Int64 {
        unsafe sqlite3_column_int64(handle, Int32(truncatingIfNeeded: index))
    }

    /// A real value.
    @inlinable
    public func double(at index: Int) -> Double {
        unsafe sqlite3_column_double(handle, Int32(truncatingIfNeeded: index))
    }

    /// A text value's bytes exactly as stored, valid UTF-8 or not, NULs included.
    @inlinable
    @_lifetime(borrow self)
    public func text(at index: Int) -> Span<UInt8> {
        let column = Int32(truncatingIfNeeded: index)
        // The pointer comes first: asking for it may convert, and the count is the converted one's.
        let pointer = unsafe sqlite3_column_text(handle, column)
        let count = unsafe Int(sqlite3_column_bytes(handle, column))
        let span = unsafe Span<UInt8>(
            _unsafeElements: UnsafeBufferPointer(start: pointer, count: pointer == nil ? 0 : count))
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// A blob value's bytes. (Of a text in a UTF-16 database, the UTF-16: use ``text(at:)`` for texts.)
    @inlinable
    @_lifetime(borrow self)
    public func blob(at index: Int) -> Span<UInt8> {
        let column = Int32(truncatingIfNeeded: index)
        let pointer = unsafe sqlite3_column_blob(handle, column)
        let count = unsafe Int(sqlite3_column_bytes(handle, column))
        let span = unsafe Span<UInt8>(
            _unsafeElements: UnsafeBufferPointer(
                start: pointer?.assumingMemoryBound(to: UInt8.self), count: pointer == nil ? 0 : count))
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// A value as a string, repaired if it is not UTF-8: for messages and the server's own tables.
    public func string(at index: Int) -> String {
        let bytes = text(at: index)
        return unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// A column's name: <https://www.sqlite.org/c3ref/column_name.html>.
    public func columnName(_ index: Int) -> String {
        unsafe sqlite3_column_name(handle, Int32(clamping: index)).map { unsafe String(cString: $0) } ?? ""
    }

    /// A column's name as bytes, valid until the statement is prepared again or goes.
    @_lifetime(borrow self)
    public func columnNameBytes(_ index: Int) -> Span<UInt8> {
        let pointer = unsafe sqlite3_column_name(handle, Int32(clamping: index))
        let span = unsafe Self.bytes(pointer)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// The type a column was declared with, if it is a table's: <https://www.sqlite.org/c3ref/column_decltype.html>.
    public func declaredType(_ index: Int) -> String? {
        unsafe sqlite3_column_decltype(handle, Int32(clamping: index)).map { unsafe String(cString: $0) }
    }

    /// The table a column comes from, if it is a table's: <https://www.sqlite.org/c3ref/column_database_name.html>.
    public func originTable(_ index: Int) -> String? {
        unsafe sqlite3_column_table_name(handle, Int32(clamping: index)).map { unsafe String(cString: $0) }
    }

    /// The name a column has in its table.
    public func originColumn(_ index: Int) -> String? {
        unsafe sqlite3_column_origin_name(handle, Int32(clamping: index)).map { unsafe String(cString: $0) }
    }

    @_lifetime(immortal)
    private static func bytes(_ string: UnsafePointer<CChar>?) -> Span<UInt8> {
        var count = 0
        if let string = unsafe string { while unsafe string[count] != 0 { count += 1 } }
        let start = unsafe UnsafeRawPointer(string)?.assumingMemoryBound(to: UInt8.self)
        let span = unsafe Span<UInt8>(_unsafeElements: UnsafeBufferPointer(start: start, count: count))
        return unsafe _overrideLifetime(span, copying: ())
    }
}
