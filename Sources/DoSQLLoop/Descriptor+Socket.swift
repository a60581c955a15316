internal import CLibuv
import Glibc

extension Descriptor {
    /// Opens a stream socket that neither blocks nor survives `exec`.
    init(socketOf family: Int32) throws(LoopError) {
        let number = dosql_socket(family)
        guard number >= 0 else { throw LoopError(failed: "open a socket") }
        self.init(owning: number)
    }

    /// Takes a waiting connection; `nil` with `errno` if there is none or the system refuses.
    init?(acceptedBy listening: Int32) {
        let number = dosql_accept(listening)
        guard number >= 0 else { return nil }
        self.init(owning: number)
    }
}
