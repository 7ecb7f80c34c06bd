import Discovery
import Flow
import Triage

// Which findings have to do with a change: those that stand in lines it wrote, and those that were not there before it,
// such as the ones in the callers of a helper whose guard it took away.
extension Engine {
    func news(
        _ reports: [Report], since change: Change, _ now: Examination, _ manifests: [String], _ read: @escaping @Sendable (String) throws -> [UInt8]
    ) async throws -> [Report] {
        let lines = Touched(change, now), touched = reports.map { lines.holds([$0.finding.span] + $0.finding.evidence.map(\.span)) }
        if change.files.isEmpty { return [] }
        // Nothing but what stands in changed lines: the past has nothing to add.
        guard touched.contains(false) else { return reports }
        var before = try await self.before(change, now, manifests, read)
        // Those in changed lines are news whatever was there, and leave the past to the others.
        return zip(reports, touched).compactMap { report, isTouched in
            let path = now.files[Int(report.finding.span.file.index)].path
            return !isTouched && before.hold(report, as: lines.oldPath(of: path)) ? nil : report
        }
    }

    /// What was reported before the change.
    private func before(
        _ change: Change, _ now: Examination, _ manifests: [String], _ read: @escaping @Sendable (String) throws -> [UInt8]
    ) async throws -> Reported {
        var texts: [String: [UInt8]] = [:], gone: Set<String> = []
        for file in change.files {
            if let path = file.path, path != file.oldPath { gone.insert(path) }
            if let path = file.oldPath { texts[path] = file.before ?? [] }
        }
        var files = now.files, changed: Set<Int> = []
        for (at, file) in files.enumerated() where gone.contains(file.path) || texts[file.path] != nil {
            changed.insert(at)
            files[at] = .init(path: file.path, language: file.language, size: texts[file.path]?.count ?? 0, origin: file.origin)
        }
        let present = Set(files.map(\.path))
        for (path, text) in texts.sorted(by: { $0.key < $1.key }) where !present.contains(path) {
            // What was deleted or renamed.
            guard let language = Language(fileName: path) else { continue }
            files.append(.init(path: path, language: language, size: text.count, origin: .found))
        }
        let emptied = gone, known = texts
        let examination = try await examine(
            files, manifests, { path in if let text = known[path] { text } else { emptied.contains(path) ? [] : try read(path) } }, knowing: now,
            changed: changed)
        var engine = self
        engine.triage.baseline = nil
        return Reported(await engine.verdict(on: examination).shown) { files[Int($0.index)].path }
    }
}

/// The lines that a change has written.
struct Touched {
    private let files: [String: Change.File]
    private let examination: Examination
    /// Of the files that have changed.
    private let lines: [FileID: LineTable]

    init(_ change: Change, _ examination: Examination) {
        files = Dictionary(change.files.compactMap { file in file.path.map { ($0, file) } }) { first, _ in first }
        self.examination = examination
        var lines: [FileID: LineTable] = [:]
        for (at, file) in examination.files.enumerated() where files[file.path] != nil { lines[FileID(at)] = LineTable(examination.survey.files[at].bytes) }
        self.lines = lines
    }

    func holds(_ spans: [Span]) -> Bool {
        spans.contains { span in
            guard let table = lines[span.file], let changed = files[examination.files[Int(span.file.index)].path]?.lines else { return false }
            let first = table.line(at: Int(span.start)) + 1, last = table.line(at: max(Int(span.start), Int(span.end) - 1)) + 1
            return changed.contains { $0.overlaps(first...last) }
        }
    }

    /// Some lines of these stretches are new, or were taken out.
    func works(on spans: [Span]) -> Bool {
        holds(spans)
            || spans.contains { span in
                guard let table = lines[span.file], let file = files[examination.files[Int(span.file.index)].path] else { return false }
                let first = table.line(at: Int(span.start)) + 1, last = table.line(at: max(Int(span.start), Int(span.end) - 1)) + 1
                return file.removals.contains { first <= $0 && $0 < last }
            }
    }

    /// What a file was called before.
    func oldPath(of path: String) -> String { files[path]?.oldPath ?? path }
}

/// Findings as they are known over edits, and how many of each.
private struct Reported {
    private var counts: [Key: Int] = [:]

    private struct Key: Hashable { let rule: String, path: String, code: String }

    init(_ reports: [Report], path: (FileID) -> String) {
        for report in reports { counts[Key(rule: report.finding.rule, path: path(report.finding.span.file), code: report.code), default: 0] += 1 }
    }

    /// Whether it was there; each of those that were answers once.
    mutating func hold(_ report: Report, as path: String) -> Bool {
        let key = Key(rule: report.finding.rule, path: path, code: report.code)
        guard let count = counts[key], count > 0 else { return false }
        counts[key] = count - 1
        return true
    }
}
