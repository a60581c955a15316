import Testing

@testable import GuideApp

struct AppConfigurationTests {
    @Test(arguments: [
        ("http://127.0.0.1:3775", "dosql://127.0.0.1:3775"), ("HTTP://db.example.com/", "dosql://db.example.com:80/"),
        ("http://[::1]", "dosql://[::1]:80"), ("http://[::1]:3775", "dosql://[::1]:3775"),
        ("https://db.example.com", "dosqls://db.example.com:443"), ("dosql://127.0.0.1", "dosql://127.0.0.1"),
    ])
    func `a server's HTTP URL names its binary protocol`(url: String, binary: String) {
        #expect(AppConfiguration.binaryURL(of: url) == binary)
    }
}
