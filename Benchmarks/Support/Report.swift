import Foundation

/// What is told while the benchmark runs, on standard error, so that standard output holds the table alone.
package enum Report {
    /// Tells one line.
    package static func progress(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}
