import DoSQLLoop
import Glibc
import Testing

struct ListenerTests {
    @Test(arguments: ["127.0.0.1:0", "[::1]:0", "localhost:0", "0.0.0.0:0"])
    func `the system's port is told and accepts`(text: String) throws {
        try withLoop { loop in
            var count = 0
            let listener = try Listener(ListenAddress(parsing: text), on: loop) { descriptor in
                count += 1
                #expect(descriptor.rawValue >= 0)
                loop.stop()
            }
            #expect(!listener.boundAddress.hasSuffix(":0"))
            let peer = try Peer(connectingTo: listener.boundAddress)
            loop.runGuarded()
            #expect(count == 1)
            // The callback let go of the descriptor, so the connection has ended.
            #expect(try peer.receiveToEnd() == [])
        }
    }

    @Test func `a port in use is refused with a hint`() throws {
        try withLoop { loop in
            let listener = try Listener(ListenAddress(parsing: "127.0.0.1:0"), on: loop) { _ in }
            let error = #expect(throws: LoopError.self) {
                _ = try Listener(ListenAddress(parsing: listener.boundAddress), on: loop) { _ in }
            }
            #expect(error?.code == EADDRINUSE)
            #expect(error?.hint != nil)
        }
    }

    @Test func `a name that does not exist is refused`() throws {
        try withLoop { loop in
            #expect(throws: LoopError.self) {
                _ = try Listener(ListenAddress(parsing: "no-such-host.invalid:0"), on: loop) { _ in }
            }
        }
    }

    @Test func `a socket file is private, accepts, and is removed`() throws {
        let path = temporaryPath()
        try withLoop { loop in
            var count = 0
            let listener = try Listener(.unix(path: path), on: loop) { _ in
                count += 1
                loop.stop()
            }
            #expect(listener.boundAddress == "unix:\(path)")
            var information = stat()
            #expect(unsafe lstat(path, &information) == 0)
            #expect(information.st_mode & 0o777 == 0o600)
            let peer = try Peer(connectingTo: listener.boundAddress)
            loop.runGuarded()
            #expect(count == 1)
            listener.close()
            #expect(unsafe access(path, F_OK) != 0)
            withExtendedLifetime(peer) {}
        }
    }

    @Test func `a stale socket file is replaced`() throws {
        let path = temporaryPath()
        try leaveStaleSocket(at: path)
        #expect(unsafe access(path, F_OK) == 0)
        try withLoop { loop in
            let listener = try Listener(.unix(path: path), on: loop) { _ in }
            _ = try Peer(connectingTo: listener.boundAddress)
        }
        #expect(unsafe access(path, F_OK) != 0)
    }

    @Test func `a living socket file is left alone`() throws {
        let path = temporaryPath()
        try withLoop { loop in
            let listener = try Listener(.unix(path: path), on: loop) { _ in }
            let error = #expect(throws: LoopError.self) { _ = try Listener(.unix(path: path), on: loop) { _ in } }
            #expect(error?.code == EADDRINUSE)
            #expect(unsafe access(path, F_OK) == 0)
            listener.close()
        }
    }

    @Test func `a file that is no socket is left alone`() throws {
        let path = temporaryPath()
        Glibc.close(unsafe open(path, O_CREAT | O_WRONLY, 0o600))
        defer { unsafe unlink(path) }
        try withLoop { loop in
            #expect(throws: LoopError.self) { _ = try Listener(.unix(path: path), on: loop) { _ in } }
        }
        #expect(unsafe access(path, F_OK) == 0)
    }

    @Test func `a successor's socket file is not removed`() throws {
        let path = temporaryPath()
        try withLoop { loop in
            let first = try Listener(.unix(path: path), on: loop) { _ in }
            unsafe unlink(path)
            let second = try Listener(.unix(path: path), on: loop) { _ in }
            first.close()
            #expect(unsafe access(path, F_OK) == 0)
            second.close()
            #expect(unsafe access(path, F_OK) != 0)
        }
    }

    @Test func `a paused listener accepts when it is resumed`() throws {
        try withLoop { loop in
            var count = 0
            let listener = try Listener(ListenAddress(parsing: "127.0.0.1:0"), on: loop) { _ in
                count += 1
                loop.stop()
            }
            listener.pause()
            let peer = try Peer(connectingTo: listener.boundAddress)
            let probe = Timer(on: loop) {
                #expect(count == 0)
                listener.resume()
            }
            probe.start(after: .milliseconds(5))
            loop.runGuarded()
            #expect(count == 1)
            withExtendedLifetime(peer) {}
        }
    }

    @Test func `accepting does not starve the loop`() throws {
        try withLoop { loop in
            let total = Listener.acceptsPerTurnMax + 10
            var (count, inTurn, most) = (0, 0, 0)
            let listener = try Listener(ListenAddress(parsing: "127.0.0.1:0"), on: loop) { _ in
                count += 1
                inTurn += 1
                if count == total { loop.stop() }
            }
            let peers = try (0..<total).map { _ in try Peer(connectingTo: listener.boundAddress) }
            loop.onTurnEnd = {
                most = max(most, inTurn)
                inTurn = 0
            }
            loop.runGuarded()
            #expect(count == total)
            #expect(most == Listener.acceptsPerTurnMax)
            withExtendedLifetime(peers) {}
        }
    }

    @Test func `without descriptors accepting rests, and goes on when there are some`() async {
        await #expect(processExitsWith: .success) {
            let loop = try EventLoop()
            var fillers: [Int32] = []
            var accepted = 0
            let listener = try Listener(ListenAddress(parsing: "127.0.0.1:0"), on: loop) { _ in
                accepted += 1
                loop.stop()
            }
            let peer = try Peer(connectingTo: listener.boundAddress)
            var limit = rlimit()
            unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            limit.rlim_cur = 64
            unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            while true {
                let filler = dup(0)
                guard filler >= 0 else { break }
                fillers.append(filler)
            }
            var errors: [LoopError] = []
            listener.onExhausted = { error in
                errors.append(error)
                precondition(listener.isExhausted)
                for filler in fillers { Glibc.close(filler) }
                fillers = []
            }
            loop.run()
            precondition(errors.count == 1 && errors[0].isOutOfDescriptors, "\(errors)")
            precondition(accepted == 1)
            withExtendedLifetime(peer) {}
            exit(0)
        }
    }

    private func temporaryPath() -> String {
        "/tmp/dosql-loop-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock"
    }

    /// What a process that was killed leaves behind: a file that nobody listens on.
    private func leaveStaleSocket(at path: String) throws {
        let descriptor = Descriptor(owning: socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
        var raw = sockaddr_un()
        raw.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &raw.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8)) }
        let status = unsafe withUnsafeBytes(of: &raw) {
            unsafe bind(
                descriptor.rawValue, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
        #expect(status == 0)
    }
}
