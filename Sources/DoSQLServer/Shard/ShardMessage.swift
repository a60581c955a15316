import DoSQLAccess
import DoSQLLoop

/// What other threads tell a shard.
enum ShardMessage: Sendable {
    /// A connection was accepted for it; a surplus one is only told why it is one too many.
    case accepted(DescriptorParcel, from: PeerAddress, surplus: Failure?)
    /// A request was answered, or a part of it.
    case reply(Reply)
    /// A tenant's reader for this shard is open, or cannot be opened.
    case reader(Tenant, Result<ConnectionParcel, Failure>)
    /// A tenant is going to be closed: its reader must go.
    case release(Tenant)
    /// A tenant has ended: what runs for it ends as well, with this failure.
    case tenantEnded(Tenant, Failure)
    /// The transaction of a stream was rolled back because its time was over.
    case expired(connection: UInt64, stream: UInt16)
    /// A face wants something of a transaction that this shard holds.
    case transactionCall(TransactionCall)
    /// A transaction that this shard holds takes its next call.
    case transactionProceeds(TransactionID)
    /// Frames of a transaction for the face that called it.
    case transactionFrames([UInt8], BytesOnTheirWay?, for: TransactionCaller)
    /// A thread has translated the body of an exchange.
    case translated(Translation, for: TransactionCaller)
    /// A thread has translated a frame of an exchange's answer.
    case answerTranslated(TranslatedFrame, for: TransactionCaller)
    /// Somebody reads the metrics.
    case measure(Measurement)
    /// What an exchange asked of the administration, or a part of it.
    case administration(AdministrationReply, for: TransactionCaller)
    /// What an exchange asked the server itself.
    case report(OperatingReport, for: TransactionCaller)
    /// Something of a tenant was committed that the shard watches.
    case committed(Tenant)
    /// The signature of a token has been checked.
    case verified(TokenAuthority.Verdict, for: TokenInquirer)
    /// A thread has read of a feed for the shard.
    case feedRead(FeedErrand, Result<FeedErrand.Found, Failure>)
    /// A thread has run a statement that took long, for one of the shard's sessions.
    case slow(SlowStatement)
    /// Stop: say GOAWAY, finish, close.
    case drain
}
