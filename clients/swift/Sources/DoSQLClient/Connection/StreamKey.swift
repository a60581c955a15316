/// What a stream is opened for (`protocol/messages.md`, OPEN).
struct StreamKey: Hashable, Sendable {
    var tenant: String
    var isReadOnly = false
    var mayCreate = true
}

/// How a request finds its stream.
enum Route: Sendable {
    /// The connection itself: stream 0.
    case connection
    /// Any of the streams that its kind of request shares for this tenant.
    case shared(StreamKey, Lane)
    /// The stream of a lease, which is opened by the lease's first request.
    case lease(Lease)
}

/// Which requests share a stream. Streams are first in, first out: a read must not wait for a write's disk.
enum Lane: Hashable, Sendable {
    case reads
    case writes
    /// A subscription leaves its stream to others as soon as it has begun, so all of a tenant's share one.
    case subscriptions
}

/// A stream that one transaction, row stream or load has for itself.
struct Lease: Hashable, Sendable {
    let id: UInt64
    let key: StreamKey
}

/// A request as its caller hands it over.
struct Submission<Sink: Sendable>: Sendable {
    /// Names the request while it has no id.
    let ticket: UInt64
    let body: RequestBody
    let route: Route
    let sink: Sink
}
