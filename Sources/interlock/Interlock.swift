import ArgumentParser
import Reporters
import Vocabulary

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@main
struct Interlock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "interlock",
        abstract: "Finds the code that breaks when two requests arrive at once.",
        version: "0.1.0",
        subcommands: [
            Init.self, Scan.self, BaselineCommand.self, ChecklistCommand.self, Surfaces.self, Prove.self, DamageCommand.self, Migrate.self, Explain.self,
            Rules.self, ConfigCommand.self,
            FlowCommand.self,
        ],
        defaultSubcommand: nil)

    /// One place where the program ends badly: usage, configuration and input errors are one sentence and exit 2.
    static func main() async {
        StandardStreams.hold()
        let words = CommandLine.arguments.dropFirst()
        if let name = words.first, CommandName.scanning.contains(name), words.count > 1 { Task.detached { Catalogue.prepare() } }
        do {
            do {
                try await command(words).run()
            } catch  where !(error is ExitCode) && exitCode(for: error) == .success {
                // Help and version come as errors.
                try StandardOutput.write(fullMessage(for: error) + "\n")
            }
        } catch let code as ExitCode {
            end(code.rawValue)
        } catch {
            complain(message(for: error))
            end(2)
        }
    }

    /// The command that was asked for. What is wrong with its arguments ends the program here, with the place to read on.
    private static func command(_ given: ArraySlice<String>) throws -> Running {
        if let sentence = CommandName.complaint(given) { refuse(sentence, "interlock --help") }
        do {
            return Running(command: try parseAsRoot())
        } catch  where exitCode(for: error) != .success {
            let name = given.first.flatMap { CommandName.known.contains($0) ? $0 + " " : nil } ?? ""
            refuse(message(for: error), "interlock \(name)--help")
        }
    }

    private struct Running {
        var command: any ParsableCommand

        func run() async throws {
            var command = command
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
        }
    }

    private static func refuse(_ sentence: String, _ help: String) -> Never {
        // The parser knows messages of several lines.
        let sentence = sentence.replacing("\n   or: ", with: "; or: ").replacing(":\n  - ", with: ": ").replacing("\n  - ", with: ", ")
        let ends = sentence.last.map { ".?!".contains($0) } ?? true
        complain(sentence + (ends ? "" : ".") + (sentence.contains("`interlock ") ? "" : " See `\(help)`."))
        end(2)
    }
}

/// `exit` by another name: inside the command, that word is ArgumentParser's.
private func end(_ code: Int32) -> Never { exit(code) }

/// An error or a note for the person at the terminal: one line, whatever names stand in it.
func complain(_ text: String) { StandardError.write("interlock: " + text.printable + "\n") }
