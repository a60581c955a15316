import Glibc

/// The signals a server listens to.
public enum Signal: Int32, Sendable, CaseIterable {
    /// Ctrl-C.
    case interrupt = 2
    /// What `kill` and service managers send.
    case terminate = 15
    /// The terminal is gone; by custom, "read your configuration again".
    case hangUp = 1

    /// Makes a write to a connection that is gone an error instead of the end of the process. Call it once at start.
    public static func ignoreBrokenPipe() {
        signal(SIGPIPE, SIG_IGN)
    }
}
