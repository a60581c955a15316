/// What the administration tells an exchange, from one of its threads.
enum AdministrationReply: Sendable {
    /// The whole answer, as JSON.
    case answer(status: Int, body: [UInt8])
    case failure(Failure)
    /// The file that is the answer.
    case backup(BackupFile)
    /// The next bytes of it, which may be the last.
    case part([UInt8])
    /// Bytes of an upload were written: more may come.
    case written
}
