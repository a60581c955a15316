import DoSQLLoad

/// The names of what is done.
enum Work {
    static func pointRead(_ shape: LoadShape) -> String { "point SELECT \(shape)" }
    static let oneThread = "point SELECT, one thread"
    static let twoThreads = "point SELECT, two threads"
    static func insert(_ shape: LoadShape) -> String { "durable INSERT \(shape)" }
}
