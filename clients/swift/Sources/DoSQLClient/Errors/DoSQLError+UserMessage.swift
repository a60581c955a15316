extension DoSQLError {
    /// A sentence for the people who use your application: it names no table, no statement and no value.
    ///
    /// Show it where ``message`` would say too much.
    public var userMessage: String {
        switch code {
        case .connectionClosed: "The connection to the database was lost. Please try again."
        case .clientShutDown: "The database connection has been closed. Please reconnect."
        case .readOnly: "This database is read-only. Nothing can be changed in it."
        case .constraintUnique: "An entry like this exists already."
        case .constraintForeignKey: "Something that this entry refers to does not exist, or is still in use."
        case .constraintNotNull: "A required value is missing."
        case .constraintCheck, .constraintOther, .typeMismatch: "A value is not allowed here."
        case .assertionFailed: message
        case .sqlError where message.hasPrefix("no such table"): "The table could not be found."
        case .sqlError where message.hasPrefix("no such column"): "The column could not be found."
        case .sqlError: "There is an error in the SQL statement."
        case .parameterCount: "The number of values does not match the SQL statement."
        case .parameterMissing, .parameterUnknown: "A value for the SQL statement is missing or has a wrong name."
        case .tenantNotFound: "This database does not exist."
        case .unauthenticated, .forbidden, .notAllowed: "You are not allowed to do this."
        case .overloaded, .tooManyConnections: "The database is very busy. Please try again in a moment."
        case .shuttingDown, .idleTimeout, .tenantUnavailable: "The database is not available now. Please try again."
        case .cancelled: "The operation was cancelled."
        case .resultTooLarge, .valueTooLarge, .frameTooLarge: "There is more data than can be handled at once."
        case .feedTruncated: "Some updates came too fast and were missed. Please reload."
        case .storageFull: "There is no space left in the database."
        case .lockTimeout, .transactionAborted, .transactionLost, .transactionExpired:
            "Somebody else was changing the same data. Please try again."
        default:
            switch category {
            case .validation, .protocol: "The request is not valid."
            case .conflict: "The operation conflicts with what is stored."
            case .timeout: "The database operation took too long. Please try again."
            case .connection: "The database cannot be reached. Please try again."
            case .authorization: "You are not allowed to do this."
            case .notFound: "This could not be found."
            case .resource: "The database has reached a limit."
            case .execution, .internal: "The database operation failed."
            }
        }
    }
}
