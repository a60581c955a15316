public import CSQLite

/// Parameters, numbered from 1 as SQLite numbers them. Bytes are copied: a borrowed span ends before the step does.
///
/// <https://www.sqlite.org/c3ref/bind_blob.html>
extension Statement {
    /// The highest parameter number: <https://www.sqlite.org/c3ref/bind_parameter_count.html>.
    @inlinable
    public var parameterCount: Int { unsafe Int(sqlite3_bind_parameter_count(handle)) }

    /// The number of the parameter with this name, its sign (`:`, `@` or `$`) included; nil if there is none.
    public func parameterIndex(named name: Span<UInt8>) -> Int? {
        let index = unsafe withUnsafeTemporaryAllocation(byteCount: name.count + 1, alignment: 1) { buffer in
            for position in name.indices {
                // A name with a NUL in it is the name of nothing, and not of what stands before the NUL.
                guard name[position] != 0 else { return Int32(0) }
                unsafe buffer[position] = name[position]
            }
            unsafe buffer[name.count] = 0
            return unsafe sqlite3_bind_parameter_index(handle, buffer.baseAddress?.assumingMemoryBound(to: CChar.self))
        }
        return index == 0 ? nil : Int(index)
    }

    /// The name of parameter `index`, its sign included; nil if it has none.
    public func parameterName(_ index: Int) -> String? {
        unsafe sqlite3_bind_parameter_name(handle, Int32(clamping: index)).map { unsafe String(cString: $0) }
    }

    /// Binds NULL.
    @inlinable
    public func bindNull(at index: Int) throws(BindError) {
        try check(unsafe sqlite3_bind_null(handle, Int32(clamping: index)))
    }

    /// Binds an integer.
    @inlinable
    public func bind(_ value: Int64, at index: Int) throws(BindError) {
        try check(unsafe sqlite3_bind_int64(handle, Int32(clamping: index), value))
    }

    /// Binds a real; throws ``BindError/notANumber(index:)`` for NaN, of which SQLite would make NULL.
    @inlinable
    public func bind(_ value: Double, at index: Int) throws(BindError) {
        guard !value.isNaN else { throw .notANumber(index: index) }
        try check(unsafe sqlite3_bind_double(handle, Int32(clamping: index), value))
    }

    /// Binds a text, byte for byte: it is not checked for UTF-8 and may contain NUL. Empty is empty, not NULL.
    @inlinable
    public func bind(text: Span<UInt8>, at index: Int) throws(BindError) {
        let code = unsafe text.withUnsafeBufferPointer { buffer in
            unsafe dosql_sqlite3_bind_text(handle, Int32(clamping: index), buffer.baseAddress, UInt64(buffer.count))
        }
        try check(code)
    }

    /// Binds a blob. Empty is empty, not NULL.
    @inlinable
    public func bind(blob: Span<UInt8>, at index: Int) throws(BindError) {
        let code = unsafe blob.withUnsafeBufferPointer { buffer in
            unsafe dosql_sqlite3_bind_blob(handle, Int32(clamping: index), buffer.baseAddress, UInt64(buffer.count))
        }
        try check(code)
    }

    /// Binds a blob of so many zeros, without their memory.
    public func bind(zeroBytes count: Int, at index: Int) throws(BindError) {
        try check(unsafe sqlite3_bind_zeroblob64(handle, Int32(clamping: index), UInt64(count)))
    }

    /// Makes every parameter NULL: <https://www.sqlite.org/c3ref/clear_bindings.html>.
    @inlinable
    public func clearBindings() {
        _ = unsafe sqlite3_clear_bindings(handle)
    }

    @inlinable
    func check(_ code: Int32) throws(BindError) {
        guard code == SQLITE_OK else { throw bindFailure(code) }
    }

    @usableFromInline
    func bindFailure(_ code: Int32) -> BindError {
        .sqlite(unsafe SQLiteError(code: code, on: connection.database))
    }
}
