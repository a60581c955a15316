internal import DoSQLProtocol

/// What one tenant may use (`protocol/limits.md`): the operator's default for all, or what holds for one.
///
/// Enforced where it costs next to nothing: on the writer's connection (size), on the thread that runs a statement (time,
/// memory, bytes of its result), and by counts that all shards of a server share for a tenant.
public struct TenantLimits: Sendable, Hashable {
    /// Bytes of the database file, without its write-ahead log.
    public var databaseBytesMax = Limits.databaseBytesMax
    /// Milliseconds a statement runs at a stretch.
    public var statementTimeMax = Limits.statementTimeMax
    /// Bytes that SQLite takes for a statement at a stretch.
    public var statementMemoryMax = Limits.statementMemoryMax
    /// Bytes of one result's rows.
    public var resultBytesMax = Limits.resultBytesMax
    /// Milliseconds between two statements of an interactive transaction.
    public var transactionIdleMax = Limits.transactionIdleMax
    /// Milliseconds from BEGIN to COMMIT.
    public var transactionTotalMax = Limits.transactionTotalMax
    /// Read transactions and streamed results, each with a connection to the file.
    public var tenantTransactionsMax = Limits.tenantTransactionsMax
    /// Requests that wait or run on a thread.
    public var tenantRequestsMax = Limits.tenantRequestsMax
    /// Bytes of their bodies.
    public var tenantRequestBytesMax = Limits.tenantRequestBytesMax
    /// Requests a second; 0: as many as come.
    public var tenantRateMax = Limits.tenantRateMax
    /// Requests at once, after silence; 0: as many as in a second.
    public var tenantBurstMax = Limits.tenantBurstMax
    /// Bytes of pages that a connection to the file keeps.
    public var pageCacheMax = Limits.pageCacheMax
    /// Compiled statements that a connection to the file keeps.
    public var statementCacheMax = Limits.statementCacheMax

    /// The defaults of `protocol/limits.md`.
    public init() {}

    /// One of the limits: its name on the wire and in `limits.json`, what it counts, and which values it may have.
    public struct Field: Sendable {
        /// Its name in `protocol/limits.md`.
        public let name: String
        /// `bytes`, `ms`, or what else is counted.
        public let unit: String
        /// The values that make sense.
        public let range: ClosedRange<Int>
        /// Where it is.
        public let path: any WritableKeyPath<TenantLimits, Int> & Sendable
    }

    /// All of them, in the order of `protocol/limits.md`.
    public static let fields: [Field] = [
        Field(name: "databaseBytesMax", unit: "bytes", range: (1 << 20)...(1 << 42), path: \.databaseBytesMax),
        Field(name: "statementTimeMax", unit: "ms", range: 1...86_400_000, path: \.statementTimeMax),
        Field(name: "statementMemoryMax", unit: "bytes", range: (1 << 20)...(1 << 40), path: \.statementMemoryMax),
        Field(name: "resultBytesMax", unit: "bytes", range: Limits.rowsFrameMax...(1 << 50), path: \.resultBytesMax),
        Field(name: "transactionIdleMax", unit: "ms", range: 1...86_400_000, path: \.transactionIdleMax),
        Field(name: "transactionTotalMax", unit: "ms", range: 1...86_400_000, path: \.transactionTotalMax),
        Field(name: "tenantTransactionsMax", unit: "transactions", range: 1...100_000, path: \.tenantTransactionsMax),
        Field(name: "tenantRequestsMax", unit: "requests", range: 1...1_000_000, path: \.tenantRequestsMax),
        Field(
            name: "tenantRequestBytesMax", unit: "bytes", range: (1 << 20)...(1 << 40), path: \.tenantRequestBytesMax),
        Field(name: "tenantRateMax", unit: "requests a second", range: 0...1_000_000, path: \.tenantRateMax),
        Field(name: "tenantBurstMax", unit: "requests", range: 0...1_000_000, path: \.tenantBurstMax),
        Field(name: "pageCacheMax", unit: "bytes", range: (64 << 10)...(1 << 40), path: \.pageCacheMax),
        Field(name: "statementCacheMax", unit: "statements", range: 0...100_000, path: \.statementCacheMax),
    ]

    /// The limit of a name; nil if there is none, or a tenant has none of its own.
    public static func field(_ name: String) -> Field? { fields.first { $0.name == name } }

    /// Every rule these values break, each as a sentence; empty if they can be used.
    public var faults: [String] {
        Self.fields.compactMap { field in
            let value = self[keyPath: field.path]
            return field.range.contains(value) ? nil : Self.fault(field, value)
        }
    }

    static func fault(_ field: Field, _ value: Int) -> String {
        "\(field.name) is \(field.range.lowerBound) to \(field.range.upperBound) (\(field.unit)), not \(value)"
    }

    /// Nanoseconds a statement runs at a stretch.
    var statementTime: UInt64 { UInt64(statementTimeMax) * 1_000_000 }
    /// Nanoseconds between two statements of a transaction.
    var transactionIdleTime: UInt64 { UInt64(transactionIdleMax) * 1_000_000 }
    /// Nanoseconds from BEGIN to COMMIT.
    var transactionTotalTime: UInt64 { UInt64(transactionTotalMax) * 1_000_000 }
    /// Requests that may come at once.
    var burst: Int { tenantBurstMax > 0 ? tenantBurstMax : tenantRateMax }
}
