import DoSQLEngine
import DoSQLProtocol

/// The whole answer to a statement or batch in one frame, and where its outcome begins: a replay by idempotency key
/// changes two bytes there.
struct Answer {
    var frame: [UInt8]
    let outcomeOffset: Int
    let effects: Effects
}

extension Execute {
    /// The kind that a message type stands for.
    static func kind(of type: MessageType) -> Kind {
        switch type {
        case .queryOne: .queryOne
        case .run: .run
        default: .query
        }
    }

    /// Reads the body of a job.
    @_lifetime(copy body)
    init(_ body: Span<UInt8>, of job: Job) throws(Failure) {
        do throws(DecodeError) {
            self = try Execute(body, kind: Execute.kind(of: job.type))
        } catch {
            throw Failure(error)
        }
    }
}
