import Testing

@testable import DoSQLCommandLine

struct DotCommandTests {
    @Test(arguments: [
        (".tables\n", DotCommand.tables(pattern: nil)), (".tables  'a b%' ", .tables(pattern: "a b%")),
        (".mode csv", .mode(.csv)),
        (".timer on", .timer(true)), (".read \"my file.sql\"", .read(file: "my file.sql")), (".exit", .quit),
        (".import --header f.csv t", .importCSV(file: "f.csv", table: "t", .columns)),
        (".import f.csv t --create", .importCSV(file: "f.csv", table: "t", .newTable)),
        (".import f.csv ''", .importCSV(file: "f.csv", table: "", .values)),
    ])
    func `commands and their arguments`(line: String, command: DotCommand) throws {
        #expect(try DotCommand(line) == command)
    }

    @Test(arguments: [
        ".", ".nope", ".mode", ".mode xml", ".timer maybe", ".read", ".import a", ".import a b --what", ".tables 'x",
    ])
    func `everything else is told what is wrong`(line: String) {
        #expect(throws: DotCommand.Fault.self) { try DotCommand(line) }
    }

    @Test func `a command used wrongly is answered with its line of help`() {
        #expect(
            throws: DotCommand.Fault(
                description: "usage: .read FILE                    carry out a file, statement by statement")
        ) {
            try DotCommand(".read")
        }
    }
}
