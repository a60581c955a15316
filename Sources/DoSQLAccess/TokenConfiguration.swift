/// Where the keys that tokens are checked by come from: what `dosql serve --tokens`, `--jwt-key`, `--jwks` and
/// `--revoked` say.
public struct TokenConfiguration: Sendable, Hashable {
    /// A file of API keys: what `dosql token create` writes.
    public var keyFile: String?
    /// Files with one key each.
    public var signingKeys: [SigningKeyFile] = []
    /// JWKS files.
    public var keySets: [KeySetFile] = []
    /// A list of revoked tokens.
    public var revocationFile: String?

    /// A file with one key.
    public struct SigningKeyFile: Sendable, Hashable {
        /// The only algorithm its signatures are taken for.
        public var algorithm: SigningAlgorithm
        /// The public key in PEM, or the secret.
        public var path: String
        /// The `kid` that chooses it; may be nil where it is the only key.
        public var id: String?
        /// What its tokens have to say.
        public var rules: SigningRules

        /// A file of these parts.
        public init(algorithm: SigningAlgorithm, path: String, id: String? = nil, rules: SigningRules = SigningRules())
        {
            self.algorithm = algorithm
            self.path = path
            self.id = id
            self.rules = rules
        }
    }

    /// A JWKS file (RFC 7517).
    public struct KeySetFile: Sendable, Hashable {
        /// The file.
        public var path: String
        /// What the tokens of its keys have to say.
        public var rules: SigningRules

        /// A file of these parts.
        public init(path: String, rules: SigningRules = SigningRules()) {
            self.path = path
            self.rules = rules
        }
    }

    /// A configuration without keys.
    public init() {}

    /// Whether nothing is named that could let anybody in.
    public var isEmpty: Bool { keyFile == nil && signingKeys.isEmpty && keySets.isEmpty }

    /// Every rule this configuration breaks, each as a sentence; what is in the files is checked when they are read.
    public var faults: [String] {
        var faults: [String] = []
        if isEmpty, revocationFile != nil {
            faults.append("a list of revoked tokens is of no use without keys: --tokens, --jwt-key or --jwks")
        }
        for rules in signingKeys.map(\.rules) + keySets.map(\.rules) where rules.lifetimeMax < 1000 {
            faults.append("a token may be good for at least 1 second, not \(rules.lifetimeMax) ms")
        }
        return faults
    }
}
