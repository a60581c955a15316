import DequeModule
import DoSQLJSON
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession

/// Turns the frames that answer an operation into its HTTP answer: whole where it is short, a stream where it is long.
final class OperationAnswer {
    /// Bytes of rows up to which an error that comes behind them still has its own status; beyond, they are sent.
    private static let heldMax = 256 * 1024
    /// Bytes of a frame that are translated on the loop, in about a millisecond: longer ones a thread translates.
    private static let translatedMax = 128 << 10

    private unowned let exchange: Exchange
    private let response: Response
    private var translator: AnswerTranslator
    private var style: AnswerStyle { translator.style }
    private var held = ByteWriter()
    /// Whether a thread translates a frame; those behind it wait.
    private var isTranslating = false
    private var waiting: Deque<[UInt8]> = []
    private var waitingBytes = 0
    /// Bytes of the answer that are not with the face yet.
    var heldBytes: Int { held.count + waitingBytes }

    init(
        _ operation: Operation, style: AnswerStyle, rows rowStyle: ResultStyle, kinds: [Execute.Kind],
        exchange: Exchange
    ) {
        translator = AnswerTranslator(operation, style: style, rows: rowStyle, kinds: kinds)
        self.exchange = exchange
        response = exchange.response
    }

    /// What has become of the answer.
    enum Progress {
        /// More frames come. Of rows so many bytes were taken, for which credit is due.
        case goesOn(taken: Int)
        case finished
        /// It is answered by an error before its last frame has come.
        case givenUp
        /// It has failed behind what was sent already: the client must see that it is not complete.
        case broken

        var isOver: Bool {
            if case .goesOn = self { return false }
            return true
        }
    }

    /// Takes the next frame.
    func received(_ header: FrameHeader, _ body: Span<UInt8>) -> Progress {
        if style == .binary { return take(header, body) }
        if isTranslating {
            var frame = ByteWriter(capacity: FrameHeader.size + body.count)
            header.encode(into: &frame)
            frame.append(body)
            waiting.append(frame.take())
            waitingBytes += FrameHeader.size + body.count
            return .goesOn(taken: 0)
        }
        if body.count > Self.translatedMax {
            isTranslating = true
            exchange.translate(header, body, with: translator, behind: held.take())
            return .goesOn(taken: 0)
        }
        let result: Result<AnswerTranslator.Step, DecodeError>
        do throws(DecodeError) {
            result = .success(try translator.translate(header, body, to: &held))
        } catch {
            result = .failure(error)
        }
        return proceed(result, isLast: MessageType(rawValue: header.type)?.isTerminal ?? true)
    }

    /// A thread has translated a frame: those behind it go on.
    func received(_ frame: TranslatedFrame) -> Progress {
        guard isTranslating else { return .goesOn(taken: 0) }
        isTranslating = false
        translator = frame.translator
        held.append(frame.held)
        var progress = proceed(frame.result, isLast: frame.isLast)
        var taken = 0
        while !progress.isOver {
            if case .goesOn(let more) = progress { taken += more }
            guard !isTranslating, let next = waiting.popFirst() else { return .goesOn(taken: taken) }
            waitingBytes -= next.count
            Frames.forEach(next) { header, body in progress = received(header, body) }
        }
        return progress
    }

    private func proceed(_ result: Result<AnswerTranslator.Step, DecodeError>, isLast: Bool) -> Progress {
        switch result {
        case .success(.goesOn(let taken)):
            if response.hasBegun || held.count > Self.heldMax || style == .lines && !held.isEmpty { sendHeld() }
            return .goesOn(taken: taken)
        case .success(.finished):
            finish()
            return .finished
        case .success(.failed(let error)):
            return failed(error)
        case .failure(let error):
            held.removeAll()
            guard !response.hasBegun else { return .broken }
            // More of it may be on its way.
            response.isLast = true
            response.send(Refusal(.untranslatable(error, wasCarriedOut: isLast)), style: style)
            return .givenUp
        }
    }

    private func failed(_ error: ErrorMessage) -> Progress {
        guard response.hasBegun else {
            response.send(Refusal(error), style: style)
            return .finished
        }
        if style == .lines {
            JSONAnswer.append(errorLine: error, to: &held)
            sendHeld()
        }
        return .broken
    }

    private func finish() {
        guard response.hasBegun else { return response.send(200, type: style.type, held.take()) }
        sendHeld()
        response.end()
    }

    private func sendHeld() {
        if !response.hasBegun { response.begin(200, type: style.type) }
        response.write(held.bytes)
        held.removeAll(keepingCapacity: held.count <= Self.heldMax)
    }

    // MARK: Binary

    private func take(_ header: FrameHeader, _ body: Span<UInt8>) -> Progress {
        // Streams and requests are the server's own doing here.
        FrameHeader(length: header.length, type: header.type, flags: header.flags, stream: 0, request: 0)
            .encode(into: &held)
        held.append(body)
        let type = MessageType(rawValue: header.type)
        if type?.isTerminal ?? true {
            if type == .error && !response.hasBegun, let error = try? ErrorMessage(body) {
                response.send(Refusal(error), style: style)
            } else {
                finish()
            }
            return .finished
        }
        if held.count > Self.heldMax || response.hasBegun { sendHeld() }
        return .goesOn(taken: type == .rows ? body.count : 0)
    }
}

extension ErrorMessage {
    /// An answer that cannot be told in JSON: most likely it would be too long.
    /// - Parameter wasCarriedOut: whether the request was carried out nevertheless.
    static func untranslatable(_ error: DecodeError, wasCarriedOut: Bool) -> ErrorMessage {
        // A frame of our own is wrong in no other way that a client can do anything about.
        var message =
            error == .tooMany
            ? ErrorMessage(
                .resultTooLarge,
                "as JSON the rows are more than \(JSONLimits.expansionMax) times as long as they are: shorter names of "
                    + "columns, or rows=arrays, which has them once")
            : ErrorMessage(.internal, "an answer could not be translated: \(error)")
        if wasCarriedOut { message.execution = .executed }
        return message
    }
}
