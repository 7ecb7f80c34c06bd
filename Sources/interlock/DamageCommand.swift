import ArgumentParser
import Discovery
import Engine
import Flow
import Proof
import Reporters
import Triage

/// Writes the queries that tell whether it has happened already.
struct DamageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "damage", abstract: "Write a read-only query for each finding: has it already happened, and to whom?",
        discussion: "The queries use your own names and change nothing. Run them on a copy or a replica; they may read whole tables.")

    enum Layout: String, ExpressibleByArgument, CaseIterable { case sql, markdown }

    @OptionGroup var scope: Scope
    @OptionGroup var selection: Selection

    @Option(help: "sqlite or postgres. Default: what the code speaks to.")
    var dialect: Proof.Engine?

    @Option(help: "sql or markdown.")
    var format: Layout = .sql

    @Option(name: .shortAndLong, help: "Write the output to this file.")
    var output: String?

    func run() async throws {
        try checkOutput()
        let (discovered, configurations) = try scope.discover()
        var engine = try scope.engine(configurations, selection.triage(configurations))
        engine.keepsProject = true
        let result = try await engine.scan(discovered)
        guard let project = result.project else { throw ExitCode(3) }
        let presentation = Presentation(
            reports: result.reports.merged, paths: result.paths, sources: result.sources, rules: [], version: Interlock.configuration.version,
            filesScanned: result.summary.files, usesColour: false)
        let auditor = Auditor(project, engine: dialect)
        let items = presentation.reports.map { report in
            let damage = auditor.damage(of: report.finding)
            return DamageReporter.Item(report: report, query: damage.query, text: damage.text)
        }
        let text = format == .sql ? DamageReporter.sql(items, presentation) : DamageReporter.markdown(items, presentation)
        if let output { try AtomicFile.write(text, to: output) } else { try StandardOutput.write(text) }
        complain("\(items.count { $0.query != nil }) of \(items.count) finding\(items.count == 1 ? "" : "s") can be asked for.")
        if result.summary.files == 0 { throw ExitCode(3) }
    }

    /// A script of queries has the name of a source file; what it may take the place of is an older one of its kind.
    private func checkOutput() throws {
        guard let output else { return }
        guard format == .sql, output.hasSuffix(".sql") else { return try Output.check([Output(format: .text, file: output)]) }
        guard let text = try? FileReader.read(output), !text.isEmpty, !text.starts(with: DamageReporter.headline.utf8) else { return }
        throw ValidationError("\(output): was not written by `interlock damage`, and is left alone; take another name.")
    }
}
