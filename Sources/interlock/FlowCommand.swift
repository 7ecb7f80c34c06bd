import ArgumentParser
import Discovery
import Engine
import Flow
import Reporters

/// What the lowering made of files: the first thing to look at when a finding is missing or wrong.
struct FlowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "flow", abstract: "Print what the rules see of files, for rule authors.")

    @Argument(help: "Files and folders.")
    var paths: [String]

    func run() async throws {
        let discovered = try Discovery.files(under: paths)
        if discovered.files.isEmpty { throw ExitCode(3) }
        let texts = try discovered.files.map { ($0.path, $0.language, try FileReader.read($0.path)) }
        let manifests = discovered.manifests.compactMap { path in (try? FileReader.read(path)).map { (path: path, bytes: $0) } }
        for text in try await Engine.outline(texts, manifests: manifests) { try StandardOutput.write(text.printableLines + "\n") }
    }
}
