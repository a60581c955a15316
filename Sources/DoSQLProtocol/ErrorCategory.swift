/// What kind of failure a code is, so that a client can treat one it does not know (`protocol/errors.md`, categories).
public enum ErrorCategory: UInt8, CaseIterable, Hashable, Sendable {
    /// VALIDATION: the request is wrong and stays wrong.
    case validation = 1
    /// CONFLICT: it collides with what is there.
    case conflict = 2
    /// TIMEOUT: a time bound was met.
    case timeout = 3
    /// CONNECTION: the server cannot take it now.
    case connection = 4
    /// EXECUTION: carrying it out went wrong.
    case execution = 5
    /// RESOURCE: a bound on size or space was met.
    case resource = 6
    /// AUTHORIZATION: not allowed.
    case authorization = 7
    /// INTERNAL: a bug in the server.
    case `internal` = 8
    /// PROTOCOL: the bytes are not this protocol.
    case `protocol` = 9
    /// NOT_FOUND: what it names is not there.
    case notFound = 10
}

extension ErrorCategory {
    /// Its name in the table, such as `NOT_FOUND`.
    public var name: String {
        switch self {
        case .validation: "VALIDATION"
        case .conflict: "CONFLICT"
        case .timeout: "TIMEOUT"
        case .connection: "CONNECTION"
        case .execution: "EXECUTION"
        case .resource: "RESOURCE"
        case .authorization: "AUTHORIZATION"
        case .internal: "INTERNAL"
        case .protocol: "PROTOCOL"
        case .notFound: "NOT_FOUND"
        }
    }

    /// The HTTP status that says the same.
    public var httpStatus: Int {
        switch self {
        case .validation: 400
        case .conflict: 409
        case .timeout: 504
        case .connection: 503
        case .execution: 500
        case .resource: 507
        case .authorization: 403
        case .internal: 500
        case .protocol: 400
        case .notFound: 404
        }
    }
}
