import ArgumentParser
import Configuration

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The first word of the command line.
enum CommandName {
    // NB: each command gives its name, for the parser finds the name of a type by asking the runtime, which takes longer
    // than reading a file.
    static let known = Interlock.configuration.subcommands.compactMap { $0.configuration.commandName }

    /// Those that look at code, and need to know what calls mean.
    static let scanning = ["scan", "baseline", "checklist", "surfaces", "prove", "damage", "flow"]

    /// What to say of a command that does not exist.
    static func complaint(_ given: ArraySlice<String>) -> String? {
        let words = given.first == "help" ? given.dropFirst() : given
        guard let name = words.first, !name.hasPrefix("-"), name != "help", !known.contains(name) else { return nil }
        let sentence = "There is no command \"\(name)\"."
        if let nearest = Nearest.of(name, among: known) { return sentence + " Did you mean \"\(nearest)\"?" }
        return access(name, F_OK) == 0 ? sentence + " Did you mean \"interlock scan \(name)\"?" : sentence
    }
}
