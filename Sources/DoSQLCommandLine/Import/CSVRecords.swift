import DoSQLClient
import DoSQLLoop

/// The records of a CSV file, read as they are asked for.
struct CSVRecords: AsyncSequence {
    typealias Element = CSVParser.Record

    let path: String

    struct AsyncIterator: AsyncIteratorProtocol {
        let path: String
        private var file: BlockingFile?
        private var parser = CSVParser()
        private var ready: ArraySlice<CSVParser.Record> = []
        private var isAtEnd = false

        init(path: String) { self.path = path }

        mutating func next() async throws -> CSVParser.Record? {
            while true {
                if let record = ready.popFirst() { return record }
                if isAtEnd { return nil }
                try readOn()
            }
        }

        private mutating func readOn() throws {
            do {
                let file = try file ?? BlockingFile(reading: path)
                self.file = file
                let bytes = try file.read()
                isAtEnd = bytes.isEmpty
                ready = isAtEnd ? try parser.finish().map { [$0] } ?? [] : try parser.feed(bytes)[...]
            } catch let fault as CSVParser.Fault {
                throw CommandError("\(path), \(fault)")
            } catch let error as LoopError {
                throw CommandError(error.description)
            }
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(path: path) }
}
