import DoSQLLoad

/// All goals, in the order of the table.
enum GoalTable {
    static let goals: [Goal] =
        pointReads + singleReads + inserts + mixed + scan + hundredRows + orders + http + manyTenants + client

    /// 1, 2: point SELECT by primary key, pipelined.
    private static let pointReads: [Goal] = [
        (LoadShape(connections: 8, depth: 16), 2.1, 0.47, 1.6),
        (LoadShape(connections: 64, depth: 128), 6.0, 0.58, 2.9),
    ].flatMap { shape, postgreSQL, redis, inProcess in
        let work = Work.pointRead(shape)
        let ours = CellID(.dosql, work)
        return [
            Goal("1", .cpu, of: ours, against: CellID(.bound, work), limit: .atMost(1.15)),
            Goal("1", .rate, of: ours, against: CellID(.bound, work)),
            Goal("1", .rate, of: ours, against: CellID(.postgreSQL, work), limit: .atLeast(postgreSQL)),
            Goal("1", .rate, of: ours, against: CellID(.redis, work), limit: .atLeast(redis)),
            Goal("1", .rate, of: ours, against: CellID(.echo, work)),
            Goal("2", .rate, of: ours, against: CellID(.inProcess, Work.oneThread), limit: .atLeast(inProcess)),
            Goal("2", .rate, of: ours, against: CellID(.inProcess, Work.twoThreads)),
            Goal("2", .rate, of: ours, against: CellID(.inProcessShared, Work.oneThread)),
        ]
    }

    /// 3: one request in flight.
    private static let singleReads: [Goal] = {
        let work = Work.pointRead(LoadShape(connections: 1, depth: 1))
        return [
            Goal("3", .p50, of: CellID(.dosql, work), against: CellID(.bound, work), limit: .atMost(1.15)),
            Goal("3", .p50, of: CellID(.dosql, work), against: CellID(.echo, work)),
        ]
    }()

    /// 4: durable INSERT of one row.
    private static let inserts: [Goal] = {
        let one = Work.insert(LoadShape(connections: 1, depth: 1))
        let many = Work.insert(LoadShape(connections: 64, depth: 1))
        let most = Work.insert(LoadShape(connections: 64, depth: 16))
        let single = DurableInserts.postgreSQLShapes.map { CellID(.postgreSQL, Work.insert($0)) }
        return DurableInserts.shapes.map {
            Goal(
                "4", .rate, of: CellID(.dosql, Work.insert($0)), against: CellID(.bound, Work.insert($0)),
                limit: .atLeast(0.85))
        } + [
            Goal("4", .p50, of: CellID(.dosql, one), against: CellID(.bound, one), limit: .atMost(1.15)),
            Goal("4", .rate, of: CellID(.dosql, many), against: CellID(.postgreSQL, many), limit: .atLeast(2.5)),
            Goal("4", .rate, of: CellID(.dosql, most), against: single, limit: .atLeast(3)),
            Goal("4", .rate, of: CellID(.dosql, many), against: CellID(.redisAlways, many)),
            Goal("4", .rate, of: CellID(.dosql, most), against: CellID(.redisAlways, most)),
        ]
    }()

    /// 5, 5b: reads beside writes, and writes of many tenants.
    private static let mixed = [Work.readsBesideWrites, Work.writesBesideReads, Work.tenantInserts].map {
        Goal(
            $0 == Work.tenantInserts ? "5b" : "5", .rate, of: CellID(.dosql, $0), against: CellID(.bound, $0),
            limit: .atLeast(0.85))
    }

    /// 6: a scan on the same tenant and loop. Microseconds.
    private static let scan = [
        Goal("6", .p99, of: CellID(.dosql, Work.readsBesideScan), limit: .atMost(5000)),
        Goal("6", .p99, of: CellID(.dosql, Work.readsAlone)),
        Goal("6", .p50, of: CellID(.dosql, Work.scans)),
    ]

    /// 7: a hundred rows.
    private static let hundredRows = [
        Goal(
            "7", .cpu, of: CellID(.dosql, Work.hundredRows), against: CellID(.bound, Work.hundredRows),
            limit: .atMost(1.15)),
        Goal(
            "7", .bytes, of: CellID(.dosql, Work.hundredRows), against: CellID(.dosqlHTTP, Work.hundredRowsJSON),
            limit: .atMost(0.5)),
    ]

    /// 8: the guide's order.
    private static let orders = [
        Goal("8", .p50, of: CellID(.dosql, Work.interactiveOrder)),
        Goal("8", .p50, of: CellID(.dosql, Work.oneFlightOrder)),
        Goal("8", .p50, of: CellID(.dosql, Work.batchedOrder)),
        Goal(
            "8", .rate, of: CellID(.dosql, Work.batchedOrder), against: CellID(.dosql, Work.interactiveOrder),
            limit: .atLeast(5)),
    ]

    /// 9: HTTP.
    private static let http = [
        Goal(
            "9", .cpu, of: CellID(.dosqlHTTP, Work.httpRead), against: CellID(.boundHTTP, Work.httpRead),
            limit: .atMost(1.45)),
        Goal(
            "9", .rate, of: CellID(.dosqlHTTP, Work.httpRead), against: CellID(.nginx, Work.httpRead),
            limit: .atLeast(0.52)),
        Goal(
            "9", .rate, of: CellID(.dosqlHTTP, Work.httpRead), against: CellID(.node, Work.httpRead),
            limit: .atLeast(1)),
    ]

    /// 10: many tenants. Bytes.
    private static let manyTenants = [
        Goal("10", .rate, of: CellID(.dosql, Work.coldTenants)),
        Goal("10", .rate, of: CellID(.dosql, Work.warmTenants)),
        Goal("10", .p50, of: CellID(.dosql, Work.coldTenant)),
        Goal("10", .p99, of: CellID(.dosql, Work.coldTenant)),
        Goal("10", .memory, of: CellID(.dosql, Work.oneConnectionTenants), limit: .atMost(100 * 1024)),
        Goal("10", .memory, of: CellID(.dosql, Work.threeConnectionTenants), limit: .atMost(160 * 1024)),
    ]

    /// 11: the client library.
    private static let client = [
        Goal(
            "11", .generatorCPU, of: CellID(.dosqlClient, Work.clientReads),
            against: CellID(.dosql, Work.clientReads)),
        Goal("11", .generatorCPU, of: CellID(.dosqlClient, Work.clientReads)),
    ]
}
