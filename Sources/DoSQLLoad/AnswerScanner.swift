/// Finds the ends of answers in a stream of bytes, as cheaply as it can: it is not what is measured.
package protocol AnswerScanner {
    /// How many answers these bytes complete.
    /// - Throws: an answer is an error, or none at all.
    mutating func completed(by bytes: Span<UInt8>) throws(LoadError) -> Int

    /// One of the answers that the last call completed, now and then: its place among them, and its bytes.
    mutating func takeSample() -> (place: Int, answer: [UInt8])?
}

extension AnswerScanner {
    /// One call of this many has a sample.
    static var samplePeriod: Int { 64 }
}
