/// How much a statement may do when it is prepared. Each mode allows what the ones before it allow.
///
/// The mode is the connection's, switched by the server and never by a client: ``Connection/sandbox``.
public enum SandboxMode: Int, Sendable, Hashable, Comparable {
    /// A client's statement outside an interactive transaction, where connections are shared: nothing that outlives
    /// the statement other than data, no transaction control, no TEMP objects.
    case autocommit
    /// A client's statement inside its interactive transaction: TEMP objects, and transaction control, which is prepared
    /// and recorded so that the server carries it out itself.
    case transaction
    /// A text that owns the session, such as a dump: `PRAGMA foreign_keys` as well.
    case script
    /// The server's own statements: everything.
    case trusted

    /// Whether the first allows less.
    public static func < (lhs: SandboxMode, rhs: SandboxMode) -> Bool { lhs.rawValue < rhs.rawValue }
}
