/// Finds the end of a head, or of a trailer section, and refuses what not everybody reads the same way.
///
/// The parser behind it is lenient in places, so that it can read old peers. A request that two programs in a row read
/// differently lets one be smuggled inside another, so here every octet must be where RFC 9112 has it: each line ends
/// in CRLF, names are tokens, values have no controls, nothing is folded. What frames the message is noted on the way.
///
/// Feed it the bytes from the start of the head, each time all that have come; it goes on where it was.
struct HeadGuard {
    /// What is known of the head after the bytes so far.
    enum Verdict: Equatable {
        /// The head is not complete.
        case needMore
        /// The head has this many bytes.
        case complete(Int)
        /// The head is refused.
        case fault(HTTPFault)
    }

    private enum State {
        case method, target, version, lineFeed, nameStart, name, value, lastLineFeed
    }

    /// What the head says, so far.
    private(set) var facts = HeadFacts()
    /// How many bytes have been looked at.
    private(set) var position = 0
    private var state: State
    private let isTrailer: Bool
    private var headerCount = 0
    /// Where the method, target, version, name or value began.
    private var start = 0
    private var name = 0..<0

    /// A guard in front of a request line.
    init() {
        state = .method
        isTrailer = false
    }

    private init(trailer: Void) {
        state = .nameStart
        isTrailer = true
    }

    /// A guard in front of the first trailer, or of the empty line that ends a chunked body.
    static func forTrailers() -> HeadGuard { HeadGuard(trailer: ()) }

    /// Whether nothing has been looked at.
    var isFresh: Bool { position == 0 }

    /// Looks at all bytes up to the end of the head.
    mutating func scan(_ bytes: Span<UInt8>, limits: HTTPLimits) -> Verdict {
        let end = min(bytes.count, limits.headBytesMax)
        while position < end {
            let fault: HTTPFault?
            switch state {
            case .method: fault = scanMethod(bytes, end)
            case .target: fault = scanTarget(bytes, end, limits)
            case .version: fault = scanVersion(bytes, end)
            case .lineFeed:
                guard bytes[position] == Octet.lineFeed else { return .fault(.bareCarriageReturn) }
                position += 1
                state = .nameStart
                continue
            case .nameStart: fault = beginLine(bytes, limits)
            case .name: fault = scanName(bytes, end)
            case .value: fault = scanValue(bytes, end)
            case .lastLineFeed:
                guard bytes[position] == Octet.lineFeed else { return .fault(.bareCarriageReturn) }
                position += 1
                if let fault = facts.faultAtEnd(isTrailer: isTrailer) { return .fault(fault) }
                return .complete(position)
            }
            if let fault { return .fault(fault) }
        }
        return position >= limits.headBytesMax ? .fault(.headTooLarge) : .needMore
    }

    private mutating func scanMethod(_ bytes: Span<UInt8>, _ end: Int) -> HTTPFault? {
        while position < end {
            let octet = bytes[position]
            if Octet.isToken(octet) {
                position += 1
                continue
            }
            switch octet {
            case Octet.space where position > 0:
                facts.method = 0..<position
                position += 1
                start = position
                state = .target
                return nil
            case Octet.space, Octet.tab: return position == 0 ? .leadingSpace : .badMethod
            case Octet.lineFeed: return .bareLineFeed
            case Octet.carriageReturn: return .badRequestLine
            default: return .badMethod
            }
        }
        return nil
    }

    private mutating func scanTarget(_ bytes: Span<UInt8>, _ end: Int, _ limits: HTTPLimits) -> HTTPFault? {
        while position < end {
            let octet = bytes[position]
            if Octet.isTarget(octet) {
                guard position - start < limits.targetBytesMax else { return .targetTooLong }
                position += 1
                continue
            }
            switch octet {
            case Octet.space where position > start:
                position += 1
                start = position
                state = .version
                return nil
            case Octet.space: return .badRequestLine
            case Octet.lineFeed: return .bareLineFeed
            case Octet.carriageReturn: return .missingVersion
            default: return .badTarget
            }
        }
        return nil
    }

    private mutating func scanVersion(_ bytes: Span<UInt8>, _ end: Int) -> HTTPFault? {
        while position < end {
            let octet = bytes[position]
            if octet == Octet.lineFeed { return .bareLineFeed }
            if octet == Octet.carriageReturn {
                let version = bytes.extracting(start..<position)
                if version.isEmpty { return .missingVersion }
                guard version.count == 8, version.extracting(first: 5).equals("HTTP/"), Octet.isDigit(version[5]),
                    version[6] == 0x2E, Octet.isDigit(version[7])
                else { return .badVersion }
                guard version[5] == 0x31, version[7] <= 0x31 else { return .unsupportedVersion }
                facts.minorVersion = Int(version[7] - 0x30)
                position += 1
                state = .lineFeed
                return nil
            }
            guard octet != Octet.space, octet != Octet.tab else { return .badRequestLine }
            guard position - start < 8 else { return .badVersion }
            position += 1
        }
        return nil
    }

    private mutating func beginLine(_ bytes: Span<UInt8>, _ limits: HTTPLimits) -> HTTPFault? {
        switch bytes[position] {
        case Octet.carriageReturn:
            position += 1
            state = .lastLineFeed
            return nil
        case Octet.space, Octet.tab: return .foldedLine
        default:
            guard headerCount < limits.headersMax else { return .tooManyHeaders }
            headerCount += 1
            start = position
            state = .name
            return nil
        }
    }

    private mutating func scanName(_ bytes: Span<UInt8>, _ end: Int) -> HTTPFault? {
        while position < end {
            let octet = bytes[position]
            if Octet.isToken(octet) {
                position += 1
                continue
            }
            switch octet {
            case 0x3A where position > start:
                name = start..<position
                position += 1
                start = position
                state = .value
                return nil
            case Octet.space, Octet.tab: return .spaceBeforeColon
            case Octet.lineFeed: return .bareLineFeed
            case Octet.carriageReturn: return .missingColon
            default: return .badHeaderName
            }
        }
        return nil
    }

    private mutating func scanValue(_ bytes: Span<UInt8>, _ end: Int) -> HTTPFault? {
        while position < end {
            let octet = bytes[position]
            if Octet.isFieldValue(octet) {
                position += 1
                continue
            }
            switch octet {
            case Octet.carriageReturn:
                let value = bytes.extracting(start..<position)
                position += 1
                state = .lineFeed
                return facts.note(
                    name: bytes.extracting(name), value: value.extracting(value.trimmed()), isTrailer: isTrailer)
            case Octet.lineFeed: return .bareLineFeed
            default: return .controlInValue
            }
        }
        return nil
    }
}
