/// A line that begins with a dot: not SQL, but for the shell itself.
enum DotCommand: Equatable {
    case help
    case tables(pattern: String?)
    case schema(table: String?)
    case indexes(table: String?)
    case read(file: String)
    case script(file: String)
    case dump(table: String?)
    case importCSV(file: String, table: String, CSVImport.FirstRecord)
    case mode(OutputFormat)
    case headers(Bool)
    case timer(Bool)
    case bail(Bool)
    case tenants
    case quit

    /// Why a line is not a command.
    struct Fault: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    /// What `.help` prints.
    static let helpText = """
        .bail on|off                  stop reading files at an error
        .dump [TABLE]                 print the database as SQL
        .exit, .quit                  leave (as Ctrl-D does)
        .headers on|off               names of columns in tables and CSV
        .help                         this text
        .import FILE TABLE [--header | --create]
                                      load a CSV file; --header: its first record names the columns;
                                      --create: make the table from that record
        .indexes [TABLE]              names of indexes
        .mode table|json|csv          how rows are printed
        .read FILE                    carry out a file, statement by statement
        .schema [TABLE]               CREATE statements
        .script FILE                  carry out a file in one request
        .tables [PATTERN]             names of tables and views; PATTERN is one of LIKE
        .tenants                      names of the server's tenants
        .timer on|off                 print how long statements take

        BEGIN, SAVEPOINT … COMMIT or ROLLBACK is a transaction of the server, BEGIN READ ONLY a snapshot.
        """

    init(_ line: String) throws(Fault) {
        let words = try Self.words(line)
        let arguments = Array(words.dropFirst())
        switch (words.first ?? ".", arguments.count) {
        case (".help", 0): self = .help
        case (".tables", 0...1): self = .tables(pattern: arguments.first)
        case (".schema", 0...1): self = .schema(table: arguments.first)
        case (".indexes", 0...1), (".indices", 0...1): self = .indexes(table: arguments.first)
        case (".read", 1): self = .read(file: arguments[0])
        case (".script", 1): self = .script(file: arguments[0])
        case (".dump", 0...1): self = .dump(table: arguments.first)
        case (".import", 2...3): self = try Self.importCSV(arguments)
        case (".mode", 1):
            guard let format = OutputFormat(rawValue: arguments[0]) else {
                throw Fault(description: ".mode is table, json or csv")
            }
            self = .mode(format)
        case (".headers", 1): self = .headers(try Self.flag(words))
        case (".timer", 1): self = .timer(try Self.flag(words))
        case (".bail", 1): self = .bail(try Self.flag(words))
        case (".tenants", 0): self = .tenants
        case (".quit", 0), (".exit", 0): self = .quit
        case (let name, _):
            let line = Self.helpText.split(separator: "\n").first {
                $0.hasPrefix(name + " ") || $0.hasPrefix(name + ",")
            }
            throw Fault(description: line.map { "usage: \($0)" } ?? "there is no command \(name); .help lists them")
        }
    }

    private static func flag(_ words: [String]) throws(Fault) -> Bool {
        switch words[1] {
        case "on": true
        case "off": false
        default: throw Fault(description: "\(words[0]) is on or off")
        }
    }

    private static func importCSV(_ arguments: [String]) throws(Fault) -> DotCommand {
        let names = arguments.filter { !$0.hasPrefix("--") }
        let options = arguments.filter { $0.hasPrefix("--") }
        guard names.count == 2 else { throw Fault(description: "usage: .import FILE TABLE [--header | --create]") }
        switch options {
        case []: return .importCSV(file: names[0], table: names[1], .values)
        case ["--header"]: return .importCSV(file: names[0], table: names[1], .columns)
        case ["--create"]: return .importCSV(file: names[0], table: names[1], .newTable)
        default: throw Fault(description: ".import has no option \(options[0])")
        }
    }

    /// Words at spaces; single or double quotes hold one together.
    private static func words(_ line: String) throws(Fault) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in line {
            if character == quote {
                quote = nil
            } else if quote != nil {
                word?.append(character)
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character.isWhitespace {
                if let complete = word { words.append(complete) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        guard quote == nil else { throw Fault(description: "a quote is not closed") }
        if let word { words.append(word) }
        return words
    }
}
