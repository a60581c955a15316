import Foundation
import Testing

/// A case of a page in `protocol/vectors`.
struct Vector: Sendable, CustomTestStringConvertible {
    var page: String
    var title: String
    var message: [String]?
    var frame: [UInt8]
    var accepted: [[UInt8]]
    var refusal: String?
    var columns: Int?

    var testDescription: String { "\(page): \(title)" }
}

/// The pages of the protocol, as they lie in this checkout.
enum Pages {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "protocol")

    static func read(_ name: String) -> String {
        guard let text = try? String(contentsOf: root.appending(path: name), encoding: .utf8) else {
            preconditionFailure("There is no page protocol/\(name).")
        }
        return text
    }

    /// The cells of every table row of a page whose first cell satisfies `isRow`.
    static func rows(of page: String, where isRow: (String) -> Bool) -> [[String]] {
        read(page).split(separator: "\n").filter { $0.hasPrefix("|") }.map { line in
            line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
        }.filter { isRow($0[0]) }
    }

    static let vectors: [Vector] = {
        let names = try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: "vectors").path)
        return (names ?? []).filter { $0.hasSuffix(".md") && $0 != "README.md" }.sorted().flatMap(cases)
    }()

    private static func cases(of page: String) -> [Vector] {
        var cases: [Vector] = []
        var block: (kind: String, lines: [String])?
        for line in read("vectors/" + page).split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("```") {
                if let ended = block {
                    add(ended.lines, as: ended.kind, to: &cases[cases.count - 1])
                    block = nil
                } else {
                    block = (String(line.dropFirst(3)), [])
                }
            } else if block != nil {
                block?.lines.append(line)
            } else if line.hasPrefix("## ") {
                cases.append(Vector(page: page, title: String(line.dropFirst(3)), frame: [], accepted: []))
            }
        }
        return cases
    }

    private static func add(_ lines: [String], as kind: String, to vector: inout Vector) {
        switch kind {
        case "message": vector.message = lines
        case "hex": vector.frame = bytes(lines)
        case "accepted": vector.accepted.append(bytes(lines))
        case "refused":
            vector.refusal = lines[0]
            for line in lines.dropFirst() where line.hasPrefix("columns: ") { vector.columns = Int(line.dropFirst(9)) }
        default: preconditionFailure("Page \(vector.page) has a block of unknown kind \(kind).")
        }
    }

    private static func bytes(_ lines: [String]) -> [UInt8] {
        let digits = lines.map { $0.prefix { $0 != "#" } }.joined().filter { !$0.isWhitespace }
        return Notation.bytes(hex: digits)
    }
}
