import DoSQLProtocol
import DoSQLSession
import Testing

/// A stream and whoever drives it, with the requests by number: one line an event, what it comes to as its result.
final class Dialogue {
    typealias Machine = StreamStateMachine<UInt32>

    var machine = Machine()
    var now: UInt64 = 1_000

    /// A stream whose OPEN has been answered.
    static func open() -> Dialogue {
        let dialogue = Dialogue()
        dialogue.machine.opened(succeeded: true)
        return dialogue
    }

    /// A stream in a transaction of this kind, that may be idle for 100 and last for 1000.
    static func open(in state: TransactionState, idleMax: UInt64 = 100, totalMax: UInt64 = 1_000) -> Dialogue {
        let dialogue = open()
        if state == .none { return dialogue }
        dialogue.begin(1, state, idleMax: idleMax, totalMax: totalMax)
        if state == .aborted {
            #expect(dialogue.receive(2, .statement) == .start)
            dialogue.finish(2, succeeded: false, .aborted)
        }
        return dialogue
    }

    /// A request arrives; it is started or held as the machine says, refused and skipped ones are answered.
    func receive(_ request: UInt32, _ kind: RequestKind, depends: Bool = false, isWrite: Bool = false)
        -> Machine.Admission
    {
        let admission = machine.received(kind, depends: depends)
        switch admission {
        case .start:
            machine.started(request, asWrite: isWrite)
        case .startIfWrite:
            if isWrite {
                machine.started(request, asWrite: true)
            } else {
                machine.hold(request, kind: kind, depends: depends)
            }
        case .wait:
            machine.hold(request, kind: kind, depends: depends)
        case .skip(let rollBack):
            if rollBack { machine.transactionRolledBack() }
            machine.refused()
        case .refuse:
            machine.refused()
        }
        return admission
    }

    /// A request arrives that is carried out within the call.
    func receiveQuick(_ kind: RequestKind, depends: Bool = false, succeeds: Bool = true) {
        #expect(machine.received(kind, depends: depends) == .start)
        machine.finishedAtOnce(succeeded: succeeds)
    }

    func finish(_ request: UInt32, succeeded: Bool = true, _ transaction: TransactionState = .none) {
        machine.finished(request, succeeded: succeeded, transaction: transaction, now: now)
    }

    func begin(_ request: UInt32, _ state: TransactionState = .write, idleMax: UInt64 = 100, totalMax: UInt64 = 1_000) {
        #expect(receive(request, .begin) == .start)
        finish(request, state == .aborted ? .write : state)
        machine.began(idleMax: idleMax, totalMax: totalMax, now: now)
    }

    /// What leaves the line next, as `7 start`, or nil.
    func next(isWrite: Bool = false) -> String? {
        guard let (held, admission) = machine.next() else { return nil }
        switch admission {
        case .start:
            machine.started(held.pending, asWrite: isWrite)
            return "\(held.pending) start"
        case .startIfWrite:
            guard isWrite else {
                machine.holdFirst(held)
                return "\(held.pending) held again"
            }
            machine.started(held.pending, asWrite: true)
            return "\(held.pending) joins"
        case .skip(let rollBack):
            if rollBack { machine.transactionRolledBack() }
            machine.refused()
            return "\(held.pending) skip\(rollBack ? ", roll back" : "")"
        case .refuse(let code):
            machine.refused()
            return "\(held.pending) \(code.name)"
        case .wait:
            return "\(held.pending) left the line to wait"
        }
    }

    /// The rollback is reported.
    func expired() -> Bool { machine.transactionExpired() }

    /// What is handed back.
    func closed() -> [UInt32] { machine.closed().map(\.pending) }

    func cancel(_ request: UInt32) -> UInt32? { machine.removeHeld { $0 == request } }

    func wait(_ time: UInt64) -> Machine.TimeoutAction {
        now += time
        return machine.timeout(now: now)
    }
}
