import DoSQLAccess
import DoSQLTestSupport
import Testing

/// Tokens that let nobody in, each with what is said of it.
struct BadToken: Sendable, CustomTestStringConvertible {
    let name: String
    /// The token, made of those that are good; nil: none is shown.
    let make: @Sendable (TestTokens, _ key: String) -> String?
    /// What the error says.
    let message: String

    var testDescription: String { name }

    static let all: [BadToken] = [
        BadToken(name: "none", make: { _, _ in nil }, message: "none was sent"),
        BadToken(name: "no token at all", make: { _, _ in "secret" }, message: "neither an API key nor a JWT"),
        BadToken(
            name: "a key with another secret",
            make: { _, key in String(key.dropLast(4)) + "AAAA" }, message: "not known"),
        BadToken(name: "a key that was never made", make: { _, _ in APIKey().text }, message: "not known"),
        BadToken(name: "a key in capitals", make: { _, key in key.uppercased() }, message: "neither"),
        BadToken(
            name: "expired", make: { tokens, _ in tokens.jwt(grants, lifetime: -1) }, message: "has expired"),
        BadToken(
            name: "without a signature",
            make: { tokens, _ in
                tokens.jwt(grants, header: #"{"alg":"none","kid":"one"}"#).prefix { $0 != "." } + "."
                    + tokens.jwt(grants).split(separator: ".")[1] + "."
            }, message: "algorithm"),
        BadToken(
            name: "alg none", make: { tokens, _ in tokens.jwt(grants, header: #"{"alg":"none","kid":"one"}"#) },
            message: "algorithm"),
        BadToken(
            name: "another algorithm",
            make: { tokens, _ in tokens.jwt(grants, header: #"{"alg":"HS512","kid":"one"}"#) }, message: "algorithm"),
        BadToken(
            name: "an asymmetric algorithm",
            make: { tokens, _ in tokens.jwt(grants, header: #"{"alg":"ES256","kid":"one"}"#) }, message: "algorithm"),
        BadToken(
            name: "forged", make: { tokens, _ in String(tokens.jwt(grants).dropLast(6)) + "AAAAAA" },
            message: "signature is wrong"),
        BadToken(
            name: "signed for other claims",
            make: { tokens, _ in
                let (small, large) = (tokens.jwt("[]"), tokens.jwt(grants))
                return large.split(separator: ".")[0...1].joined(separator: ".") + "."
                    + small.split(separator: ".")[2]
            }, message: "signature is wrong"),
        BadToken(
            name: "for somebody else", make: { tokens, _ in tokens.jwt(grants, claims: #""aud":"other","#) },
            message: "aud"),
        BadToken(
            name: "not yet valid",
            make: { tokens, _ in tokens.jwt(grants, claims: #""nbf":\#(TestTokens.now / 1000 + 300),"#) },
            message: "not valid yet"),
        BadToken(
            name: "an unknown right", make: { tokens, _ in tokens.jwt(#"{"tenants":["a"],"rights":["all"]}"#) },
            message: "'all' is not a right"),
        BadToken(
            name: "too long", make: { _, _ in String(repeating: "x", count: AccessLimits.tokenBytesMax + 1) },
            message: "longer than"),
    ]

    private static let grants = #"{"tenants":["*"],"rights":["read","write","admin"]}"#
}
