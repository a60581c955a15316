import ArgumentParser

/// How rows are printed.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
    /// Columns for people.
    case table
    /// An array of objects.
    case json
    /// RFC 4180, with a line of names in front.
    case csv

    /// A writer for one result.
    func writer(hasHeader: Bool = true) -> any RowWriter {
        switch self {
        case .table: TableWriter(hasHeader: hasHeader)
        case .json: JSONWriter()
        case .csv: CSVWriter(hasHeader: hasHeader)
        }
    }
}
