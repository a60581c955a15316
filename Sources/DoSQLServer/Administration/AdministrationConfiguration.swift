/// What an operator decides about administration (`protocol/administration.md`, limits).
public struct AdministrationConfiguration: Sendable {
    /// Seconds for which what was deleted can be brought back.
    public var deletedKept = 7 * 24 * 3600
    /// Bytes of a file that is to become a tenant.
    public var restoreBytesMax: Int64 = 16 << 30
    /// Bytes of uploads and backups that lie in the data folder at a time.
    public var temporaryBytesMax: Int64 = 64 << 30
    /// Bytes that uploads and backups leave free on the disk: tenants need them to write.
    public var freeBytesMin: Int64 = 64 << 20
    /// Nanoseconds that a tenant's statements get to end before it is deleted, renamed or replaced.
    public var retireTime: UInt64 = 60_000_000_000
    /// Nanoseconds that checking a file may take.
    public var checkTime: UInt64 = 3_600_000_000_000

    /// The defaults.
    public init() {}

    /// Every rule this configuration breaks, each as a sentence.
    var faults: [String] {
        var faults: [String] = []
        if deletedKept < 0 { faults.append("deleted tenants are kept for 0 seconds or more, not \(deletedKept)") }
        if restoreBytesMax < 512 {
            faults.append("a restored file may have at least 512 bytes, not \(restoreBytesMax)")
        }
        if temporaryBytesMax < 0 { faults.append("temporary files take 0 bytes or more, not \(temporaryBytesMax)") }
        if freeBytesMin < 0 { faults.append("0 bytes or more stay free, not \(freeBytesMin)") }
        if retireTime == 0 { faults.append("a tenant's statements need some time to end") }
        if checkTime == 0 { faults.append("checking a file needs some time") }
        return faults
    }
}
