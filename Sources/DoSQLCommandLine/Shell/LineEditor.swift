internal import CLibedit

/// A terminal's line with its history, through libedit. The only place of the command line that touches C memory.
@MainActor
@safe
final class LineEditor: LineSource {
    private let editor: UnsafeMutablePointer<dosql_editor>?
    private let historyFile: String?

    /// - Parameter historyFile: where lines are kept from one shell to the next; nil: nowhere.
    init(historyFile: String?) {
        unsafe editor = dosql_editor_open("dosql")
        self.historyFile = historyFile
        if let historyFile { unsafe dosql_editor_load(editor, historyFile) }
    }

    func next(prompt: String) throws -> InputLine {
        var count: Int32 = 0
        var interrupted: Int32 = 0
        guard let line = unsafe dosql_editor_read(editor, prompt, &count, &interrupted), count > 0 else {
            return interrupted != 0 ? .interrupted : .end
        }
        if interrupted != 0 { return .interrupted }
        let bytes = (0..<Int(count)).map { unsafe UInt8(bitPattern: line[$0]) }
        if bytes.contains(where: { $0 > 0x20 }) { unsafe dosql_editor_remember(editor, line) }
        return .line(bytes)
    }

    /// Keeps the history and gives the terminal back.
    func close() {
        if let historyFile { unsafe dosql_editor_save(editor, historyFile) }
        unsafe dosql_editor_close(editor)
    }
}
