import ArgumentParser
import DoSQLClient
import DoSQLLoad
import DoSQLProtocol

/// A parameter of `dosql bench`: one value, or another one each time.
struct LoadParameter {
    /// What is bound each time; nil where it is random.
    let value: Value?
    let random: RandomValue?

    /// - Throws: ``ValidationError`` where `random:` is followed by something else than it can be.
    init(_ text: String) throws {
        guard text.hasPrefix("random:") else {
            value = Self.value(ParameterText(text).value)
            random = nil
            return
        }
        value = nil
        let kind = text.dropFirst("random:".count)
        if kind == "text" {
            random = .text()
        } else if let bound = UInt64(kind), bound > 0, bound <= UInt64(Int64.max) {
            random = .integer(upTo: bound)
        } else {
            throw ValidationError("--param \(text): random:N with N above 0, or random:text")
        }
    }

    private static func value(_ value: DoSQLValue) -> Value {
        switch value {
        case .null: .null
        case .integer(let integer): .integer(integer)
        case .real(let real): .real(real)
        case .text(let text): .text(text)
        case .textBytes(let bytes): .text(Text(bytes))
        case .blob(let bytes): .blob(bytes)
        }
    }
}
