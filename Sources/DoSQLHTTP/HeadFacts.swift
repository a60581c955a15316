/// What a head says about its message: how long it is, and what may be done with it.
struct HeadFacts {
    /// Where the method is.
    var method = 0..<0
    /// The digit behind `HTTP/1.`.
    var minorVersion = 1
    /// The declared length of the body.
    private(set) var length: Int?
    /// Whether the body is chunked.
    private(set) var isChunked = false
    /// Whether the client waits for 100 Continue.
    private(set) var expectsContinue = false
    /// Whether there is an Upgrade header.
    private(set) var hasUpgrade = false
    private var hasHost = false

    /// How the body is framed.
    var framing: RequestFraming {
        if isChunked { return .chunked }
        guard let length, length > 0 else { return .none }
        return .length(length)
    }

    /// Notes a header line, and refuses it if it makes the message ambiguous.
    mutating func note(name: Span<UInt8>, value: Span<UInt8>, isTrailer: Bool) -> HTTPFault? {
        // Few names have one of these lengths, so that most are passed over with one comparison.
        switch name.count {
        case 4 where name.equals(ignoringCase: "host"): isTrailer ? .framingInTrailer : noteHost(value)
        case 6 where name.equals(ignoringCase: "expect"): isTrailer ? nil : noteExpectation(value)
        case 7 where name.equals(ignoringCase: "upgrade"): noteUpgrade()
        case 14 where name.equals(ignoringCase: "content-length"): isTrailer ? .framingInTrailer : noteLength(value)
        case 17 where name.equals(ignoringCase: "transfer-encoding"):
            isTrailer ? .framingInTrailer : noteEncoding(value)
        default: nil
        }
    }

    /// What is refused only when nothing more can follow.
    func faultAtEnd(isTrailer: Bool) -> HTTPFault? {
        isTrailer || hasHost || minorVersion == 0 ? nil : .missingHost
    }

    private mutating func noteUpgrade() -> HTTPFault? {
        hasUpgrade = true
        return nil
    }

    private mutating func noteHost(_ value: Span<UInt8>) -> HTTPFault? {
        if hasHost { return .twoHosts }
        hasHost = true
        return Authority.isValid(value) ? nil : .badHost
    }

    private mutating func noteExpectation(_ value: Span<UInt8>) -> HTTPFault? {
        // HTTP/1.0 has no 1xx answers (RFC 9110 section 10.1.1).
        if minorVersion == 0 { return nil }
        guard value.equals(ignoringCase: "100-continue") else { return .unknownExpectation }
        expectsContinue = true
        return nil
    }

    private mutating func noteLength(_ value: Span<UInt8>) -> HTTPFault? {
        if isChunked { return .lengthAndEncoding }
        if length != nil { return .twoLengths }
        guard !value.isEmpty else { return .badLength }
        var number = 0
        for index in value.indices {
            let octet = value[index]
            guard Octet.isDigit(octet) else { return octet == 0x2C ? .twoLengths : .badLength }
            // A number without end stays too large for any limit.
            let (product, isOver) = number.multipliedReportingOverflow(by: 10)
            number = isOver || product > Int.max - 9 ? Int.max / 16 : product + Int(octet - 0x30)
        }
        length = number
        return nil
    }

    private mutating func noteEncoding(_ value: Span<UInt8>) -> HTTPFault? {
        if minorVersion == 0 { return .encodingInOldVersion }
        if length != nil { return .lengthAndEncoding }
        if isChunked { return .twoEncodings }
        guard value.equals(ignoringCase: "chunked") else { return .unknownEncoding }
        isChunked = true
        return nil
    }
}
