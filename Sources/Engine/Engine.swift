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
    /// Leave out files without a database call. A test scans with and without it and compares.
    package var usesPrefilter = true
    private let vocabulary: Vocabulary
    private let prefilter: Prefilter

    package init(threads: Int, triage: Triage) throws {
        self.threads = max(1, threads)
        self.triage = triage
        vocabulary = try Vocabulary.bundled()
        prefilter = Prefilter(vocabulary)
    }

    /// Scans files on disk. `progress` is told how many files are done, from several threads.
    package func scan(_ discovered: Discovered, progress: @escaping @Sendable (Int) -> Void = { _ in }) async -> ScanResult {
        await scan(discovered, progress: progress) { try FileReader.read($0) }
    }

    /// Scans texts that are already in memory, under the names given with them.
    package func scan(texts: [(path: String, language: Language, bytes: [UInt8])]) async -> ScanResult {
        let sorted = texts.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        var discovered = Discovered()
        discovered.files = sorted.map { .init(path: $0.path, language: $0.language, size: $0.bytes.count) }
        let byPath = Dictionary(sorted.map { ($0.path, $0.bytes) }) { first, _ in first }
        return await scan(discovered, progress: { _ in }) { byPath[$0] ?? [] }
    }

    private func scan(
        _ discovered: Discovered, progress: @escaping @Sendable (Int) -> Void, read: @escaping @Sendable (String) throws -> [UInt8]
    ) async -> ScanResult {
        let lowered = await lower(discovered.files, progress, read)
        var summary = ScanResult.Summary()
        summary.skipped = discovered.skipped
        summary.warnings = discovered.warnings
        for file in lowered { summary.add(file) }

        let project = Linker.link(lowered.map { $0.unit ?? Unit() })
        summary.routines = project.routines.count
        let findings = await detect(project)

        let paths = discovered.files.map(\.path)
        let reports = triage.reports(findings, path: { paths[Int($0.index)] }) { span in
            let bytes = lowered[Int(span.file.index)].bytes
            return Array(bytes[min(Int(span.start), bytes.count)..<min(Int(span.end), bytes.count)])
        }
        var sources: [FileID: [UInt8]] = [:]
        for report in reports {
            for span in [report.finding.span] + report.finding.evidence.map(\.span) { sources[span.file] = lowered[Int(span.file.index)].bytes }
        }
        return ScanResult(reports: reports, paths: paths, sources: sources, summary: summary)
    }

    /// Reads and parses, and nothing more.
    package func parse(_ discovered: Discovered) async {
        _ = await each(discovered.files) { file, _, lowering in
            guard let bytes = try? FileReader.read(file.path), Prefilter.reasonToSkip(bytes, file.language) == nil else { return false }
            return lowering.parse(bytes, as: file.language, limit: parseLimit)
        }
    }

    // MARK: Parse and lower

    fileprivate struct Lowered: Sendable {
        var unit: Unit?
        var bytes: [UInt8] = []
        var size = 0
        var skip: Discovered.Skip?
        var warning: String?
    }

    private func lower(_ files: [Discovered.File], _ progress: @escaping @Sendable (Int) -> Void, _ read: @escaping @Sendable (String) throws -> [UInt8]) async
        -> [Lowered]
    {
        let done = Counter()
        return await each(files) { file, id, lowering in
            defer { progress(done.next() + 1) }
            return lower(file, id, lowering, read)
        }
    }

    /// Largest files first, so that no thread is left alone with one at the end; results by file, whatever the order.
    private func each<Result: Sendable>(
        _ files: [Discovered.File], _ work: @escaping @Sendable (Discovered.File, FileID, borrowing Lowering) -> Result
    ) async -> [Result] {
        let order = files.indices.sorted { (files[$0].size, $1) > (files[$1].size, $0) }
        let turns = Counter(), grammars = Grammars()
        return await withTaskGroup(of: [(Int, Result)].self) { group in
            for _ in 0..<min(threads, max(1, files.count)) {
                group.addTask {
                    let lowering = Lowering(grammars, vocabulary)
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

    private func lower(_ file: Discovered.File, _ id: FileID, _ lowering: borrowing Lowering, _ read: (String) throws -> [UInt8]) -> Lowered {
        var result = Lowered()
        do {
            let bytes = try read(file.path)
            result.size = bytes.count
            if let skip = Prefilter.reasonToSkip(bytes, file.language) {
                result.skip = skip
                return result
            }
            if usesPrefilter, file.language.isProgram, !prefilter.mayReachDatabase(bytes), !vocabulary.models.mayStand(in: bytes) {
                result.unit = Unit()
                return result
            }
            guard let unit = lowering.lower(bytes, of: id, as: file.language, limit: parseLimit) else {
                result.skip = .timedOut
                result.warning = "\(file.path): parsing took too long, left out"
                return result
            }
            result.unit = unit
            if !unit.routines.isEmpty { result.bytes = bytes }
        } catch {
            result.skip = .unreadable
            result.warning = "\(error), left out"
        }
        return result
    }

    // MARK: Detect

    private func detect(_ project: Project) async -> [Finding] {
        let wanted = Rule.all.filter { (triage.only.isEmpty || triage.only.contains($0.id)) && !triage.skipped.contains($0.id) }
        let count = project.routines.count, share = max(1, (count + threads - 1) / threads)
        return await withTaskGroup(of: (Int, [Finding]).self) { group in
            for start in stride(from: 0, to: count, by: share) {
                group.addTask {
                    let part = project.routines[start..<min(start + share, count)]
                    return (start, part.flatMap { Rule.findings(of: wanted, in: $0, project) })
                }
            }
            var parts: [(Int, [Finding])] = []
            for await part in group { parts.append(part) }
            return parts.sorted { $0.0 < $1.0 }.flatMap(\.1)
        }
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
    /// The linked routines of one text, and the tables that it defines, as text.
    package static func outline(_ bytes: [UInt8], as language: Language) throws -> [String] {
        let lowering = Lowering(Grammars(), try Vocabulary.bundled())
        let unit = lowering.lower(bytes, of: FileID(0), as: language, limit: 10_000_000) ?? Unit()
        let project = Linker.link([unit])
        return project.routines.map(\.outline) + project.schema.outline
    }
}
