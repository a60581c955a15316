/// The headers that keep a browser from doing more with an answer than reading it (OWASP REST Security Cheat Sheet).
///
/// None of them says what software answers.
public enum SecureHeaders {
    /// For answers of an API.
    /// - Parameter crossOrigin: whether pages of other origins may read the answers, as ``CORSPolicy`` allows. The
    ///   resource policy must not forbid what CORS allows.
    public static func api(crossOrigin: Bool) -> HeaderBlock {
        crossOrigin ? crossOriginBlock : sameOriginBlock
    }

    private static let sameOriginBlock = block(resourcePolicy: "same-origin")
    private static let crossOriginBlock = block(resourcePolicy: "cross-origin")

    private static func block(resourcePolicy: String) -> HeaderBlock {
        HeaderBlock([
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
            "Cross-Origin-Resource-Policy": resourcePolicy,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Origin-Agent-Cluster": "?1",
            "X-DNS-Prefetch-Control": "off",
            "X-Download-Options": "noopen",
            "X-Permitted-Cross-Domain-Policies": "none",
            "X-XSS-Protection": "0",
        ])
    }
}
