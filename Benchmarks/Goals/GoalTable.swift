import DoSQLLoad

/// All goals, in the order of the table.
enum GoalTable {
    static let goals: [Goal] = pointReads + singleReads + inserts

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
}
