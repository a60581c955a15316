/// Finds the ends of answers in a stream of bytes, as cheaply as it can: it is not what is measured.
package protocol AnswerScanner {
    /// How many answers these bytes complete.
    /// - Throws: an answer is an error, or none at all.
    mutating func completed(by bytes: Span<UInt8>) throws(LoadError) -> Int

    /// One of the answers that the last call completed, now and then: its place among them, and its bytes.
    mutating func takeSample() -> (place: Int, answer: [UInt8])?
}

extension AnswerScanner {
    /// Whether the call with this number, from 1, has a sample: one of 64, and none of the first, which are about a
    /// connection's opening.
    static func isSampled(_ call: Int) -> Bool { call % 64 == 5 }
}
