import DoSQLJSON
import DoSQLLoop
import DoSQLProtocol

/// What an exchange asks the server about itself, where the answer takes other threads: a tenant's health, the
/// server's, the metrics (`protocol/http.md`, operating).
final class Inquiry {
    /// Nanoseconds after which whoever has not answered is taken for dead.
    static let timeMax: UInt64 = 10_000_000_000

    private let deadline: UInt64
    /// Whether all is well only with a server that goes on.
    private let isOfServer: Bool
    private let start: () -> Void
    /// Who has to answer next, for when nobody does.
    private let waitsFor: () -> String

    private init(
        on face: HTTPFace, isOfServer: Bool = false, waitsFor: @escaping () -> String, _ start: @escaping () -> Void
    ) {
        self.isOfServer = isOfServer
        deadline = face.shard.loop.now &+ Self.timeMax
        self.waitsFor = waitsFor
        self.start = start
    }

    /// Whether a tenant answers `SELECT 1`. One that is not there is not made.
    static func health(of tenant: String, on face: HTTPFace) -> Inquiry {
        Inquiry(on: face, waitsFor: { "the tenant" }) { [unowned face] in
            var message = ByteWriter()
            StatementSource.sql("SELECT 1").encode(into: &message)
            ParameterList.none.encode(into: &message)
            face.tenants.submit(.queryOne, tenant: tenant, body: message.bytes.span, mayCreate: false)
        }
    }

    /// Whether the server's writer and reader threads answer, and its folder is there.
    static func health(on face: HTTPFace, _ caller: TransactionCaller) -> Inquiry {
        let probe = HealthProbe(face.shard.context, for: caller)
        return Inquiry(on: face, isOfServer: true, waitsFor: { probe.stage }) { probe.begin() }
    }

    /// All metrics, added up over all shards.
    static func metrics(on face: HTTPFace, _ caller: TransactionCaller) -> Inquiry {
        let tenants = face.shard.context.tenants
        return Inquiry(on: face, waitsFor: { "an event loop" }) {
            ServerReading.take(of: tenants) { reading in
                caller.shard.post(.report(.metrics(MetricsPage.make(reading)), for: caller))
            }
        }
    }

    /// Asks.
    func begin() { start() }

    /// A frame of the tenant's answer.
    func received(_ header: FrameHeader, _ body: Span<UInt8>) -> OperatingReport? {
        guard header.type == MessageType.error.rawValue else { return .healthy }
        guard let error = try? ErrorMessage(body) else { return .unhealthy("an answer that could not be read") }
        // Nothing is wrong with a server that is asked for what it does not have.
        switch error.code {
        case .tenantNotFound, .tenantNameInvalid, .forbidden: return .unhealthy(error.message, status: error.httpStatus)
        default: return .unhealthy(error.message)
        }
    }

    /// What is said when it has been found out.
    func concluded(_ report: OperatingReport, isDraining: Bool) -> OperatingReport {
        isOfServer && isDraining ? .unhealthy("the server is shutting down") : report
    }

    /// What is said if the time is over.
    func timeout(_ now: UInt64) -> OperatingReport? {
        guard now > deadline else { return nil }
        return .unhealthy("\(waitsFor()) has not answered within \(Self.timeMax / 1_000_000_000) seconds")
    }
}
