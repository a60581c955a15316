/// The names of a result's columns, shared by all its rows.
final class ColumnNames: Sendable {
    let names: [String]
    /// The first place of each name; names may repeat, as they may in SQL.
    private let places: [String: Int]

    init(_ names: [String]) {
        self.names = names
        places = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func place(of name: String) -> Int? { places[name] }
}
