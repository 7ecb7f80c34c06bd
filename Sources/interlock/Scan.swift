import ArgumentParser
import Discovery
import Engine
import Flow
import Reporters
import Rules
import Triage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension Severity: ExpressibleByArgument {}
extension Confidence: ExpressibleByArgument {}

struct Scan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Scan files and folders.",
        discussion: """
            Exit codes, the same under every format: 0 clean, 1 findings at or above --fail-on, 2 usage or input error, 3 nothing was scanned.
            """)

    @Argument(help: "Files and folders to scan. Default: the folder where you are.")
    var paths: [String] = []

    @Option(name: .long, help: "text, json, sarif or github; FORMAT=FILE writes to a file. May be given several times.")
    var format: [Output] = []

    @Option(name: .shortAndLong, help: "Write the output to this file. With several formats, name the files in --format instead.")
    var output: String?

    @Option(help: "Show findings of at least this confidence: low, medium, high.")
    var minConfidence: Confidence = .medium

    @Option(help: "Show findings of at least this severity: note, warning, error.")
    var minSeverity: Severity = .note

    @Option(help: "Exit 1 when a shown finding has at least this severity: note, warning, error.")
    var failOn: Severity = .warning

    @Option(help: "Run only this rule, or these: a,b. May be given several times.")
    var only: [RuleName] = []

    @Option(help: "Leave this rule out, or these: a,b. May be given several times.")
    var skip: [RuleName] = []

    @Flag(help: "Read one file from standard input; --path names it.")
    var stdin = false

    @Option(help: "The name of the file on standard input, as in src/app.ts.")
    var path: String?

    @Option(help: "How many threads to use. Default: one a core.")
    var threads: Int?

    @Option(help: "auto, always or never.")
    var color: ColourChoice = .auto

    @Flag(help: "Exit 0 whatever was found.")
    var exitZero = false

    /// The floor of what any analysis of the same files costs; `scripts/bench` compares with it.
    @Flag(help: .hidden)
    var parseOnly = false

    @Flag(help: "No summary on standard error; warnings stay.")
    var quiet = false

    mutating func validate() throws {
        (only, skip) = (RuleName.parted(only), RuleName.parted(skip))
        try RuleName.checked(only + skip)
        if stdin, path == nil { throw ValidationError("--stdin needs --path NAME, which says what language the text is.") }
        if !stdin, path != nil { throw ValidationError("--path names the text on standard input: give --stdin too.") }
        if let threads, threads < 1 || threads > 256 { throw ValidationError("--threads takes a number from 1 to 256.") }
        if stdin, !paths.isEmpty { throw ValidationError("--stdin reads one text and takes no other paths.") }
        if Rule.all.allSatisfy({ rule in skip.contains { $0.id == rule.id } || !(only.isEmpty || only.contains { $0.id == rule.id }) }) {
            throw ValidationError("--only and --skip leave no rule to run.")
        }
        _ = try Output.all(format, output)
    }

    func run() async throws {
        let start = ContinuousClock.now
        let triage = Triage(minimumConfidence: minConfidence, minimumSeverity: minSeverity, only: Set(only.map(\.id)), skipped: Set(skip.map(\.id)))
        let engine = try Engine(threads: threads ?? Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), triage: triage)
        let outputs = try Output.all(format, output)
        try Output.check(outputs)
        if parseOnly { return try await engine.parse(try Discovery.files(under: paths.isEmpty ? ["."] : paths)) }
        let result = stdin ? try await scanStandardInput(engine) : try await scanPaths(engine)
        for item in outputs { try write(item, result) }
        let summary = Summary(result, elapsed: ContinuousClock.now - start)
        summary.warn()
        if !quiet { summary.print() }
        if result.summary.files == 0 { throw ExitCode(3) }
        if !exitZero, result.reports.contains(where: { $0.finding.severity >= failOn }) { throw ExitCode(1) }
    }

    private func scanPaths(_ engine: Engine) async throws -> ScanResult {
        let discovered = try Discovery.files(under: paths.isEmpty ? ["."] : paths)
        let bar = ProgressBar(total: discovered.files.count, isShown: !quiet && isatty(2) == 1)
        let result = try await engine.scan(discovered) { bar.show($0) }
        bar.clear()
        return result
    }

    private func scanStandardInput(_ engine: Engine) async throws -> ScanResult {
        guard let path, let language = Language(fileName: path) else {
            throw ValidationError(
                "\(path ?? ""): the name does not end like a language that can be scanned (.ts .tsx .mts .cts .js .jsx .mjs .cjs .py .sql .prisma).")
        }
        var bytes: [UInt8] = [], buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            guard bytes.count <= Discovery.hardLimit else { throw ValidationError("Standard input holds more than \(Discovery.hardLimit >> 20) MB.") }
            let got = read(0, &buffer, buffer.count)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw ValidationError("Standard input cannot be read (\(systemError())).") }
            guard got > 0 else { break }
            bytes.append(contentsOf: buffer[..<got])
        }
        return try await engine.scan(texts: [(Discovery.tidied(path), language, bytes)])
    }

    private func write(_ item: Output, _ result: ScanResult) throws {
        let colour =
            switch color {
            case .always: true
            case .never: false
            case .auto: item.file == nil && isatty(1) == 1 && !environment("NO_COLOR") && !environment("TERM", is: "dumb")
            }
        let presentation = Presentation(
            reports: result.reports, paths: result.paths, sources: result.sources, rules: RulePage.descriptions, version: Interlock.configuration.version,
            filesScanned: result.summary.files, usesColour: colour && item.format == .text)
        let text = item.format.render(presentation)
        if let file = item.file { try AtomicFile.write(text, to: file) } else { try StandardOutput.write(text) }
    }
}

/// https://no-color.org: an empty variable is none.
private func environment(_ name: String, is wanted: String? = nil) -> Bool {
    guard let value = getenv(name).map({ String(cString: $0) }), !value.isEmpty else { return false }
    return wanted.map { $0 == value } ?? true
}

enum ColourChoice: String, ExpressibleByArgument, CaseIterable { case auto, always, never }
