import ArgumentParser
import Reporters

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
        subcommands: [Scan.self, Explain.self, Rules.self, FlowCommand.self],
        defaultSubcommand: nil)

    /// One place where the program ends badly: usage, configuration and input errors are one sentence and exit 2.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
        } catch let code as ExitCode {
            end(code.rawValue)
        } catch {
            let code = exitCode(for: error)
            if code == .success {
                print(fullMessage(for: error))
                end(0)
            }
            let text = fullMessage(for: error)
            complain(text.hasPrefix("Error: ") ? String(text.dropFirst(7)) : text)
            end(2)
        }
    }
}

/// `exit` by another name: inside the command, that word is ArgumentParser's.
private func end(_ code: Int32) -> Never { exit(code) }

/// An error or a note for the person at the terminal.
func complain(_ text: String) {
    let line = "interlock: " + text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }.joined(separator: "\n") + "\n"
    StandardError.write(line)
}
