// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "shop",
    platforms: [.macOS(.v26)],
    dependencies: [
        // Yours says: .package(url: "https://github.com/…/dosql", from: "0.1.0")
        .package(name: "DoSQL", path: "../../../..")
    ],
    targets: [
        .executableTarget(name: "shop", dependencies: [.product(name: "DoSQLClient", package: "DoSQL")])
    ]
)
