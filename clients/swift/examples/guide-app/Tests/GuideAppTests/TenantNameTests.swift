import Testing

@testable import GuideApp

struct TenantNameTests {
    @Test(arguments: [
        ("acme.example.com", "acme"), ("ACME.Example.com:8787", "acme"), ("a-1.example.com", "a-1"),
        ("example.com", "default"), ("www.example.com", "default"), ("api.example.com", "default"),
        ("elsewhere.org", "default"), ("notexample.com", "default"), ("[::1]:8787", "default"),
    ])
    func `a host has a tenant`(host: String, tenant: String) throws {
        #expect(try TenantName(host: host, baseDomain: "example.com").text == tenant)
    }

    @Test(arguments: ["a.b", "-a", "a-", "a_b", "é", String(repeating: "a", count: 64), ""])
    func `what is no label is nobody's`(label: String) {
        #expect(throws: Refusal.self) { try TenantName(host: label + ".example.com", baseDomain: "example.com") }
    }

    @Test func `without a domain, or a host, everybody is the default`() throws {
        #expect(try TenantName(host: "acme.example.com", baseDomain: nil).text == "default")
        #expect(try TenantName(host: nil, baseDomain: "example.com").text == "default")
    }
}
