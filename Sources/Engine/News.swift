import Discovery
import Flow
import Triage

// Which findings have to do with a change: those that stand in lines it wrote, and those that were not there before it,
// such as the ones in the callers of a helper whose guard it took away.
extension Engine {
    func news(
        _ reports: [Report], since change: Change, _ lines: Touched, _ now: Examination, _ manifests: [String],
        _ read: @escaping @Sendable (String) throws -> [UInt8]
    ) async throws -> [Report] {
        let touched = reports.map { lines.holds($0.finding.spans) }
        if change.files.isEmpty { return [] }
        // Nothing but what stands in changed lines: the past has nothing to add.
        guard touched.contains(false) else { return reports }
        var before = try await self.before(change, now, manifests, read)
        // Those in changed lines are news whatever was there, and leave the past to the others.
        return zip(reports, touched).compactMap { report, isTouched in
            let path = now.files[Int(report.finding.span.file.index)].path
            return !isTouched && before.take(report, in: lines.oldPath(of: path)) ? nil : report
        }
    }

    /// What was reported before the change.
    private func before(
        _ change: Change, _ now: Examination, _ manifests: [String], _ read: @escaping @Sendable (String) throws -> [UInt8]
    ) async throws -> Known {
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
        return Known(await engine.verdict(on: examination).shown) { files[Int($0.index)].path }
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

    func holds(_ spans: [Span]) -> Bool { spans.contains { self[$0].map { file, lines in file.lines.contains { $0.overlaps(lines) } } ?? false } }

    /// Some lines of these stretches are new, or were taken out.
    func works(on spans: [Span]) -> Bool {
        holds(spans) || spans.contains { self[$0].map { file, lines in file.removals.contains { lines.contains($0) && $0 < lines.upperBound } } ?? false }
    }

    /// The change of the file that a span is in, and the lines of the span.
    private subscript(span: Span) -> (file: Change.File, lines: ClosedRange<Int>)? {
        guard let table = lines[span.file], let file = files[examination.files[Int(span.file.index)].path] else { return nil }
        let first = table.line(at: Int(span.start)) + 1
        return (file, first...max(first, table.line(at: max(Int(span.start), Int(span.end) - 1)) + 1))
    }

    /// What a file was called before.
    func oldPath(of path: String) -> String { files[path]?.oldPath ?? path }
}
