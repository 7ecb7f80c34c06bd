package import Flow

/// The files of a scan, and an account of those that were left out.
package struct Discovered: Sendable {
    package var files: [File] = []
    /// Files that say how modules are found: package.json, tsconfig.json.
    package var manifests: [String] = []
    /// Configuration files inside of what is scanned.
    package var configurations: [String] = []
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
        case ignored, excluded, hidden, dependencies, buildOutput = "build output", tests, scripts, minified, generated, tooLarge = "too large", tooDeep = "too deep",
            binary,
            links, special = "special files", oddNames = "names not in UTF-8", unreadable, timedOut = "timed out"
    }

    package mutating func skip(_ reason: Skip) { skipped[reason, default: 0] += 1 }

    /// Puts texts in the place of what is on the disk; nil of a file that is not to be there.
    package mutating func replace(_ texts: [String: [UInt8]?], under roots: [String]) {
        let places = roots.map { Place($0) }
        files.removeAll { if let text = texts[$0.path] { text == nil } else { false } }
        manifests.removeAll { if let text = texts[$0] { text == nil } else { false } }
        let present = Set(files.map(\.path))
        // What is gone from the disk, and still is to be scanned.
        for (path, text) in texts where !present.contains(path) {
            guard let text, let language = Language(fileName: path), places.contains(where: { Place(path).below($0) != nil }) else { continue }
            files.append(File(path: path, language: language, size: text.count, origin: .found))
        }
        files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    /// Leaves out files that a configuration excludes. What the user names is scanned all the same.
    package mutating func exclude(_ isExcluded: (String) -> Bool) {
        let kept = files.filter { $0.origin == .named || !isExcluded($0.path) }
        if kept.count < files.count { skipped[.excluded, default: 0] += files.count - kept.count }
        files = kept
    }

    /// Something that the user would want to know to be missing.
    package mutating func skip(_ reason: Skip, _ warning: String) {
        skip(reason)
        warnings.append(warning + ", left out")
    }
}

package struct DiscoveryError: Error, CustomStringConvertible {
    package let description: String
}
