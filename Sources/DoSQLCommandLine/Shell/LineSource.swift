/// Where a shell's lines come from.
@MainActor
protocol LineSource: AnyObject {
    /// The next line, its end included where there is one.
    func next(prompt: String) throws -> InputLine
}

/// What a line source gives.
enum InputLine: Equatable {
    case line([UInt8])
    /// Ctrl-C instead of a line.
    case interrupted
    case end
}
