import DoSQLEngine
import DoSQLProtocol

/// Binds the parameters of a request to its statement, straight from the bytes of the frame (`protocol/values.md`,
/// Parameters).
enum ParameterBinder {
    /// Binds every parameter.
    @inline(__always)
    static func bind(_ parameters: borrowing ParametersView, to statement: Statement) throws(Failure) {
        try bind(parameters, to: statement, batch: nil)
    }

    /// Binds every parameter of a batch's step; a value may refer to what `batch` knows of earlier steps.
    static func bind(_ parameters: borrowing ParametersView, to statement: Statement, batch: BatchMemory?)
        throws(Failure)
    {
        let expected = statement.parameterCount
        if parameters.form == .named {
            return try bindNamed(parameters, to: statement, expected: expected, batch: batch)
        }
        guard parameters.count == expected else {
            throw Failure(
                .parameterCount,
                "the statement has \(expected) parameter\(expected == 1 ? "" : "s"), and \(parameters.count) were given"
            )
        }
        if expected == 0 { return }
        var reader = ByteReader(parameters.bytes)
        for index in 1...expected {
            try bindNext(&reader, to: statement, at: index, batch: batch)
        }
    }

    /// Binds the next row of a load.
    static func bindRow(_ rows: inout RowReader, to statement: Statement, columns: Int) throws(Failure) {
        for index in 1...columns {
            let value: ValueView
            do throws(DecodeError) { value = try rows.nextValue() } catch { throw Failure(error) }
            try bind(value, to: statement, at: index, batch: nil)
        }
    }

    private static func bindNamed(
        _ parameters: borrowing ParametersView, to statement: Statement, expected: Int, batch: BatchMemory?
    ) throws(Failure) {
        var bound: Set<Int> = []
        var reader = ByteReader(parameters.bytes)
        for _ in 0..<parameters.count {
            let name: Span<UInt8>
            do throws(DecodeError) { name = try reader.readText() } catch { throw Failure(error) }
            guard let index = index(of: name, in: statement) else {
                throw Failure(.parameterUnknown, "the statement has no parameter named \(shown(name))")
            }
            guard bound.insert(index).inserted else {
                throw Failure(.parameterCount, "the parameter \(shown(name)) was given twice")
            }
            try bindNext(&reader, to: statement, at: index, batch: batch)
        }
        guard bound.count == expected else {
            let missing = (1...expected).first { !bound.contains($0) } ?? 1
            throw Failure(
                .parameterMissing, "the parameter \(statement.parameterName(missing) ?? "?\(missing)") has no value")
        }
    }

    @inline(__always)
    private static func bindNext(
        _ reader: inout ByteReader, to statement: Statement, at index: Int, batch: BatchMemory?
    ) throws(Failure) {
        let value: ValueView
        do throws(DecodeError) { value = try reader.readValue(allowReferences: batch != nil) } catch {
            throw Failure(error)
        }
        try bind(value, to: statement, at: index, batch: batch)
    }

    @inline(__always)
    private static func bind(
        _ value: borrowing ValueView, to statement: Statement, at index: Int, batch: BatchMemory?
    ) throws(Failure) {
        if let failure = failureOfBinding(value, to: statement, at: index, batch: batch) { throw failure }
    }

    @inline(__always)
    private static func failureOfBinding(
        _ value: borrowing ValueView, to statement: Statement, at index: Int, batch: BatchMemory?
    ) -> Failure? {
        do throws(BindError) {
            switch value {
            case .null: try statement.bindNull(at: index)
            case .integer(let integer): try statement.bind(integer, at: index)
            case .real(let real): try statement.bind(real, at: index)
            case .text(let text): try statement.bind(text: text, at: index)
            case .blob(let blob): try statement.bind(blob: blob, at: index)
            case .reference(let reference):
                let referred: Value
                do throws(Failure) { referred = try batch?.value(of: reference) ?? .null } catch { return error }
                try bind(referred, to: statement, at: index)
            }
            return nil
        } catch {
            return Failure(error)
        }
    }

    private static func bind(_ value: Value, to statement: Statement, at index: Int) throws(BindError) {
        switch value {
        case .null: try statement.bindNull(at: index)
        case .integer(let integer): try statement.bind(integer, at: index)
        case .real(let real): try statement.bind(real, at: index)
        case .text(let text): try statement.bind(text: text.bytes.span, at: index)
        case .blob(let blob): try statement.bind(blob: blob.span, at: index)
        }
    }

    /// A name as given, or behind one of the three prefixes of SQLite.
    private static func index(of name: Span<UInt8>, in statement: Statement) -> Int? {
        guard name.count > 0 else { return nil }
        switch name[0] {
        case UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "$"):
            return statement.parameterIndex(named: name)
        default:
            for prefix in [UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "$")] {
                var full = [prefix]
                for index in name.indices { full.append(name[index]) }
                if let index = statement.parameterIndex(named: full.span) { return index }
            }
            return nil
        }
    }

    private static func shown(_ name: Span<UInt8>) -> String {
        Text(name).repaired
    }
}
