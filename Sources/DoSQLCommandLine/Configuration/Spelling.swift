/// What somebody may have meant who wrote a name that there is not.
enum Spelling {
    /// `; did you mean 'writerThreads'?`, or nothing.
    static func suggestion(for name: String, of names: [String]) -> String {
        nearest(to: name, of: names).map { "; did you mean '\($0)'?" } ?? ""
    }

    /// The name that is nearest, if one is near enough to be meant: the same but for case, `-`, `_` and `.`, or so with a
    /// quarter of its letters wrong.
    static func nearest(to name: String, of names: [String]) -> String? {
        let letters = letters(of: name)
        let near = names.map { (name: $0, distance: distance(letters, Self.letters(of: $0))) }
        guard let best = near.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(1, min(letters.count, best.name.utf8.count) / 4) ? best.name : nil
    }

    private static func letters(of name: String) -> [Character] {
        name.lowercased().filter { $0 != "-" && $0 != "_" && $0 != "." }
    }

    /// How many letters have to be put in, taken out, changed, or swapped with the next (the distance of Damerau and
    /// Levenshtein, each letter moved at most once).
    private static func distance(_ one: [Character], _ other: [Character]) -> Int {
        var before: [Int] = []
        var above = Array(0...other.count)
        for (row, letter) in one.enumerated() {
            var current = [row + 1]
            for (column, wanted) in other.enumerated() {
                var least = min(above[column + 1] + 1, current[column] + 1, above[column] + (letter == wanted ? 0 : 1))
                if row > 0, column > 0, letter == other[column - 1], one[row - 1] == wanted {
                    least = min(least, before[column - 1] + 1)
                }
                current.append(least)
            }
            (before, above) = (above, current)
        }
        return above[other.count]
    }
}
