/// What a client may do with one pragma: <https://www.sqlite.org/pragma.html>.
enum PragmaRule {
    /// Describes or checks the schema or the data; its argument selects and sets nothing.
    case query
    /// A value that may be read, but not set.
    case readOnly
    /// A value kept in the file, which may be read and set as data may.
    case value
    /// Writes, whether or not it has an argument.
    case action
    /// Read anywhere, set from this mode on.
    case settable(from: SandboxMode)
    /// Not offered.
    case refused

    /// The rule for a name in lower case.
    init(named name: String) {
        self = Self.rules[name] ?? .refused
    }

    private static let rules: [String: PragmaRule] = [
        "table_info": .query, "table_xinfo": .query, "table_list": .query, "index_list": .query, "index_info": .query,
        "index_xinfo": .query, "foreign_key_list": .query, "foreign_key_check": .query, "function_list": .query,
        "collation_list": .query, "compile_options": .query, "pragma_list": .query,
        "module_list": .query, "integrity_check": .query, "quick_check": .query,
        "page_count": .readOnly, "page_size": .readOnly, "freelist_count": .readOnly, "encoding": .readOnly,
        "journal_mode": .readOnly, "synchronous": .readOnly, "cache_size": .readOnly, "schema_version": .readOnly,
        "data_version": .readOnly, "auto_vacuum": .readOnly, "max_page_count": .readOnly,
        "user_version": .value, "application_id": .value,
        "optimize": .action,
        "defer_foreign_keys": .settable(from: .transaction), "foreign_keys": .settable(from: .script),
    ]

    /// Why a statement needs more than ``SandboxMode/autocommit``, and what it needs.
    func requirement(name: String, isSetting: Bool) -> Requirement? {
        switch self {
        case .query, .value, .action: nil
        case .readOnly: isSetting ? Requirement(mode: .trusted, denial: .pragmaSetting(name: name)) : nil
        case .settable(let mode):
            if !isSetting {
                nil
            } else if mode == .transaction {
                Requirement(mode: mode, denial: .pragmaOutsideTransaction(name: name))
            } else {
                Requirement(mode: mode, denial: .pragmaSetting(name: name))
            }
        case .refused: Requirement(mode: .trusted, denial: .pragma(name: name))
        }
    }

    /// Whether a statement of this pragma changes neither data nor settings.
    func isRead(isSetting: Bool) -> Bool {
        switch self {
        case .query: true
        case .readOnly, .value, .settable: !isSetting
        case .action, .refused: false
        }
    }

    /// Whether its table-valued form is harmless whatever its argument is: that form runs the pragma while the
    /// statement runs, so a setting hidden in it would not show when it is prepared.
    var hasHarmlessFunction: Bool {
        if case .query = self { true } else { false }
    }
}

// MARK: - What a pragma shows

extension PragmaRule {
    /// The tables whose rows or definition a pragma shows.
    static func tablesShown(by name: String, argument: String?) -> Set<String> {
        switch name {
        case "table_info", "table_xinfo", "index_list", "foreign_key_list": argument.map { [$0] } ?? []
        // Of an index nobody says here whose it is.
        case "table_list", "index_info", "index_xinfo": ["sqlite_schema"]
        default: []
        }
    }

    /// Whether it goes through the rows of every table.
    static func visitsEverything(_ name: String) -> Bool {
        switch name {
        case "foreign_key_check", "integrity_check", "quick_check", "optimize": true
        default: false
        }
    }
}

/// What the sandbox demands for one action.
struct Requirement {
    /// The least mode in which it is allowed.
    let mode: SandboxMode
    /// What to say in lesser ones.
    let denial: Denial
}
