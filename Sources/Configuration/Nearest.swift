/// The suggestion for a word that was misspelt.
package enum Nearest {
    package static func of(_ name: String, among known: [String]) -> String? {
        let nearest = known.map { (word: $0, distance: distance($0, name)) }.min { $0.distance < $1.distance }
        // A word that shares less than half of its letters is another word.
        return nearest.flatMap { $0.distance <= max(1, name.utf8.count / 2) ? $0.word : nil }
    }

    /// Levenshtein's distance.
    private static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a.utf8.prefix(80)), b = Array(b.utf8.prefix(80))
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let substituted = diagonal + (x == y ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[b.count]
    }
}
