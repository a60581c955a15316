/// What one connection says: an opening, then its steps again and again, each when the one before it is answered.
package struct Dialogue {
    /// What is counted, and how long it took.
    package enum Unit: Sendable {
        /// Each answer, from its burst's sending.
        case answers
        /// All steps together.
        case rounds
    }

    /// Sent first.
    package var opening: [UInt8]
    /// How many answers the opening gets.
    package var openingAnswers: Int
    package var steps: [Burst]
    package var unit: Unit
    /// Finds the answers in what is received.
    package var answers: any AnswerScanner
    /// Whether an answer is right that was asked for with a key; called for a few of them. Where `unit` is `answers`.
    package var isRight: ((_ answer: [UInt8], _ key: UInt64) -> Bool)?

    package init(
        opening: [UInt8] = [], openingAnswers: Int = 0, steps: [Burst], unit: Unit = .answers,
        answers: any AnswerScanner, isRight: ((_ answer: [UInt8], _ key: UInt64) -> Bool)? = nil
    ) {
        self.opening = opening
        self.openingAnswers = openingAnswers
        self.steps = steps
        self.unit = unit
        self.answers = answers
        self.isRight = isRight
    }
}
