import DoSQLLoop
import Testing

struct ListenAddressTests {
    @Test(arguments: ["127.0.0.1:3775", "0.0.0.0:0", "localhost:65535", "[::1]:3775", "[::]:0", "unix:/run/dosql.sock"])
    func `an address reads as it is written`(text: String) throws {
        #expect(try ListenAddress(parsing: text).description == text)
    }

    @Test(arguments: [
        ("3775", ListenAddressError.noPort("3775")),
        ("", .noPort("")),
        (":3775", .noHost(":3775")),
        ("a b:3775", .noHost("a b:3775")),
        ("host:", .badPort("")),
        ("host:65536", .badPort("65536")),
        ("host:+1", .badPort("+1")),
        ("host:-1", .badPort("-1")),
        ("::1:3775", .bareIPv6("::1:3775")),
        ("[::1]", .noPort("[::1]")),
        ("[host]:1", .notIPv6("host")),
        ("unix:", .emptyPath),
        ("unix:/a\0b", .pathContainsNul),
        ("unix:/" + String(repeating: "x", count: 107), .pathTooLong(size: 108, limit: 107)),
    ])
    func `a wrong address is refused with its reason`(text: String, reason: ListenAddressError) {
        #expect(throws: reason) { try ListenAddress(parsing: text) }
    }

    @Test(arguments: [
        "127.0.0.1:3775", "127.255.0.9:0", "localhost:0", "LocalHost:0", "[::1]:0", "unix:/run/dosql.sock",
    ])
    func `only this machine reaches it`(text: String) throws {
        #expect(try ListenAddress(parsing: text).isLocal)
    }

    @Test(arguments: [
        "0.0.0.0:3775", "[::]:3775", "192.168.0.1:3775", "128.0.0.1:1", "127.0.0.1.example.com:1", "127.example.com:1",
        "localhost.example.com:1", "127.0.0:1", "127.1:1", "127.0.0.256:1", "127.0.0.01:1", "127.0.0.+1:1",
        "127..0.1:1",
        "0127.0.0.1:1", "[::ffff:192.168.0.1]:1", "[::1%eth0]:1", "example.com:1", "0:1",
    ])
    func `or others may`(text: String) throws {
        #expect(try !ListenAddress(parsing: text).isLocal)
    }
}
