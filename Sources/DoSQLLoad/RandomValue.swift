import DoSQLProtocol

/// A value of a request that is another number each time: where it stands is found by a mark that nothing else looks
/// like.
package struct RandomValue: Sendable {
    private let form: Slot.Form
    private let bound: UInt64
    private let prefix: String
    private let suffix: String

    /// An integer from 1 to `bound`.
    package static func integer(upTo bound: UInt64) -> RandomValue {
        RandomValue(form: .integer, bound: bound, prefix: "", suffix: "")
    }

    /// A text with a number from 1 to `bound` in it, of 19 digits; by default one that no two requests have.
    package static func text(_ prefix: String = "", _ suffix: String = "", upTo bound: UInt64 = .max / 2) -> RandomValue
    {
        RandomValue(form: .digits(19, filler: UInt8(ascii: "0")), bound: bound, prefix: prefix, suffix: suffix)
    }

    /// The value that holds the mark with this number.
    func marked(_ index: Int) -> Value {
        let mark = Self.integerMark + Int64(index)
        if case .integer = form { return .integer(mark) }
        return .text(prefix + "\(mark)" + suffix)
    }

    /// Where the mark with this number stands in an encoded request, each time.
    func slots(_ index: Int, in request: [UInt8]) -> [Slot] {
        let mark = Self.integerMark + Int64(index)
        let pattern: [UInt8]
        if case .integer = form {
            pattern = (0..<8).map { UInt8(truncatingIfNeeded: mark >> (8 * Int64($0))) }
        } else {
            pattern = Array("\(mark)".utf8)
        }
        guard request.count >= pattern.count else { return [] }
        return (0...request.count - pattern.count).filter { request[$0..<$0 + pattern.count].elementsEqual(pattern) }
            .map { Slot(offset: $0, form: form, bound: bound) }
    }

    /// Takes all eight bytes as an integer, and 19 digits as a text.
    private static let integerMark: Int64 = 0x7E57_5EED_C0DE_0000
}
