import DoSQLLoop
import DoSQLProtocol

/// A backup on its way to a client: read a part at a time, as the client takes it.
final class BackupStream {
    /// The media type of a SQLite file (https://www.iana.org/assignments/media-types/application/vnd.sqlite3).
    static let type = "application/vnd.sqlite3"
    /// Bytes of a part: some fractions of a millisecond of the disk's time.
    private static let partSize = 256 << 10

    private let file: BackupFile
    private let threads: WorkerPool
    private unowned let exchange: Exchange
    private var offset: Int64 = 0
    private var isReading = false

    init(_ file: BackupFile, exchange: Exchange) {
        self.file = file
        self.exchange = exchange
        threads = exchange.face.shard.context.tenants.context.openers
    }

    deinit {
        file.release()
        // Giving a long file's space back takes its time.
        threads.post(for: self) { [file] _ in withExtendedLifetime(file) {} }
    }

    /// Sends the head and has the first part read.
    func begin() {
        let response = exchange.response
        response.add("X-DoSQL-LSN", "\(file.lsn)")
        response.add("X-DoSQL-Incarnation", "\(file.incarnation)")
        response.begin(200, type: Self.type, length: Int(file.size))
        read()
    }

    /// A part was read.
    /// - Returns: whether it was the last.
    func received(_ bytes: [UInt8]) -> Bool {
        isReading = false
        offset += Int64(bytes.count)
        // Whoever has all of it may ask for the next one.
        if offset == file.size { file.release() }
        exchange.response.write(bytes)
        return offset == file.size
    }

    /// The client has taken what was sent.
    func drained() { read() }

    private func read() {
        guard !isReading, offset < file.size, exchange.face.queuedBytes <= exchange.face.socket.lowWaterMark else {
            return
        }
        isReading = true
        let (file, offset, caller) = (file, offset, exchange.caller)
        threads.post(for: self) { _ in
            let reply: AdministrationReply
            do throws(Failure) {
                let bytes = try file.read(Self.partSize, at: offset)
                reply =
                    bytes.isEmpty
                    ? .failure(Failure(.storageFailed, "the backup is shorter than it was")) : .part(bytes)
            } catch {
                reply = .failure(error)
            }
            caller.shard.post(.administration(reply, for: caller))
        }
    }
}
