import ArgumentParser
import DoSQLServer
import DoSQLTestSupport
import Foundation
import Logging
import Testing

@testable import DoSQLCommandLine

/// What SIGHUP makes of a configuration that was changed.
struct ConfigurationReloadTests {
    @Test func `the level changes at once, the rest is told, and a fault changes nothing`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "dosql.yaml")
        func write(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: path)) }
        try write("log: {level: notice}\n")
        let flags = try ServeFlags.parse(["--config", path])
        let started = try EffectiveConfiguration(flags: flags, environment: [:]).values
        let log = try TestLog(.notice)
        let reload = ConfigurationReload(flags: flags, started: started, threshold: log.threshold, log: log.logger)
        reload.run(environment: [:])
        #expect(log.threshold.level == .notice && log.text == "")

        try write("log: {level: debug}\nloops: 3\n")
        reload.run(environment: [:])
        #expect(log.threshold.level == .debug)
        #expect(try log.line { $0.message == "the log's level changes" }["level"] == "debug")
        #expect(try log.line { $0.level == "warning" }["settings"] == "loops")

        try write("log: {level: debg}\n")
        reload.run(environment: [:])
        let fault = try log.line { $0.level == "error" }
        #expect(fault["place"] == "\(path):1" && fault["reason"].contains("not 'debg'; did you mean 'debug'?"))
        #expect(log.threshold.level == .debug)
        // A flag stays before the file.
        try write("log: {level: trace}\n")
        let fixed = ConfigurationReload(
            flags: try ServeFlags.parse(["--config", path, "--log-level", "error"]), started: started,
            threshold: log.threshold, log: log.logger)
        fixed.run(environment: [:])
        #expect(log.threshold.level == .error)
    }

    @Test func `a server logs lines of JSON, and takes its level from the file again on SIGHUP`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "dosql.yaml")
        let errors = folder.path(of: "errors")
        func write(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: path)) }
        func written() throws -> Data { try Data(contentsOf: URL(filePath: errors)) }
        try write("log: {format: json, level: error}\n")
        let server = try TestServerProcess(flags: ["--config", path], errors: errors)
        #expect(try written().isEmpty)
        try write("log: {format: json, level: debug}\n")
        server.signal(SIGHUP)
        let isLogged = try Deadline.poll(for: .seconds(60)) {
            _ = try server.client()
            return try String(decoding: written(), as: UTF8.self)
                .contains(#""level":"debug","message":"request","metadata":{"face":"binary","message":"HELLO""#)
        }
        #expect(isLogged)
        #expect(server.terminate() == 0)
        for line in try written().split(separator: UInt8(ascii: "\n")) {
            #expect(throws: Never.self) { try JSONDecoder().decode(TestLog.Line.self, from: Data(line)) }
        }
    }
}
