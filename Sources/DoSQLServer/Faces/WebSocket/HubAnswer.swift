import DoSQLJSON
import DoSQLProtocol

/// The answer to what a client of the hub has asked, made of the frames that come.
final class HubAnswer {
    private enum Kind {
        case published(channel: String)
        case query
    }

    /// What a frame came to.
    enum Progress {
        /// More frames come; of rows so many bytes were taken.
        case goesOn(taken: Int)
        /// The whole answer as a message, if one is due.
        case message([UInt8]?)
        /// The rows are more than one message takes.
        case tooLarge
    }

    /// The client's own name for its request; without one a publish is not acknowledged, as in the guide.
    let id: [UInt8]?
    private let kind: Kind
    private var rows: RowTranscoder?
    private var columns = 0
    private var held = ByteWriter()
    /// Bytes of the answer that are there, and wait for the others.
    var heldBytes: Int { held.count }

    private init(_ kind: Kind, id: [UInt8]?) {
        self.kind = kind
        self.id = id
    }

    static func published(channel: String, id: [UInt8]?) -> HubAnswer {
        HubAnswer(.published(channel: channel), id: id)
    }

    static func query(id: [UInt8]?) -> HubAnswer { HubAnswer(.query, id: id) }

    /// Takes the next frame.
    func take(_ header: FrameHeader, _ body: Span<UInt8>, resultMax: Int) throws(DecodeError) -> Progress {
        switch (MessageType(rawValue: header.type), kind) {
        case (.error, _):
            held.removeAll()
            HubFrame.append(try ErrorMessage(body), id: id, to: &held)
        case (.done, .published(let channel)):
            guard id != nil else { return .message(nil) }
            HubFrame.append(
                published: channel, messageID: try Done(body).outcome.lastInsertRowid, id: id, to: &held)
        case (.result, _):
            try HubFrame.append(result: body, id: id, to: &held)
        case (.head, _):
            let head = try HeadMessage(body)
            columns = head.columns.count
            let rows = try RowTranscoder(head.columns, style: ResultStyle())
            HubFrame.beginRows(rows, id: id, to: &held)
            self.rows = rows
            return .goesOn(taken: 0)
        case (.rows, _):
            let end = held.count + JSONLimits.expanded(body.count)
            try rows?.append(try RowsMessage(body, columns: columns).rows, to: &held, upTo: end)
            return held.count > resultMax ? .tooLarge : .goesOn(taken: body.count)
        case (.done, .query):
            JSONAnswer.endRows(try Done(body).outcome, to: &held)
        default:
            return .goesOn(taken: 0)
        }
        return .message(held.take())
    }
}
