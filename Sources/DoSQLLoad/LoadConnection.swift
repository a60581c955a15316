import DequeModule
import DoSQLLoop

/// One connection of a load: its opening, then bursts.
///
/// In a closed loop a burst follows when the one before it is answered. Paced, a burst is sent when its time has come,
/// whatever is still to be answered, and its time counts from then.
final class LoadConnection: StreamDelegate {
    private let stream: SocketStream
    private let transform: (any StreamTransform)?
    private let recorder: Recorder
    private var dialogue: Dialogue
    private let isPaced: Bool
    private unowned let owner: LoadGenerator
    private var random: SplitMix
    private var outgoing: [UInt8] = []
    /// The numbers in the last burst's slots.
    private var numbers: [UInt64] = []
    private var requestID: UInt32 = 100
    private var step = 0
    /// Answers that are still to come.
    private var missing: Int
    private var isReady = false
    private var isStopping = false
    private var sentAt: UInt64 = 0
    /// When the bursts in flight should have been sent; paced only.
    private var intended = Deque<UInt64>()

    init(
        _ stream: SocketStream, _ dialogue: Dialogue, transform: (any StreamTransform)?, isPaced: Bool,
        recorder: Recorder, seed: UInt64, owner: LoadGenerator
    ) {
        self.stream = stream
        self.transform = transform
        self.recorder = recorder
        self.dialogue = dialogue
        self.isPaced = isPaced
        self.owner = owner
        random = SplitMix(state: seed)
        missing = dialogue.openingAnswers
    }

    func open() {
        stream.start(self)
        let nothing: [UInt8] = []
        if let transform { stream.use(transform, receiving: nothing.span) }
        var opening = dialogue.opening
        stream.send(&opening)
        if missing == 0 { becomeReady() }
    }

    /// Begins to ask, where nobody paces it.
    func begin() {
        if !isPaced { sendStep() }
    }

    /// Sends a burst whose time was `time`.
    func send(due time: UInt64) {
        guard stream.isOpen else { return }
        intended.append(time)
        sendStep()
    }

    /// Asks no more, and closes when all is answered.
    func stop() {
        isStopping = true
        if missing == 0 { stream.close() }
    }

    func close() { stream.close() }

    func received(_ bytes: Span<UInt8>) {
        let now = MonotonicClock.nanoseconds()
        let count: Int
        do {
            count = try dialogue.answers.completed(by: bytes)
        } catch {
            return owner.failed(error)
        }
        if let sample = dialogue.answers.takeSample() { check(sample) }
        missing -= count
        guard missing >= 0 else { return owner.failed(LoadError("an answer that nobody has asked for")) }
        guard isReady else {
            if missing == 0 { becomeReady() }
            return
        }
        recorder.received += count
        if isPaced { return answeredPaced(count, now) }
        if dialogue.unit == .answers { recorder.record(now &- sentAt, count: count) }
        guard missing == 0 else { return }
        step += 1
        if step == dialogue.steps.count {
            step = 0
            if dialogue.unit == .rounds { recorder.record(now &- sentAt) }
            if isStopping { return stream.close() }
        }
        sendStep()
    }

    private func answeredPaced(_ count: Int, _ now: UInt64) {
        for _ in 0..<count {
            guard let time = intended.popFirst() else { break }
            recorder.record(now > time ? now - time : 0)
        }
        if isStopping, missing == 0 { stream.close() }
    }

    private func becomeReady() {
        isReady = true
        owner.connectionIsReady()
    }

    private func sendStep() {
        let burst = dialogue.steps[step]
        outgoing.append(contentsOf: burst.bytes)
        if dialogue.isRight != nil, numbers.count != burst.slots.count {
            numbers = Array(repeating: 0, count: burst.slots.count)
        }
        fill(burst.slots)
        missing += burst.answers
        recorder.sent += burst.answers
        if step == 0 { sentAt = MonotonicClock.nanoseconds() }
        stream.send(&outgoing)
    }

    private func fill(_ slots: [Slot]) {
        var bytes = outgoing.mutableSpan
        let keeps = !numbers.isEmpty
        for index in slots.indices {
            let slot = slots[index]
            let number: UInt64
            if case .requestID = slot.form {
                requestID = requestID == .max ? 100 : requestID + 1
                number = UInt64(requestID)
            } else {
                number = random.next(upTo: slot.bound)
            }
            slot.write(number, into: &bytes, from: 0)
            if keeps { numbers[index] = number }
        }
    }

    /// Of a paced connection only the last burst's numbers are known, so it is checked only where none else is in flight.
    private func check(_ sample: (place: Int, answer: [UInt8])) {
        guard isReady, let isRight = dialogue.isRight, dialogue.steps.count == 1 else { return }
        let burst = dialogue.steps[0]
        guard missing <= burst.answers else { return }
        let place = burst.answers - missing + sample.place
        guard burst.keySlots.indices.contains(place) else { return }
        if !isRight(sample.answer, numbers[burst.keySlots[place]]) {
            owner.failed(LoadError("a wrong answer, for the key \(numbers[burst.keySlots[place]])"))
        }
    }

    func receivedEnd() {
        owner.failed(LoadError("the server closed a connection"))
    }

    func closed(_ reason: CloseReason) {
        switch reason {
        case .local: break
        case .failed(let error): owner.failed(LoadError("\(error)"))
        case .broken:
            owner.failed(LoadError("TLS could not be agreed on with the server, or its certificate is not trusted"))
        default: owner.failed(LoadError("a connection was closed: \(reason)"))
        }
        owner.connectionClosed()
    }
}
