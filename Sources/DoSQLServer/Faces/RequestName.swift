/// What a request is called in its answer, in the log and in errors (`protocol/http.md`, X-Request-ID).
enum RequestName {
    /// The client's own name for it.
    case own(String)
    /// The shard's: its prefix and a number, which is put together only where it is told.
    case numbered(Int)
}
