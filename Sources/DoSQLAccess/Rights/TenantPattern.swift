/// The tenants a grant is for: a name, or a glob in which `*` stands for any run of characters
/// (`protocol/authentication.md`). Names differ by case.
public struct TenantPattern: Sendable, Hashable, CustomStringConvertible {
    private let glob: Glob

    /// Takes a name or a glob: 1–128 bytes of `A-Z a-z 0-9 . _ : - *`, as tenants' names have and the star.
    /// - Returns: nil for anything else, which could never match, or would match by accident.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard bytes.count >= 1, bytes.count <= AccessLimits.patternBytesMax, bytes.allSatisfy(Self.isAllowed) else {
            return nil
        }
        glob = Glob(text, foldsCase: false)
    }

    /// Every tenant: `*`.
    public static let every = TenantPattern(glob: Glob("*", foldsCase: false))

    private init(glob: Glob) {
        self.glob = glob
    }

    /// The pattern as it was written.
    public var description: String { glob.text }

    /// Whether it stands for every tenant there is or will be.
    public var isEvery: Bool { glob.matchesEverything }

    /// Whether it stands for the tenant of this name.
    public func matches(_ tenant: String) -> Bool { glob.matches(tenant) }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"),
            UInt8(ascii: "-"), UInt8(ascii: "*"):
            true
        default: false
        }
    }
}
