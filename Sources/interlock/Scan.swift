import ArgumentParser
import Configuration
import Discovery
import Engine
import Flow
import Proof
import Reporters
import Triage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

struct Scan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan", abstract: "Scan files and folders.",
        discussion: """
            Exit codes, the same under every format: 0 clean, 1 findings at or above --fail-on, 2 usage, configuration or input error, 3 nothing was scanned.
            """)

    @OptionGroup var scope: Scope

    @Option(
        name: .long,
        help: "text, compact, json, sarif, github, gitlab, junit, checkstyle, rdjson or markdown; FORMAT=FILE writes to a file. May be given several times.")
    var format: [Output] = []

    @Option(name: .shortAndLong, help: "Write the output to this file. With several formats, name the files in --format instead.")
    var output: String?

    @OptionGroup var selection: Selection

    @Option(help: "Exit 1 when a shown finding has at least this severity: note, warning, error. Default: warning.")
    var failOn: Severity?

    @OptionGroup var comparison: Comparison

    @Option(help: "Leave out the findings that this file holds, as `interlock baseline` wrote them.")
    var baseline: String?

    @Flag(help: "List what comments and the baseline leave out, too, marked.")
    var showSuppressed = false

    @Flag(help: "Read one file from standard input; --path names it.")
    var stdin = false

    @Option(help: "The name of the file on standard input, as in src/app.ts.")
    var path: String?

    @Option(help: "auto, always or never.")
    var color: ColourChoice = .auto

    @Flag(help: "Play each race on a throw-away database, and say what came of it.")
    var prove = false

    @Option(help: "With --prove: sqlite or postgres. Default: what the code speaks to, as far as it is installed.")
    var engine: Proof.Engine?

    @Flag(help: "Exit 0 whatever was found.")
    var exitZero = false

    /// The floor of what any analysis of the same files costs; `scripts/bench` compares with it.
    @Flag(help: .hidden)
    var parseOnly = false

    @Flag(help: "No summary on standard error; warnings stay.")
    var quiet = false

    mutating func validate() throws {
        if engine != nil, !prove { throw ValidationError("--engine says where to play: give --prove too.") }
        if stdin, path == nil { throw ValidationError("--stdin needs --path NAME, which says what language the text is.") }
        if !stdin, path != nil { throw ValidationError("--path names the text on standard input: give --stdin too.") }
        if stdin, !scope.paths.isEmpty { throw ValidationError("--stdin reads one text and takes no other paths.") }
        if stdin, comparison.isAsked { throw ValidationError("--stdin reads one text, which has no past: leave --diff and --staged out.") }
        _ = try Output.all(format, output)
    }

    func run() async throws {
        let start = ContinuousClock.now
        let outputs = try Output.all(format, output)
        try Output.check(outputs)
        if parseOnly { return try await scope.engine(Configurations(), Triage()).parse(try Discovery.files(under: scope.roots)) }
        var result = stdin ? try await scanStandardInput() : try await scanPaths()
        result.scan.reports = result.scan.reports.merged
        if prove { try result.scan.prove(on: engine, isShown: !quiet && isatty(2) == 1) }
        let presentation = presentation(of: result.scan)
        for item in outputs { try write(item, presentation) }
        let summary = Summary(result.scan, base: result.base, elapsed: ContinuousClock.now - start)
        summary.warn()
        let isStale = summary.name(result.scan.stale, of: result.baseline)
        if !quiet { summary.print() }
        if result.scan.summary.files == 0 { throw ExitCode(3) }
        if !exitZero, isStale || result.scan.reports.contains(where: \.fails) { throw ExitCode(1) }
    }

    private struct Result {
        var scan: ScanResult
        var base: Change?
        var baseline: Baseline?
    }

    private func scanPaths() async throws -> Result {
        var (discovered, configurations) = try scope.discover()
        let baseline = try (self.baseline ?? configurations.baseline()).map { try BaselineFile.read($0, spelling: discovered.files.map(\.path)) }
        var triage = selection.triage(configurations, failOn: failOn, baseline: baseline)
        // A finding may need the rest of the project.
        triage.reportsUnused = scope.isWhole && !discovered.files.contains { $0.origin == .named }
        var engine = try scope.engine(configurations, triage)
        engine.keepsProject = prove
        let change = try await comparison.change(&discovered, scope, configurations)
        let bar = ProgressBar(total: discovered.files.count, isShown: !quiet && isatty(2) == 1)
        var result = try await engine.scan(discovered, change: change) { bar.show($0) }
        bar.clear()
        result.stale.removeAll { entry in !triage.reportsUnused || !scope.roots.contains { Place(entry.path).below(Place($0)) != nil } }
        return Result(scan: result, base: change, baseline: baseline)
    }

    private func scanStandardInput() async throws -> Result {
        guard let path, let language = Language(fileName: path) else {
            throw ValidationError(
                "\(path ?? ""): the name does not end like a language that can be scanned (\(Language.allExtensions)).")
        }
        let bytes = try StandardInput.read(limit: Discovery.hardLimit)
        let configurations = try scope.configurations(above: [path])
        let baseline = try (self.baseline ?? configurations.baseline()).map { try BaselineFile.read($0) }
        var triage = selection.triage(configurations, failOn: failOn, baseline: baseline)
        triage.reportsUnused = false
        var engine = try scope.engine(configurations, triage)
        engine.keepsProject = prove
        var result = try await engine.scan(texts: [(Discovery.tidied(path), language, bytes)])
        result.stale = []
        return Result(scan: result)
    }

    private func presentation(of result: ScanResult) -> Presentation {
        let shown =
            showSuppressed
            ? (result.reports + result.excused).sorted { ($0.finding.span, $0.finding.rule) < ($1.finding.span, $1.finding.rule) } : result.reports
        return Presentation(
            reports: shown, paths: result.paths, sources: result.sources, rules: RulePage.descriptions, version: Interlock.configuration.version,
            filesScanned: result.summary.files, usesColour: false)
    }

    private func write(_ item: Output, _ presentation: Presentation) throws {
        var presentation = presentation
        switch color {
        case .always: presentation.usesColour = item.format == .text
        case .never: presentation.usesColour = false
        case .auto:
            presentation.usesColour = item.format == .text && item.file == nil && isatty(1) == 1 && !environment("NO_COLOR") && !environment("TERM", is: "dumb")
        }
        let text = item.format.render(presentation)
        // What a job's steps have to say stands there one behind the other.
        if let file = item.file, getenv("GITHUB_STEP_SUMMARY").map({ String(cString: $0) }) == file {
            try AtomicFile.write(((try? FileReader.read(file)).map { String(decoding: $0, as: UTF8.self) } ?? "") + text, to: file)
        } else if let file = item.file {
            try AtomicFile.write(text, to: file)
        } else {
            try StandardOutput.write(text)
        }
    }
}

/// https://no-color.org: an empty variable is none.
private func environment(_ name: String, is wanted: String? = nil) -> Bool {
    guard let value = getenv(name).map({ String(cString: $0) }), !value.isEmpty else { return false }
    return wanted.map { $0 == value } ?? true
}

enum ColourChoice: String, ExpressibleByArgument, CaseIterable { case auto, always, never }
