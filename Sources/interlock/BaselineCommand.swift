import ArgumentParser
import Configuration
import Discovery
import Engine
import Flow
import Reporters
import Triage

/// The ratchet: what is known is written down once, and the list may only get shorter.
struct BaselineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "baseline", abstract: "Write down the findings that are there, so that only new ones are reported.",
        discussion: """
            Name the file in interlock.yml (baseline: interlock-baseline.json) or with `interlock scan --baseline`. Entries are known by rule, file and code: they survive moved lines and renamed files. An entry that matches nothing any more fails the scan until --prune takes it out.
            """)

    @OptionGroup var scope: Scope

    @OptionGroup var selection: Selection

    @Option(name: .shortAndLong, help: "The file. Default: the one of the configuration, or \(BaselineFile.usualName).")
    var output: String?

    @Flag(help: "Take out what is no longer found, and nothing else.")
    var prune = false

    @Flag(help: "Take out what is no longer found, take in what is new, and list that.")
    var update = false

    mutating func validate() throws { if prune, update { throw ValidationError("--update prunes, too: give one of --prune and --update.") } }

    func run() async throws {
        let (discovered, configurations) = try scope.discover()
        guard scope.isWhole, !discovered.files.contains(where: { $0.origin == .named }) else {
            throw ValidationError("A baseline is of a whole project: scan the folder of the repository, or one with an interlock.yml of its own.")
        }
        let path = try output ?? configurations.baseline() ?? BaselineFile.usualName
        let known = prune || update ? try BaselineFile.read(path, spelling: discovered.files.map(\.path)) : nil
        let engine = try scope.engine(configurations, selection.triage(configurations, baseline: known))
        if known == nil, Place(path).exists {
            throw ValidationError("\(path): exists already. --prune takes out what is gone, --update also takes in what is new.")
        }
        let result = try await engine.scan(discovered)
        guard result.summary.files > 0 else { throw ExitCode(3) }
        guard let known else {
            let baseline = Baseline(path: path, of: result.reports, paths: result.paths)
            try BaselineFile.write(baseline)
            complain("\(Self.counted(result.reports.count)) in \(path).")
            if try configurations.baseline() == nil { complain("Write `baseline: \(path)` into interlock.yml, or scan with --baseline \(path).") }
            return
        }
        let stale = result.stale.filter { entry in scope.roots.contains { Place(entry.path).below(Place($0)) != nil } }
        var baseline = known.pruned(of: stale)
        for entry in stale { complain("out: \(entry.path): \(entry.rule): \(entry.message)") }
        if update {
            let news = result.reports.filter { Notice(rawValue: $0.finding.rule) == nil }
            baseline = baseline.joined(Baseline(path: path, of: news, paths: result.paths))
            for report in news { complain("in: \(result.paths[Int(report.finding.span.file.index)]): \(report.finding.rule): \(report.finding.message)") }
        }
        try BaselineFile.write(baseline)
        complain("\(Self.counted(baseline.entries.reduce(0) { $0 + $1.count })) in \(path).")
    }

    private static func counted(_ count: Int) -> String { "\(count) finding\(count == 1 ? "" : "s")" }
}
