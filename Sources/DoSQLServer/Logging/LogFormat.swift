/// How lines of the log are written.
public enum LogFormat: String, Sendable, Hashable, CaseIterable {
    /// For people: time, level, message, then `name=value` for each thing beside it.
    case text
    /// For programs: an object a line (RFC 8259) with `time`, `level`, `message` and `metadata`.
    case json
}
