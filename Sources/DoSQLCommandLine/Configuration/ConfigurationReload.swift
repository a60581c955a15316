import DoSQLServer
import Logging
import Synchronization

/// What SIGHUP makes of the configuration: how much is logged changes at once; what else was changed is told, since it takes
/// a new start. A configuration that is wrong changes nothing.
final class ConfigurationReload: Sendable {
    private let flags: ServeFlags
    private let started: ServeConfiguration
    private let threshold: LogThreshold
    private let log: Logger

    /// - Parameter started: the values that the server was started with.
    init(flags: ServeFlags, started: ServeConfiguration, threshold: LogThreshold, log: Logger) {
        self.flags = flags
        self.started = started
        self.threshold = threshold
        self.log = log
    }

    /// Reads everything again.
    func run(environment: [String: String]) {
        let values: ServeConfiguration
        do {
            // The server reads the files that are named itself, and says what is wrong with them.
            values = try EffectiveConfiguration(flags: flags, environment: environment, readsFiles: false).values
        } catch {
            for fault in error.all {
                log.error(
                    "the configuration stays as it was",
                    metadata: ["place": "\(fault.place)", "reason": "\(fault.text)"])
            }
            return
        }
        if values.logLevel.level != threshold.level {
            // Where a reader of the old level sees it, too.
            log.notice("the log's level changes", metadata: ["level": "\(values.logLevel.rawValue)"])
            threshold.level = values.logLevel.level
        }
        let waiting = Setting.all.filter { $0.name != "log.level" && $0.get(values) != $0.get(started) }
        guard !waiting.isEmpty else { return }
        log.warning(
            "settings were changed that count from the next start on",
            metadata: ["settings": "\(waiting.map(\.name).joined(separator: ", "))"])
    }
}
