import DoSQLTestSupport

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What goes wrong in one round, and when: the disk, the process, the sockets, the queue, several of them at once.
struct Storm: Sendable, CustomStringConvertible {
    /// How a round ends.
    enum Ending: Sendable, CaseIterable {
        /// `kill -9`.
        case kill
        /// The same, of a process that stands still.
        case freeze
        /// SIGTERM, while the clients write.
        case stop
    }

    private enum Incident: Sendable {
        case begin(Disk.Fault, Int?)
        case end(Disk.Fault)
        /// SIGSTOP, and SIGCONT after so many microseconds.
        case pause(UInt32)
    }

    /// The incidents, each after so many answers.
    private var incidents: [(answers: Int, incident: Incident)] = []
    private var endsAfter = 0
    let ending: Ending
    /// Flags of the server's own: a queue that is soon full.
    let flags: [String]
    /// A writer cuts its connection after one in so many answers.
    let cutInterval: Int?
    /// Whether it dies again while it recovers, with the disk as it is.
    let diesRecovering: Bool

    init(_ random: inout RandomNumbers) {
        func isLucky(_ chance: Int) -> Bool { Int.random(in: 0..<chance, using: &random) == 0 }
        flags = isLucky(4) ? ["--tenant-requests", "\(Int.random(in: 8...64, using: &random))"] : []
        cutInterval = isLucky(3) ? Int.random(in: 5...60, using: &random) : nil
        diesRecovering = isLucky(4)
        ending = isLucky(6) ? .stop : isLucky(4) ? .freeze : .kill
        var answers = 0
        // Half of the rounds are on a disk that writes back before it is told to.
        if isLucky(2) { incidents.append((0, .begin(.torn, Int.random(in: 1...4, using: &random)))) }
        var faults: [Disk.Fault] = [.failSync, .full, .quota, .readOnly, .shortWrite]
        faults.shuffle(using: &random)
        for fault in faults.prefix(Int.random(in: 0...3, using: &random)) {
            answers += Int.random(in: 1...80, using: &random)
            let number: Int? =
                switch fault {
                case .failSync: isLucky(2) ? nil : Int.random(in: 2...5, using: &random)
                case .full: Int.random(in: 0...100_000, using: &random)
                case .shortWrite: Int.random(in: 1...40, using: &random)
                default: nil
                }
            incidents.append((answers, .begin(fault, number)))
            // What stays is there when the process dies, and when it recovers.
            if !isLucky(4) {
                answers += Int.random(in: 1...60, using: &random)
                incidents.append((answers, .end(fault)))
            }
            if isLucky(3) {
                answers += Int.random(in: 1...40, using: &random)
                incidents.append((answers, .pause(UInt32.random(in: 1_000...30_000, using: &random))))
            }
        }
        endsAfter = answers + Int.random(in: 1...100, using: &random)
    }

    /// The same as what happens to a server and its disk while writers write.
    func events(for process: TestServerProcess, on disk: Disk) -> [Writers.Event] {
        let ending = ending
        return incidents.map { answers, incident in
            .init(answers: answers) {
                switch incident {
                case .begin(let fault, let number): try disk.begin(fault, number)
                case .end(let fault): try disk.end(fault)
                case .pause(let time):
                    process.signal(SIGSTOP)
                    usleep(time)
                    process.signal(SIGCONT)
                }
            }
        } + [
            .init(answers: endsAfter) {
                switch ending {
                case .kill: process.kill()
                case .freeze:
                    process.signal(SIGSTOP)
                    process.kill()
                case .stop: process.signal(SIGTERM)
                }
            }
        ]
    }

    var description: String {
        let course = incidents.map { "\($0.incident) after \($0.answers)" } + ["\(ending) after \(endsAfter)"]
        let cuts = cutInterval.map { "cuts after one answer in \($0)" }
        return (flags + course + [cuts, diesRecovering ? "dies recovering" : nil].compactMap { $0 })
            .joined(separator: ", ")
    }
}
