import DoSQLClient
import NIOCore

/// What is sent on the event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html).
enum EventFrame: Sendable {
    case event(Event)
    /// A comment, which nobody hears of: proxies think that a silent connection is dead.
    case heartbeat

    /// The frame as it is sent.
    var bytes: ByteBuffer {
        switch self {
        case .heartbeat: return ByteBuffer(string: ":\n\n")
        case .event(let event):
            // SQL may have written a type of several lines; a frame has one.
            let type = event.type.split(whereSeparator: \.isNewline).joined(separator: " ")
            // As JSON text of our own it is one line.
            let data = JSONValue(text: event.data ?? "null").text
            return ByteBuffer(string: "id: \(event.id)\nevent: \(type)\ndata: \(data)\n\n")
        }
    }
}
