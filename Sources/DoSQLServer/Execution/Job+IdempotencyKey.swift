import DoSQLProtocol

extension Job {
    /// The idempotency key of a request that may have one.
    func idempotencyKey() throws(Failure) -> [UInt8]? {
        let body = body
        do throws(DecodeError) {
            switch type {
            case .query, .queryOne, .run:
                return Self.copy(try Execute(body.span, kind: Execute.kind(of: type)).idempotencyKey)
            case .batch: return Self.copy(try Batch(body.span).idempotencyKey)
            case .publish: return Self.copy(try Publish(body.span).idempotencyKey)
            case .script: return Self.copy(try Script(body.span).idempotencyKey)
            case .commit: return Self.copy(try Commit(body.span).idempotencyKey)
            default: return nil
            }
        } catch {
            throw Failure(error)
        }
    }

    private static func copy(_ key: Span<UInt8>?) -> [UInt8]? {
        guard let key else { return nil }
        return [UInt8](copying: key)
    }
}
