import DoSQLEngine

/// One reading of everything that is measured, for whoever writes it down.
struct ServerReading: Sendable {
    /// What all shards have counted.
    let shards: ShardMetrics
    let writes: WriteMetrics
    let census: TenantCensus
    /// The tenants that have series of their own, by name.
    let series: [TenantSeries]
    /// What all the others did.
    let other: TenantFigures
    let pools: [(name: String, figures: (threads: Int, working: Int, waiting: Int))]
    /// Nil if the system does not tell.
    let disk: FileSystem.Space?
    /// Bytes below which no database grows.
    let diskFreeMin: Int

    /// Reads everything.
    /// - Parameter done: gets it, on a thread for short work.
    static func take(of tenants: TenantStore, _ done: @escaping @Sendable (ServerReading) -> Void) {
        Measurement.begin(tenants.context.shards) { sum in
            tenants.context.openers.post(for: tenants) { _ in done(ServerReading(sum, of: tenants)) }
        }
    }

    /// Reads what shards do not know, and enters what they have counted of tenants. Looks at the disk: not for an event
    /// loop.
    private init(_ shards: ShardMetrics, of tenants: TenantStore) {
        let context = tenants.context
        self.shards = shards
        writes = context.metrics
        context.ledger.add(shards.tenants)
        let (series, other) = context.ledger.reading
        self.series = series.map { TenantSeries($0.tenant, $0.figures, of: tenants) }
        self.other = other
        census = tenants.census
        pools = [("write", context.writers), ("read", context.readers), ("open", context.openers)].map {
            ($0.0, $0.1.figures)
        }
        disk = FileSystem.space(at: context.folder.path)
        diskFreeMin = context.disk.freeMin
    }
}
