import DoSQLLoop
import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Where commands print. Lines are flushed at once, since whoever started us may wait for them through a pipe.
enum Output {
    /// A line on standard output.
    static func line(_ text: String) {
        print(text)
        fflush(nil)
    }

    /// A line on standard error: errors, progress, and what else must not get into a pipe of results.
    static func errorLine(_ text: String) {
        // If nobody listens there is nobody to tell.
        try? BlockingFile.standardError.write(Array((text + "\n").utf8))
    }

    /// Bytes on standard output, exactly.
    static func write(_ bytes: [UInt8]) throws(LoopError) {
        try BlockingFile.standardOutput.write(bytes)
    }
}
