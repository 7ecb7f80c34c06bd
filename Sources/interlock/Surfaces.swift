import ArgumentParser
import Discovery
import Engine
import Flow
import Reporters
import Triage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension Surface.Kind: ExpressibleByArgument {}
extension SurfaceReporter.Format: ExpressibleByArgument {}

/// The inventory behind a sweep: which surfaces of a kind there are, and which of them are guarded.
struct Surfaces: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "surfaces", abstract: "List URL fields, authentication endpoints, statuses, caps, tokens and payments, each with its guard or none.")

    @OptionGroup var scope: Scope

    @Option(help: "Only this kind: url, auth, status, cap, token, payment. May be given several times.")
    var kind: [Surface.Kind] = []

    @Option(help: "text, json, markdown or html.")
    var format: SurfaceReporter.Format = .text

    @Option(name: .shortAndLong, help: "Write the output to this file.")
    var output: String?

    func run() async throws {
        let (discovered, configurations) = try scope.discover()
        var engine = try scope.engine(configurations, Triage())
        engine.takesInventory = true
        // What nobody would report belongs into an inventory, too.
        engine.usesPrefilter = false
        let result = try await engine.scan(discovered)
        let presentation = Presentation(
            reports: [], paths: result.paths, sources: result.sources, rules: [], version: Interlock.configuration.version, filesScanned: result.summary.files,
            usesColour: output == nil && format == .text && isatty(1) == 1)
        let surfaces = result.surfaces.filter { kind.isEmpty || kind.contains($0.kind) }
        let text = SurfaceReporter(surfaces, presentation).render(format)
        if let output { try AtomicFile.write(text, to: output) } else { try StandardOutput.write(text) }
        if result.summary.files == 0 { throw ExitCode(3) }
    }
}
