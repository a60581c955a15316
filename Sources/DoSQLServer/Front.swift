import DoSQLLoop
import Logging

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Accepts connections and deals them out evenly; watches for signals.
final class Front {
    private var listeners: [Listener] = []
    private var watchers: [SignalWatcher] = []
    let addresses: [String]

    /// Listens. `reload`: what SIGHUP asks for.
    init(
        on loop: EventLoop, context: ServerContext, shards: ShardDirectory, signals: WorkQueue<Void>,
        reload: @escaping () -> Void
    ) throws(LoopError) {
        let mailboxes = shards.all
        var dealt = 0
        var bound: [String] = []
        for address in context.configuration.listen {
            let listener = try Listener(address, on: loop) { descriptor in
                dealt += 1
                let peer = PeerAddress(of: descriptor)
                let surplus = context.census.admit(peer)
                mailboxes[dealt % mailboxes.count].post(
                    .accepted(DescriptorParcel(descriptor), from: peer, surplus: surplus))
            }
            listener.onExhausted = { error in
                context.log.warning("no descriptor left: accepting pauses", metadata: ["error": "\(error)"])
            }
            listeners.append(listener)
            bound.append(listener.boundAddress)
        }
        addresses = bound
        guard context.configuration.handlesSignals else { return }
        for signal in [Signal.interrupt, .terminate] {
            watchers.append(
                try SignalWatcher(signal, on: loop) {
                    if signals.isFinished { exit(130) }
                    signals.post(())
                    signals.close()
                })
        }
        watchers.append(try SignalWatcher(.hangUp, on: loop, received: reload))
    }

    func stopListening() {
        for listener in listeners { listener.close() }
        listeners = []
    }

    func close() {
        stopListening()
        watchers = []
    }
}
