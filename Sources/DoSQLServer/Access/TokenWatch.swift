import DoSQLAccess
import FoundationEssentials
import Logging
import Synchronization

/// Keeps the server's tokens as their files have them: reads these again when it is told to, and when one of them looks
/// changed.
final class TokenWatch: Sendable {
    /// Monotonic nanoseconds between two looks at the files: `dosql token revoke` sends no signal.
    private static let period: UInt64 = 1_000_000_000

    private struct Look: Sendable {
        var next: UInt64 = 0
        var stamps: [Stamp]
    }

    /// What of a file changes when its contents do.
    private struct Stamp: Hashable, Sendable {
        var changedAt: Double?
        var size: UInt64?
        var number: UInt64?
    }

    let authority: TokenAuthority
    private let paths: [String]
    private let log: Logger
    private let look: Mutex<Look>

    /// Reads all files.
    init(_ configuration: TokenConfiguration, log: Logger) throws(TokenFileError) {
        self.log = log
        paths =
            [configuration.keyFile, configuration.revocationFile].compactMap(\.self)
            + configuration.signingKeys.map(\.path) + configuration.keySets.map(\.path)
        // Before they are read: what changes meanwhile is seen later.
        look = Mutex(Look(stamps: Self.stamps(of: paths)))
        authority = try TokenAuthority(configuration)
    }

    /// Reads all files again. If one is not right, everything stays as it was, and the log says which. Reads the disk:
    /// not for an event loop.
    func reload() {
        do throws(TokenFileError) {
            let before = authority.generation
            try authority.reload()
            guard authority.generation != before else { return }
            log.notice("tokens were read again", metadata: ["generation": "\(authority.generation)"])
        } catch {
            log.error("tokens stay as they were: a file cannot be used", metadata: ["error": "\(error)"])
        }
    }

    /// Reads them again if one looks changed, now and then.
    func reloadIfChanged(_ now: UInt64) {
        let isChanged = look.withLock { look -> Bool in
            guard look.next <= now else { return false }
            look.next = now &+ Self.period
            let stamps = Self.stamps(of: paths)
            guard stamps != look.stamps else { return false }
            look.stamps = stamps
            return true
        }
        if isChanged { reload() }
    }

    private static func stamps(of paths: [String]) -> [Stamp] {
        paths.map { path in
            // Through symbolic links: mounted secrets change by them.
            let target = URL(filePath: path).resolvingSymlinksInPath().path
            guard let attributes = try? FileManager.default.attributesOfItem(atPath: target) else { return Stamp() }
            return Stamp(
                changedAt: (attributes[.modificationDate] as? Date)?.timeIntervalSince1970,
                size: number(attributes[.size]), number: number(attributes[.systemFileNumber]))
        }
    }

    /// An integer of some size to FoundationEssentials; an NSNumber where the program also has Foundation.
    private static func number(_ attribute: Any?) -> UInt64? {
        attribute as? UInt64 ?? (attribute as? any BinaryInteger).map { UInt64(truncatingIfNeeded: $0) }
    }
}
