import DoSQLProtocol
import Testing

@testable import DoSQLJSON

/// RFC 4648, section 4.
@Suite struct Base64Tests {
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]) func `the vectors of the standard`(_ plain: String, _ encoded: String) {
        #expect(encode(Array(plain.utf8)) == encoded)
        #expect(decode(encoded) == Array(plain.utf8))
    }

    @Test func `bytes of every length come back`() {
        var generator = SeededGenerator(state: 5)
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(decode(encode(bytes)) == bytes)
        }
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zm8", "Zg===", "=", "==", "====", "Z===", "Zh==", "Zm9=", "Zm9v\n", " Zm9v", "Zm 9v", "Zm9-",
        "Zm9_", "Zg==Zg==", "Z=g=", "Zm=v", "é==",
    ]) func `what no encoder makes is refused`(_ text: String) {
        #expect(decode(text) == nil)
    }

    private func decode(_ text: String) -> [UInt8]? {
        let bytes = Array(text.utf8)
        return Base64.decode(bytes.span)
    }

    private func encode(_ bytes: [UInt8]) -> String {
        var writer = ByteWriter()
        Base64.append(bytes.span, to: &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
