/// Why a request is refused: the status to answer with, and a sentence for whoever sent it.
///
/// After a fault nothing more of the connection can be understood, so it is closed behind the answer (RFC 9112
/// section 9.6).
public struct HTTPFault: Error, Sendable, Hashable {
    /// The status of the answer (RFC 9110 section 15).
    public let status: Int
    /// What is wrong, in one sentence.
    public let sentence: String

    /// A fault of this status.
    public init(status: Int, sentence: String) {
        self.status = status
        self.sentence = sentence
    }

    private init(_ status: Int, _ sentence: String) { self.init(status: status, sentence: sentence) }
}

/// Lines: RFC 9112 sections 2 to 5.
extension HTTPFault {
    /// A line feed that no carriage return precedes.
    public static let bareLineFeed = HTTPFault(400, "A line of the request ends in LF without CR.")
    /// A carriage return that no line feed follows.
    public static let bareCarriageReturn = HTTPFault(400, "The request has a CR that no LF follows.")
    /// Spaces, or more than one empty line, in front of a request.
    public static let leadingSpace = HTTPFault(400, "There is white space in front of the request line.")
    /// A method that is not a token.
    public static let badMethod = HTTPFault(400, "The method is not a token.")
    /// A method that no server of this kind has.
    public static let unknownMethod = HTTPFault(501, "The method is not one that this server knows.")
    /// CONNECT: this is no proxy.
    public static let connectMethod = HTTPFault(501, "CONNECT is for proxies, and this is none.")
    /// A request line that does not have three parts.
    public static let badRequestLine = HTTPFault(400, "The request line is not a method, a target and a version.")
    /// A request line that ends behind its target.
    public static let missingVersion = HTTPFault(400, "The request line has no version.")
    /// Something that is not a version.
    public static let badVersion = HTTPFault(400, "The version is not HTTP/1.1 or HTTP/1.0.")
    /// A version that is not spoken here.
    public static let unsupportedVersion = HTTPFault(505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.")
    /// A target with bytes that belong in none, or of a form that its method does not take.
    public static let badTarget = HTTPFault(400, "The request target is malformed.")
    /// A path or query whose percent escapes are malformed or do not make UTF-8.
    public static let badEscape = HTTPFault(400, "The request target has percent escapes that do not make text.")
    /// A path with `.` or `..` in it: what it means depends on who resolves it.
    public static let dotSegment = HTTPFault(400, "The path has a segment that is . or .., which is not resolved here.")
    /// A path with control characters.
    public static let controlInPath = HTTPFault(400, "The path has a control character.")
    /// A header line that begins with white space (RFC 9112 section 5.2).
    public static let foldedLine = HTTPFault(400, "A header line begins with white space.")
    /// White space between the name of a header and its colon (RFC 9112 section 5.1).
    public static let spaceBeforeColon = HTTPFault(400, "There is white space between a header's name and its colon.")
    /// A header line without a colon.
    public static let missingColon = HTTPFault(400, "A header line has no colon.")
    /// A header's name that is not a token.
    public static let badHeaderName = HTTPFault(400, "A header's name is not a token.")
    /// A control character in a header's value.
    public static let controlInValue = HTTPFault(400, "A header's value has a control character.")
    /// Something the checks let pass and the parser does not.
    public static let malformed = HTTPFault(400, "The request is malformed.")
}

/// Framing: RFC 9112 sections 6 and 7.
extension HTTPFault {
    /// More than one Content-Length, equal or not.
    public static let twoLengths = HTTPFault(400, "The request has more than one Content-Length.")
    /// A Content-Length that is not a number.
    public static let badLength = HTTPFault(400, "The Content-Length is not a decimal number.")
    /// Content-Length and Transfer-Encoding.
    public static let lengthAndEncoding = HTTPFault(400, "The request has both Content-Length and Transfer-Encoding.")
    /// More than one Transfer-Encoding.
    public static let twoEncodings = HTTPFault(400, "The request has more than one Transfer-Encoding.")
    /// A coding other than chunked.
    public static let unknownEncoding = HTTPFault(501, "The only Transfer-Encoding that is taken is chunked.")
    /// A Transfer-Encoding where there was none yet.
    public static let encodingInOldVersion = HTTPFault(400, "HTTP/1.0 has no Transfer-Encoding.")
    /// A chunk size that is not a plain hexadecimal number.
    public static let badChunkSize = HTTPFault(400, "A chunk's size is not a plain hexadecimal number.")
    /// A chunk line with a malformed or endless extension.
    public static let badChunkExtension = HTTPFault(400, "A chunk's extension is malformed or too long.")
    /// A chunk whose data does not end where its size says.
    public static let badChunkEnd = HTTPFault(400, "A chunk's data is not followed by CRLF.")
    /// A trailer that would have changed how the request is read (RFC 9110 section 6.5.1).
    public static let framingInTrailer = HTTPFault(400, "A trailer must not be Content-Length, Transfer-Encoding or Host.")
    /// A request without Host (RFC 9112 section 3.2).
    public static let missingHost = HTTPFault(400, "An HTTP/1.1 request must have a Host header.")
    /// More than one Host.
    public static let twoHosts = HTTPFault(400, "The request has more than one Host header.")
    /// A Host that is no host.
    public static let badHost = HTTPFault(400, "The Host header is not a host with an optional port.")
    /// An expectation other than 100-continue (RFC 9110 section 10.1.1).
    public static let unknownExpectation = HTTPFault(417, "The only expectation that is met is 100-continue.")
}

/// Limits: ``HTTPLimits``.
extension HTTPFault {
    /// A target beyond ``HTTPLimits/targetBytesMax``.
    public static let targetTooLong = HTTPFault(414, "The request target is too long.")
    /// A head beyond ``HTTPLimits/headBytesMax``.
    public static let headTooLarge = HTTPFault(431, "The request's head is too large.")
    /// More headers than ``HTTPLimits/headersMax``.
    public static let tooManyHeaders = HTTPFault(431, "The request has too many headers.")
    /// A body beyond ``HTTPLimits/bodyBytesMax``.
    public static let bodyTooLarge = HTTPFault(413, "The request's body is too large.")
}
