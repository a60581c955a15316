import DoSQLLoop

/// The lines of a file or pipe, read as they are asked for.
final class FileLines: LineSource {
    private let file: BlockingFile
    private var bytes: ArraySlice<UInt8> = []
    private var isAtEnd = false

    init(_ file: BlockingFile) { self.file = file }

    func next(prompt: String) throws -> InputLine {
        var searched = 0
        while true {
            if let end = bytes.dropFirst(searched).firstIndex(of: 0x0A) {
                defer { bytes = bytes[(end + 1)...] }
                return .line(Array(bytes[...end]))
            }
            if isAtEnd {
                defer { bytes = [] }
                return bytes.isEmpty ? .end : .line(Array(bytes))
            }
            searched = bytes.count
            let more = try file.read()
            isAtEnd = more.isEmpty
            bytes = ArraySlice(Array(bytes) + more)
        }
    }
}
