import DoSQLProtocol

extension Tenant {
    /// The messages of a channel as they are published:
    /// `for try await message in tenant.subscribe(to: "room") { … }`.
    ///
    /// - Parameters:
    ///   - channel: its name, 1 to 256 bytes. It need not have been published to yet.
    ///   - after: the ``Message/id`` behind which it begins; 0: everything there is. Nil: only what is published from
    ///     the moment on when the loop has begun and the server has answered; see ``Subscription/fromNow()``.
    ///   - credit: bytes of messages the server may send ahead of the consumer; nil: as the server tells (256 KiB).
    /// - Returns: a sequence without end; see ``Subscription``.
    public func subscribe(to channel: String, after: Int64? = nil, credit: Int? = nil) -> Subscription<Message> {
        Subscription(tenant: self, filter: .channel(channel), after: after, credit: credit) {
            row, id throws(DoSQLError) in
            Message(
                id: id, channel: try row[1].decode(), data: try row[2].decode(),
                createdAt: try row[3].decode(String?.self) ?? "")
        }
    }

    /// The events of the tenant as they are published:
    /// `for try await event in tenant.events(types: ["order.placed"]) { … }`.
    ///
    /// - Parameters:
    ///   - types: which ones, at most 64; none: all.
    ///   - after: the ``Event/id`` behind which it begins; 0: everything there is. Nil: as
    ///     ``subscribe(to:after:credit:)``.
    ///   - credit: bytes of events the server may send ahead of the consumer; nil: as the server tells (256 KiB).
    /// - Returns: a sequence without end; see ``Subscription``.
    public func events(types: [String] = [], after: Int64? = nil, credit: Int? = nil) -> Subscription<Event> {
        Subscription(tenant: self, filter: .events(types: types), after: after, credit: credit) {
            row, id throws(DoSQLError) in
            Event(
                id: id, type: try row[1].decode(), data: try row[2].decode(),
                createdAt: try row[3].decode(String?.self) ?? "")
        }
    }
}
