// swift-tools-version: 6.2
import PackageDescription

// One list of settings for every target, each with the proposal it comes from.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    // SE-0335: `any` is always written, so that dynamic dispatch is visible.
    .enableUpcomingFeature("ExistentialAny"),
    // SE-0409: imports are internal unless they are part of the interface.
    .enableUpcomingFeature("InternalImportsByDefault"),
    // SE-0444: a member is visible only where its module is imported.
    .enableUpcomingFeature("MemberImportVisibility"),
    // SE-0461: nonisolated async functions run where their caller runs.
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    // SE-0446/0456: non-escapable views over borrowed bytes.
    .enableExperimentalFeature("Lifetimes"),
    // SE-0458: whatever is memory-unsafe says so, and only the loop and the engine may.
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

// What only the server links: in a release its classes are accessed without looking each time whether somebody else is in
// the middle of it (SE-0176). Debug builds, which run all the tests, look.
let serverSettings =
    settings + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

let package = Package(
    name: "DoSQL",
    platforms: [.macOS(.v26), .iOS(.v26)],
    products: [
        .library(name: "DoSQLClient", targets: ["DoSQLClient"]),
        .library(name: "DoSQLProtocol", targets: ["DoSQLProtocol"]),
        .executable(name: "dosql", targets: ["DoSQLCommandLine"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["JSON", "YAML"]),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        // The system's libraries. A shim holds only what C can say and Swift cannot.
        .systemLibrary(name: "CLibuv", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"]), .brew(["libuv"])]),
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite3"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLibedit", pkgConfig: "libedit", providers: [.apt(["libedit-dev"])]),

        // Leaves: they do not know one another.
        .target(name: "DoSQLProtocol", swiftSettings: settings),
        // What C alone can do: thread-locals in SQLite's allocator, installed before main.
        .target(name: "CSQLiteHeap", dependencies: ["CSQLite"]),
        .target(name: "DoSQLEngine", dependencies: ["CSQLite", "CSQLiteHeap"], swiftSettings: serverSettings),
        .target(name: "DoSQLLoop", dependencies: ["CLibuv"], swiftSettings: serverSettings),
        .target(
            name: "DoSQLSession",
            dependencies: ["DoSQLProtocol", .product(name: "DequeModule", package: "swift-collections")],
            swiftSettings: serverSettings),

        .target(name: "DoSQLCompression", dependencies: ["CZlib"], swiftSettings: settings),
        .target(
            name: "DoSQLHTTP",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .target(
            name: "DoSQLWebSocket",
            dependencies: [
                "DoSQLCompression",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .target(name: "DoSQLJSON", dependencies: ["DoSQLProtocol"], swiftSettings: settings),
        .target(
            name: "DoSQLAccess",
            dependencies: [
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "JWTKit", package: "jwt-kit"),
            ],
            swiftSettings: settings),
        .target(
            name: "DoSQLTLS",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ],
            swiftSettings: settings),

        // The load generator of `dosql bench` and of the benchmarks.
        .target(
            name: "DoSQLLoad",
            dependencies: [
                "DoSQLLoop", "DoSQLProtocol", "DoSQLTLS",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            swiftSettings: settings),

        // Where the leaves meet.
        .target(
            name: "DoSQLServer",
            dependencies: [
                "DoSQLAccess", "DoSQLCompression", "DoSQLEngine", "DoSQLHTTP", "DoSQLJSON", "DoSQLLoop",
                "DoSQLProtocol",
                "DoSQLSession", "DoSQLTLS", "DoSQLWebSocket",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: serverSettings),
        .target(
            name: "DoSQLClient",
            dependencies: [
                "DoSQLProtocol",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            path: "clients/swift/Sources/DoSQLClient",
            swiftSettings: settings),
        .executableTarget(
            name: "DoSQLCommandLine",
            dependencies: [
                "CLibedit", "DoSQLAccess", "DoSQLClient", "DoSQLEngine", "DoSQLLoad", "DoSQLLoop", "DoSQLProtocol",
                "DoSQLServer",
                "DoSQLSession", "DoSQLTLS",
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings),

        // Benchmarks are in the root package, so that they link what they measure.
        .target(
            name: "BenchmarkSupport",
            dependencies: [
                "DoSQLLoad", "DoSQLLoop", "DoSQLProtocol",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/Support",
            swiftSettings: settings),
        // What C reaches with the same protocol and the same libraries.
        .executableTarget(
            name: "bound-server", dependencies: ["CLibuv", "CSQLite"], path: "Benchmarks/Bound",
            cSettings: [.define("_GNU_SOURCE")]),
        .executableTarget(
            name: "bench",
            dependencies: [
                "BenchmarkSupport", "DoSQLClient", "DoSQLEngine", "DoSQLLoad", "DoSQLLoop", "DoSQLProtocol",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            path: "Benchmarks/Goals",
            swiftSettings: settings),
        .executableTarget(
            name: "thresholds",
            dependencies: [
                "BenchmarkSupport", "DoSQLLoad", "DoSQLLoop",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/Thresholds",
            swiftSettings: settings),
        .executableTarget(
            name: "neighbours",
            dependencies: [
                "BenchmarkSupport", "DoSQLLoad", "DoSQLLoop", "DoSQLProtocol",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/Neighbours",
            swiftSettings: settings),
        .executableTarget(
            name: "web-load",
            dependencies: [
                "BenchmarkSupport", "DoSQLLoad", "DoSQLLoop", "DoSQLTLS",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/Web",
            swiftSettings: settings),

        // Tests mirror Sources. What they share starts servers and speaks frames.
        .target(
            name: "DoSQLTestSupport",
            dependencies: [
                "DoSQLAccess", "DoSQLEngine", "DoSQLLoop", "DoSQLProtocol", "DoSQLServer", "DoSQLSession", "DoSQLTLS",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/DoSQLTestSupport", exclude: ["Certificates"], swiftSettings: settings),
        .testTarget(
            name: "DoSQLServerTests",
            dependencies: [
                "DoSQLAccess", "DoSQLEngine", "DoSQLLoop", "DoSQLProtocol", "DoSQLServer", "DoSQLSession", "DoSQLTLS",
                "DoSQLTestSupport", "dosql-strangers",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "DoSQLCommandLineTests",
            dependencies: [
                "DoSQLAccess", "DoSQLClient", "DoSQLCommandLine", "DoSQLProtocol", "DoSQLServer", "DoSQLTLS",
                "DoSQLTestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: settings),
        // What the guide's application asks for, through the client, of a real `dosql serve`.
        .testTarget(
            name: "ConformanceTests",
            dependencies: [
                "DoSQLClient", "DoSQLCommandLine", "DoSQLProtocol", "DoSQLTestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            exclude: ["Fixtures"], swiftSettings: settings),
        // Durability: a server to kill, on a disk that forgets what was not synced.
        .target(name: "ForgetfulVFS", dependencies: ["CSQLite"], path: "Tests/ForgetfulVFS"),
        .executableTarget(
            name: "dosql-test-server",
            dependencies: [
                "DoSQLEngine", "DoSQLLoop", "DoSQLServer", "ForgetfulVFS",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/CrashServer", swiftSettings: settings),
        .testTarget(
            name: "CrashTests",
            dependencies: ["DoSQLLoop", "DoSQLProtocol", "DoSQLTestSupport", "dosql-test-server"],
            swiftSettings: settings),
        // What an HTTP conformance tool and Autobahn talk to: our HTTP and WebSocket code, and nothing behind it.
        .executableTarget(
            name: "dosql-echo", dependencies: ["DoSQLHTTP", "DoSQLLoop", "DoSQLWebSocket"], path: "Tests/EchoServer",
            swiftSettings: settings),
        .testTarget(
            name: "WebTests",
            dependencies: [
                "DoSQLAccess", "DoSQLCompression", "DoSQLHTTP", "DoSQLJSON", "DoSQLLoop", "DoSQLProtocol",
                "DoSQLServer", "DoSQLSession", "DoSQLTestSupport", "DoSQLWebSocket",
            ],
            swiftSettings: settings),
        // Crowds that never finish a handshake: processes of their own, since descriptors are finite.
        .executableTarget(
            name: "dosql-strangers", dependencies: ["DoSQLLoop"], path: "Tests/Strangers", swiftSettings: settings),
        // Tenants as a whole, over HTTP.
        .testTarget(
            name: "AdministrationTests",
            dependencies: [
                "DoSQLClient", "DoSQLEngine", "DoSQLProtocol", "DoSQLServer", "DoSQLSession", "DoSQLTestSupport",
            ],
            swiftSettings: settings),
        .testTarget(name: "DoSQLHTTPTests", dependencies: ["DoSQLHTTP"], swiftSettings: settings),
        .testTarget(
            name: "DoSQLWebSocketTests", dependencies: ["DoSQLCompression", "DoSQLWebSocket"], swiftSettings: settings),
        .testTarget(name: "DoSQLJSONTests", dependencies: ["DoSQLJSON", "DoSQLProtocol"], swiftSettings: settings),
        .testTarget(
            name: "DoSQLAccessTests",
            dependencies: [
                "DoSQLAccess",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "JWTKit", package: "jwt-kit"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "DoSQLTLSTests",
            dependencies: [
                "DoSQLTLS", "DoSQLTestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings),
        .testTarget(name: "DoSQLProtocolTests", dependencies: ["DoSQLProtocol"], swiftSettings: settings),
        .testTarget(name: "DoSQLEngineTests", dependencies: ["DoSQLEngine"], swiftSettings: settings),
        .testTarget(
            name: "DoSQLSessionTests", dependencies: ["DoSQLSession", "DoSQLProtocol"], swiftSettings: settings),
        .testTarget(name: "DoSQLLoopTests", dependencies: ["DoSQLLoop"], swiftSettings: settings),
        .testTarget(
            name: "DoSQLLoadTests", dependencies: ["DoSQLLoad", "DoSQLLoop", "DoSQLProtocol", "DoSQLTestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "DoSQLClientTests",
            dependencies: [
                "DoSQLClient", "DoSQLProtocol",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "clients/swift/Tests/DoSQLClientTests",
            swiftSettings: settings),
    ]
)

// libFuzzer needs its own flags for the whole build: `make fuzz`.
if Context.environment["DOSQL_FUZZ"] == "1" {
    let fuzzers: [(name: String, dependencies: [Target.Dependency])] = [
        ("ProtocolFuzzer", ["DoSQLProtocol"]), ("HTTPFuzzer", ["DoSQLHTTP"]),
        ("JSONFuzzer", ["DoSQLJSON", "DoSQLProtocol"]),
    ]
    for fuzzer in fuzzers {
        package.targets.append(
            .executableTarget(
                name: fuzzer.name, dependencies: fuzzer.dependencies, path: "Tests/Fuzz",
                exclude: fuzzers.map { $0.name + ".swift" }.filter { $0 != fuzzer.name + ".swift" },
                sources: [fuzzer.name + ".swift"], swiftSettings: settings))
    }
}
