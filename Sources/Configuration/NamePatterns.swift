import Discovery

/// Names of tables, in which `*` stands for any letters.
package struct NamePatterns: Sendable {
    private let lines: [String]
    private let patterns: PathPatterns

    init(_ lines: [String] = []) {
        self.lines = lines
        patterns = PathPatterns(lines.map { $0.lowercased() })
    }

    func joined(_ other: NamePatterns) -> NamePatterns { lines.isEmpty ? other : other.lines.isEmpty ? self : NamePatterns(lines + other.lines) }

    /// A table goes by its name with or without its schema.
    package func match(_ table: String) -> Bool {
        guard !lines.isEmpty else { return false }
        let name = table.lowercased()
        return patterns.match([name]) || name.split(separator: ".").last.map { patterns.match([String($0)]) } == true
    }
}
