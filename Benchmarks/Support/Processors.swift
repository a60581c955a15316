import Foundation

/// The machine's processors: servers get number 0, whoever asks them number 1.
package enum Processors {
    /// Whether there are two, and a program that pins.
    package static let canPin =
        ProcessInfo.processInfo.activeProcessorCount > 1
        && FileManager.default.isExecutableFile(atPath: "/usr/bin/taskset")
}
