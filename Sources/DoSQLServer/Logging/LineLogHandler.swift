import DoSQLLoop
public import Logging

/// Hands what is logged to a ``LogWriter``, a line each.
public struct LineLogHandler: LogHandler {
    /// What every line has beside its own.
    public var metadata: Logger.Metadata = [:]
    /// What adds more.
    public var metadataProvider: Logger.MetadataProvider?
    private let format: LogFormat
    private let threshold: LogThreshold
    private let writer: LogWriter

    /// A handler that logs from a threshold on.
    public init(_ format: LogFormat, from threshold: LogThreshold, to writer: LogWriter) {
        self.format = format
        self.threshold = threshold
        self.writer = writer
    }

    /// That of the threshold, which all handlers share.
    public var logLevel: Logger.Level {
        get { threshold.level }
        set { threshold.level = newValue }
    }

    /// One of ``metadata``.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes an event.
    public func log(event: LogEvent) {
        var all = metadata
        if let metadataProvider { all.merge(metadataProvider.get()) { _, new in new } }
        if let own = event.metadata { all.merge(own) { _, new in new } }
        writer.add(
            LogLine(format, at: WallClock.milliseconds(), event.level, event.message.description, all))
    }
}
