/// Cuts a text that comes line by line into statements, at the semicolons that end one: not those in quotes, brackets
/// and comments, nor those inside of CREATE TRIGGER … END. The rules are `sqlite3_complete`'s:
/// <https://www.sqlite.org/c3ref/complete.html>.
struct StatementSplitter {
    /// Where in a statement we are.
    private enum Place {
        /// Nothing but space and comments so far.
        case start
        case inside
        /// After EXPLAIN, which may stand in front of CREATE.
        case explain
        /// After CREATE, or CREATE TEMP.
        case create
        /// In a trigger's body, where semicolons end a statement of the trigger.
        case trigger
        /// Behind such a semicolon: END and another one end it.
        case triggerSemicolon
        case triggerEnd
    }

    /// What surrounds the next byte.
    private enum Mode {
        case plain
        case word
        case quoted(by: UInt8)
        case lineComment
        case blockComment
    }

    private var bytes: [UInt8] = []
    private var position = 0
    private var wordStart = 0
    private var place = Place.start
    private var mode = Mode.plain

    /// Whether a statement has begun that is not complete.
    var isInStatement: Bool {
        switch (place, mode) {
        case (.start, .plain), (.start, .lineComment): false
        case (.start, .blockComment), (.start, .quoted), (.start, .word), (_, _): true
        }
    }

    /// Takes more text.
    mutating func append(_ text: some Sequence<UInt8>) { bytes += text }

    /// The next complete statement, with its semicolon; nil if there is none. Empty ones are left out.
    mutating func next() -> [UInt8]? {
        while position < bytes.count {
            guard step() else { continue }
            let wasEmpty = place == .start
            place = .start
            let statement = take(upTo: position)
            if !wasEmpty { return statement }
        }
        return nil
    }

    /// What is left at the end of the text; nil if that is nothing but space and comments.
    mutating func rest() -> [UInt8]? {
        if case .word = mode { endWord() }
        let hasStatement = isInStatement
        let statement = take(upTo: bytes.count)
        self = StatementSplitter()
        return hasStatement ? statement : nil
    }

    /// Forgets what is not complete.
    mutating func clear() { self = StatementSplitter() }

    private mutating func take(upTo end: Int) -> [UInt8] {
        let statement = bytes[..<end].drop { Self.isSpace($0) }
        let result = Array(statement)
        bytes.removeFirst(end)
        position = 0
        return result
    }

    // MARK: Bytes

    /// Consumes a byte, or two where they belong together.
    ///
    /// - Returns: whether a statement ends behind it.
    private mutating func step() -> Bool {
        let byte = bytes[position]
        switch mode {
        case .word:
            if Self.isWord(byte) {
                position += 1
            } else {
                endWord()
            }
        case .quoted(let quote):
            // A doubled quote ends one text and begins another at once, which is the same.
            if byte == quote { mode = .plain }
            position += 1
        case .lineComment:
            if byte == 0x0A { mode = .plain }
            position += 1
        case .blockComment:
            if byte == UInt8(ascii: "*"), next(is: "/") {
                mode = .plain
                position += 1
            }
            position += 1
        case .plain: return stepPlain(byte)
        }
        return false
    }

    private mutating func stepPlain(_ byte: UInt8) -> Bool {
        if Self.isWord(byte) {
            mode = .word
            wordStart = position
            return false
        }
        position += 1
        switch byte {
        case UInt8(ascii: ";"): return semicolon()
        case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"): quote(byte)
        case UInt8(ascii: "["): quote(UInt8(ascii: "]"))
        case UInt8(ascii: "-") where position < bytes.count && bytes[position] == byte: mode = .lineComment
        case UInt8(ascii: "/") where position < bytes.count && bytes[position] == UInt8(ascii: "*"):
            mode = .blockComment
            position += 1
        case _ where Self.isSpace(byte): break
        default: other()
        }
        return false
    }

    private mutating func quote(_ closing: UInt8) {
        other()
        mode = .quoted(by: closing)
    }

    private func next(is character: Unicode.Scalar) -> Bool {
        position + 1 < bytes.count && bytes[position + 1] == UInt8(ascii: character)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...0xFF:
            true
        default: false
        }
    }

    // MARK: Words

    private mutating func endWord() {
        let word = String(decoding: bytes[wordStart..<position], as: UTF8.self).uppercased()
        mode = .plain
        switch (place, word) {
        case (.start, "EXPLAIN"): place = .explain
        case (.start, "CREATE"), (.explain, "CREATE"): place = .create
        case (.explain, "QUERY"), (.explain, "PLAN"): break
        case (.create, "TEMP"), (.create, "TEMPORARY"): break
        case (.create, "TRIGGER"): place = .trigger
        case (.triggerSemicolon, "END"): place = .triggerEnd
        default: other()
        }
    }

    /// Something that has no meaning of its own.
    private mutating func other() {
        switch place {
        case .start, .inside, .explain, .create: place = .inside
        case .trigger, .triggerSemicolon, .triggerEnd: place = .trigger
        }
    }

    private mutating func semicolon() -> Bool {
        switch place {
        case .start, .inside, .explain, .create, .triggerEnd: return true
        case .trigger, .triggerSemicolon:
            place = .triggerSemicolon
            return false
        }
    }
}
