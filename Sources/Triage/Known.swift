package import Flow

/// Findings as they are known over edits, without an occurrence, and how many of each.
package struct Known: Sendable {
    private(set) var counts: [Key: Int] = [:]

    struct Key: Hashable, Sendable { let rule: String, path: String, code: String }

    package init(_ reports: [Report], path: (FileID) -> String) {
        for report in reports { counts[Key(report, in: path(report.finding.span.file)), default: 0] += 1 }
    }

    init(_ entries: [Baseline.Entry]) { for entry in entries { counts[Key(entry), default: 0] += entry.count } }

    /// Whether one is left of a finding; each answers once.
    package mutating func take(_ report: Report, in path: String) -> Bool { take(Key(report, in: path)) }

    mutating func take(_ key: Key) -> Bool {
        guard let count = counts[key], count > 0 else { return false }
        counts[key] = count - 1
        return true
    }

    /// As many of an entry as are left, up to its count; they answer no more.
    mutating func take(_ entry: Baseline.Entry) -> Int {
        let key = Key(entry), taken = min(entry.count, counts[key] ?? 0)
        if taken > 0 { counts[key] = (counts[key] ?? 0) - taken }
        return taken
    }
}

extension Known.Key {
    init(_ report: Report, in path: String) { self.init(rule: report.finding.rule, path: path, code: report.code) }

    init(_ entry: Baseline.Entry) { self.init(rule: entry.rule, path: entry.path, code: entry.code) }

    /// The same wherever it stands.
    var anywhere: Self { Self(rule: rule, path: "", code: code) }
}
