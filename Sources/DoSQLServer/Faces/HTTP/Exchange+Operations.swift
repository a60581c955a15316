import DoSQLHTTP
import DoSQLJSON
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession

/// Operations over HTTP: their bodies become messages, on a tenant's stream or in a transaction.
extension Exchange {
    /// Bytes of JSON that are translated on the loop, in about a millisecond: longer bodies a thread translates.
    private static let translatedMax = 128 << 10

    func run(_ operation: Operation, in transaction: TransactionID?) throws(Refusal) {
        let rowStyle = try head.resultStyle()
        if try head.isBodyBinary() {
            // The guide's form is JSON's own: what came is a batch, and so is its answer.
            let answered = operation == .transaction ? .batch : operation
            return try submit(Translation.Message(bytes: body), of: answered, rows: rowStyle, in: transaction)
        }
        let options = try head.requestOptions()
        let json = body
        if json.count > Self.translatedMax {
            expectTranslation(operation, rows: rowStyle, in: transaction)
            return Translation.begin(
                json, of: operation, options: options, for: caller, tenant: try? TenantName(tenant), on: face.shard)
        }
        let message: Translation.Message
        do throws(JSONFault) {
            message = try Translation.Message(json.span, of: operation, options: options)
        } catch {
            throw Refusal(error)
        }
        try submit(message, of: operation, rows: rowStyle, in: transaction)
    }

    /// Sends the message that the body stands for.
    func submit(
        _ message: Translation.Message, of operation: Operation, rows: ResultStyle, in transaction: TransactionID?
    ) throws(Refusal) {
        if operation == .transaction && message.kinds.isEmpty {
            var empty = ByteWriter()
            JSONAnswer.appendNoOperations(to: &empty)
            return send(200, type: AnswerStyle.jsonType, empty.bytes)
        }
        expect(operation, kinds: message.kinds, rows: rows, in: transaction)
        if let transaction {
            try call(transaction, .request(operation.message, body: message.bytes))
        } else {
            face.tenants.submit(operation.message, tenant: tenant, body: message.bytes.span)
        }
    }

    func beginTransaction() throws(Refusal) {
        var message = ByteWriter()
        if try head.hasBinaryBody() {
            message.append(body)
        } else {
            let json = body
            do throws(JSONFault) {
                try TransactionRequest.encodeBegin(json.span, into: &message)
            } catch {
                throw Refusal(error)
            }
        }
        do throws(Failure) {
            let id = try face.shard.transactions.begin(
                tenant: tenant, body: message.bytes, principal: principal, caller: caller)
            let longest = face.shard.transactionTotalMax(of: tenant)
            let asked = (try? Begin(message.bytes.span))?.total ?? longest
            expectBegin(of: id, total: min(asked, longest))
        } catch {
            throw Refusal(error)
        }
    }

    func call(_ id: TransactionID, _ kind: TransactionCall.Kind) throws(Refusal) {
        let shards = face.shard.context.tenants.context.shards.all
        let call = TransactionCall(
            transaction: id, tenant: namesTenant ? tenant : nil, principal: principal, kind: kind, caller: caller)
        guard id.shard < shards.count, shards[id.shard].post(.transactionCall(call)) else {
            throw .unknownTransaction
        }
    }

    var caller: TransactionCaller {
        TransactionCaller(
            shard: face.shard.mailbox, connection: face.connection, exchange: number,
            requestID: response.requestID)
    }
}
