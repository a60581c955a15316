import BenchmarkSupport
import DoSQLLoop
import Foundation

/// Programs that do not say when they listen.
enum Listening {
    /// Waits until one does.
    static func wait(_ address: ListenAddress, _ process: PinnedProcess, _ name: String) throws {
        for _ in 0..<6000 {
            if (try? Descriptor.connected(to: address)) != nil { return }
            guard process.isRunning else { break }
            Thread.sleep(forTimeInterval: 0.01)
        }
        throw PeerMissing("\(name) does not start")
    }
}
