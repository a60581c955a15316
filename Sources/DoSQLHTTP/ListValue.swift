/// Values that are lists (RFC 9110 section 5.6.1).
enum ListValue {
    /// The elements of a comma-separated value, without white space around them and without empty ones. A comma in
    /// quotes separates nothing.
    static func elements(of value: String) -> [Substring] {
        var elements: [Substring] = []
        var start = value.startIndex
        var isQuoted = false
        var isEscaped = false
        func close(at end: String.Index) {
            let element = value[start..<end].trimmed()
            if !element.isEmpty { elements.append(element) }
        }
        for index in value.utf8.indices {
            let octet = value.utf8[index]
            if isEscaped {
                isEscaped = false
            } else if isQuoted, octet == 0x5C {
                isEscaped = true
            } else if octet == 0x22 {
                isQuoted.toggle()
            } else if octet == 0x2C, !isQuoted {
                close(at: index)
                start = value.utf8.index(after: index)
            }
        }
        close(at: value.endIndex)
        return elements
    }
}
