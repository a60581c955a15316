import DoSQLTestSupport
import Foundation
import Testing

/// The built `dosql`, run on a terminal that `script` (util-linux) makes for it. What the terminal shows goes to a file,
/// with the terminal's settings before and after.
final class TerminalRun {
    private let folder: TemporaryFolder
    private let run = Process()
    private let keys = Pipe()

    init(_ arguments: [String]) throws {
        folder = try TemporaryFolder()
        let command = ([try CommandRun.executable().path] + arguments).map { "'\($0)'" }.joined(separator: " ")
        try folder.write(
            """
            stty cols 160 rows 30
            echo "<tty:$(tty)>"
            echo "<before:$(stty -g)>"
            sh -c "echo '<process:'\\$\\$'>'; exec \(command)"
            echo "<status:$?>"
            echo "<after:$(stty -g)>"
            """, to: "session")
        try Data().write(to: URL(filePath: folder.path(of: "shown")))
        run.executableURL = URL(filePath: "/usr/bin/env")
        run.arguments = ["script", "-qefc", "sh \(folder.path(of: "session"))", "/dev/null"]
        run.environment = ProcessInfo.processInfo.environment.merging(["TERM": "xterm"]) { $1 }
        run.standardInput = keys
        run.standardOutput = try FileHandle(forWritingTo: URL(filePath: folder.path(of: "shown")))
        try run.run()
    }

    deinit {
        if run.isRunning { run.terminate() }
        run.waitUntilExit()
    }

    /// What was shown so far.
    var shown: String {
        String(decoding: (try? Data(contentsOf: URL(filePath: folder.path(of: "shown")))) ?? Data(), as: UTF8.self)
    }

    func wait(for text: String) throws {
        guard Deadline.poll(for: .seconds(120), { shown.contains(text) }) else {
            throw TestSupportError("'\(text)' is not shown, but: \(shown)")
        }
    }

    func type(_ text: String) throws { try keys.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }

    /// What the session has told under a word.
    private func told(_ word: String) throws -> String {
        try wait(for: "<\(word):")
        guard Deadline.poll(for: .seconds(60), { shown.told(word) != nil }), let told = shown.told(word) else {
            throw TestSupportError("nothing is told of \(word) in \(shown)")
        }
        return told
    }

    /// The number of the program's process.
    var process: pid_t {
        get throws { pid_t(try told("process")) ?? 0 }
    }

    /// Gives the terminal another size, as a window that is dragged does.
    func resize(columns: Int, rows: Int) throws {
        let stty = Process()
        stty.executableURL = URL(filePath: "/usr/bin/env")
        stty.arguments = ["stty", "-F", try told("tty"), "cols", "\(columns)", "rows", "\(rows)"]
        try stty.run()
        stty.waitUntilExit()
        #expect(stty.terminationStatus == 0)
    }

    /// Waits for the end, and looks whether the terminal is as it was: its settings, its cursor, its page.
    func checkEnd(status: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(try told("status") == "\(status)", sourceLocation: sourceLocation)
        #expect(try told("after") == told("before"), sourceLocation: sourceLocation)
        for (begun, ended) in [("\u{1B}[?1049h", "\u{1B}[?1049l"), ("\u{1B}[?25l", "\u{1B}[?25h")] {
            let parts = [begun, ended].map { shown.components(separatedBy: $0).count }
            #expect(parts == [2, 2], "\(shown)", sourceLocation: sourceLocation)
        }
        try keys.fileHandleForWriting.close()
    }
}

extension String {
    /// What stands in `<word:…>`.
    fileprivate func told(_ word: String) -> String? {
        guard let begin = range(of: "<\(word):"), let end = self[begin.upperBound...].firstIndex(of: ">") else {
            return nil
        }
        return String(self[begin.upperBound..<end])
    }
}
