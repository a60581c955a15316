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

    init(on loop: EventLoop, context: ServerContext, shards: ShardDirectory, signals: WorkQueue<Void>) throws(LoopError)
    {
        let mailboxes = shards.all
        var dealt = 0
        var bound: [String] = []
        for address in context.configuration.listen {
            let listener = try Listener(address, on: loop) { descriptor in
                dealt += 1
                let isSurplus = !context.connectionBegins()
                mailboxes[dealt % mailboxes.count].post(.accepted(DescriptorParcel(descriptor), isSurplus: isSurplus))
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
        watchers.append(try SignalWatcher(.hangUp, on: loop) { context.reload() })
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
