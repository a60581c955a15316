import ArgumentParser
import DoSQLAccess

/// Where the keys are that tokens are checked by: what `dosql token verify` takes, by the names that `dosql serve` has for it.
struct TokenOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A file of API keys, as 'dosql token create' makes it.", valueName: "file"))
    var tokens: String?

    @Option(
        help: ArgumentHelp(
            """
            A key that JWTs are signed with: EdDSA, ES256 or HS256, the file with the public key (PEM) or the secret, and the id (kid) that chooses it; \
            may be given several times. The last colon begins the id, so a file whose name has one needs an id.
            """, valueName: "alg:file[:kid]"))
    var jwtKey: [String] = []

    @Option(help: ArgumentHelp("A JWKS file with such keys; may be given several times.", valueName: "file"))
    var jwks: [String] = []

    @Option(help: ArgumentHelp("What 'iss' has to be in a JWT.", valueName: "text"))
    var jwtIssuer: String?

    @Option(
        help: ArgumentHelp(
            "What 'aud' has to name in a JWT; without it a JWT with 'aud' is refused.", valueName: "text"))
    var jwtAudience: String?

    @Option(help: ArgumentHelp("Seconds for which a JWT may be good.", valueName: "seconds"))
    var jwtLifetimeMax = AccessLimits.lifetimeMax / 1000

    @Option(help: ArgumentHelp("A list of revoked tokens, an id on each line.", valueName: "file"))
    var revoked: String?

    /// The configuration these options describe; no file is read.
    func configuration() throws -> TokenConfiguration {
        let (lifetime, overflow) = jwtLifetimeMax.multipliedReportingOverflow(by: 1000)
        guard !overflow else { throw ValidationError("--jwt-lifetime-max \(jwtLifetimeMax) is too long") }
        let rules = SigningRules(issuer: jwtIssuer, audience: jwtAudience, lifetimeMax: lifetime)
        var configuration = TokenConfiguration()
        configuration.keyFile = tokens
        configuration.signingKeys = try jwtKey.map { try Self.signingKey($0, rules: rules) }
        configuration.keySets = jwks.map { .init(path: $0, rules: rules) }
        configuration.revocationFile = revoked
        return configuration
    }

    private static func signingKey(
        _ text: String, rules: SigningRules
    ) throws -> TokenConfiguration.SigningKeyFile {
        do throws(SigningKeyName.Fault) {
            let key = try SigningKeyName(parsing: text)
            return .init(algorithm: key.algorithm, path: key.path, id: key.id, rules: rules)
        } catch {
            throw ValidationError("--jwt-key \(text): \(error.text)")
        }
    }
}
