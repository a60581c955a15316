public import CSQLite

/// A value of the current row, looked up once: ``Statement/value(at:)``.
///
/// A connection is used by one thread at a time, and the library knows that, so that its values are protected:
/// <https://www.sqlite.org/c3ref/value.html>.
@safe
public struct ColumnValue: ~Escapable {
    @usableFromInline let value: OpaquePointer?

    @inlinable
    @_lifetime(borrow statement)
    init(of statement: borrowing Statement, at index: Int) {
        unsafe value = unsafe sqlite3_column_value(statement.handle, Int32(truncatingIfNeeded: index))
    }

    /// Its type as it is stored.
    @inlinable
    public var type: ColumnType { ColumnType(rawValue: unsafe sqlite3_value_type(value)) ?? .null }

    /// An integer.
    @inlinable
    public var int64: Int64 { unsafe sqlite3_value_int64(value) }

    /// A real.
    @inlinable
    public var double: Double { unsafe sqlite3_value_double(value) }

    /// A text's bytes exactly as stored, valid UTF-8 or not, NULs included.
    @inlinable
    public var text: Span<UInt8> {
        @_lifetime(copy self)
        get {
            // The pointer comes first: asking for it may convert, and the count is the converted one's.
            let pointer = unsafe sqlite3_value_text(value)
            let count = unsafe pointer == nil ? 0 : Int(sqlite3_value_bytes(value))
            let span = unsafe Span<UInt8>(_unsafeElements: UnsafeBufferPointer(start: pointer, count: count))
            return unsafe _overrideLifetime(span, copying: self)
        }
    }

    /// A blob's bytes.
    @inlinable
    public var blob: Span<UInt8> {
        @_lifetime(copy self)
        get {
            let pointer = unsafe sqlite3_value_blob(value)?.assumingMemoryBound(to: UInt8.self)
            let count = unsafe pointer == nil ? 0 : Int(sqlite3_value_bytes(value))
            let span = unsafe Span<UInt8>(_unsafeElements: UnsafeBufferPointer(start: pointer, count: count))
            return unsafe _overrideLifetime(span, copying: self)
        }
    }
}

extension Statement {
    /// A column of the current row; see ``ColumnValue``. Valid until the next ``step()`` or ``reset()``.
    /// <https://www.sqlite.org/c3ref/column_blob.html>
    @inlinable
    @_lifetime(borrow self)
    public func value(at index: Int) -> ColumnValue { ColumnValue(of: self, at: index) }
}
