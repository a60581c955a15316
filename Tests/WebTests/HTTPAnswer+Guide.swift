import DoSQLTestSupport

extension HTTPAnswer {
    /// The body of an answer that carried a statement out, without what stands behind the guide's members: `"lsn"`, an
    /// integer, and in a transaction its state. So what is compared is exactly what the guide shows.
    func guideText() throws -> String {
        guard status == 200, isComplete, header("content-type") == "application/json" else {
            throw TestSupportError("\(status), complete: \(isComplete): \(text)")
        }
        let text = text
        guard let (start, rest) = text.split(before: #","lsn":"#) else {
            throw TestSupportError("there is no lsn in \(text)")
        }
        let digits = rest.prefix { ("0"..."9").contains($0) }
        guard !digits.isEmpty, UInt64(digits) != nil else { throw TestSupportError("the lsn is no integer: \(text)") }
        let end = rest.dropFirst(digits.count)
        guard ["}", #","transaction":"write"}"#, #","transaction":"read"}"#].contains(end) else {
            throw TestSupportError("what follows the lsn is nothing known: \(text)")
        }
        return start + "}"
    }

    /// The text of a string member that holds no escapes.
    func member(_ name: String) throws -> String {
        guard let (_, rest) = text.split(before: "\"\(name)\":\"") else {
            throw TestSupportError("there is no \(name) in \(text)")
        }
        return String(rest.prefix { $0 != "\"" })
    }

    /// The value of an integer member.
    func integer(_ name: String) throws -> Int64 {
        guard let (_, rest) = text.split(before: "\"\(name)\":"),
            let value = Int64(rest.prefix { ("0"..."9").contains($0) || $0 == "-" })
        else { throw TestSupportError("there is no integer \(name) in \(text)") }
        return value
    }

    /// The code of an error.
    var code: String? { try? member("code") }
}

extension String {
    /// What stands in front of the last occurrence of a mark, and behind it.
    func split(before mark: String) -> (String, Substring)? {
        let text = Array(utf8)
        let wanted = Array(mark.utf8)
        guard text.count >= wanted.count else { return nil }
        for start in (0...(text.count - wanted.count)).reversed()
        where text[start..<start + wanted.count].elementsEqual(wanted) {
            return (
                String(decoding: text[..<start], as: UTF8.self),
                String(decoding: text[(start + wanted.count)...], as: UTF8.self)[...]
            )
        }
        return nil
    }

    /// It as a JSON string.
    var json: String {
        var json = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"": json += "\\\""
            case "\\": json += "\\\\"
            case "\n": json += "\\n"
            case "\r": json += "\\r"
            case "\t": json += "\\t"
            case "\0": json += "\\u0000"
            default: json.unicodeScalars.append(scalar)
            }
        }
        return json + "\""
    }
}
