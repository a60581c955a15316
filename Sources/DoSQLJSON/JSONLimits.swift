/// The bounds that JSON itself meets; all others are those of the messages (`protocol/json.md`, limits).
public enum JSONLimits {
    /// Levels of arrays and objects in one text. Far above what any request needs; the reader keeps one bit a level.
    public static var depthMax: Int { 64 }
    /// Bytes of a channel's name: it is stored in every row of `messages`.
    public static var channelMax: Int { 256 }
    /// Bytes of an event's type: it is one line of an event stream and stored in every row of `events`.
    public static var eventTypeMax: Int { 256 }
    /// Bytes of a hub request's `id`: it is kept until the answer, and sent back with it.
    public static var hubIDMax: Int { 256 }
    /// Bytes of JSON that so many bytes of a frame may become: ``expansionMax`` times as many, and ``expansionMin`` in any
    /// case. Rows that are objects repeat the columns' names, which a client chooses, in each: one frame of 64 KiB could
    /// become gigabytes.
    public static func expanded(_ bytes: Int) -> Int { max(expansionMin, bytes * expansionMax) }
    /// Bytes of JSON for a byte of rows: six where every byte is escaped, and some for names.
    public static var expansionMax: Int { 8 }
    /// Bytes of JSON that any frame may become.
    public static var expansionMin: Int { 4_194_304 }
    /// Bytes of a number or a name that an error quotes; the rest of a longer one is left out.
    static var quotedMax: Int { 40 }
}
