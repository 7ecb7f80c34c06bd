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
        let found = reports.filter { Notice(rawValue: $0.finding.rule) == nil }.map { report in
            Entry(
                rule: report.finding.rule, path: paths[Int(report.finding.span.file.index)], code: report.code, count: 1, message: report.finding.message)
        }
        self = Baseline(path: path, entries: []).joined(Baseline(path: path, entries: found))
        entries.sort { ($0.path, $0.rule, $0.code) < ($1.path, $1.rule, $1.code) }
    }

    /// Takes from the reports what the baseline holds.
    ///
    /// - Parameters:
    ///   - reports: all, also those that are not shown; those that are come first in their turn.
    ///   - isScanned: whether a file of this path was.
    /// - Returns: for each report whether the baseline holds it, and the entries of which something is left over, with what is left.
    func match(_ reports: [Report], path: (Report) -> String, isScanned: (String) -> Bool) -> (held: [Bool], left: [Entry]) {
        var known = Known(entries)
        var held = reports.map { known.take($0, in: path($0)) }
        // A file that was renamed: its entries are of a path that is gone.
        var orphans: [Known.Key: [Known.Key]] = [:]
        for (key, count) in known.counts.sorted(by: { $0.key.path < $1.key.path }) where count > 0 && !isScanned(key.path) && !exists(key.path) {
            orphans[key.anywhere, default: []].append(key)
        }
        for (at, report) in reports.enumerated() where !held[at] {
            held[at] = orphans[Known.Key(report, in: "")]?.contains { known.take($0) } ?? false
        }
        let left = entries.compactMap { $0.counting(known.take($0)) }
        return (held, left)
    }

    /// With what another holds besides.
    package func joined(_ other: Baseline) -> Baseline {
        var all = self, places = Dictionary(entries.enumerated().map { (Known.Key($1), $0) }) { first, _ in first }
        for entry in other.entries {
            if let at = places[Known.Key(entry)] {
                all.entries[at].count += entry.count
            } else {
                places[Known.Key(entry)] = all.entries.count
                all.entries.append(entry)
            }
        }
        return all
    }

    /// Without what has been left over.
    package func pruned(of left: [Entry]) -> Baseline {
        var known = Known(left), all = self
        all.entries = entries.compactMap { $0.counting($0.count - known.take($0)) }
        return all
    }
}

extension Baseline.Entry {
    /// The same with another count; nil where none is left.
    fileprivate func counting(_ count: Int) -> Self? {
        var entry = self
        entry.count = count
        return count > 0 ? entry : nil
    }
}
