import DoSQLServer

/// What `dosql top` shows: a state machine that hears of reports and keys. It draws nothing (``TopFrame``) and asks nobody.
struct TopState {
    /// What has happened.
    enum Event {
        /// A report came.
        case reported(ServerReport)
        /// None came, and why.
        case failed(String)
        /// Keys were pressed: what they send.
        case keys([UInt8])
        /// The terminal has another size.
        case resized
    }

    /// What is to be done about it.
    enum Action: Equatable {
        case draw, quit, nothing
    }

    /// Where the server is, as it was given.
    let address: String
    /// Seconds between two reports.
    let period: Double
    private(set) var order: TopOrder
    /// What the server did between its last two reports.
    private(set) var interval: TopInterval?
    /// Why there is nothing newer.
    private(set) var problem: String?
    /// Whether the frame stands still, so that it can be read.
    private(set) var isPaused = false
    private var last: ServerReport?
    /// The bytes of a key that sends several, such as an arrow: they are no letters.
    private var escape = Escape.none

    private enum Escape { case none, begun, sequence }

    init(address: String, period: Double, order: TopOrder) {
        self.address = address
        self.period = period
        self.order = order
    }

    mutating func received(_ event: Event) -> Action {
        switch event {
        case .reported(let report):
            // Two that are one moment's say nothing of what went on.
            if let last, report.uptimeMs == last.uptimeMs { return .nothing }
            if !isPaused { interval = TopInterval(from: last, to: report) }
            last = report
            problem = nil
            return isPaused ? .nothing : .draw
        case .failed(let sentence):
            problem = sentence
            return .draw
        case .keys(let bytes):
            var action = Action.nothing
            for byte in bytes {
                switch press(byte) {
                case .quit: return .quit
                case .draw: action = .draw
                case .nothing: break
                }
            }
            return action
        case .resized: return .draw
        }
    }

    private mutating func press(_ byte: UInt8) -> Action {
        switch escape {
        case .begun:
            escape = byte == UInt8(ascii: "[") || byte == UInt8(ascii: "O") ? .sequence : .none
            return .nothing
        case .sequence:
            if (0x40...0x7E).contains(byte) { escape = .none }
            return .nothing
        case .none: break
        }
        switch byte {
        case 0x1B:
            escape = .begun
            return .nothing
        // Ctrl-C and Ctrl-D, which a terminal that is drawn on sends like any other.
        case 0x03, 0x04, UInt8(ascii: "q"), UInt8(ascii: "Q"): return .quit
        case UInt8(ascii: " "):
            isPaused.toggle()
            return .draw
        default:
            guard let order = TopOrder.allCases.first(where: { $0.key.asciiValue == byte }) else { return .nothing }
            self.order = order
            return .draw
        }
    }
}
