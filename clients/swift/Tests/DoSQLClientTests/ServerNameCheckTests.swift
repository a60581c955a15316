import Testing

@testable import DoSQLClient

/// RFC 9525, 6.3.
struct ServerNameCheckTests {
    @Test(arguments: [
        ("db.example.com", "db.example.com"), ("DB.example.com", "db.EXAMPLE.com"), ("*.example.com", "db.example.com"),
        ("localhost", "localhost"), ("db.example.com.", "db.example.com"), ("db.example.com", "db.example.com."),
    ])
    func `a certificate's name is for a host`(pattern: String, name: String) {
        #expect(ServerNameCheck.matches(pattern, name))
    }

    @Test(arguments: [
        ("db.example.com", "example.com"), ("example.com", "db.example.com"), ("*.example.com", "example.com"),
        ("*.example.com", "a.b.example.com"), ("*.com", "example.com"), ("*", "localhost"), ("*", "example.com"),
        ("d*.example.com", "db.example.com"), ("db.*.com", "db.example.com"), ("*.example.com", ".example.com"),
        ("*.example.com", "*"), ("db.example.com", "db.example.org"),
    ])
    func `or it is not`(pattern: String, name: String) {
        #expect(!ServerNameCheck.matches(pattern, name))
    }
}
