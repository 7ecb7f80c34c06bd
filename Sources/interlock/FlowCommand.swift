import ArgumentParser
import Discovery
import Engine
import Flow
import Reporters

/// What the lowering made of files: the first thing to look at when a finding is missing or wrong.
struct FlowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "flow", abstract: "Print what the rules see of files, for rule authors.")

    @Argument(help: "Files and folders.")
    var paths: [String]

    func run() throws {
        let discovered = try Discovery.files(under: paths)
        if discovered.files.isEmpty { throw ExitCode(3) }
        for file in discovered.files {
            let routines = try Engine.outline(FileReader.read(file.path), as: file.language)
            let text = "== \(file.path.printable)\n" + routines.joined(separator: "\n").printableLines
            try StandardOutput.write(text)
        }
    }
}
