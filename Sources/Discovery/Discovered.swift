package import Flow

/// The files of a scan, and an account of those that were left out.
package struct Discovered: Sendable {
    package var files: [File] = []
    /// Files that say how modules are found: package.json, tsconfig.json.
    package var manifests: [String] = []
    package var skipped: [Skip: Int] = [:]
    /// One sentence for each thing that could not be read.
    package var warnings: [String] = []

    package init() {}

    package struct File: Hashable, Sendable {
        package let path: String
        package let language: Language
        package let size: Int
        package let origin: Origin

        package init(path: String, language: Language, size: Int, origin: Origin = .named) {
            self.path = path
            self.language = language
            self.size = size
            self.origin = origin
        }
    }

    /// Who asked for a file: the user by its name, or the walk through a folder.
    package enum Origin: Hashable, Sendable { case named, found }

    package enum Skip: String, CaseIterable, Sendable {
        case ignored, hidden, dependencies, buildOutput = "build output", tests, scripts, minified, generated, tooLarge = "too large", tooDeep = "too deep",
            binary,
            links, special = "special files", oddNames = "names not in UTF-8", unreadable, timedOut = "timed out"
    }

    package mutating func skip(_ reason: Skip) { skipped[reason, default: 0] += 1 }

    /// Something that the user would want to know to be missing.
    package mutating func skip(_ reason: Skip, _ warning: String) {
        skip(reason)
        warnings.append(warning + ", left out")
    }
}

package struct DiscoveryError: Error, CustomStringConvertible {
    package let description: String
}
