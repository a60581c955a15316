import DoSQLSession

/// The tallies of a shard that have counted something since somebody last asked: what nobody uses costs nothing, neither
/// in memory nor when it is asked for.
struct TenantTallies {
    /// Tallies after which a shard hands over what they have, whether somebody asks or not.
    static let listedMax = 1024

    private var listed: [TenantTally] = []

    /// Whether there are so many that they have to be handed over.
    var isFull: Bool { listed.count >= Self.listedMax }

    /// A tally is about to count something.
    mutating func list(_ tally: TenantTally) {
        tally.isListed = true
        listed.append(tally)
    }

    /// What they have counted; from now on they count from 0.
    mutating func take() -> [(tenant: TenantName, figures: TenantFigures)] {
        defer { listed.removeAll(keepingCapacity: true) }
        return listed.map { tally in
            defer {
                tally.figures = TenantFigures()
                tally.isListed = false
            }
            return (tally.tenant, tally.figures)
        }
    }
}
