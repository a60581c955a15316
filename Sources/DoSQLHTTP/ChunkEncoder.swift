/// Bodies in chunks (RFC 9112 section 7.1).
///
/// What makes the data may write it straight behind what was encoded before:
///
///     let chunk = ChunkEncoder.begin(in: &output)
///     write(into: &output)
///     ChunkEncoder.end(chunk, in: &output)
public enum ChunkEncoder {
    /// A chunk that has begun: where its size goes.
    public struct Open: Sendable {
        fileprivate let start: Int
    }

    /// Digits of a size. More data than they can tell does not fit the memory of a connection.
    private static let digits = 8

    /// Begins a chunk at the end of `output`.
    public static func begin(in output: inout [UInt8]) -> Open {
        let open = Open(start: output.count)
        output.append(contentsOf: "00000000\r\n".utf8)
        return open
    }

    /// Ends a chunk that everything behind its beginning belongs to. One without data leaves nothing: an empty chunk
    /// would end the body.
    public static func end(_ open: Open, in output: inout [UInt8]) {
        let count = output.count - open.start - digits - 2
        precondition(count >= 0 && count <= 0xFFFF_FFFF, "a chunk has less than 4 GiB")
        if count == 0 {
            output.removeSubrange(open.start...)
            return
        }
        for place in 0..<digits {
            let digit = UInt8(truncatingIfNeeded: count >> (4 * (digits - 1 - place))) & 15
            output[open.start + place] = digit < 10 ? 0x30 + digit : 0x57 + digit
        }
        output.append(contentsOf: "\r\n".utf8)
    }

    /// Appends these bytes as a chunk, or nothing if there are none.
    public static func encode(_ bytes: [UInt8], into output: inout [UInt8]) {
        let chunk = begin(in: &output)
        output.append(contentsOf: bytes)
        end(chunk, in: &output)
    }

    /// Ends the body.
    public static func encodeEnd(into output: inout [UInt8]) {
        output.append(contentsOf: "0\r\n\r\n".utf8)
    }
}
