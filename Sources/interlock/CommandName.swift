import ArgumentParser
import Configuration

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The first word of the command line.
enum CommandName {
    static let known = Interlock.configuration.subcommands.map { $0.configuration.commandName ?? "\($0)".lowercased() }

    /// What to say of a command that does not exist.
    static func complaint(_ given: ArraySlice<String>) -> String? {
        let words = given.first == "help" ? given.dropFirst() : given
        guard let name = words.first, !name.hasPrefix("-"), name != "help", !known.contains(name) else { return nil }
        let sentence = "There is no command \"\(name)\"."
        if let nearest = Nearest.of(name, among: known) { return sentence + " Did you mean \"\(nearest)\"?" }
        return access(name, F_OK) == 0 ? sentence + " Did you mean \"interlock scan \(name)\"?" : sentence
    }
}
