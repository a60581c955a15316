import DoSQLAccess

/// Where the keys are that tokens are checked by, as settings name them one by one.
struct TokenSources: Sendable {
    var keyFile: String?
    var signingKeys: [SigningKeyName] = []
    var keySets: [String] = []
    var issuer: String?
    var audience: String?
    /// Seconds.
    var lifetimeMax = Int(AccessLimits.lifetimeMax / 1000)
    var revocationFile: String?

    /// What the server takes: the rules of JWTs hold for every key. No file is read.
    var configuration: TokenConfiguration {
        let rules = SigningRules(issuer: issuer, audience: audience, lifetimeMax: UInt64(lifetimeMax) * 1000)
        var configuration = TokenConfiguration()
        configuration.keyFile = keyFile
        configuration.signingKeys = signingKeys.map {
            .init(algorithm: $0.algorithm, path: $0.path, id: $0.id, rules: rules)
        }
        configuration.keySets = keySets.map { .init(path: $0, rules: rules) }
        configuration.revocationFile = revocationFile
        return configuration
    }
}
