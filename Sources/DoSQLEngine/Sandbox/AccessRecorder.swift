internal import CSQLite

/// Judges and notes each action the authorizer is told of while one statement is prepared.
struct AccessRecorder {
    var read: Set<String> = []
    var written: Set<String> = []
    /// Names read without any column of theirs, as by `count(*)`: SQLite does not say where they are, and some are of
    /// common table expressions.
    var unlocated: Set<String> = []
    /// What a change of the schema is about: the object, and the table it belongs to.
    var defined: Set<String> = []
    /// Whether it creates, alters or drops something in the file.
    var definesObjects = false
    /// Whether it creates, alters or drops something of the connection's own.
    var definesTemporaryObjects = false
    /// Whether there is a SELECT in it.
    var selects = false
    /// Whether it inserts rows, itself or by a trigger.
    var inserts = false
    /// Whether any of it is a trigger's doing.
    var firesTriggers = false
    var transactionControl: TransactionControl?
    var changesSchema = false
    /// ATTACH, DETACH: SQLite calls them read-only.
    var changesConnection = false
    var touchesTemporary = false
    var callsLastInsertRowID = false
    var callsChanges = false
    var callsFormat = false
    var altersTable = false
    var createsTable = false
    var pragma: String?
    var pragmaArgument: String?
    /// The strictest demand so far.
    var required: Requirement?

    static let schemaTables: Set<String> = [
        "sqlite_master", "sqlite_schema", "sqlite_temp_master", "sqlite_temp_schema",
    ]

    /// One action, as <https://www.sqlite.org/c3ref/c_alter_table.html> lists them.
    struct Action {
        let code: Int32
        let first: String?
        let second: String?
        let database: String?
        /// The innermost trigger or view that asks.
        var inside: String?
    }

    /// Notes the action and gives what it requires.
    mutating func note(_ action: Action) -> Requirement? {
        var demand = Self.reservedName(action)
        if action.inside != nil { firesTriggers = true }
        switch action.code {
        case SQLITE_SELECT, SQLITE_RECURSIVE:
            selects = true
        case SQLITE_READ:
            let table = action.first ?? ""
            if action.database == nil { unlocated.insert(table) } else { read.insert(table) }
            demand = demand ?? noteReading(table, in: action.database)
        case SQLITE_INSERT, SQLITE_UPDATE, SQLITE_DELETE:
            let table = action.first ?? ""
            written.insert(table)
            if action.code == SQLITE_INSERT, !Self.schemaTables.contains(table) { inserts = true }
            // A new TEMP object is announced under its own name, too, and nobody writes to the schema by hand.
            if action.database == "temp", !Self.schemaTables.contains(table) { demand = demand ?? noteTemporary(table) }
        case SQLITE_FUNCTION:
            demand = demand ?? noteFunction(action.second ?? "")
        case SQLITE_PRAGMA:
            demand = notePragma((action.first ?? "").lowercased(), argument: action.second)
        case SQLITE_TRANSACTION:
            let control: TransactionControl =
                switch action.first {
                case "BEGIN": .begin(isImmediate: false)
                case "COMMIT": .commit
                default: .rollback
                }
            transactionControl = control
            demand = Requirement(mode: .transaction, denial: .transactionControl(keyword: control.keyword))
        case SQLITE_SAVEPOINT:
            let name = action.second ?? ""
            let control: TransactionControl =
                switch action.first {
                case "BEGIN": .savepoint(name: name)
                case "RELEASE": .release(name: name)
                default: .rollbackTo(name: name)
                }
            transactionControl = control
            demand = demand ?? Requirement(mode: .transaction, denial: .savepoint(keyword: control.keyword))
        case SQLITE_ATTACH:
            changesConnection = true
            demand = Requirement(mode: .trusted, denial: .attach)
        case SQLITE_DETACH:
            changesConnection = true
            demand = Requirement(mode: .trusted, denial: .detach)
        case SQLITE_CREATE_TEMP_TABLE, SQLITE_CREATE_TEMP_VIEW, SQLITE_CREATE_TEMP_INDEX, SQLITE_CREATE_TEMP_TRIGGER,
            SQLITE_DROP_TEMP_TABLE, SQLITE_DROP_TEMP_VIEW, SQLITE_DROP_TEMP_INDEX, SQLITE_DROP_TEMP_TRIGGER:
            define(action.first, of: action.second, in: "temp")
            if action.code == SQLITE_CREATE_TEMP_TABLE { createsTable = true }
            // What it does when something else sets it off is nobody's who sends a statement of his own.
            if action.code == SQLITE_CREATE_TEMP_TRIGGER { definesObjects = true }
            demand = demand ?? noteTemporary(action.first ?? "")
        case SQLITE_ALTER_TABLE:
            define(action.second, of: nil, in: action.first)
            altersTable = true
            written.insert(action.second ?? "")
            if action.first == "temp" { demand = demand ?? noteTemporary(action.second ?? "") }
        case SQLITE_CREATE_INDEX, SQLITE_CREATE_TRIGGER, SQLITE_DROP_INDEX, SQLITE_DROP_TRIGGER:
            // The object changes the table it belongs to: that is whose rights are asked.
            define(action.first, of: action.second, in: action.database)
            written.insert(action.second ?? action.first ?? "")
        case SQLITE_CREATE_TABLE, SQLITE_CREATE_VIEW, SQLITE_CREATE_VTABLE, SQLITE_DROP_TABLE, SQLITE_DROP_VIEW,
            SQLITE_DROP_VTABLE:
            define(action.first, of: nil, in: action.database)
            written.insert(action.first ?? "")
            if action.code == SQLITE_CREATE_TABLE || action.code == SQLITE_CREATE_VTABLE { createsTable = true }
            // A virtual table reads others by itself, those of a TEMP one too: as `content=` of a full-text index does.
            if action.code == SQLITE_CREATE_VTABLE { definesObjects = true }
            // `CREATE TABLE temp.t` is announced as an ordinary one.
            if action.database == "temp" { demand = demand ?? noteTemporary(action.first ?? "") }
        case SQLITE_REINDEX:
            definesObjects = true
            if let index = action.first { defined.insert(index) }
            written.insert(action.first ?? "")
            if action.database == "temp" { demand = demand ?? noteTemporary(action.first ?? "") }
        case SQLITE_ANALYZE:
            written.insert(action.first ?? "")
            if action.database == "temp" { demand = demand ?? noteTemporary(action.first ?? "") }
        default:
            // A code this engine does not know is a power it has not judged.
            demand = Requirement(mode: .trusted, denial: .function(name: "authorizer action \(action.code)"))
        }
        require(demand)
        return demand
    }

    /// Whether SQLite has made the table of a table-valued function that was used for the first time: what it did to the
    /// schema for that was noted, though it is not the statement's and does not come again.
    var hasMadeTable: Bool { !changesSchema && !written.isDisjoint(with: Self.schemaTables) }

    private mutating func define(_ object: String?, of table: String?, in database: String?) {
        changesSchema = true
        if database == "temp" { definesTemporaryObjects = true } else { definesObjects = true }
        if let object { defined.insert(object) }
        if let table { defined.insert(table) }
    }

    /// Keeps the strictest demand.
    mutating func require(_ demand: Requirement?) {
        guard let demand else { return }
        if let required, required.mode >= demand.mode { return }
        required = demand
    }

    /// Nobody but the server names these, in any place an action names something.
    private static func reservedName(_ action: Action) -> Requirement? {
        switch action.code {
        case SQLITE_FUNCTION, SQLITE_PRAGMA: return nil
        // Both visit every table when none is named, and show or change no content.
        case SQLITE_ANALYZE, SQLITE_REINDEX: return nil
        default: break
        }
        for name in [action.first, action.second] {
            if let name, isReserved(name) { return Requirement(mode: .trusted, denial: .reservedName(name)) }
        }
        return nil
    }

    /// Names are compared as SQLite compares them: without regard to ASCII case.
    static func isReserved(_ name: String) -> Bool {
        name.utf8.count >= Denial.reservedPrefix.utf8.count
            && zip(name.utf8, Denial.reservedPrefix.utf8).allSatisfy { $0 | 0x20 == $1 | 0x20 }
            && name.utf8.first == UInt8(ascii: "_") && name.utf8.dropFirst().first == UInt8(ascii: "_")
    }

    private mutating func noteReading(_ table: String, in database: String?) -> Requirement? {
        // The list of TEMP objects is empty on a shared connection, and tools ask for it.
        if database == "temp", !Self.schemaTables.contains(table) { return noteTemporary(table) }
        if table == "sqlite_stmt" { return Requirement(mode: .trusted, denial: .table(name: table)) }
        if table.hasPrefix("pragma_"), !PragmaRule(named: String(table.dropFirst(7))).hasHarmlessFunction {
            return Requirement(mode: .trusted, denial: .pragmaFunction(name: table))
        }
        return nil
    }

    mutating func noteTemporary(_ name: String) -> Requirement {
        touchesTemporary = true
        return Requirement(mode: .transaction, denial: .temporaryObject(name: name))
    }

    private mutating func noteFunction(_ name: String) -> Requirement? {
        switch name.lowercased() {
        case "last_insert_rowid": callsLastInsertRowID = true
        case "changes", "total_changes": callsChanges = true
        case "format", "printf": callsFormat = true
        // The second takes a bound blob for a pointer and calls it:
        // https://www.sqlite.org/fts3.html#custom_application_defined_tokenizers
        case "load_extension", "fts3_tokenizer": return Requirement(mode: .trusted, denial: .function(name: name))
        default: break
        }
        return nil
    }

    private mutating func notePragma(_ name: String, argument: String?) -> Requirement? {
        pragma = name
        pragmaArgument = argument
        return PragmaRule(named: name).requirement(name: name, isSetting: argument != nil)
    }
}

// MARK: - What rights are asked for

extension AccessRecorder {
    /// Table-valued functions that show nothing but their arguments: <https://www.sqlite.org/json1.html>.
    static let harmlessFunctions: Set<String> = ["json_each", "json_tree", "jsonb_each", "jsonb_tree"]

    /// Whether a name without a table of its own is one of SQLite's that show the schema or the file:
    /// <https://www.sqlite.org/pragma.html#pragfunc>, <https://www.sqlite.org/dbstat.html>.
    static func showsSchema(_ name: String) -> Bool {
        let name = name.lowercased()
        return name.hasPrefix("pragma_") || name.hasPrefix("sqlite_") || name == "dbstat"
    }

    /// What holds rows or the schema, of the tables that are read: a right for it has to be there. The schema's own table
    /// is `sqlite_schema`, whatever it was called.
    var readsForRights: Set<String> {
        if let pragma { return PragmaRule.tablesShown(by: pragma, argument: pragmaArgument) }
        // What a TEMP table is filled with has been read, whatever the new one is called.
        if definesTemporaryObjects, selects { return read.filter { !Self.isSQLitesOwn($0) } }
        // A change of the schema looks into the schema, and checks the rows of the table it is about.
        if definesAnything { return read.subtracting(defined).filter { !Self.isSQLitesOwn($0) } }
        return Set(read.map { Self.schemaTables.contains($0) ? "sqlite_schema" : $0 })
    }

    /// The tables whose rows are changed.
    var writesForRights: Set<String> {
        let written = written.subtracting(Self.schemaTables)
        guard definesAnything else { return written }
        // DROP TABLE keeps SQLite's own books; what its foreign keys delete elsewhere is not.
        return written.subtracting(defined).filter { !Self.isSQLitesOwn($0) }
    }

    private var definesAnything: Bool { definesObjects || definesTemporaryObjects }

    private static func isSQLitesOwn(_ name: String) -> Bool { name.hasPrefix("sqlite_") || name.hasPrefix("pragma_") }
}
