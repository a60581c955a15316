import DoSQLProtocol
import Testing

private struct Context: ExpressionContext {
    struct NoColumn: Error, Equatable {}

    func status(ofStep step: Int) -> Expression.StepStatus { step == 0 ? .done : step == 1 ? .failed : .skipped }

    func value(of reference: Reference) throws(NoColumn) -> Value {
        switch reference {
        case .lastInsertRowid: return .integer(7)
        case .changes(let step): return step == 0 ? .integer(1) : .null
        case .column(_, let column):
            guard column == 0 else { throw NoColumn() }
            return .text("x")
        case .rowCount: return .integer(0)
        }
    }
}

@Suite struct ExpressionTests {
    @Test func `values compare as SQLite compares them without affinity`() {
        let ordered: [Value] = [
            .real(-.infinity), .integer(.min), .integer(-1), .real(-0.5), .integer(0), .real(0.5), .integer(1),
            .integer(1 << 53), .integer(1 << 53 + 1), .real(0x1p53 + 2), .integer(.max), .real(0x1p63),
            .real(.infinity), .text(""), .text("A"), .text("a"), .text("aa"), .text("b"), .text(Text([0xFF])),
            .blob([]), .blob([0]), .blob([0, 1]), .blob([1]),
        ]
        for (left, a) in ordered.enumerated() {
            for (right, b) in ordered.enumerated() {
                #expect(a.compare(b) == (left < right ? -1 : left > right ? 1 : 0), "\(a) \(b)")
            }
        }
        #expect(Value.integer(0).compare(.real(-0.0)) == 0)
        #expect(Value.null.compare(.null) == nil)
        #expect(Value.real(.nan).compare(.integer(1)) == nil)
    }

    @Test func `a comparison with NULL is false, also its opposite`() throws {
        for comparison in Expression.Comparison.allCases {
            #expect(try !Expression.compare(comparison, .value(.null), .value(.integer(1))).evaluate(Context()))
            let unknown = Expression.compare(comparison, .reference(.changes(step: 1)), .value(.null))
            #expect(try !unknown.evaluate(Context()))
        }
        #expect(try Expression.isNull(.reference(.changes(step: 1))).evaluate(Context()))
    }

    @Test func `comparisons hold as their signs say`() throws {
        let holds: [Expression.Comparison: [Bool]] = [
            .equal: [false, true, false], .notEqual: [true, false, true], .less: [true, false, false],
            .lessOrEqual: [true, true, false], .greater: [false, false, true], .greaterOrEqual: [false, true, true],
        ]
        for (comparison, expected) in holds {
            for (value, isTrue) in zip([0, 1, 2] as [Int64], expected) {
                let expression = Expression.compare(comparison, .value(.integer(value)), .reference(.changes(step: 0)))
                #expect(try expression.evaluate(Context()) == isTrue)
            }
        }
    }

    @Test func `and, or and not look no further than they must`() throws {
        let broken = Expression.isNull(.reference(.column(step: 0, column: 9)))
        #expect(try !Expression.and(.ran(step: 1), broken).evaluate(Context()))
        #expect(try Expression.or(.failed(step: 1), broken).evaluate(Context()))
        #expect(try Expression.not(.ran(step: 2)).evaluate(Context()))
        #expect(try Expression.skipped(step: 2).evaluate(Context()))
        #expect(throws: Context.NoColumn.self) { try Expression.or(.ran(step: 1), broken).evaluate(Context()) }
    }
}
