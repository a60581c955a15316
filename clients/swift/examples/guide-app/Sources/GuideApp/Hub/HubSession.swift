import DoSQLClient
import Foundation

/// One client of the hub: its requests one after another, and the channels that it has subscribed to.
struct HubSession: Sendable {
    let guest: Hub.Guest
    let socket: WebSocket

    /// Channels of one socket at most: each is a subscription, of which a connection to the database has 256.
    private static let channelsMax = 64
    /// Rows of one query at most, since they are one message.
    private static let rowsMax = 10_000

    /// Answers until the socket has ended. What had been sent by then is still carried out.
    func run() async {
        await withDiscardingTaskGroup { group in
            var deliveries: [String: Task<Void, Never>] = [:]
            for await text in socket.messages {
                switch read(text) {
                case .failure(let error): await send(.error(error.message), to: error.id)
                case .success(let (id, request)):
                    do {
                        try await answer(request, id, &deliveries, in: &group)
                    } catch {
                        await send(.error(words(for: error)), to: id)
                    }
                }
            }
            for delivery in deliveries.values { delivery.cancel() }
        }
    }

    // MARK: Requests

    private func answer(
        _ request: HubRequest, _ id: JSONValue?, _ deliveries: inout [String: Task<Void, Never>],
        in group: inout DiscardingTaskGroup
    ) async throws {
        switch request {
        case .subscribe(let channel, let after):
            guard deliveries[channel] != nil || deliveries.count < Self.channelsMax else {
                throw Refusal(.badRequest, "at most \(Self.channelsMax) channels")
            }
            // Its beginning is fixed before it is confirmed, so that whatever comes after the confirmation is heard.
            let messages = try await guest.tenant.subscribe(to: channel, after: after).fromNow()
            await end(&deliveries, channel)
            await confirm(.subscribed(channel: channel), to: id)
            let delivery = Task { await deliver(messages, of: channel) }
            // A task that can be cancelled by itself, and that this session waits for all the same.
            group.addTask {
                await withTaskCancellationHandler {
                    await delivery.value
                } onCancel: {
                    delivery.cancel()
                }
            }
            deliveries[channel] = delivery

        case .unsubscribe(let channel):
            await end(&deliveries, channel)
            await confirm(.unsubscribed(channel: channel), to: id)

        case .publish(let channel, let data):
            // Whoever has subscribed hears it once it is stored, in whichever process they are.
            let row = try await guest.tenant.publish(data.text, to: channel)
            await confirm(.published(channel: channel, messageID: row.lastInsertRowid), to: id)

        case .query(let statement):
            try guest.user.require(role: "admin")
            let rows = try await guest.tenant.snapshot { tx in try await tx.query(statement, rowsMax: Self.rowsMax) }
            await send(.result(rows: rows), to: id)
        }
    }

    /// Ends a subscription: when this returns, nothing of it is sent any more.
    private func end(_ deliveries: inout [String: Task<Void, Never>], _ channel: String) async {
        guard let delivery = deliveries.removeValue(forKey: channel) else { return }
        delivery.cancel()
        await delivery.value
    }

    /// Sends messages as they come. A client that reads slowly falls behind, and nobody else waits for it.
    private func deliver(_ messages: Subscription<Message>, of channel: String) async {
        do {
            for try await message in messages { try await socket.send(message.text) }
        } catch is CancellationError {
            // Unsubscribed, or gone.
        } catch let error as DoSQLError {
            let answer: JSONValue = [
                "type": "error", "channel": .string(channel), "error": .string(error.userMessage),
            ]
            try? await socket.send(answer.text)
        } catch {
            // The socket has ended, and with it all there was to say.
        }
    }

    // MARK: Words

    /// Why a text is no request, and the id it has nevertheless.
    private struct Unreadable: Error {
        let id: JSONValue?
        let message: String
    }

    private func read(_ text: String) -> Result<(JSONValue?, HubRequest), Unreadable> {
        let json = Data(text.utf8)
        var id: JSONValue?
        do {
            id = try JSONDecoder().decode(HubRequestID.self, from: json).value
            return .success((id, try JSONDecoder().decode(HubRequest.self, from: json)))
        } catch let error as DecodingError {
            let (path, message) = error.problem
            return .failure(Unreadable(id: id, message: "\(path.isEmpty ? "message" : path): \(message)"))
        } catch {
            return .failure(Unreadable(id: id, message: "message: not a request"))
        }
    }

    /// What a client is told. An admin, who sends SQL, gets the database's own words.
    private func words(for error: any Error) -> String {
        switch error {
        case let error as Refusal: error.message
        case let error as DoSQLError: guest.user.role == "admin" ? error.message : error.userMessage
        default: "Internal server error"
        }
    }

    /// Answers who gave the request an id.
    private func confirm(_ answer: HubAnswer, to id: JSONValue?) async {
        if id != nil { await send(answer, to: id) }
    }

    /// Sends; a socket that has ended hears nothing, which the loop over its messages finds out.
    private func send(_ answer: HubAnswer, to id: JSONValue?) async {
        try? await socket.send(answer.text(for: id))
    }
}
