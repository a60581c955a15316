/// The type of one value: <https://www.sqlite.org/c3ref/c_blob.html>.
public enum ColumnType: Int32, Sendable, Hashable {
    case integer = 1
    case real = 2
    case text = 3
    case blob = 4
    case null = 5
}
