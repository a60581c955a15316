internal import CSQLiteHeap

/// The memory that SQLite may take for what runs on this thread now.
enum StatementHeap {
    /// At most so many bytes more than it holds at this moment.
    static func bound(to bytes: Int) { dosql_heap_bound(Int64(bytes)) }

    /// As much as there is.
    static func unbound() { dosql_heap_unbound() }

    /// The bound that was set last, in bytes.
    static var boundBytes: Int { Int(clamping: dosql_heap_bound_bytes()) }

    /// Whether an allocation has failed because of the bound since it was set.
    static var boundWasMet: Bool { dosql_heap_bound_was_met() != 0 }
}
