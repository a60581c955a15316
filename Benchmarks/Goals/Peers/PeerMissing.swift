/// Why a program cannot be compared with on this machine.
struct PeerMissing: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
