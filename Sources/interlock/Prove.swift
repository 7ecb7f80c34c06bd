import ArgumentParser
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

extension Proof.Engine: ExpressibleByArgument {}
extension Format: ExpressibleByArgument {}

/// Plays findings on a real database.
struct Prove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove", abstract: "Play the races that were found on a throw-away database, and their fixes.",
        discussion: """
            The code's own statements and decisions, by two requests, in the order that breaks them. Nothing of the scanned code is executed, and no database but one that is made for the purpose and removed again.

            Exit codes: 0 nothing was proved, 1 something was, 2 usage, configuration or input error, 3 nothing was scanned.
            """)

    @OptionGroup var scope: Scope
    @OptionGroup var selection: Selection

    @Option(help: "Only the finding with this fingerprint, or whose fingerprint begins so. May be given several times.")
    var finding: [String] = []

    @Option(help: "sqlite or postgres. Default: what the code speaks to, as far as it is installed.")
    var engine: Proof.Engine?

    @Option(help: "text, json, sarif or any other format of scan.")
    var format: Format = .text

    @Option(name: .shortAndLong, help: "Write the output to this file.")
    var output: String?

    @Flag(help: "Play what `interlock migrate` writes instead of findings: each claim by two requests, and by 64 at once, on both engines.")
    var runtime = false

    @Flag(help: "Exit 0 whatever was proved.")
    var exitZero = false

    mutating func validate() throws {
        guard runtime else { return }
        if !finding.isEmpty { throw ValidationError("--finding and --runtime: the runtime has no findings.") }
        if !scope.paths.isEmpty { throw ValidationError("\(scope.paths[0]) and --runtime: the runtime is in no path.") }
        if format != .text { throw ValidationError("--format and --runtime: what the runtime does is told as text alone.") }
    }

    func run() async throws {
        if runtime { return try playRuntime() }
        try Output.check([Output(format: format, file: output)])
        let (discovered, configurations) = try scope.discover()
        var selection = selection
        // Who names a finding means it, however certain it is.
        if !finding.isEmpty { selection.minConfidence = selection.minConfidence ?? .low }
        var engine = try scope.engine(configurations, selection.triage(configurations))
        engine.keepsProject = true
        var result = try await engine.scan(discovered)
        result.reports = result.reports.merged.filter { Prover.rules.contains($0.finding.rule) }
        for print in finding where print.isEmpty || !result.reports.contains(where: { $0.fingerprint.hasPrefix(print) }) {
            throw ValidationError(
                "--finding \(print): no finding here that can be played has such a fingerprint; `interlock scan --format json` prints them.")
        }
        if !finding.isEmpty { result.reports.removeAll { report in !finding.contains { report.fingerprint.hasPrefix($0) } } }
        try result.prove(on: self.engine, isShown: isatty(2) == 1)
        let presentation = Presentation(
            reports: result.reports, paths: result.paths, sources: result.sources, rules: RulePage.descriptions, version: Interlock.configuration.version,
            filesScanned: result.summary.files, usesColour: output == nil && format == .text && isatty(1) == 1)
        let isBare = result.reports.isEmpty && format == .text && result.summary.files > 0
        let text = isBare ? "No races to play in \(result.summary.files) file\(result.summary.files == 1 ? "" : "s").\n" : format.render(presentation)
        if let output { try AtomicFile.write(text, to: output) } else { try StandardOutput.write(text) }
        let verdicts = Proof.Verdict.allCases.map { verdict in "\(result.reports.count { $0.proof?.verdict == verdict }) \(verdict.rawValue)" }
        complain(verdicts.joined(separator: ", ") + ".")
        if result.summary.files == 0 { throw ExitCode(3) }
        if !exitZero, result.reports.contains(where: { $0.proof?.verdict == .proved }) { throw ExitCode(1) }
    }
}

extension Prove {
    /// Plays the operations of the runtime; an engine that is not there is passed over, unless it was asked for.
    private func playRuntime() throws {
        var lines: [String] = [], failed = 0, count = 0
        for engine in self.engine.map({ [$0] }) ?? Proof.Engine.allCases {
            let ground: ProofGround
            do { ground = try ProofGround(engine) } catch {
                if self.engine != nil { throw error }
                complain("\(engine.rawValue): not played: \(error)")
                continue
            }
            lines.append(ground.version)
            for play in try RuntimeProof.all() {
                let fix = play.play(on: ground)
                count += 1
                if !fix.holds { failed += 1 }
                let name = "\(play.kind), \(play.operation)"
                let told = fix.holds ? "1 of 2 in turns, \(fix.winners) of \(fix.clients) at once" : fix.reason
                lines.append("  \(fix.holds ? "safe  " : "BROKEN") \(name.padded(to: 22)) \(play.promise): \(told)")
            }
        }
        let text = lines.map { $0 + "\n" }.joined()
        if let output { try AtomicFile.write(text, to: output) } else { try StandardOutput.write(text) }
        complain("\(count - failed) of \(count) operations are safe.")
        if count == 0 { throw ExitCode(3) }
        if failed > 0, !exitZero { throw ExitCode(1) }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

extension ScanResult {
    /// Plays every race among the findings. What the database prevents is of low confidence, and no reason to fail.
    mutating func prove(on engine: Proof.Engine?, isShown: Bool) throws {
        guard let project else { return }
        let prover = Prover(project, engine: engine), bar = ProgressBar(total: reports.count, of: "findings", isShown: isShown)
        for at in reports.indices where Prover.rules.contains(reports[at].finding.rule) {
            let proof = prover.prove(reports[at].finding)
            reports[at].proof = proof
            if proof.verdict == .refuted {
                reports[at].finding.confidence = .low
                reports[at].finding.severity = .note
                reports[at].fails = false
                reports[at].finding.help = "Nothing has to be done as long as this holds: \(proof.reason)."
                reports[at].finding.remedy = ""
            }
            // What was seen not to hold is offered to nobody.
            if proof.fix?.holds == false {
                reports[at].finding.remedy = ""
                reports[at].finding.help =
                    "Lock what is read before deciding, for as long as the transaction lasts: the statement that is offered elsewhere does not hold here."
            }
            bar.show(at + 1)
        }
        bar.clear()
        // SQLite is always there; PostgreSQL may not be, which is no fault unless it was asked for.
        if let failure = prover.failure(of: engine ?? .sqlite) { throw ValidationError("\((engine ?? .sqlite).rawValue): \(failure)") }
    }
}
