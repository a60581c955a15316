import DoSQLProtocol

extension Batch {
    /// A condition or assertion, built from references with `==`, `<` and their kin, `&&`, `||` and `!`
    /// (`protocol/batches.md`, *Expressions*).
    public struct Expression: Sendable {
        indirect enum Node: Sendable {
            case ran(Int)
            case failed(Int)
            case skipped(Int)
            case not(Node)
            case and(Node, Node)
            case or(Node, Node)
            case comparison(DoSQLProtocol.Expression.Comparison, StatementParameters.Value, StatementParameters.Value)
            case isNull(StatementParameters.Value)
            /// A value that could not be encoded; the batch is refused before it is sent.
            case invalid(DoSQLError)
        }

        let node: Node

        init(_ node: Node) { self.node = node }

        static func comparing(
            _ operation: DoSQLProtocol.Expression.Comparison, _ left: Reference, _ right: some DoSQLEncodable
        ) -> Expression {
            do {
                return Expression(.comparison(operation, .reference(left), .value(try right.dosqlValue)))
            } catch {
                return Expression(.invalid(error))
            }
        }

        static func comparing(_ operation: DoSQLProtocol.Expression.Comparison, _ left: Reference, _ right: Reference)
            -> Expression
        {
            Expression(.comparison(operation, .reference(left), .reference(right)))
        }

        /// Both.
        public static func && (left: Expression, right: Expression) -> Expression { .init(.and(left.node, right.node)) }
        /// Either.
        public static func || (left: Expression, right: Expression) -> Expression { .init(.or(left.node, right.node)) }
        /// Not.
        public static prefix func ! (expression: Expression) -> Expression { .init(.not(expression.node)) }
    }
}
