import DoSQLAccess

/// Why somebody was not let in, as the metrics tell it apart.
enum AuthenticationFailure: Int, CaseIterable, Sendable {
    case missing, malformed, unknown, signature, algorithm, time, claims, revoked

    init(_ error: AccessError) {
        self =
            switch error {
            case .missing: .missing
            case .tooLong, .malformed, .criticalHeader: .malformed
            case .unknownToken, .unknownKey: .unknown
            case .badSignature: .signature
            case .wrongAlgorithm: .algorithm
            case .expired, .notYetValid: .time
            case .missingExpiry, .lifetimeTooLong, .wrongIssuer, .wrongAudience, .claims: .claims
            case .revoked: .revoked
            }
    }

    /// The value of the label `reason`.
    var label: String {
        switch self {
        case .missing: "missing"
        case .malformed: "malformed"
        case .unknown: "unknown"
        case .signature: "signature"
        case .algorithm: "algorithm"
        case .time: "time"
        case .claims: "claims"
        case .revoked: "revoked"
        }
    }
}
