#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

// Each writes one row of the tenant's table `messages` or `events`, which is made on first use.

extension DoSQLDatabase {
    /// Publishes a message to a channel.
    ///
    /// - Parameters:
    ///   - json: JSON text, sent as it is. Nobody checks that it is JSON; subscribers may count on it.
    ///   - channel: its name, 1 to 256 bytes.
    ///   - deadline: after so long it is given up.
    ///   - idempotencyKey: its name, under which it is published once; see ``IdempotencyKey``. Not inside a
    ///     transaction.
    /// - Returns: what became of the row; ``RunResult/lastInsertRowid`` is the message's ``Message/id``.
    /// - Throws: ``DoSQLError``, for instance with the code ``DoSQLError/Code/feedNameInvalid`` or
    ///   ``DoSQLError/Code/feedShape``; `CancellationError` where the task was cancelled.
    @discardableResult
    public func publish(
        _ json: String, to channel: String, deadline: Duration? = nil, idempotencyKey: IdempotencyKey? = nil
    ) async throws -> RunResult {
        try await publish(
            .message(channel: channel, data: json),
            options: StatementOptions(deadline: deadline, idempotencyKey: idempotencyKey))
    }

    /// Publishes a value as JSON; otherwise as ``publish(_:to:deadline:idempotencyKey:)`` of a text.
    ///
    /// - Throws: also ``DoSQLError`` with the code ``DoSQLError/Code/encoding`` where the value has no JSON.
    @discardableResult
    public func publish(
        _ value: some Encodable, to channel: String, deadline: Duration? = nil, idempotencyKey: IdempotencyKey? = nil
    ) async throws -> RunResult {
        try await publish(json(of: value), to: channel, deadline: deadline, idempotencyKey: idempotencyKey)
    }

    /// Publishes an event.
    ///
    /// - Parameters:
    ///   - type: its type, 1 to 256 bytes, such as `order.placed`.
    ///   - json: JSON text, sent as it is.
    ///   - deadline: after so long it is given up.
    ///   - idempotencyKey: its name, under which it is published once; see ``IdempotencyKey``. Not inside a
    ///     transaction.
    /// - Returns: what became of the row; ``RunResult/lastInsertRowid`` is the event's ``Event/id``.
    /// - Throws: as ``publish(_:to:deadline:idempotencyKey:)``.
    @discardableResult
    public func emit(
        _ type: String, _ json: String, deadline: Duration? = nil, idempotencyKey: IdempotencyKey? = nil
    ) async throws -> RunResult {
        try await publish(
            .event(type: type, data: json),
            options: StatementOptions(deadline: deadline, idempotencyKey: idempotencyKey))
    }

    /// Publishes an event with a value as JSON; otherwise as ``emit(_:_:deadline:idempotencyKey:)`` of a text.
    ///
    /// - Throws: also ``DoSQLError`` with the code ``DoSQLError/Code/encoding`` where the value has no JSON.
    @discardableResult
    public func emit(
        _ type: String, _ value: some Encodable, deadline: Duration? = nil, idempotencyKey: IdempotencyKey? = nil
    ) async throws -> RunResult {
        try await emit(type, json(of: value), deadline: deadline, idempotencyKey: idempotencyKey)
    }
}

/// Keys are sorted, so that equal values make equal requests: an idempotency key belongs to one request.
private func json(of value: some Encodable) throws(DoSQLError) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    } catch {
        throw DoSQLError(.encoding, "a value of type \(type(of: value)) cannot be sent as JSON", underlying: error)
    }
}
