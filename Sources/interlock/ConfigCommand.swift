import ArgumentParser
import Configuration
import Discovery
import Reporters
import Rules
import Triage

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Print the schema of interlock.yml, or which files of it hold here.", subcommands: [Schema.self, Files.self])

    struct Schema: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "schema", abstract: "Print the JSON Schema of interlock.yml, for editors.")

        func run() throws { try StandardOutput.write(ConfigurationSchema.text(words: .known)) }
    }

    struct Files: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "files", abstract: "Check and list the configuration files that a scan would read.")

        @OptionGroup var scope: Scope

        func run() throws {
            let (_, configurations) = try scope.discover()
            _ = try configurations.baseline().map { try BaselineFile.read($0) }
            _ = try scope.engine(configurations, Triage())
            try StandardOutput.write(configurations.paths.map { $0.printable + "\n" }.joined())
        }
    }
}
