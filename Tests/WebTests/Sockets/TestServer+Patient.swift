import DoSQLServer
import DoSQLSession
import DoSQLTestSupport
import Foundation

extension TestServer {
    /// A server that gives transactions, those who do not read, and those who are connected when it stops more time than
    /// any machine needs.
    static func patient() throws -> TestServer {
        try TestServer {
            $0.http.heartbeatTime = 300_000_000_000
            $0.http.stallTime = 300_000_000_000
            $0.session.transactionIdleMax = 300_000_000_000
            $0.session.transactionTotalMax = 300_000_000_000
            $0.session.transactionWaitMax = 300_000_000_000
            $0.session.shutdownGrace = 60_000_000_000
        }
    }

    /// Stops it on a thread of its own, since `stop` returns when everything is over.
    func stopAside() {
        let thread = Thread { [self] in stop() }
        thread.start()
    }
}
