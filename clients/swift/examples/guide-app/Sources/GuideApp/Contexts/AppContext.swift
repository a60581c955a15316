import DoSQLClient
import Hummingbird
import NIOCore

/// What every request has from the start, and what middleware finds out about it.
struct AppContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let requestDecoder = JSONBodyDecoder()
    let responseEncoder = JSONBodyEncoder()
    let maxUploadSize = bodyMax
    /// The address at the other end of the connection; nil where that is a socket of the file system.
    let connectionAddress: String?
    /// The database of the request's tenant; ``TenantMiddleware`` sets it.
    var tenant: Tenant?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        connectionAddress = source.channel.remoteAddress?.ipAddress
    }
}

/// Bytes of a request's body at most: 1 MiB, so that memory is bounded. Beyond it is 413.
let bodyMax = 1024 * 1024
