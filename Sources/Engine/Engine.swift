package import Discovery
package import Flow
import Linking
import Lowering
import Rules
import Synchronization
package import Triage
import Vocabulary

/// What a scan gives to its reporters.
package struct ScanResult: Sendable {
    package var reports: [Report]
    /// The path of each file, by its number.
    package var paths: [String]
    /// The text of the files that findings speak of.
    package var sources: [FileID: [UInt8]]
    package var summary: Summary
    package var surfaces: [Surface] = []

    package struct Summary: Sendable {
        package var files = 0
        package var bytes = 0
        package var routines = 0
        package var syntaxErrors = 0
        package var skipped: [Discovered.Skip: Int] = [:]
        package var warnings: [String] = []
    }
}

/// discover → prefilter → parse → lower → link → detect → triage.
package struct Engine: Sendable {
    package var threads: Int
    package var triage: Triage
    /// Microseconds that parsing one file may take.
    package var parseLimit: UInt64 = 10_000_000
    /// Whether guarded surfaces are listed beside findings.
    package var takesInventory = false
    /// Leave out files without a database call. A test scans with and without it and compares.
    package var usesPrefilter = true
    private let catalogue: Catalogue

    package init(threads: Int, triage: Triage) throws {
        self.threads = max(1, threads)
        self.triage = triage
        catalogue = try Catalogue.bundled()
    }

    /// Scans files on disk. `progress` is told how many files are done, from several threads.
    package func scan(_ discovered: Discovered, progress: @escaping @Sendable (Int) -> Void = { _ in }) async throws -> ScanResult {
        try await scan(discovered, progress: progress) { try FileReader.read($0) }
    }

    /// Scans texts that are already in memory, under the names given with them.
    package func scan(texts: [(path: String, language: Language, bytes: [UInt8])]) async throws -> ScanResult {
        let sorted = texts.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        var discovered = Discovered()
        discovered.files = sorted.map { .init(path: $0.path, language: $0.language, size: $0.bytes.count) }
        let byPath = Dictionary(sorted.map { ($0.path, $0.bytes) }) { first, _ in first }
        return try await scan(discovered, progress: { _ in }) { byPath[$0] ?? [] }
    }

    private func scan(
        _ discovered: Discovered, progress: @escaping @Sendable (Int) -> Void, read: @escaping @Sendable (String) throws -> [UInt8]
    ) async throws -> ScanResult {
        let survey = try await survey(discovered.files, Self.manifests(discovered.manifests), read)
        let units = await lower(discovered.files, survey, progress)
        var summary = ScanResult.Summary()
        summary.skipped = discovered.skipped
        summary.warnings = discovered.warnings
        for file in units { summary.add(file) }

        let known = units.map { $0.unit ?? Unit() }, order = Self.inOrderOfMigration(known, discovered.files)
        let stored = StoredRoutines(known, order: order)
        let routines = await Linker.link(stored.settle(known), modules: survey.modules, threads: threads)
        let project = Project(
            routines: routines, schema: Schema.after(order.flatMap { known[$0].schema.changes } + stored.guards(known)),
            declarations: known.flatMap(\.declarations), validated: known.map(\.interface.validated), refusingScriptLinks: survey.refusingScriptLinks,
            locksAccounts: survey.files.contains(where: \.locksAccounts))
        summary.routines = project.routines.count
        let (findings, surfaces) = await detect(project)

        let paths = discovered.files.map(\.path)
        let reports = triage.reports(findings, path: { paths[Int($0.index)] }) { span in
            let bytes = survey.files[Int(span.file.index)].bytes
            return Array(bytes[min(Int(span.start), bytes.count)..<min(Int(span.end), bytes.count)])
        }
        var sources: [FileID: [UInt8]] = [:]
        for report in reports {
            for span in [report.finding.span] + report.finding.evidence.map(\.span) { sources[span.file] = survey.files[Int(span.file.index)].bytes }
        }
        for surface in surfaces {
            for span in [surface.span] + surface.writes.map(\.span) + (surface.guardian.map { [$0.span] } ?? []) {
                sources[span.file] = survey.files[Int(span.file.index)].bytes
            }
        }
        return ScanResult(reports: reports, paths: paths, sources: sources, summary: summary, surfaces: surfaces)
    }

    /// Reads and parses, and nothing more.
    package func parse(_ discovered: Discovered) async throws {
        _ = await each(discovered.files, try catalogue.vocabularies()) { file, _, lowering in
            guard let bytes = try? FileReader.read(file.path), Prefilter.reasonToSkip(bytes, file) == nil else { return false }
            return lowering.parse(bytes, as: file.language, limit: parseLimit)
        }
    }

    /// The files that say something about the database, in the order of their paths, numbers by their value:
    /// `2_init.sql` before `10_drop.sql`.
    private static func inOrderOfMigration(_ units: [Unit], _ files: [Discovered.File]) -> [Int] {
        let defining = units.indices.filter { !units[$0].schema.changes.isEmpty || !units[$0].stored.isEmpty }.map {
            (at: $0, key: files[$0].path.numbersPadded)
        }
        return defining.sorted { $0.key == $1.key ? $0.at < $1.at : $0.key.lexicographicallyPrecedes($1.key) }.map(\.at)
    }

    // MARK: Survey

    private static func manifests(_ paths: [String]) -> [Manifest] {
        paths.compactMap { path in (try? FileReader.read(path)).flatMap { Manifest(path: path, bytes: $0) } }
    }

    private func survey(_ files: [Discovered.File], _ manifests: [Manifest], _ read: @escaping @Sendable (String) throws -> [UInt8]) async throws -> Survey {
        let models = catalogue.models
        let surveyed = await inParallel(files) { Survey.File($0, models, read) }
        let vocabularies = try Survey.vocabularies(of: surveyed, manifests, catalogue)
        let opened = usesPrefilter ? await inParallel(surveyed) { $0.opened(by: vocabularies) } : surveyed
        let resolver = Modules(files: files.map(\.path), manifests: manifests)
        let modules = await inParallel(Array(opened.indices)) { Survey.modules(of: opened[$0], at: $0, resolver) }
        return Survey(opened, modules: modules, vocabularies, manifests, prefilters: usesPrefilter)
    }

    // MARK: Parse and lower

    fileprivate struct Lowered: Sendable {
        var unit: Unit?
        var size = 0
        var skip: Discovered.Skip?
        var warning: String?
    }

    private func lower(_ files: [Discovered.File], _ survey: Survey, _ progress: @escaping @Sendable (Int) -> Void) async -> [Lowered] {
        let done = Counter()
        return await each(files, survey.vocabularies) { file, id, lowering in
            defer { progress(done.next() + 1) }
            return lower(file, id, survey, lowering)
        }
    }

    private func inParallel<Item: Sendable, Result: Sendable>(_ files: [Item], _ work: @escaping @Sendable (Item) -> Result) async -> [Result] {
        let turns = Counter(), share = 16
        return await withTaskGroup(of: [(Int, [Result])].self) { group in
            for _ in 0..<min(threads, max(1, files.count)) {
                group.addTask {
                    var mine: [(Int, [Result])] = []
                    while true {
                        let start = turns.next() * share
                        guard start < files.count else { return mine }
                        mine.append((start, files[start..<min(start + share, files.count)].map(work)))
                    }
                }
            }
            var all: [(Int, [Result])] = []
            for await part in group { all.append(contentsOf: part) }
            return all.sorted { $0.0 < $1.0 }.flatMap(\.1)
        }
    }

    /// Largest files first, so that no thread is left alone with one at the end; results by file, whatever the order.
    private func each<Result: Sendable>(
        _ files: [Discovered.File], _ vocabularies: Vocabularies, _ work: @escaping @Sendable (Discovered.File, FileID, borrowing Lowering) -> Result
    ) async -> [Result] {
        let order = files.indices.sorted { (files[$0].size, $1) > (files[$1].size, $0) }
        let turns = Counter(), grammars = Grammars()
        return await withTaskGroup(of: [(Int, Result)].self) { group in
            for _ in 0..<min(threads, max(1, files.count)) {
                group.addTask {
                    let lowering = Lowering(grammars, vocabularies)
                    var mine: [(Int, Result)] = []
                    while true {
                        let turn = turns.next()
                        guard turn < order.count else { return mine }
                        mine.append((order[turn], work(files[order[turn]], FileID(order[turn]), lowering)))
                    }
                }
            }
            var all: [(Int, Result)] = []
            for await part in group { all.append(contentsOf: part) }
            return all.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private final class Counter: Sendable {
        private let value = Atomic(0)

        func next() -> Int { value.add(1, ordering: .relaxed).oldValue }
    }

    private func lower(_ file: Discovered.File, _ id: FileID, _ survey: Survey, _ lowering: borrowing Lowering) -> Lowered {
        let known = survey.files[Int(id.index)]
        var result = Lowered(unit: nil, size: known.bytes.count, skip: known.skip, warning: known.warning)
        guard known.skip == nil else { return result }
        let own = Set(survey.modules[Int(id.index)].keys)
        switch survey.wanted(of: Int(id.index)) {
        case .nothing:
            result.unit = Unit()
            return result
        case .some(let demand): result.unit = lowering.lower(known.bytes, of: id, as: file.language, own: own, for: demand, limit: parseLimit)
        case .everything: result.unit = lowering.lower(known.bytes, of: id, as: file.language, own: own, for: nil, limit: parseLimit)
        }
        if result.unit == nil {
            result.skip = .timedOut
            result.warning = "\(file.path): parsing took too long, left out"
        }
        return result
    }

    // MARK: Detect

    private func detect(_ project: Project) async -> ([Finding], [Surface]) {
        let wanted = Rule.all.filter { (triage.only.isEmpty || triage.only.contains($0.id)) && !triage.skipped.contains($0.id) }
        let seen = await inParallel(project.routines) { Rule.look(of: wanted, at: $0, project, takesInventory: takesInventory) }
        return (Rule.findings(of: wanted, in: seen, project), takesInventory ? Rule.inventory(seen) : [])
    }
}

extension ScanResult.Summary {
    fileprivate mutating func add(_ file: Engine.Lowered) {
        if let skip = file.skip { skipped[skip, default: 0] += 1 }
        if let warning = file.warning { warnings.append(warning) }
        guard let unit = file.unit else { return }
        files += 1
        bytes += file.size
        if unit.hasSyntaxErrors { syntaxErrors += 1 }
    }
}

extension Engine {
    /// The linked routines of texts that make up one project, as text.
    package static func outline(_ texts: [(path: String, language: Language, bytes: [UInt8])], manifests: [(path: String, bytes: [UInt8])] = [])
        async throws -> [String]
    {
        let catalogue = try Catalogue.bundled(), manifests = manifests.compactMap { Manifest(path: $0.path, bytes: $0.bytes) }
        let files = texts.map { Discovered.File(path: $0.path, language: $0.language, size: $0.bytes.count) }
        let surveyed = texts.enumerated().map { at, text in Survey.File(files[at], catalogue.models) { _ in text.bytes } }
        let vocabularies = try Survey.vocabularies(of: surveyed, manifests, catalogue)
        let resolver = Modules(files: texts.map(\.path), manifests: manifests)
        let modules = surveyed.indices.map { Survey.modules(of: surveyed[$0], at: $0, resolver) }
        let survey = Survey(surveyed, modules: modules, vocabularies, manifests, prefilters: false)
        let lowering = Lowering(Grammars(), vocabularies)
        var units: [Unit] = []
        for (at, text) in texts.enumerated() {
            units.append(lowering.lower(text.bytes, of: FileID(at), as: text.language, own: Set(modules[at].keys), for: nil, limit: 10_000_000) ?? Unit())
        }
        let schema = Schema.after(units.flatMap(\.schema.changes))
        let live = StoredRoutines(units, order: Array(units.indices)).settle(units)
        return await Linker.link(live, modules: survey.modules, threads: 1).map(\.outline) + schema.outline
    }
}

extension String {
    /// The bytes of a path with its numbers at one length, so that comparing texts compares numbers; a date comes before
    /// the moments of its day, `20250120` before `20250120000002`.
    fileprivate var numbersPadded: [UInt8] {
        var out: [UInt8] = [], digits: [UInt8] = []
        for byte in Array(utf8) + [0] {
            if byte >= 48, byte <= 57 { digits.append(byte); continue }
            if !digits.isEmpty {
                let padding = [UInt8](repeating: 48, count: max(0, 20 - digits.count))
                out += digits.count < 8 ? padding + digits : digits + padding
            }
            digits = []
            if byte != 0 { out.append(byte) }
        }
        return out
    }
}
