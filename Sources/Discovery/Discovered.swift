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
        case ignored, excluded, hidden, dependencies, buildOutput = "build output", tests, scripts, minified, generated, tooLarge = "too large", tooDeep =
            "too deep",
            binary,
            links, special = "special files", oddNames = "names not in UTF-8", unreadable, timedOut = "timed out"
    }

    package mutating func skip(_ reason: Skip) { skipped[reason, default: 0] += 1 }

    /// Spells the paths of a change as the scan does, leaves out of it what nobody scans here, and puts what is staged in the
    /// place of what is on the disk.
    package mutating func take(_ change: Change, under roots: [String], excludes: (String) -> Bool) -> Change {
        var spellings: [String: String] = [:], folders: [Substring: String] = [:]
        for path in files.map(\.path) + manifests {
            let slash = path.lastIndex(of: "/"), folder = slash.map { path[..<$0] } ?? ""
            let whole = folders[folder] ?? Place(folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : String(folder)).resolved.path
            folders[folder] = whole
            spellings[(whole == "/" ? "" : whole) + "/" + path[(slash.map { path.index(after: $0) } ?? path.startIndex)...]] = path
        }
        let places = roots.map { (given: $0, place: Place($0).resolved) }
        /// As it would be spelled if it were there.
        func spelled(_ whole: String) -> String {
            if let known = spellings[whole] { return known }
            for (given, place) in places {
                if let way = Place(whole).below(place) { return Discovery.tidied(([given] + way).joined(separator: "/")) }
            }
            return whole
        }
        func isScanned(_ path: String) -> Bool {
            if Discovery.isManifest(path) { return true }
            let whole = Place(path).resolved
            guard Language(fileName: path) != nil, !excludes(path),
                let way = places.firstMapped({ whole.below($0.place) ?? Place(path).below(Place($0.given)) })
            else { return false }
            return way.dropLast().allSatisfy { Conventions.reasonToSkip(folder: $0) == nil }
                && (way.last.map { Conventions.reasonToSkip(file: $0) == nil } ?? true)
        }
        var change = change.spelled(spelled)
        let present = Set(files.map(\.path))
        change.staged = change.staged.filter { path, text in present.contains(path) || text != nil && isScanned(path) }
        change.unread += change.files.compactMap { $0.path ?? $0.oldPath }.filter { !present.contains($0) && !isScanned($0) && !Discovery.isManifest($0) }
        change.files = change.files.compactMap { file in
            var file = file
            if let path = file.path, !present.contains(path), !isScanned(path), change.staged[path] == nil { file.path = nil }
            if let path = file.oldPath, !present.contains(path), !isScanned(path) { (file.oldPath, file.before) = (nil, nil) }
            return file.path == nil && file.oldPath == nil ? nil : file
        }
        replace(change.staged)
        return change
    }

    private mutating func replace(_ texts: [String: [UInt8]?]) {
        files.removeAll { if let text = texts[$0.path] { text == nil } else { false } }
        manifests.removeAll { if let text = texts[$0] { text == nil } else { false } }
        let present = Set(files.map(\.path))
        // What is gone from the disk, and still is to be scanned.
        for (path, text) in texts where !present.contains(path) {
            guard let text, let language = Language(fileName: path) else { continue }
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
