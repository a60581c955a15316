import Testing

@testable import DoSQLCommandLine

struct TransactionControlTests {
    @Test(arguments: [
        ("BEGIN;", TransactionControl.begin(isReadOnly: false)),
        ("begin immediate transaction", .begin(isReadOnly: false)),
        ("/* x */ BEGIN -- y\n;", .begin(isReadOnly: false)), ("BEGIN READ ONLY;", .begin(isReadOnly: true)),
        ("COMMIT", .commit), ("END TRANSACTION;", .commit), ("rollback;", .rollback),
        ("ROLLBACK TRANSACTION", .rollback),
        ("SAVEPOINT \"My \"\"one\";", .savepoint("My \"one")), ("RELEASE s", .release("s")),
        ("RELEASE SAVEPOINT s", .release("s")),
        ("ROLLBACK TO s", .rollbackTo("s")), ("ROLLBACK TRANSACTION TO SAVEPOINT [a b];", .rollbackTo("a b")),
    ])
    func `words that divide transactions`(sql: String, control: TransactionControl) {
        #expect(TransactionControl(sql) == control)
    }

    @Test(arguments: [
        "", "SELECT 1", "BEGIN WORK", "COMMIT 1", "SAVEPOINT", "ROLLBACK TO", "RELEASE a b", "BEGINNING",
        "EXPLAIN BEGIN",
    ])
    func `everything else is SQLite's to judge`(sql: String) {
        #expect(TransactionControl(sql) == nil)
    }

    @Test func `the pragma of dumps`() {
        #expect(ForeignKeysPragma("PRAGMA foreign_keys=OFF;")?.isOn == false)
        #expect(ForeignKeysPragma("pragma foreign_keys(1)")?.isOn == true)
        #expect(ForeignKeysPragma("PRAGMA foreign_keys;") == nil)
        #expect(ForeignKeysPragma("PRAGMA foreign_key_check;") == nil)
    }
}
