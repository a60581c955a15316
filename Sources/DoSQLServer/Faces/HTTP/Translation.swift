import DoSQLJSON
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession

/// A body of JSON as the message that it stands for, made by a thread where it is long: nobody else of the loop waits for
/// sixteen megabytes of somebody's JSON.
struct Translation: Sendable {
    /// The message, and what the guide's operations in it are.
    struct Message: Sendable {
        var bytes: [UInt8]
        var kinds: [Execute.Kind] = []

        init(bytes: [UInt8]) { self.bytes = bytes }

        init(_ json: Span<UInt8>, of operation: Operation, options: RequestOptions) throws(JSONFault) {
            // The message is seldom longer than its JSON.
            var message = ByteWriter(capacity: json.count)
            kinds = try operation.encode(json, options: options, into: &message)
            bytes = message.take()
        }
    }

    let result: Result<Message, JSONFault>

    /// Lets a thread translate, when it is the tenant's turn there; the caller gets the translation.
    static func begin(
        _ json: [UInt8], of operation: Operation, options: RequestOptions, for caller: TransactionCaller,
        tenant: TenantName?, on shard: Shard
    ) {
        let tenants = shard.context.tenants
        let readers = tenants.context.readers
        let owner: AnyObject = tenant.map { shard.tenant($0).tenant } ?? tenants
        let charge = BytesOnTheirWay(json.count, in: shard.inFlight)
        readers.post(for: owner) { _ in
            let result: Result<Message, JSONFault>
            do throws(JSONFault) {
                result = .success(try Message(json.span, of: operation, options: options))
            } catch {
                result = .failure(error)
            }
            withExtendedLifetime(charge) {}
            caller.shard.post(.translated(Translation(result: result), for: caller))
        }
    }
}
