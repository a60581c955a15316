import DoSQLProtocol

/// Answers that are all of one size: an echo's, or those of a cache whose values are.
package struct FixedAnswers: AnswerScanner {
    private let size: Int
    /// What an answer begins with; anything else is an error.
    private let start: [UInt8]
    private var received = 0
    private var calls = 0
    private var sample: (place: Int, answer: [UInt8])?

    package init(size: Int, start: [UInt8] = []) {
        self.size = size
        self.start = start
    }

    package mutating func completed(by bytes: Span<UInt8>) throws(LoadError) -> Int {
        let before = received / size
        let first = received % size == 0 ? 0 : size - received % size
        received += bytes.count
        for index in start.indices where first + index < bytes.count {
            guard bytes[first + index] == start[index] else {
                throw LoadError("an unexpected answer: \(String(repairing: bytes.extracting(first...)).prefix(200))")
            }
        }
        calls += 1
        if Self.isSampled(calls), first + size <= bytes.count {
            sample = (first == 0 ? 0 : 1, [UInt8](copying: bytes.extracting(first..<first + size)))
        }
        return received / size - before
    }

    package mutating func takeSample() -> (place: Int, answer: [UInt8])? {
        defer { sample = nil }
        return sample
    }
}
