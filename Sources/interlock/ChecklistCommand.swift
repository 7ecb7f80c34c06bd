import ArgumentParser
import Checklist
import Configuration
import Discovery
import Engine
import Flow
import Reporters
import Triage

struct ChecklistCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checklist", abstract: "Tick the boxes of a pull request that can be decided from its change.",
        discussion: """
            interlock checklist --body FILE --diff BASE [--write] [paths]
            interlock checklist template [-o FILE]

            `interlock help checklist fill` has all options. Exit codes: 0 nothing speaks against a box, 1 a finding does, 2 usage, configuration or input error, 3 nothing was scanned, and nothing written.
            """,
        subcommands: [Fill.self, Template.self], defaultSubcommand: Fill.self)

    struct Fill: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "fill", abstract: "Tick and untick the boxes, and say why under each.",
            discussion: """
                Prints the new text, or writes it back with --write; what is no box stays as it is. Exit codes: 0 nothing speaks against a box, 1 a finding does, 2 usage, configuration or input error, 3 nothing was scanned.
                """)

        @Option(help: "The file with the text of the pull request; - is standard input.")
        var body: String

        @OptionGroup var scope: Scope

        @OptionGroup var comparison: Comparison

        @Flag(help: "Write the text back to its file.")
        var write = false

        mutating func validate() throws {
            guard comparison.isAsked else { throw ValidationError("--diff BASE is missing: the branch that the pull request goes to, as in origin/main.") }
            if write, body == "-" { throw ValidationError("--write needs a file to write to; --body - has none.") }
        }

        func run() async throws {
            let bytes = try body == "-" ? StandardInput.read(limit: 1 << 20) : FileReader.read(body, limit: 1 << 20)
            guard let text = String(validating: bytes, as: UTF8.self) else { throw ValidationError("\(body): not UTF-8.") }
            var (discovered, configurations) = try scope.discover()
            let baseline = try configurations.baseline().map { try BaselineFile.read($0, spelling: discovered.files.map(\.path)) }
            var engine = try scope.engine(configurations, Selection.parse([]).triage(configurations, baseline: baseline))
            engine.takesInventory = true
            let change = try await comparison.change(&discovered, scope, configurations)
            let result = try await engine.scan(discovered, change: change)
            if result.summary.files == 0 { throw ExitCode(3) }
            let presentation = Presentation(
                reports: result.reports, paths: result.paths, sources: result.sources, rules: [], version: Interlock.configuration.version,
                filesScanned: result.summary.files, usesColour: false)
            let assessments = Assessment.all(
                result.reports, excused: result.excused, result.touched, unread: (change?.unread ?? []).filter(Assessment.isCode),
                place: { presentation.place($0).printable })
            var filled = Body(text)
            filled.take(assessments, texts: configurations.checklist)
            if write {
                if filled.text != text { try AtomicFile.write(filled.text, to: body) }
            } else {
                try StandardOutput.write(filled.text)
            }
            for assessment in assessments { complain("\(assessment.box.rawValue): \(assessment.reason)") }
            if assessments.contains(where: { $0.verdict == .fails }) { throw ExitCode(1) }
        }
    }

    struct Template: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "template", abstract: "Print the section for your pull-request template.")

        @Option(help: "The configuration whose wording to use. Default: the interlock.yml here.")
        var config: String?

        @Option(name: .shortAndLong, help: "Write it to this file, which must not exist yet, as in .github/pull_request_template.md.")
        var output: String?

        func run() throws {
            let scope = try Scope.parse(config.map { ["--config", $0] } ?? [])
            let text = Body.template(texts: try scope.configurations(above: ["."]).checklist)
            guard let output else { return try StandardOutput.write(text) }
            let isAbsolute = output.hasPrefix("/")
            _ = try NewFiles.write([(isAbsolute ? String(output.dropFirst()) : output, text)], under: isAbsolute ? "/" : ".")
        }
    }
}
