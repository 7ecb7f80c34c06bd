package import Flow

/// Findings that are known and left for later. Only what it does not hold is reported, and it may only shrink.
package struct Baseline: Sendable {
    /// The file, as it is shown.
    package var path: String
    package var entries: [Entry]
    /// Whether there is a file of this path, scanned or not. What is not gone was not renamed.
    package var exists: @Sendable (_ path: String) -> Bool = { _ in false }

    /// Findings of one rule in one file whose acts are written alike. No line number: code moves.
    package struct Entry: Hashable, Codable, Sendable {
        package var rule: String
        package var path: String
        /// A hash of the act without white space.
        package var code: String
        package var count: Int
        /// For people who read the file.
        package var message: String

        package init(rule: String, path: String, code: String, count: Int, message: String) {
            self.rule = rule
            self.path = path
            self.code = code
            self.count = count
            self.message = message
        }
    }

    package init(path: String, entries: [Entry]) {
        self.path = path
        self.entries = entries
    }

    /// The baseline of what is reported now.
    package init(path: String, of reports: [Report], paths: [String]) {
        var entries: [Key: Entry] = [:]
        for report in reports where Notice(rawValue: report.finding.rule) == nil {
            let file = paths[Int(report.finding.span.file.index)], key = Key(rule: report.finding.rule, path: file, code: report.code)
            entries[key, default: Entry(rule: key.rule, path: file, code: key.code, count: 0, message: report.finding.message)].count += 1
        }
        self.init(path: path, entries: entries.values.sorted { ($0.path, $0.rule, $0.code) < ($1.path, $1.rule, $1.code) })
    }

    struct Key: Hashable { let rule: String, path: String, code: String }

    /// Takes from the reports what the baseline holds.
    ///
    /// - Parameters:
    ///   - reports: all, also those that are not shown; those that are come first in their turn.
    ///   - isScanned: whether a file of this path was.
    /// - Returns: for each report whether the baseline holds it, and the entries of which something is left over, with what is left.
    func match(_ reports: [Report], path: (Report) -> String, isScanned: (String) -> Bool) -> (held: [Bool], left: [Entry]) {
        var left: [Key: Int] = [:]
        for entry in entries { left[Key(rule: entry.rule, path: entry.path, code: entry.code), default: 0] += max(0, entry.count) }
        var held = reports.map { report -> Bool in
            let key = Key(rule: report.finding.rule, path: path(report), code: report.code)
            guard let count = left[key], count > 0 else { return false }
            left[key] = count - 1
            return true
        }
        // A file that was renamed: its entries are of a path that is gone.
        var orphans: [Key: [Key]] = [:]
        for key in left.keys.sorted(by: { $0.path < $1.path }) where left[key, default: 0] > 0 && !isScanned(key.path) && !exists(key.path) {
            orphans[Key(rule: key.rule, path: "", code: key.code), default: []].append(key)
        }
        for (at, report) in reports.enumerated() where !held[at] {
            guard let home = orphans[Key(rule: report.finding.rule, path: "", code: report.code)]?.first(where: { left[$0, default: 0] > 0 }) else { continue }
            left[home, default: 0] -= 1
            held[at] = true
        }
        let over = entries.compactMap { entry -> Entry? in
            let count = left.removeValue(forKey: Key(rule: entry.rule, path: entry.path, code: entry.code)) ?? 0
            guard count > 0 else { return nil }
            var entry = entry
            entry.count = count
            return entry
        }
        return (held, over)
    }

    /// With what another holds besides.
    package func joined(_ other: Baseline) -> Baseline {
        var all = self
        for entry in other.entries {
            if let at = all.entries.firstIndex(where: { ($0.rule, $0.path, $0.code) == (entry.rule, entry.path, entry.code) }) {
                all.entries[at].count += entry.count
            } else {
                all.entries.append(entry)
            }
        }
        return all
    }

    /// Without what has been left over.
    package func pruned(of left: [Entry]) -> Baseline {
        var counts: [Key: Int] = [:]
        for entry in left { counts[Key(rule: entry.rule, path: entry.path, code: entry.code), default: 0] += entry.count }
        var all = self
        all.entries = entries.compactMap { entry in
            let key = Key(rule: entry.rule, path: entry.path, code: entry.code), less = min(entry.count, counts[key] ?? 0)
            counts[key, default: 0] -= less
            var entry = entry
            entry.count -= less
            return entry.count > 0 ? entry : nil
        }
        return all
    }
}
