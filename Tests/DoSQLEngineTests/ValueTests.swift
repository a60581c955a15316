import DoSQLEngine
import Testing

struct ValueTests {
    let file = TemporaryDatabase()

    @Test(arguments: [Int64.min, -1, 0, 1, 9_007_199_254_740_993, Int64.max] as [Int64])
    func `an integer comes back exactly`(_ value: Int64) throws {
        let connection = try file.writer()
        let statement = try connection.prepare("SELECT ?")
        try statement.bind(value, at: 1)
        #expect(try statement.rows() == [[.integer(value)]])
    }

    @Test(
        arguments: [0.0, -0.0, 0.1, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude] as [Double]
    )
    func `a real comes back bit for bit`(_ value: Double) throws {
        let connection = try file.writer()
        let statement = try connection.prepare("SELECT ?")
        try statement.bind(value, at: 1)
        #expect(try statement.rows() == [[.real(value)]])
    }

    @Test
    func `NaN is refused instead of becoming NULL`() throws {
        let connection = try file.writer()
        let statement = try connection.prepare("SELECT ?")
        #expect(throws: BindError.notANumber(index: 1)) { try statement.bind(Double.nan, at: 1) }
    }

    @Test(arguments: [[], Array("héllo".utf8), [0xff, 0xfe, 0x80], Array("a\0b".utf8), [0], [0xc3]] as [[UInt8]])
    func `a text and a blob come back byte for byte`(_ bytes: [UInt8]) throws {
        let connection = try file.writer("CREATE TABLE t (x TEXT, y BLOB)")
        let insert = try connection.prepare("INSERT INTO t VALUES (?, ?)")
        try insert.bind(text: bytes.span, at: 1)
        try insert.bind(blob: bytes.span, at: 2)
        #expect(try insert.step() == false)
        #expect(
            try connection.rows("SELECT x, y, typeof(x), typeof(y) FROM t") == [
                [.text(bytes), .blob(bytes), "text", "blob"]
            ])
    }

    @Test
    func `an empty text, an empty blob and NULL are three values`() throws {
        let connection = try file.writer()
        let statement = try connection.prepare("SELECT ?, ?, ?, ?")
        let empty: [UInt8] = []
        try statement.bind(text: empty.span, at: 1)
        try statement.bind(blob: empty.span, at: 2)
        try statement.bindNull(at: 3)
        try statement.bind(zeroBytes: 3, at: 4)
        #expect(try statement.rows() == [["", .blob([]), nil, .blob([0, 0, 0])]])
        statement.reset()
        statement.clearBindings()
        #expect(try statement.rows() == [[nil, nil, nil, nil]])
    }

    @Test
    func `a binding is a copy`() throws {
        let connection = try file.writer()
        let statement = try connection.prepare("SELECT ?")
        var bytes = Array("before".utf8)
        try statement.bind(text: bytes.span, at: 1)
        for index in bytes.indices { bytes[index] = UInt8(ascii: "x") }
        #expect(try statement.rows() == [["before"]])
    }

    @Test
    func `parameters have numbers and names`() throws {
        let connection = try file.writer()
        let statement = try connection.prepare("SELECT :a, @b, $c, ?, ?7, :a")
        #expect(statement.parameterCount == 7)
        #expect(statement.parameterIndex(named: Array(":a".utf8).span) == 1)
        #expect(statement.parameterIndex(named: Array("$c".utf8).span) == 3)
        #expect(statement.parameterIndex(named: Array("a".utf8).span) == nil)
        #expect(statement.parameterIndex(named: Array(":a\0".utf8).span) == nil)
        #expect(statement.parameterName(2) == "@b")
        #expect(statement.parameterName(4) == nil)
        #expect(statement.parameterName(7) == "?7")
    }

    @Test(arguments: [0, 2, -1, Int.max])
    func `a parameter that is not there is an error`(_ index: Int) throws {
        let connection = try file.writer()
        let statement = try connection.prepare("SELECT ?")
        let error = #expect(throws: BindError.self) { try statement.bind(Int64(1), at: index) }
        guard case .sqlite(let error) = error else { throw error! }
        #expect(error.code.primary == .range)
    }

    @Test
    func `a value beyond the limit is too big, not truncated`() throws {
        var options = file.writerOptions
        options.limits.length = 1000
        let connection = try Connection(options)
        let statement = try connection.prepare("SELECT ?")
        let bytes = [UInt8](repeating: 1, count: 1001)
        let error = #expect(throws: BindError.self) { try statement.bind(blob: bytes.span, at: 1) }
        guard case .sqlite(let error) = error else { throw error! }
        #expect(error.code == .tooBig)
        #expect(connection.failure("SELECT randomblob(1001)")?.code == .tooBig)
    }

    @Test
    func `columns tell where they come from`() throws {
        let connection = try file.writer("CREATE TABLE t (a VARCHAR(10), b)")
        let statement = try connection.prepare("SELECT a AS name, b, 1+1 FROM t")
        #expect(statement.columnCount == 3)
        #expect(statement.columnName(0) == "name")
        #expect(array(statement.columnNameBytes(2)) == Array("1+1".utf8))
        #expect(statement.declaredType(0) == "VARCHAR(10)")
        #expect(statement.declaredType(2) == nil)
        #expect(statement.originTable(0) == "t")
        #expect(statement.originColumn(0) == "a")
        #expect(statement.originTable(2) == nil)
        #expect(try connection.prepare("INSERT INTO t VALUES (1, 2)").columnCount == 0)
    }

    @Test
    func `a text of a UTF-16 database comes out as UTF-8`() throws {
        let connection = try file.writer("PRAGMA encoding='UTF-16le'; CREATE TABLE t (x)")
        try connection.rows("INSERT INTO t VALUES ('héllo')")
        #expect(try connection.rows("SELECT x FROM t") == [["héllo"]])
    }
}
