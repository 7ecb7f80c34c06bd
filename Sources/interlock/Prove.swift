import ArgumentParser
import Configuration
import Discovery
import Engine
import Flow
import Proof
import Reporters
import Triage

extension Proof.Engine: ExpressibleByArgument {}

/// Plays findings on a real database.
struct Prove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove", abstract: "Play each race of the findings on a throw-away database, and its fix.",
        discussion: """
            Exit codes: 0 nothing was proved, 1 something was, 2 usage, configuration or input error, 3 nothing was scanned.
            """)

    @OptionGroup var scope: Scope
    @OptionGroup var selection: Selection

    @Option(help: "Only the finding with this fingerprint, or with one that begins so. May be given several times.")
    var finding: [String] = []

    @Option(help: "sqlite or postgres. Default: what the code speaks to, as far as it is installed.")
    var engine: Proof.Engine?

    func run() async throws {
        let (discovered, configurations) = try scope.discover()
        var engine = try scope.engine(configurations, selection.triage(configurations))
        engine.keepsProject = true
        let result = try await engine.scan(discovered)
        guard let project = result.project else { throw ExitCode(3) }
        let prover = Prover(project, engine: self.engine)
        let reports = result.reports.merged.filter { report in Prover.rules.contains(report.finding.rule) }
        for report in reports {
            let proof = prover.prove(report.finding)
            try StandardOutput.write("\(proof.verdict.rawValue) \(report.finding.rule) \(result.paths[Int(report.finding.span.file.index)])  \(proof.reason)\n")
            for line in proof.stage { try StandardOutput.write("    \(line)\n") }
            for moment in proof.transcript { try StandardOutput.write("    \(moment.lane.rawValue) \(moment.text)\n") }
        }
    }
}
