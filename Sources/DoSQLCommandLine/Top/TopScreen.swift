import DoSQLLoop

/// Draws frames on a terminal, on a page of their own that goes with them: what was there before is there afterwards
/// (ECMA-48, and xterm's 1049).
final class TopScreen {
    private let terminal: Terminal
    private var isOpen = false

    init(on terminal: Terminal) {
        self.terminal = terminal
    }

    deinit { close() }

    /// Shows a frame.
    func show(_ lines: [TopFrame.Line]) throws(LoopError) {
        var text = isOpen ? "" : "\u{1B}[?1049h\u{1B}[?25l"
        isOpen = true
        text += "\u{1B}[H"
        for (index, line) in lines.enumerated() {
            if index > 0 { text += "\r\n" }
            text += line.isHeading ? "\u{1B}[1m\(line.text)\u{1B}[0m\u{1B}[K" : "\(line.text)\u{1B}[K"
        }
        try BlockingFile.standardOutput.write(Array((text + "\u{1B}[J").utf8))
    }

    /// Gives the terminal back as it was found. To say so twice is as good as once.
    func close() {
        if isOpen {
            isOpen = false
            // A terminal that is gone needs nothing.
            try? BlockingFile.standardOutput.write(Array("\u{1B}[?25h\u{1B}[?1049l".utf8))
        }
        terminal.restore()
    }
}
