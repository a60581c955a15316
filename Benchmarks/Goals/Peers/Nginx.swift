import BenchmarkSupport
import DoSQLLoop
import Foundation

/// nginx as it is installed, one process, with an answer that is always the same: the bytes of a row as JSON.
final class Nginx {
    let address: ListenAddress
    private let process: PinnedProcess

    init(_ bench: Workbench) throws {
        let nginx = try Installed.program("/usr/sbin/nginx", "/usr/bin/nginx")
        let port = try FreePort.find()
        address = .tcp(host: "127.0.0.1", port: port)
        let folder = try bench.makeFolder("nginx")
        let row =
            #"{"row":{"id":50000,"name":"User Name 50000","email":"user50000@example.com","role":"user"},"lsn":1}"#
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(folder)/\($0);" }.joined(separator: " ")
        let configuration = """
            daemon off; master_process off; worker_processes 1; pid \(folder)/pid; error_log \(folder)/errors;
            events { worker_connections 1024; }
            http {
                access_log off; keepalive_requests 1000000000; default_type application/json; \(paths)
                server { listen 127.0.0.1:\(port); location / { return 200 '\(row)'; } }
            }
            """
        try Data(configuration.utf8).write(to: URL(filePath: folder + "/nginx.conf"))
        process = try PinnedProcess(nginx, ["-p", folder, "-c", folder + "/nginx.conf", "-e", folder + "/errors"])
        try Listening.wait(address, process, "nginx")
    }

    var usage: ProcessUsage { process.usage }

    func stop() { process.stop() }
}
