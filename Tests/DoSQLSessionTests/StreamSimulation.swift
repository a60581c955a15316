import DoSQLProtocol
import DoSQLSession

/// A stream under a random client and a random server, beside a model that takes one request after another.
///
/// Everything comes from the seed. The model knows nothing of lines and side-by-side writes: it judges each request when its turn comes, from the outcome
/// of the one sent before it and the state of the transaction.
struct StreamSimulation {
    /// A rule was broken.
    struct Violation: Error, CustomStringConvertible {
        let seed: UInt64
        let rule: String
        let trace: [String]

        var description: String { "seed \(seed): \(rule)\n\(trace.joined(separator: "\n"))" }
    }

    private struct Request {
        let id: UInt32
        let kind: RequestKind
        let depends: Bool
        let isWrite: Bool
    }

    private enum Outcome { case succeeded, failed, handedBack }

    private typealias Machine = StreamStateMachine<UInt32>

    private let seed: UInt64
    private var random: Seeded
    private var machine = Machine()
    private var trace: [String] = []
    private var now: UInt64 = 0

    // What was sent, and what became of it.
    private var sent: [Request] = []
    private var outcomes: [UInt32: Outcome] = [:]
    /// Answers that must come in the order of the requests: all but those given up and refused before their turn.
    private var lastInOrder: UInt32 = 0

    // The server.
    private var isOpening = true
    private var isClosed = false
    private var running: [Request] = []
    private var line: [UInt32] = []
    private var isRollingBack = false

    // The model of the transaction.
    private var transaction = TransactionState.none
    private var isExpiryUntold = false
    private var idleMax: UInt64 = 0
    private var idleDeadline: UInt64 = .max
    private var totalDeadline: UInt64 = .max

    /// What happened in how many runs, so that a test can tell whether anything did.
    private(set) var met: Set<String> = []

    init(seed: UInt64) {
        self.seed = seed
        random = Seeded(seed)
    }

    // MARK: The run

    mutating func run(steps: Int) throws(Violation) {
        for _ in 0..<steps {
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<9: try receive()
            case 9..<14: try answerSomething(mayGiveUp: true)
            case 14: try cancelSomething()
            case 15: try refuseOnArrival()
            case 16..<18: try letTimePass(UInt64.random(in: 1...40, using: &random))
            default: try finishRollingBack()
            }
            try pump()
            try check()
        }
        // The client sends no more and the server answers everything: nothing may be left.
        while isOpening || !running.isEmpty || isRollingBack {
            try answerSomething(mayGiveUp: false)
            try finishRollingBack()
            try pump()
            try check()
        }
        try require(machine.isQuiet && line.isEmpty, "requests are stuck")
        for request in sent { try require(outcomes[request.id] != nil, "\(request.id) has no answer") }
        try checkDepends()
    }

    private func require(_ holds: Bool, _ rule: @autoclosure () -> String) throws(Violation) {
        if !holds { throw Violation(seed: seed, rule: rule(), trace: trace) }
    }

    private mutating func note(_ event: String) { trace.append(event) }

    // MARK: The client

    private mutating func send(_ kind: RequestKind) -> Request {
        let request = Request(
            id: UInt32(sent.count + 1), kind: kind, depends: Int.random(in: 0..<5, using: &random) < 2,
            isWrite: kind == .statement && Int.random(in: 0..<3, using: &random) < 2)
        sent.append(request)
        return request
    }

    private mutating func receive() throws(Violation) {
        guard !isClosed else { return }
        let kinds: [RequestKind] = [
            .statement, .statement, .statement, .statement, .statement, .statement, .batch, .describe, .load, .script,
            .subscribe, .begin, .begin,
            .commit, .commit, .rollback, .savepoint, random.once(in: 12) ? .close : .statement,
        ]
        let request = send(kinds.randomElement(using: &random)!)
        let admission = machine.received(request.kind, depends: request.depends)
        note("receive \(request): \(admission)")
        try require(line.isEmpty || admission == .wait, "\(request.id) overtook \(line)")
        switch admission {
        case .wait:
            hold(request)
        case .startIfWrite where !request.isWrite:
            hold(request)
        default:
            try admitted(request, admission)
        }
    }

    private mutating func hold(_ request: Request) {
        machine.hold(request.id, kind: request.kind, depends: request.depends)
        line.append(request.id)
    }

    private mutating func cancelSomething() throws(Violation) {
        guard let id = line.randomElement(using: &random) else { return }
        met.insert("cancel")
        note("cancel \(id)")
        try require(machine.removeHeld { $0 == id } == id, "\(id) is not in the line")
        line.removeAll { $0 == id }
        try answer(id, .failed, inOrder: false)
    }

    private mutating func refuseOnArrival() throws(Violation) {
        guard !isClosed else { return }
        let request = send(.statement)
        note("refuse \(request.id) on arrival")
        machine.refusedOnArrival()
        try answer(request.id, .failed, inOrder: false)
    }

    // MARK: The server

    private mutating func pump() throws(Violation) {
        while let (held, admission) = machine.next() {
            try require(line.first == held.pending, "\(held.pending) left the line before \(line)")
            let request = sent[Int(held.pending) - 1]
            note("next \(request): \(admission)")
            if admission == .startIfWrite && !request.isWrite {
                machine.holdFirst(held)
                return
            }
            line.removeFirst()
            try admitted(request, admission)
        }
    }

    /// A request leaves for the server, or is answered without it.
    private mutating func admitted(_ request: Request, _ admission: Machine.Admission) throws(Violation) {
        if admission == .startIfWrite {
            met.insert("join")
            try require(!running.isEmpty, "\(request.id) joined nobody")
            try require(running.allSatisfy(\.isWrite), "\(request.id) joined a request that is no write")
            try require(
                !request.depends && transaction == .none && request.kind == .statement, "\(request.id) may not join")
            machine.started(request.id, asWrite: true)
            running.append(request)
            return
        }
        try require(running.isEmpty, "\(request.id) did not wait for \(running.map(\.id))")
        try require(!isRollingBack, "\(request.id) did not wait for the end of the transaction")
        let expected = judge(request)
        try require(admission == expected, "\(request.id) should be \(expected), not \(admission)")
        switch admission {
        case .skip(let rollBack):
            met.insert(rollBack ? "skipped COMMIT" : "skip")
            if rollBack {
                machine.transactionRolledBack()
                end()
            }
            machine.refused()
            try answer(request.id, .failed)
        case .refuse(let code):
            met.insert(code.name)
            machine.refused()
            try answer(request.id, .failed)
        default:
            try start(request)
        }
    }

    private mutating func start(_ request: Request) throws(Violation) {
        if request.kind == .close {
            met.insert("close")
            isClosed = true
            try answer(request.id, .succeeded)
            try handBack()
        } else if transaction == .none && [.statement, .describe].contains(request.kind) && !request.isWrite
            && random.once(in: 2)
        {
            let succeeds = !random.once(in: 4)
            machine.finishedAtOnce(succeeded: succeeds)
            try answer(request.id, succeeds ? .succeeded : .failed)
        } else {
            machine.started(request.id, asWrite: request.isWrite && transaction == .none)
            running.append(request)
        }
    }

    private mutating func handBack() throws(Violation) {
        let back = machine.closed().map(\.pending)
        note("handed back: \(back)")
        try require(back == line, "\(back) was handed back, not \(line)")
        line = []
        for id in back { try answer(id, .handedBack) }
    }

    private mutating func answerSomething(mayGiveUp: Bool) throws(Violation) {
        if isOpening {
            isOpening = false
            let succeeds = !random.once(in: 20)
            note("opened: \(succeeds)")
            machine.opened(succeeded: succeeds)
            if !succeeds {
                isClosed = true
                try handBack()
            }
            return
        }
        guard !running.isEmpty else { return }
        // A tenant answers writes in the order it was given them, but one that waits may be given up.
        let givesUp = mayGiveUp && running.count > 1 && random.once(in: 5)
        let request = running.remove(at: givesUp ? Int.random(in: running.indices, using: &random) : 0)
        if givesUp {
            met.insert("given up")
            note("give up \(request.id)")
            machine.finished(request.id, succeeded: false, transaction: .none, now: now)
            return try answer(request.id, .failed, inOrder: false)
        }
        var succeeds = !random.once(in: 4)
        var after = transaction
        if isRollingBack && random.once(in: 2) {
            // Interrupted: it tells what has happened, and nobody else will.
            met.insert("told by the interrupted")
            succeeds = false
            after = .none
        } else {
            switch request.kind {
            case .begin: after = !succeeds ? .none : random.once(in: 3) ? .read : .write
            case .commit:
                if transaction == .aborted { succeeds = false }
                after = !succeeds && transaction != .aborted && random.once(in: 2) ? transaction : .none
            case .rollback: after = .none
            case .statement where transaction != .none && succeeds && random.once(in: 20): after = .none
            case .describe, .script, .subscribe: break
            default: if !succeeds && transaction == .write && random.once(in: 4) { after = .aborted }
            }
        }
        note("answer \(request.id): \(succeeds ? "succeeded" : "failed"), \(after)")
        machine.finished(request.id, succeeded: succeeds, transaction: after, now: now)
        if after == .none {
            if isRollingBack {
                isRollingBack = false
                // The report of the rollback may still be on its way.
                if random.once(in: 2) { try require(!machine.transactionExpired(), "an expiry was told twice") }
            }
            end()
        } else if request.kind == .begin && succeeds {
            idleMax = UInt64.random(in: 1...60, using: &random)
            let totalMax = UInt64.random(in: 1...200, using: &random)
            machine.began(idleMax: idleMax, totalMax: totalMax, now: now)
            transaction = after
            idleDeadline = now + idleMax
            totalDeadline = now + totalMax
        } else {
            transaction = after
            idleDeadline = now + idleMax
        }
        try answer(request.id, succeeds ? .succeeded : .failed)
    }

    private mutating func letTimePass(_ time: UInt64) throws(Violation) {
        now += time
        let deadline = running.isEmpty ? min(idleDeadline, totalDeadline) : totalDeadline
        let isDue = transaction != .none && !isRollingBack && deadline <= now && !isClosed
        let action = isClosed ? .none : machine.timeout(now: now)
        note("\(now): \(action)")
        try require(
            action == (isDue ? .expireTransaction(interrupt: !running.isEmpty) : .none),
            "\(action) at \(now), due at \(deadline)")
        if isDue {
            met.insert(running.isEmpty ? "idle expiry" : "total expiry")
            isRollingBack = true
        }
    }

    private mutating func finishRollingBack() throws(Violation) {
        guard isRollingBack, running.isEmpty else { return }
        note("expired")
        try require(machine.transactionExpired(), "an expiry got lost")
        isRollingBack = false
        isExpiryUntold = true
        end()
    }

    // MARK: The model

    private mutating func end() {
        transaction = .none
        idleDeadline = .max
        totalDeadline = .max
    }

    /// What has to be done with a request whose turn it is.
    private mutating func judge(_ request: Request) -> Machine.Admission {
        if request.depends && request.id > 1 && outcomes[request.id - 1] == .failed {
            if request.kind == .commit { isExpiryUntold = false }
            return .skip(rollBack: request.kind == .commit && transaction != .none)
        }
        if isExpiryUntold && request.kind != .close {
            isExpiryUntold = false
            return request.kind == .begin ? .start : .refuse(.transactionExpired)
        }
        guard let row = StreamTransactionTests.table.first(where: { $0.0 == request.kind }) else { return .start }
        let refusal = transaction == .none ? row.none : transaction == .aborted ? row.aborted : row.open
        return refusal.map { .refuse($0) } ?? .start
    }

    private mutating func answer(_ id: UInt32, _ outcome: Outcome, inOrder: Bool = true) throws(Violation) {
        try require(outcomes.updateValue(outcome, forKey: id) == nil, "\(id) was answered twice")
        guard inOrder else { return }
        try require(lastInOrder < id, "\(id) was answered behind \(lastInOrder)")
        lastInOrder = id
    }

    private func check() throws(Violation) {
        if isClosed { return }
        try require(
            machine.transaction == transaction,
            "the machine believes in \(machine.transaction), the server in \(transaction)")
        try require(machine.isQuiet == (running.isEmpty && line.isEmpty), "quiet or not")
        if running.isEmpty && !isOpening && !isRollingBack { try require(line.isEmpty, "\(line) waits for nobody") }
        let deadline = running.isEmpty ? min(idleDeadline, totalDeadline) : totalDeadline
        let expected = transaction == .none || isRollingBack ? nil : deadline
        try require(machine.nextDeadline == expected, "the next deadline is not \(expected ?? 0)")
    }

    /// Nothing that depends on a failure was carried out.
    private func checkDepends() throws(Violation) {
        for (before, request) in zip(sent, sent.dropFirst()) where request.depends && outcomes[before.id] == .failed {
            try require(outcomes[request.id] != .succeeded, "\(request.id) ran although \(before.id) failed")
        }
    }
}
