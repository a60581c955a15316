/// What is asked.
enum Work {
    static let pipelined = "point SELECT, 16 in flight"
    static let single = "point SELECT, one in flight"
    static let hundredRows = "SELECT of 100 rows"
    static let inserts = "durable INSERT, 16 in flight"
    static let http = "point SELECT as JSON over HTTP"
}
