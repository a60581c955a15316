import DoSQLClient
import DoSQLTestSupport
import Logging
import NIOPosix

/// The guide's application as far as SQL goes: a real `dosql serve` with the guide's migrations, and a client of it.
struct Guide: Sendable {
    /// The server's process.
    let server: TestServerProcess
    /// A client of it.
    let client: DoSQLClient

    /// The tenant of requests that name none.
    var app: Tenant { client.tenant("default") }

    /// The folder with the guide's four migrations and a fifth for what it leaves out.
    static let migrations = String(#filePath.dropLast("Guide.swift".count)) + "Fixtures/migrations"

    /// Flags of `dosql serve` for a test whose transactions end by anything but their time.
    static let patience = [
        "--transaction-idle", "600000", "--transaction-total", "600000", "--transaction-wait", "600000",
    ]

    /// The tests run all at once: with a hundred servers on a small machine each would wait for the others.
    private static let servers = Gate(places: 8)

    /// Starts a server, and runs the body with a client of it.
    ///
    /// - Parameters:
    ///   - flags: of `dosql serve`, beside the migrations.
    ///   - configure: changes what a test needs otherwise than a client has it.
    ///   - body: gets both.
    static func run<Result>(
        flags: [String] = [], configure: (inout DoSQLClient.Configuration) -> Void = { _ in },
        _ body: (Guide) async throws -> Result
    ) async throws -> Result {
        try await withServer(flags: ["--migrations", migrations] + flags) { server in
            try await withClient(of: server.address, configure: configure) { client in
                try await body(Guide(server: server, client: client))
            }
        }
    }

    /// As ``run(flags:configure:_:)`` with a proxy between client and server.
    static func runBehindProxy<Result>(
        flags: [String] = [], configure: (inout DoSQLClient.Configuration) -> Void = { _ in },
        _ body: (Guide, CuttingProxy) async throws -> Result
    ) async throws -> Result {
        try await withServer(flags: ["--migrations", migrations] + flags) { server in
            try await CuttingProxy(to: server.address).serve { proxy, address in
                try await withClient(of: address, configure: configure) { client in
                    try await body(Guide(server: server, client: client), proxy)
                }
            }
        }
    }

    /// Runs the body with a server's process, which is killed behind it.
    static func withServer<Result>(
        folder: TemporaryFolder? = nil, flags: [String] = [], _ body: (TestServerProcess) async throws -> Result
    ) async throws -> Result {
        try await servers.pass {
            let server = try await aside { try TestServerProcess(folder: folder, flags: flags) }
            do {
                let result = try await body(server)
                try await aside { server.kill() }
                return result
            } catch {
                try await aside { server.kill() }
                throw error
            }
        }
    }

    /// Does what waits for a process on a thread of its own: the tests' threads are few, and their clients need them.
    static func aside<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await NIOThreadPool.singleton.runIfActive(work)
    }

    /// Runs the body with a client of the server at an address as `dosql serve` tells it.
    static func withClient<Result>(
        of address: String, configure: (inout DoSQLClient.Configuration) -> Void = { _ in },
        _ body: (DoSQLClient) async throws -> Result
    ) async throws -> Result {
        let isPath = address.hasPrefix("unix:")
        let url = isPath ? "dosql+unix://\(address.dropFirst("unix:".count))" : "dosql://\(address)"
        var configuration = DoSQLClient.Configuration(try DoSQLURL(url))
        // What the machine stops for seconds is not gone: these are met by no test that does not set them.
        configuration.connectTimeout = .seconds(30)
        configuration.connectionWaitMax = .seconds(60)
        configuration.deadlineGrace = .seconds(30)
        configuration.logger = Logger(label: "conformance") { _ in SwiftLogNoOpLogHandler() }
        configure(&configuration)
        return try await withDoSQLClient(configuration, body)
    }

    /// Runs the body with another client of the same server.
    func withAnotherClient<Result>(_ body: (DoSQLClient) async throws -> Result) async throws -> Result {
        try await Self.withClient(of: server.address, body)
    }
}

/// Lets so many in at a time.
private actor Gate {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(places: Int) { free = places }

    nonisolated func pass<Result>(_ body: () async throws -> Result) async throws -> Result {
        await enter()
        do {
            let result = try await body()
            await leave()
            return result
        } catch {
            await leave()
            throw error
        }
    }

    private func enter() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    private func leave() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}

/// An error of the application: the database does not know it and must not change it.
struct AppError: Error, Equatable {
    var message: String
}

// MARK: - What the guide's routes say

extension DoSQLDatabase {
    /// `POST /users`.
    @discardableResult
    func addUser(_ name: String, _ email: String, bio: String? = nil) async throws -> Int64 {
        try await run("INSERT INTO users (name, email, bio) VALUES (?, ?, ?)", [name, email, bio]).lastInsertRowid
    }

    /// `POST /posts`.
    @discardableResult
    func addPost(_ title: String, by user: Int64, published: Bool = false) async throws -> Int64 {
        try await run(
            """
            INSERT INTO posts (user_id, title, content, published, created_at, updated_at)
             VALUES (?, ?, ?, ?, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)
            """,
            [user, title, "content of \(title)", published ? 1 : 0]
        ).lastInsertRowid
    }

    /// A session of a user.
    func addSession(_ token: String, of user: Int64, until end: String = "2999-01-01T00:00:00.000Z") async throws {
        try await run("INSERT INTO sessions (user_id, token, expires_at) VALUES (?, ?, ?)", [user, token, end])
    }

    /// A product with its number, which the guide takes from elsewhere.
    func addProduct(_ id: Int, stock: Int) async throws {
        try await run(
            "INSERT INTO products (id, name, stock) VALUES (?, ?, ?)", [id, "product \(id)", stock])
    }

    /// How many rows a table has.
    func rowCount(of table: String) async throws -> Int {
        try await queryOne("SELECT COUNT(*) as count FROM \(identifier: table)")?.decode("count", as: Int.self) ?? -1
    }

    /// A product's stock.
    func stock(of product: Int) async throws -> Int? {
        try await queryOne("SELECT stock FROM products WHERE id = ?", [product])?.decode("stock", as: Int.self)
    }
}
