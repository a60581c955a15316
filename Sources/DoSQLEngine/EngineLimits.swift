/// Every bound of the engine, with its unit and its reason.
///
/// The first group goes to SQLite: <https://www.sqlite.org/limits.html>. A value above what the library was built with
/// is silently lowered by it.
public struct EngineLimits: Sendable, Hashable {
    /// Bytes of one text, blob or row. 64 MiB: what a client may reasonably store in a value, and what a statement such
    /// as `randomblob(5e8)` may not take from the server's memory. A loop's connection has a far smaller one.
    public var length: Int32 = 64 << 20
    /// Bytes of one SQL text. 16 MiB: room for a dump's longest INSERT.
    public var sqlLength: Int32 = 16 << 20
    /// Columns of a table, an index, a result or a VALUES row. SQLite's own default.
    public var columns: Int32 = 2000
    /// Depth of an expression's tree. SQLite's own default: it bounds the C stack.
    public var expressionDepth: Int32 = 1000
    /// Terms of a compound SELECT. SQLite's own default: the code generator recurses through them.
    public var compoundSelect: Int32 = 500
    /// Opcodes of one program. 25 million, a tenth of SQLite's: each takes 24 bytes.
    public var programOperations: Int32 = 25_000_000
    /// Arguments of one function call. SQLite's greatest.
    public var functionArguments: Int32 = 127
    /// Bytes of a LIKE or GLOB pattern. A tenth of SQLite's: matching takes quadratic time.
    public var likePatternLength: Int32 = 5000
    /// The highest parameter number. What SQLite has had since 3.32, so that statements stay portable.
    public var variableNumber: Int32 = 32766
    /// Depth of triggers that fire triggers. A tenth of SQLite's: each level takes a frame in memory.
    public var triggerDepth: Int32 = 100
    /// Attached databases. None: a tenant has one file.
    public var attached: Int32 = 0
    /// Helper threads of one statement's sort. None: threads belong to the server.
    public var workerThreads: Int32 = 0

    /// The statements a connection keeps prepared.
    public var cachedStatements: Int = 256
    /// Bytes of SQL above which a statement is prepared anew each time: a text this long is built, not written.
    public var cachedSQLLength: Int = 64 << 10
    /// Opcodes between two looks at the budget: some ten microseconds of work against some ten nanoseconds of looking.
    public var budgetInterval: Int32 = 1000

    /// The defaults above.
    public init() {}
}
