/// Follows the lines of a chunked body, and refuses what not everybody reads the same way (RFC 9112 section 7.1).
///
/// It says how many of the bytes that have come may go to the parser; those are not shown to it again.
struct ChunkGuard {
    /// What may be done with the bytes.
    enum Verdict: Equatable {
        /// So many bytes are sound. More are needed for the rest.
        case sound(Int)
        /// So many bytes are sound, and with them the body ends.
        case last(Int)
        /// So many bytes are sound, and what follows is refused.
        case fault(Int, HTTPFault)
    }

    private enum State {
        case size, extensions, sizeLineFeed, data, dataReturn, dataLineFeed, trailers
    }

    private var state: State = .size
    /// The size of the chunk, then how much of it is still to come.
    private var remaining = 0
    private var lineBytes = 0
    private var bodyBytes = 0
    private var trailers = HeadGuard.forTrailers()

    /// Looks at all bytes up to the end of the body.
    mutating func scan(_ bytes: Span<UInt8>, limits: HTTPLimits) -> Verdict {
        var index = 0
        while index < bytes.count {
            let octet = bytes[index]
            switch state {
            case .size:
                if let fault = scanSize(octet, limits) { return .fault(index, fault) }
                index += 1
            case .extensions:
                lineBytes += 1
                if octet == Octet.carriageReturn {
                    state = .sizeLineFeed
                } else {
                    if octet == Octet.lineFeed { return .fault(index, .bareLineFeed) }
                    guard Octet.isFieldValue(octet), lineBytes <= limits.chunkLineBytesMax else {
                        return .fault(index, .badChunkExtension)
                    }
                }
                index += 1
            case .sizeLineFeed:
                guard octet == Octet.lineFeed else { return .fault(index, .bareCarriageReturn) }
                lineBytes = 0
                state = remaining == 0 ? .trailers : .data
                index += 1
            case .data:
                let part = min(remaining, bytes.count - index)
                remaining -= part
                index += part
                if remaining == 0 { state = .dataReturn }
            case .dataReturn:
                guard octet == Octet.carriageReturn else { return .fault(index, .badChunkEnd) }
                state = .dataLineFeed
                index += 1
            case .dataLineFeed:
                guard octet == Octet.lineFeed else { return .fault(index, .badChunkEnd) }
                state = .size
                index += 1
            case .trailers:
                switch trailers.scan(bytes.extracting(droppingFirst: index), limits: limits) {
                case .needMore: return .sound(index)
                case .complete(let count): return .last(index + count)
                case .fault(let fault): return .fault(index, fault)
                }
            }
        }
        return .sound(index)
    }

    private mutating func scanSize(_ octet: UInt8, _ limits: HTTPLimits) -> HTTPFault? {
        if let digit = Octet.hexadecimal(octet) {
            lineBytes += 1
            // Leading zeros say nothing, and some count digits instead of reading them.
            guard lineBytes <= 16 else { return .badChunkSize }
            let (product, isOver) = remaining.multipliedReportingOverflow(by: 16)
            guard !isOver else { return .badChunkSize }
            remaining = product | Int(digit)
            return nil
        }
        if octet == Octet.lineFeed { return .bareLineFeed }
        guard lineBytes > 0, octet == Octet.carriageReturn || octet == 0x3B else { return .badChunkSize }
        guard remaining <= limits.bodyBytesMax - bodyBytes else { return .bodyTooLarge }
        bodyBytes += remaining
        lineBytes += 1
        state = octet == 0x3B ? .extensions : .sizeLineFeed
        return nil
    }
}
