/// Why a command failed, as it is printed on standard error behind `Error: `; the process ends with status 1.
struct CommandError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
