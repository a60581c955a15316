import DoSQLProtocol

/// A HELLO that is not answered yet: its token's signature is being checked.
struct Greeting {
    let version: UInt16
    let request: UInt32
}
