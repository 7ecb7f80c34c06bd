import ArgumentParser
import Checklist
import Configuration
import Discovery
import Engine
import Flow
import Git
import Reporters
import Rules
import Triage
import Vocabulary

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension Severity: ExpressibleByArgument {}
extension Confidence: ExpressibleByArgument {}

/// Which files, under which configuration: the options of every command that scans.
struct Scope: ParsableArguments {
    @Argument(help: "Files and folders to scan. Default: the folder where you are.")
    var paths: [String] = []

    @Option(help: "Use this configuration file for everything. Default: the nearest interlock.yml above each file.")
    var config: String?

    @Flag(help: "Read no configuration file.")
    var noConfig = false

    @Option(help: "How many threads to use. Default: one a core.")
    var threads: Int?

    mutating func validate() throws {
        if let threads, threads < 1 || threads > 256 { throw ValidationError("--threads takes a number from 1 to 256.") }
        if config != nil, noConfig { throw ValidationError("--config and --no-config exclude each other.") }
    }

    var roots: [String] { paths.isEmpty ? ["."] : paths }

    /// Whether what is scanned is a project, or a part that has a configuration of its own: only then does it say something
    /// that a finding is not there.
    var isWhole: Bool {
        roots.allSatisfy { root in
            let place = Place(root)
            if Place(root + "/interlock.yml").exists { return true }
            guard let top = place.repository else { return true }
            return top == place
        }
    }

    /// The files to scan, and what is configured for them.
    func discover() throws -> (Discovered, Configurations) {
        var discovered = try Discovery.files(under: roots)
        let configurations = try configurations(above: roots, nested: discovered.configurations)
        discovered.exclude { configurations.excludes($0) }
        return (discovered, configurations)
    }

    func configurations(above roots: [String], nested: [String] = []) throws -> Configurations {
        if noConfig { return Configurations() }
        if let config { return try Configurations(only: config, words: .known) }
        return try Configurations(above: roots, nested: nested, words: .known)
    }

    func engine(_ configurations: Configurations, _ triage: Triage) throws -> Engine {
        let catalogue = try Catalogue.bundled(knowing: configurations.names, apis: try configurations.apis())
        var engine = try Engine(threads: threads ?? Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), triage: triage, catalogue: catalogue)
        engine.attic = Self.attic
        return engine
    }

    private static let attic = Attic()
}

extension KnownWords {
    static let known = KnownWords(rules: RuleName.known, boxes: Box.allCases.map(\.rawValue))
}

/// Which findings count: the options by which the command line overrides what is configured.
struct Selection: ParsableArguments {
    @Option(help: "Show findings of at least this confidence: low, medium, high. Default: medium.")
    var minConfidence: Confidence?

    @Option(help: "Show findings of at least this severity: note, warning, error. Default: note.")
    var minSeverity: Severity?

    @Option(help: "Run only this rule, or these: a,b. May be given several times.")
    var only: [RuleName] = []

    @Option(help: "Leave this rule out, or these: a,b. May be given several times.")
    var skip: [RuleName] = []

    mutating func validate() throws {
        (only, skip) = (RuleName.parted(only), RuleName.parted(skip))
        try RuleName.checked(only + skip)
        if Rule.all.allSatisfy({ rule in skip.contains { $0.id == rule.id } || !(only.isEmpty || only.contains { $0.id == rule.id }) }) {
            throw ValidationError("--only and --skip leave no rule to run.")
        }
    }

    func triage(_ configurations: Configurations, failOn: Severity? = nil, baseline: Baseline? = nil) -> Triage {
        let (minConfidence, minSeverity) = (minConfidence, minSeverity)
        return Triage(only: Set(only.map(\.id)), skipped: Set(skip.map(\.id)), baseline: baseline) { path in
            let settings = configurations.settings(for: path), ignored = settings.ignoredTables
            return Policy(
                minimumConfidence: minConfidence ?? settings.minimumConfidence ?? .medium, minimumSeverity: minSeverity ?? settings.minimumSeverity ?? .note,
                failOn: failOn ?? settings.failOn ?? .warning, severities: settings.severities, ignoresTable: { ignored.match($0) })
        }
    }
}

/// What to compare with: only findings with which the change has to do are reported.
struct Comparison: ParsableArguments {
    @Option(help: "Look only at what the changes since this commit or branch have to do with, as in origin/main.")
    var diff: String?

    @Flag(help: "Look only at what the staged changes have to do with.")
    var staged = false

    var isAsked: Bool { diff != nil || staged }

    /// What has changed. What is staged takes the place of what is on the disk.
    func change(_ discovered: inout Discovered, _ scope: Scope, _ configurations: Configurations) async throws -> Change? {
        guard isAsked else { return nil }
        let folders = scope.roots.map { root in
            let place = Place(root).resolved
            return discovered.files.contains { $0.origin == .named && $0.path == Discovery.tidied(root) } ? place.parent.path : place.path
        }
        // pre-commit names the range where nothing is staged: before a push, and with --from-ref.
        let pushed = staged && diff == nil ? getenv("PRE_COMMIT_FROM_REF").map { String(cString: $0) } : nil
        let change = try await Change.since(pushed ?? diff, isStaged: staged && pushed == nil, in: folders) { path in
            Language(fileName: path) != nil || Discovery.isManifest(path)
        }
        return discovered.take(change, under: scope.roots) { configurations.excludes($0) }
    }
}
