/// A place in an encoded request whose bytes are others each time it is sent.
package struct Slot: Sendable {
    /// How a number stands there.
    package enum Form: Sendable {
        /// Eight bytes, little-endian: an integer behind the tag `0x08` (`protocol/values.md`).
        case integer
        /// So many decimal digits, with a filler in front of them where there are fewer.
        case digits(Int, filler: UInt8)
        /// Four bytes, little-endian, that no other request in flight has: an id (`protocol/framing.md`).
        case requestID
    }

    package let offset: Int
    package let form: Form
    /// The number is a random one from 1 to this.
    package let bound: UInt64

    package init(offset: Int, form: Form, bound: UInt64) {
        self.offset = offset
        self.form = form
        self.bound = bound
    }

    /// Puts a number in its place; the slot was made for a request that begins at `start`.
    func write(_ number: UInt64, into bytes: inout MutableSpan<UInt8>, from start: Int) {
        let begin = start + offset
        var rest = number
        switch form {
        case .integer:
            for place in begin..<begin + 8 {
                bytes[place] = UInt8(truncatingIfNeeded: rest)
                rest &>>= 8
            }
        case .requestID:
            for place in begin..<begin + 4 {
                bytes[place] = UInt8(truncatingIfNeeded: rest)
                rest &>>= 8
            }
        case .digits(let width, let filler):
            var place = begin + width
            repeat {
                place -= 1
                bytes[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            } while rest > 0 && place > begin
            while place > begin {
                place -= 1
                bytes[place] = filler
            }
        }
    }
}
