/// What SQLite holds as text: bytes that are nearly always UTF-8, kept exactly (`protocol/values.md`, SQLite values).
///
/// Invariant: bytes are stored only where they are not UTF-8, so that equal texts are stored alike.
public struct Text: Hashable, Sendable {
    enum Storage: Sendable {
        case string(String)
        case bytes([UInt8])
    }

    let storage: Storage

    /// The text of a string.
    public init(_ string: String) { storage = .string(string) }

    /// The text of bytes, whatever they are.
    public init(_ bytes: Span<UInt8>) {
        if let string = String(validating: bytes) {
            storage = .string(string)
        } else {
            storage = .bytes([UInt8](copying: bytes))
        }
    }

    /// The text of bytes, whatever they are.
    public init(_ bytes: [UInt8]) { self.init(bytes.span) }

    /// The text, if it is UTF-8.
    public var string: String? {
        switch storage {
        case .string(let string): string
        case .bytes: nil
        }
    }

    /// The text with U+FFFD for whatever is not UTF-8.
    public var repaired: String {
        switch storage {
        case .string(let string): string
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        }
    }

    /// The bytes, exactly.
    public var bytes: [UInt8] {
        switch storage {
        case .string(let string): Array(string.utf8)
        case .bytes(let bytes): bytes
        }
    }

    /// Texts are equal when their bytes are, as SQLite's BINARY collation has it.
    public static func == (left: Text, right: Text) -> Bool {
        switch (left.storage, right.storage) {
        case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
        case (.bytes(let left), .bytes(let right)): left == right
        case (.string, .bytes), (.bytes, .string): false
        }
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}

extension Text: ExpressibleByStringLiteral, CustomStringConvertible {
    /// The text of a literal.
    public init(stringLiteral value: String) { self.init(value) }

    /// The text with U+FFFD for whatever is not UTF-8.
    public var description: String { repaired }
}
