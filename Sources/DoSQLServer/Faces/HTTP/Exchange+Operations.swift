import DoSQLHTTP
import DoSQLJSON
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession

/// Operations over HTTP: their bodies become messages, on a tenant's stream or in a transaction.
extension Exchange {
    func run(_ operation: Operation, in transaction: TransactionID?) throws(Refusal) {
        var message = ByteWriter()
        var kinds: [Execute.Kind] = []
        var answered = operation
        let rowStyle = try head.resultStyle()
        if try head.hasBinaryBody() {
            // The guide's form is JSON's own: what came is a batch, and so is its answer.
            if operation == .transaction { answered = .batch }
            message.append(body)
        } else {
            let json = body
            let options = try head.requestOptions()
            do throws(JSONFault) {
                kinds = try operation.encode(json.span, options: options, into: &message)
            } catch {
                throw Refusal(error)
            }
            if operation == .transaction && kinds.isEmpty {
                var empty = ByteWriter()
                JSONAnswer.appendNoOperations(to: &empty)
                return send(200, type: AnswerStyle.jsonType, empty.bytes)
            }
        }
        expect(answered, kinds: kinds, rows: rowStyle, in: transaction)
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
            let longest = face.shard.context.configuration.session.transactionTotalMax / 1_000_000
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
        TransactionCaller(shard: face.shard.mailbox, connection: face.connection, exchange: number)
    }
}
