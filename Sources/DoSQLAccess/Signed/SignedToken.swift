/// A JWT's three parts, taken apart in one way only (RFC 7515, 7.1); nothing of it is believed yet.
struct SignedToken {
    /// `alg` of the header.
    let algorithm: String
    /// `kid` of the header.
    let keyID: String?
    /// What is signed: header and payload as they were sent.
    let signed: [UInt8]
    /// The payload's bytes.
    let payload: [UInt8]
    let signature: [UInt8]

    /// Takes a token apart.
    /// - Throws: `.malformed`, or `.criticalHeader`.
    init(_ token: [UInt8]) throws(AccessError) {
        let parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2]), let json = try? JSONParser.parse(header),
            let fields = json.object,
            let algorithm = fields["alg"]?.string
        else { throw .malformed }
        keyID = fields["kid"]?.string
        guard fields["kid"] == nil || keyID.map({ $0.utf8.count <= AccessLimits.idBytesMax }) == true else {
            throw .malformed
        }
        guard fields["crit"] == nil else { throw .criticalHeader }
        self.algorithm = algorithm
        self.payload = payload
        self.signature = signature
        signed = Array(token[..<parts[1].endIndex])
    }
}
