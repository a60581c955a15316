import DoSQLHTTP
import DoSQLLoop
import DoSQLWebSocket
import Glibc

/// `dosql-echo [--port N]`: our HTTP and WebSocket code on a loop, with nothing behind it, for conformance tools.
///
/// A WebSocket gets its messages back, any other request its body. It listens on 127.0.0.1; port 0, the default, lets
/// the system choose.
@main
enum EchoServer {
    static func main() throws {
        guard let port = port(CommandLine.arguments.dropFirst()) else {
            try BlockingFile.standardError.write(Array("usage: dosql-echo [--port N]\n".utf8))
            exit(64)
        }
        let loop = try EventLoop()
        let shared = EchoShared()
        let listener = try Listener(.tcp(host: "127.0.0.1", port: port), on: loop) { descriptor in
            // A connection that was gone before it could be adopted is nobody's loss.
            guard let stream = try? SocketStream(adopting: descriptor, on: loop) else { return }
            stream.start(EchoConnection(stream, shared))
        }
        print("listening on \(listener.boundAddress)")
        fflush(nil)
        loop.run()
    }

    /// The port that the arguments ask for; nil if they cannot be read.
    private static func port(_ arguments: ArraySlice<String>) -> UInt16? {
        if arguments.isEmpty { return 0 }
        guard arguments.count == 2, arguments.first == "--port" else { return nil }
        return arguments.last.flatMap { UInt16($0) }
    }
}
