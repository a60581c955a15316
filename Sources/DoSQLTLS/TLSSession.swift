internal import NIOCore
internal import NIOSSL

/// One TLS connection (RFC 8446, RFC 5246) as a byte machine: ciphertext in, plaintext out and ciphertext to send.
///
/// The protocol is BoringSSL's, driven by NIO's handler. Records are handed to it whole, as many as hold 16 KiB together:
/// its buffers, which it never gives back, then stay as large as they are made. Not `Sendable`: a session stays on the
/// thread that made it.
public final class TLSSession {
    private let pipeline: TLSPipeline
    /// The beginning of a record that is not whole yet.
    private var partial = ByteBuffer()
    private var handshakeBytes = 0
    private var hasClosed = false
    /// Why it is over; nil while it is not.
    public private(set) var fault: TLSFault?

    init(_ handler: NIOSSLHandler) { pipeline = TLSPipeline(handler) }

    /// Whether the handshake is over, and well.
    public var isEstablished: Bool { pipeline.isEstablished }
    /// Whether the peer has said that it sends no more (`close_notify`).
    public var peerHasEnded: Bool { pipeline.peerHasEnded }
    /// What was agreed on by ALPN (RFC 7301), if anything was.
    public var applicationProtocol: String? { pipeline.applicationProtocol }

    /// The certificate that the peer has shown, in DER; nil if it has shown none.
    public var peerCertificate: [UInt8]? { isEstablished ? try? pipeline.peerCertificate?.toDERBytes() : nil }

    /// Appends what a session sends by itself, before the peer has said anything: a client's first message.
    public func begin(into output: inout [UInt8]) { pipeline.takeOutput(into: &output) }

    /// Takes what the peer has sent.
    ///
    /// - Parameters:
    ///   - ciphertext: any part of the peer's bytes, in their order.
    ///   - plaintext: gets what they hold for the application, appended.
    ///   - output: gets what has to be sent to the peer, appended; also when this throws: the alert that says why.
    /// - Throws: what makes the session end. What came before it is in `plaintext`. Every later call throws it again.
    public func receive(
        _ ciphertext: Span<UInt8>, into plaintext: inout [UInt8], answering output: inout [UInt8]
    ) throws(TLSFault) {
        if let fault { throw fault }
        pipeline.gathering(into: &plaintext, &output) {
            var rest = ciphertext
            while fault == nil, !peerHasEnded, let records = nextRecords(&rest) { receive(records) }
        }
        if let fault { throw fault }
    }

    /// Encrypts bytes of the application; those that come before the handshake is over are sent at its end.
    ///
    /// - Parameters:
    ///   - plaintext: the bytes, as many as there are.
    ///   - output: gets what has to be sent to the peer, appended.
    public func send(_ plaintext: Span<UInt8>, into output: inout [UInt8]) throws(TLSFault) {
        if let fault { throw fault }
        guard !hasClosed else { return }
        var nothing: [UInt8] = []
        output.reserveCapacity(output.count + plaintext.count + plaintext.count / 256 + 64)
        pipeline.gathering(into: &nothing, &output) {
            var rest = plaintext
            while !rest.isEmpty, pipeline.error == nil {
                let part = rest.extracting(first: TLSLimits.sendStep)
                rest = rest.extracting(droppingFirst: part.count)
                pipeline.send(ByteBuffer(bytes: part))
            }
        }
        try checkPipeline()
    }

    /// Says that nothing more is sent (`close_notify`), so that the peer can tell an end from a cut.
    public func close(into output: inout [UInt8]) {
        guard fault == nil, !hasClosed, isEstablished else { return }
        hasClosed = true
        pipeline.close()
        pipeline.takeOutput(into: &output)
    }

    // MARK: Records

    /// The next whole records, together at most as long as one may be; nil if there are none.
    private func nextRecords(_ rest: inout Span<UInt8>) -> ByteBuffer? {
        if partial.readableBytes > 0 { return nextCompleted(&rest) }
        var count = 0
        var content = 0
        while let record = Self.recordSize(rest.extracting(droppingFirst: count)) {
            content += record - TLSLimits.recordHeaderSize
            guard count + record <= rest.count, count == 0 || content <= TLSLimits.recordBytesMax else { break }
            count += record
        }
        guard count == 0 else { return Self.take(count, of: &rest) }
        if !rest.isEmpty { partial = Self.take(rest.count, of: &rest) }
        return nil
    }

    /// The record whose beginning came earlier; nil if it is still not whole.
    private func nextCompleted(_ rest: inout Span<UInt8>) -> ByteBuffer? {
        while true {
            let size = Self.recordSize(partial.readableBytesUInt8Span) ?? TLSLimits.recordHeaderSize
            let missing = size - partial.readableBytes
            if missing <= 0 {
                let record = partial
                partial = ByteBuffer()
                return record
            }
            guard !rest.isEmpty else { return nil }
            let part = rest.extracting(first: missing)
            rest = rest.extracting(droppingFirst: part.count)
            unsafe partial.writeBytes(part.bytes)
        }
    }

    /// The size of the record that begins here; nil if its header is not whole. What cannot be a record is as long as what
    /// there is of it: BoringSSL says what is wrong with it, and nothing has to be waited for.
    private static func recordSize(_ bytes: Span<UInt8>) -> Int? {
        guard bytes.count >= TLSLimits.recordHeaderSize else { return nil }
        let length = Int(bytes[3]) << 8 | Int(bytes[4])
        // change_cipher_spec, alert, handshake, application_data.
        guard (20...23).contains(bytes[0]), bytes[1] == 3, length <= TLSLimits.recordProtectedMax else {
            return bytes.count
        }
        return TLSLimits.recordHeaderSize + length
    }

    private static func take(_ count: Int, of rest: inout Span<UInt8>) -> ByteBuffer {
        let bytes = ByteBuffer(bytes: rest.extracting(first: count))
        rest = rest.extracting(droppingFirst: count)
        return bytes
    }

    private func receive(_ records: ByteBuffer) {
        if !isEstablished {
            handshakeBytes += records.readableBytes
            guard handshakeBytes <= TLSLimits.handshakeBytesMax else {
                fault = TLSFault(.handshakeTooLong)
                return
            }
        }
        let wasEstablished = isEstablished
        pipeline.receive(records)
        if let error = pipeline.error, !peerHasEnded { fault = TLSFault(error, isEstablished: wasEstablished) }
    }

    private func checkPipeline() throws(TLSFault) {
        guard let error = pipeline.error, !peerHasEnded else { return }
        let fault = TLSFault(error, isEstablished: isEstablished)
        self.fault = fault
        throw fault
    }
}

extension ByteBuffer {
    fileprivate init(bytes: Span<UInt8>) {
        self.init()
        reserveCapacity(bytes.count)
        unsafe writeBytes(bytes.bytes)
    }
}
