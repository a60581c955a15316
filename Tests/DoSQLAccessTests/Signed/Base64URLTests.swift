import Testing

@testable import DoSQLAccess

@Suite struct Base64URLTests {
    @Test func `it is what Foundation makes, and is read again`() {
        for length in 0..<70 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ length &* 89) }
            let text = Base64URL.encode(bytes)
            #expect(text == Issuer.encode(bytes))
            #expect(Base64URL.decode(text.utf8) == bytes)
        }
    }

    @Test(arguments: ["A", "AAAAA", "AA==", "AA=", "AB", "AAB", "A+AA", "A/AA", "AA A", "AA\n", "Aé", "AAA\u{0}"])
    func `every other spelling is refused`(_ text: String) {
        #expect(Base64URL.decode(text.utf8) == nil)
    }

    @Test func `of all endings, one each is right`() {
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        #expect(alphabet.count { Base64URL.decode("A\($0)".utf8) != nil } == 4)
        #expect(alphabet.count { Base64URL.decode("AA\($0)".utf8) != nil } == 16)
        #expect(alphabet.count { Base64URL.decode("AAA\($0)".utf8) != nil } == 64)
    }
}
