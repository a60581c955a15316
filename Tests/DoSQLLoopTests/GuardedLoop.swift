import DoSQLLoop
import Testing

/// Runs a test on a loop of its own; whatever the test leaves open stops the process with its name.
func withLoop(receiveBufferSize: Int = 4096, _ body: (EventLoop) throws -> Void) throws {
    let loop = try EventLoop(receiveBufferSize: receiveBufferSize)
    try body(loop)
    loop.close()
}

extension EventLoop {
    /// Runs until the test stops the loop; a test that never does fails instead of hanging.
    func runGuarded(_ location: SourceLocation = #_sourceLocation) {
        let watchdog = Timer(on: self) { [unowned self] in
            Issue.record("The loop was not stopped", sourceLocation: location)
            stop()
        }
        watchdog.start(after: .seconds(60))
        run()
    }
}

/// Bytes in which every position is recognisable, so that order is checked with content.
func pattern(_ count: Int) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        for index in 0..<count { unsafe buffer[index] = UInt8(truncatingIfNeeded: index &* 31 &+ index >> 8) }
        initialized = count
    }
}
