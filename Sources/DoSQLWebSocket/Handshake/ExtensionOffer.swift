/// One extension that a client offers, with its parameters (RFC 6455, 9.1).
struct ExtensionOffer: Hashable {
    struct Parameter: Hashable {
        let name: String
        let value: String?
    }

    let name: String
    let parameters: [Parameter]

    /// All offers of the header's lines, in the client's order; nil if they do not follow the grammar.
    static func parse(_ lines: [String]) -> [ExtensionOffer]? {
        var offers: [ExtensionOffer] = []
        for line in lines {
            var parser = Parser(rest: Array(line.utf8)[...])
            guard let more = parser.offers() else { return nil }
            offers += more
        }
        return offers
    }

    /// `token *( ";" token [ "=" ( token / quoted-string ) ] )`, separated by commas.
    private struct Parser {
        var rest: ArraySlice<UInt8>

        mutating func offers() -> [ExtensionOffer]? {
            var offers: [ExtensionOffer] = []
            while true {
                // Empty elements of a list mean nothing (RFC 9110, 5.6.1.2).
                while skip(",") {}
                skipSpace()
                if rest.isEmpty { return offers }
                guard let name = token() else { return nil }
                var parameters: [Parameter] = []
                while skip(";") {
                    guard let parameter = parameter() else { return nil }
                    parameters.append(parameter)
                }
                offers.append(ExtensionOffer(name: name, parameters: parameters))
                skipSpace()
                guard rest.isEmpty || rest.first == UInt8(ascii: ",") else { return nil }
            }
        }

        private mutating func parameter() -> Parameter? {
            guard let name = token() else { return nil }
            guard skip("=") else { return Parameter(name: name, value: nil) }
            skipSpace()
            if rest.first == UInt8(ascii: "\"") {
                guard let value = quoted() else { return nil }
                return Parameter(name: name, value: value)
            }
            guard let value = token() else { return nil }
            return Parameter(name: name, value: value)
        }

        /// What quotes hold must be a token again, once they are off.
        private mutating func quoted() -> String? {
            rest.removeFirst()
            var bytes: [UInt8] = []
            while let byte = rest.popFirst() {
                switch byte {
                case UInt8(ascii: "\""):
                    guard !bytes.isEmpty, bytes.allSatisfy(Self.isTokenByte) else { return nil }
                    return String(decoding: bytes, as: UTF8.self)
                case UInt8(ascii: "\\"):
                    guard let escaped = rest.popFirst() else { return nil }
                    bytes.append(escaped)
                default: bytes.append(byte)
                }
            }
            return nil
        }

        private mutating func token() -> String? {
            skipSpace()
            let token = rest.prefix(while: Self.isTokenByte)
            rest = rest.dropFirst(token.count)
            return token.isEmpty ? nil : String(decoding: token, as: UTF8.self)
        }

        private mutating func skip(_ mark: Unicode.Scalar) -> Bool {
            skipSpace()
            guard rest.first == UInt8(ascii: mark) else { return false }
            rest.removeFirst()
            return true
        }

        private mutating func skipSpace() {
            rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        }

        /// `tchar` (RFC 9110, 5.6.2).
        private static func isTokenByte(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
        }
    }
}
