import ArgumentParser
import DoSQLClient
import DoSQLLoop

/// `dosql query`: one statement, its rows on standard output.
struct Query: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run one statement and print what it gives.",
        discussion: """
            A parameter that is written as SQLite prints a number is that number; null is NULL, and x'…' with hexadecimal digits is a blob. Everything \
            else is text, so that 007, 1.10 and +49 stay as they are; --text makes every parameter text. Put -- in front of parameters that begin \
            with a minus.

            Rows go to standard output. What a statement without rows did is told on standard error.

            Examples:
              dosql query dosql://127.0.0.1/acme "SELECT * FROM users WHERE age > ?" 30
              dosql query dosql://127.0.0.1/acme "SELECT :a + :b" --param a=1 --param b=2
              dosql query dosql://127.0.0.1/acme - --format csv < report.sql
            """)

    @Argument(help: "dosql://[TOKEN@]HOST[:PORT]/TENANT or dosql+unix:///PATH?tenant=TENANT.")
    var url: String

    @Argument(help: "One statement; - reads it from standard input.")
    var sql: String

    @Argument(help: "Values for the statement's parameters, in order.")
    var parameters: [String] = []

    @Option(name: .customLong("param"), help: "A value for a named parameter: NAME=VALUE; may be given several times.")
    var named: [String] = []

    @Flag(help: "Take every parameter as text.")
    var text = false

    @Option(help: "How to print: table, json or csv.")
    var format = OutputFormat.table

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if !named.isEmpty, !parameters.isEmpty {
            throw ValidationError("a statement has either parameters in order or --param NAME=VALUE, not both")
        }
        _ = try namedValues()
    }

    func run() async throws {
        let configuration = try connection.configuration(url)
        let tenant = try configuration.namedTenant
        let statement = try self.statement()
        do {
            try await withDoSQLClient(configuration) { client in
                let result = try await ResultPrinter(format: format).carryOut(statement, on: client.tenant(tenant))
                if let result { Output.errorLine(result.text) }
            }
        } catch let error as DoSQLError {
            throw CommandError(ErrorText(error, sql: statement.text).description)
        }
    }

    private func statement() throws -> SQL {
        let text = sql == "-" ? try Self.standardInput() : sql
        if named.isEmpty { return SQL(raw: text, parameters.map { ParameterText($0, isText: self.text).value }) }
        return SQL(raw: text, named: try namedValues())
    }

    private func namedValues() throws -> [String: any DoSQLEncodable] {
        var values: [String: any DoSQLEncodable] = [:]
        for item in named {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw ValidationError("--param is NAME=VALUE, not '\(item)'")
            }
            let value = ParameterText(String(parts[1]), isText: text).value
            guard values.updateValue(value, forKey: String(parts[0])) == nil else {
                throw ValidationError("--param \(parts[0]) is given twice")
            }
        }
        return values
    }

    private static func standardInput() throws -> String {
        var bytes: [UInt8] = []
        while case let part = try BlockingFile.standardInput.read(), !part.isEmpty { bytes += part }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandError("standard input is not UTF-8")
        }
        return text
    }
}
