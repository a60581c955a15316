internal import DoSQLCompression

/// permessage-deflate as it is agreed on with one client (RFC 7692, section 7.1).
///
/// Both ends begin every message anew (`no_context_takeover`), so that no window has to be kept for an idle connection.
struct DeflateAgreement: Hashable {
    /// The largest window of the messages that we send.
    private let serverWindowBits: Int
    /// Whether the client named a bound, which the answer then has to name.
    private let namesServerWindow: Bool

    /// What can be answered to an offer; nil if it is of another extension or cannot be met.
    init?(_ offer: ExtensionOffer) {
        guard offer.name.lowercased() == "permessage-deflate" else { return nil }
        var seen: Set<String> = []
        var windowBits: Int?
        for parameter in offer.parameters {
            // A parameter that is unknown, doubled or of a bad value: the offer must be declined (RFC 7692, 7.1).
            guard seen.insert(parameter.name).inserted else { return nil }
            switch (parameter.name, parameter.value) {
            case ("server_no_context_takeover", nil), ("client_no_context_takeover", nil): break
            // We take any window of the client's, so that there is nothing to answer.
            case ("client_max_window_bits", nil): break
            case ("client_max_window_bits", let value?):
                guard Self.windowBits(value) != nil else { return nil }
            case ("server_max_window_bits", let value?):
                guard let bits = Self.windowBits(value) else { return nil }
                windowBits = bits
            default: return nil
            }
        }
        if let windowBits {
            // A window of 8 is allowed, but zlib cannot write it.
            guard CompressionFormat.rawWindowBits.contains(windowBits) else { return nil }
        }
        serverWindowBits = windowBits ?? CompressionFormat.rawWindowBits.upperBound
        namesServerWindow = windowBits != nil
    }

    var variant: WebSocketVariant { .deflated(windowBits: serverWindowBits) }

    var headerValue: String {
        let value = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        return namesServerWindow ? value + "; server_max_window_bits=\(serverWindowBits)" : value
    }

    /// 8 to 15, without a leading zero (RFC 7692, 7.1.2.1).
    private static func windowBits(_ value: String) -> Int? {
        guard value.utf8.first != UInt8(ascii: "0"), value.utf8.first != UInt8(ascii: "+"), let bits = Int(value),
            (8...15).contains(bits)
        else { return nil }
        return bits
    }
}
