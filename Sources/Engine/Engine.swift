package import Discovery
package import Flow
import Lowering
import Rules
package import Triage
package import Vocabulary

/// What a scan gives to its reporters.
package struct ScanResult: Sendable {
    package var reports: [Report]
    /// Findings that a comment takes back or the baseline holds.
    package var excused: [Report] = []
    /// Entries of the baseline that nothing matches any more.
    package var stale: [Baseline.Entry] = []
    /// The path of each file, by its number.
    package var paths: [String]
    /// The text of the files that findings speak of.
    package var sources: [FileID: [UInt8]]
    package var summary: Summary
    package var surfaces: [Surface] = []
    /// What the findings were found in, where that was asked for.
    package var project: Project?
    /// Those of them that the change touches.
    package var touched: [Surface] = []

    package struct Summary: Sendable {
        package var files = 0
        package var bytes = 0
        package var routines = 0
        package var syntaxErrors = 0
        package var skipped: [Discovered.Skip: Int] = [:]
        package var warnings: [String] = []
        /// Findings with which the change has nothing to do.
        package var outside = 0
    }
}

/// discover → prefilter → parse → lower → link → detect → triage.
package struct Engine: Sendable {
    package var triage: Triage
    /// Microseconds that parsing one file may take.
    package var parseLimit: UInt64 = 10_000_000
    /// Whether guarded surfaces are listed beside findings.
    package var takesInventory = false
    /// Whether the linked project is handed out with the findings.
    package var keepsProject = false
    /// Leave out files without a database call. A test scans with and without it and compares.
    package var usesPrefilter = true
    /// Where to leave what is no longer needed, for a process that ends with its scan.
    package var attic: Attic?
    let workers: Workers
    let catalogue: Catalogue

    package init(threads: Int, triage: Triage, catalogue: Catalogue? = nil) throws {
        workers = Workers(count: max(1, threads))
        self.triage = triage
        self.catalogue = try catalogue ?? Catalogue.bundled()
    }

    /// Scans files on disk.
    ///
    /// - Parameters:
    ///   - change: what is new since a base; findings with which it has nothing to do are counted and not reported.
    ///   - progress: told how many files are done, from several threads.
    package func scan(_ discovered: Discovered, change: Change? = nil, progress: @escaping @Sendable (Int) -> Void = { _ in }) async throws -> ScanResult {
        let staged = change?.staged ?? [:]
        return try await scan(discovered, change: change, progress: progress) { path in
            if case .some(.some(let bytes)) = staged[path] { return bytes }
            return try FileReader.read(path)
        }
    }

    /// Scans texts that are already in memory, under the names given with them.
    package func scan(texts: [(path: String, language: Language, bytes: [UInt8])]) async throws -> ScanResult {
        let sorted = texts.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        var discovered = Discovered()
        discovered.files = sorted.map { .init(path: $0.path, language: $0.language, size: $0.bytes.count) }
        let byPath = Dictionary(sorted.map { ($0.path, $0.bytes) }) { first, _ in first }
        return try await scan(discovered, change: nil, progress: { _ in }) { byPath[$0] ?? [] }
    }

    private func scan(
        _ discovered: Discovered, change: Change?, progress: @escaping @Sendable (Int) -> Void, read: @escaping @Sendable (String) throws -> [UInt8]
    ) async throws -> ScanResult {
        let now = try await examine(discovered.files, discovered.manifests, read, progress: progress)
        var result = ScanResult(reports: [], paths: discovered.files.map(\.path), sources: [:], summary: .init(now, discovered), surfaces: now.surfaces)
        let verdict = await verdict(on: now)
        (result.reports, result.excused, result.stale) = (verdict.shown, verdict.excused, verdict.stale)
        if let change {
            let touched = Touched(change, now)
            let kept = try await news(verdict.shown, since: change, touched, now, discovered.manifests, read)
            result.touched = now.places.filter { touched.holds($0.spans + $0.calls) || touched.works(on: $0.functions) }.sorted { $0.span < $1.span }
            result.excused = result.excused.filter { touched.holds($0.finding.spans) }
            result.summary.outside = result.reports.count - kept.count
            result.reports = kept
        }
        let states = await StoredStates(in: now, for: result.reports + result.excused, workers)
        result.reports = result.reports.map(states.spelled)
        result.excused = result.excused.map(states.spelled)
        for span in (result.reports + result.excused).flatMap({ $0.finding.spans + $0.finding.earlier }) + (now.surfaces + now.places).flatMap(\.spans) {
            result.sources[span.file] = now.survey.files[Int(span.file.index)].bytes
        }
        result.project = now.project
        attic?.keep(now)
        return result
    }

    func verdict(on examination: Examination) async -> Triage.Verdict {
        let files = examination.files
        return triage.verdict(
            on: examination.findings, suppressions: await suppressions(in: examination), scanned: Set(files.map(\.path)), path: { files[Int($0.index)].path },
            code: examination.bytes)
    }

    /// What comments ask for, in those few files that hold any.
    private func suppressions(in examination: Examination) async -> [Suppressions] {
        let marked = examination.survey.files.indices.filter { examination.survey.files[$0].holdsSuppressions && examination.survey.files[$0].skip == nil }
        guard !marked.isEmpty else { return [] }
        let files = examination.survey.files, known = Rule.all.map(\.id), limit = parseLimit
        return await workers.parse(marked.map { examination.files[$0] }, examination.survey.vocabularies) { file, id, lowering in
            let at = marked[Int(id.index)], bytes = files[at].bytes
            let comments = lowering.comments(marked: Suppression.mark, in: bytes, as: file.language, limit: limit) ?? []
            return Suppressions(comments.map { ($0.range, $0.subject) }, in: bytes, of: FileID(at), known: known)
        }
    }

    /// Reads and parses, and nothing more.
    package func parse(_ discovered: Discovered) async throws {
        _ = await workers.parse(discovered.files, try catalogue.vocabularies()) { file, _, lowering in
            guard let bytes = try? FileReader.read(file.path), Prefilter.reasonToSkip(bytes, file) == nil else { return false }
            return lowering.parse(bytes, as: file.language, limit: parseLimit)
        }
    }
}

extension ScanResult.Summary {
    init(_ examination: Examination, _ discovered: Discovered) {
        routines = examination.routines
        skipped = discovered.skipped
        warnings = discovered.warnings
        for file in examination.units {
            if let skip = file.skip { skipped[skip, default: 0] += 1 }
            if let warning = file.warning { warnings.append(warning) }
            guard let unit = file.unit else { continue }
            files += 1
            bytes += file.size
            if unit.hasSyntaxErrors { syntaxErrors += 1 }
        }
    }
}

extension Surface {
    fileprivate var spans: [Span] { [span] + writes.map(\.span) + (guardian.map { [$0.span] } ?? []) }
}
