import DoSQLAccess
import Testing

@Suite struct RightsTests {
    @Test func `each right has a name, and the name is the right`() {
        let names = ["read", "write", "schema", "publish", "subscribe", "admin", "create"]
        #expect(Rights.all.names == names)
        #expect(Rights(names.compactMap(Rights.init(name:))) == .all)
    }

    @Test(arguments: ["", "Read", "read ", "all", "*", "\u{212A}", "reads", "re\u{0301}ad"])
    func `anything else is no right`(_ name: String) {
        #expect(Rights(name: name) == nil)
    }

    @Test func `bits that are no right are dropped`() {
        #expect(Rights(rawValue: 0xFF) == .all)
    }

    @Test func `a set is told by the names of what is in it`() {
        #expect(Rights([.admin, .read]).names == ["read", "admin"])
        #expect(Rights().names.isEmpty)
    }
}
