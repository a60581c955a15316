public import DoSQLProtocol

extension ErrorMessage {
    /// The HTTP status of this error: that of its category, unless HTTP has a more exact one (`protocol/http.md`,
    /// errors).
    public var httpStatus: Int {
        switch code {
        case .unauthenticated: 401
        case .frameTooLarge: 413
        case .noTransaction: 404
        default: category?.httpStatus ?? ErrorCategory.internal.httpStatus
        }
    }

    /// What the header `Retry-After` of this answer says, in whole seconds; nil: it has none. Only what a server
    /// refuses because of its own state has one.
    public var retryAfterSeconds: UInt64? {
        if let retryAfter { return max(1, retryAfter / 1_000 + (retryAfter % 1_000 == 0 ? 0 : 1)) }
        return category == .connection && isRetryable ? 1 : nil
    }
}
