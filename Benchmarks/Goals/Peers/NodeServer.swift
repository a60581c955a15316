import BenchmarkSupport
import DoSQLLoop
import Foundation

/// Node's bare http server: it reads the request as the others must, and makes JSON of a row that it has in memory.
final class NodeServer {
    let address: ListenAddress
    private let process: PinnedProcess

    init(_ bench: Workbench) throws {
        let node = try Installed.program("/usr/bin/node", "/usr/local/bin/node")
        let program = """
            const users = [null];
            for (let id = 1; id <= \(bench.table.rows); id++)
              users.push({ id, name: `User Name ${id}`, email: `user${id}@example.com`, role: id % 10 ? 'user' : 'admin' });
            const server = require('http').createServer((request, response) => {
              const parts = [];
              request.on('data', (part) => parts.push(part));
              request.on('end', () => {
                const { params } = JSON.parse(Buffer.concat(parts));
                const body = JSON.stringify({ row: users[params[0]], lsn: 1 });
                response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
                response.end(body);
              });
            });
            server.keepAliveTimeout = 0;
            server.listen(0, '127.0.0.1', () => console.log(`listening on 127.0.0.1:${server.address().port}`));

            """
        let path = try bench.makeFolder("node") + "/server.js"
        try Data(program.utf8).write(to: URL(filePath: path))
        process = try PinnedProcess(node, [path])
        address = try ListenAddress(parsing: process.line(after: "listening on "))
    }

    var usage: ProcessUsage { process.usage }

    func stop() { process.stop() }
}
