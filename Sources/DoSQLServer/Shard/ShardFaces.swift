/// The faces of a shard by their connections: those that have something under way, and those that rest.
///
/// Thousands may be connected and wait for something to happen. A tick that looked at all of them would cost more than
/// what they do, and hold up everybody else; so those who rest are looked at in turn, each once in ``turns`` ticks.
/// Invariant: a connection is in `awake` or in its place of `resting`, never in both.
struct ShardFaces {
    /// In how many ticks all who rest have been looked at.
    static let turns = 20

    private var awake: [UInt64: any Face] = [:]
    private var resting: [[UInt64: any Face]] = Array(repeating: [:], count: turns)
    /// Whose turn is next.
    private var turn = 0

    var isEmpty: Bool { awake.isEmpty && resting.allSatisfy(\.isEmpty) }

    /// All of them, as they are now.
    var all: [any Face] { Array(awake.values) + resting.flatMap(\.values) }

    subscript(connection: UInt64) -> (any Face)? {
        awake[connection] ?? resting[Self.place(of: connection)][connection]
    }

    /// Adds a face, awake, and gives back who had the connection before.
    mutating func add(_ face: any Face) -> (any Face)? {
        let former = remove(face.connection)
        awake[face.connection] = face
        return former
    }

    mutating func remove(_ connection: UInt64) -> (any Face)? {
        awake.removeValue(forKey: connection)
            ?? resting[Self.place(of: connection)].removeValue(forKey: connection)
    }

    /// Those who are looked at in this tick.
    mutating func nextDue() -> [any Face] {
        turn = (turn + 1) % Self.turns
        return Array(awake.values) + Array(resting[turn].values)
    }

    /// The face has nothing under way.
    mutating func rest(_ connection: UInt64) {
        guard let face = awake.removeValue(forKey: connection) else { return }
        resting[Self.place(of: connection)][connection] = face
    }

    /// The face has something under way.
    mutating func wake(_ connection: UInt64) {
        guard let face = resting[Self.place(of: connection)].removeValue(forKey: connection) else { return }
        awake[connection] = face
    }

    private static func place(of connection: UInt64) -> Int { Int(connection % UInt64(turns)) }
}
