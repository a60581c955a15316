import DoSQLLoad

/// The names of what is done.
enum Work {
    static func pointRead(_ shape: LoadShape) -> String { "point SELECT \(shape)" }
    static let oneThread = "point SELECT, one thread"
    static let twoThreads = "point SELECT, two threads"
    static func insert(_ shape: LoadShape) -> String { "durable INSERT \(shape)" }
    static let readsBesideWrites = "8 read beside 8 that write: reads"
    static let writesBesideReads = "8 read beside 8 that write: durable INSERTs"
    static let tenantInserts = "durable INSERT 64 × 1 over 64 tenants"
    static let readsAlone = "point SELECT, 2,000 a second"
    static let readsBesideScan = "point SELECT, 2,000 a second, beside scans of the table"
    static let scans = "scans of the table, beside point SELECTs"
    static let hundredRows = "SELECT of 100 rows \(HundredRows.shape)"
    static let hundredRowsJSON = "SELECT of 100 rows as JSON"
    static let interactiveOrder = "order over 1 ms, interactive transaction"
    static let oneFlightOrder = "order over 1 ms, transaction in one flight"
    static let batchedOrder = "order over 1 ms, one batch"
    static let httpRead = "point SELECT as JSON \(HTTPReads.shape)"
    static let coldTenants = "point SELECT, any of 10,000 tenants, 500 open, 8 × 1"
    static let coldTenant = "point SELECT, any of 10,000 tenants, 500 open, 1 × 1"
    static let warmTenants = "point SELECT, any of 400 tenants, all open, 8 × 1"
    static let oneConnectionTenants = "an open tenant with its one connection"
    static let threeConnectionTenants = "an open tenant with a writer and two readers"
    static let clientReads = "point SELECT, 64 tasks"
}
