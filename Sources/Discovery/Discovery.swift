import Flow

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Paths given by the user → the files to scan. Links are not followed, so that no loop and no way out of the tree exists.
package struct Discovery {
    private var found = Discovered()
    /// What was seen, by its resolved path: the same place may be given twice, in two spellings. As bytes, because two
    /// names that are equal as text may be two files.
    private var seen: Set<[UInt8]> = []

    /// A source file that is found and larger than this was written by a program.
    package static let sizeLimit = 4 << 20
    /// More than this is read from nowhere, whoever asks for it.
    package static let hardLimit = 256 << 20

    private static let depthLimit = 100

    package static func files(under paths: [String]) throws -> Discovered {
        var discovery = Discovery()
        let roots = try paths.map(Root.init)
        // What is named comes first: it is scanned also where the walk would leave it out.
        for root in roots where !root.isFolder { try discovery.add(root) }
        for root in roots where root.isFolder {
            discovery.visit(Folder(path: root.path, identity: root.identity, ignores: root.ignoresAbove(), depth: 0))
        }
        for root in roots {
            for path in root.manifestsAbove() where !discovery.found.manifests.contains(path) { discovery.found.manifests.append(path) }
        }
        discovery.found.files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        return discovery.found
    }

    /// A path as it is shown: `./src//a.ts` is `src/a.ts`, and what lies in the folder where the user is goes by its name
    /// there, so that fingerprints do not depend on how it was typed.
    package static func tidied(_ path: String) -> String {
        let parts = path.split(separator: "/").filter { $0 != "." }
        guard path.hasPrefix("/") else { return parts.isEmpty ? "." : parts.joined(separator: "/") }
        let here = Place.here.split(separator: "/")
        if !parts.isEmpty, !here.isEmpty, parts.starts(with: here) {
            return parts.count == here.count ? "." : parts.dropFirst(here.count).joined(separator: "/")
        }
        return "/" + parts.joined(separator: "/")
    }

    /// Whether a file of this name says how modules are found.
    package static func isManifest(_ path: String) -> Bool { Conventions.manifests.contains(String(path.split(separator: "/").last ?? "")) }

    private mutating func add(_ root: Root) throws {
        guard let language = Language(fileName: root.path) else {
            throw DiscoveryError(description: "\(root.path): not a language that can be scanned (\(Language.allExtensions))")
        }
        guard root.size <= Self.hardLimit else { throw DiscoveryError(description: "\(root.path): larger than \(Self.hardLimit >> 20) MB") }
        guard seen.insert(root.identity).inserted else { return }
        found.files.append(.init(path: root.path, language: language, size: root.size, origin: .named))
    }

    // MARK: The walk

    private struct Folder {
        let path: String
        let identity: [UInt8]
        let ignores: [Ignores]
        let depth: Int

        var prefix: String { path == "." ? "" : path.hasSuffix("/") ? path : path + "/" }
    }

    private mutating func visit(_ folder: Folder) {
        guard seen.insert(folder.identity).inserted else { return }
        guard folder.depth < Self.depthLimit else { return found.skip(.tooDeep, "\(folder.path): more than \(Self.depthLimit) folders deep") }
        guard let entries = Entry.all(in: folder.path) else { return found.skip(.unreadable, "\(folder.path): \(lastError())") }
        var rules = folder.ignores
        if entries.contains(where: { $0.name == ".gitignore" }), let bytes = try? FileReader.read(folder.prefix + ".gitignore", limit: 1 << 20) {
            let ignore = IgnoreFile(bytes)
            if !ignore.isEmpty { rules.append(Ignores(file: ignore, base: [])) }
        }
        for entry in entries { visit(entry, in: folder, rules) }
    }

    private mutating func visit(_ entry: Entry, in folder: Folder, _ rules: [Ignores]) {
        let path = folder.prefix + entry.name
        guard let kind = entry.kind(below: folder.prefix) else {
            // What has gone since the folder was read is not missing.
            if errno != ENOENT { found.skip(.unreadable, "\(path): \(lastError())") }
            return
        }
        let language = Language(fileName: entry.name)
        switch kind {
        case .folder, .linkToFolder:
            if Conventions.versionControl.contains(entry.name) { return }
            if let reason = Conventions.reasonToSkip(folder: entry.name) { return found.skip(reason) }
        case .file, .link:
            guard language == nil else { break }
            if case .file(let size) = kind, size <= Self.sizeLimit, Conventions.manifests.contains(entry.name) { found.manifests.append(path) }
            if kind != .folder, entry.name == Conventions.configuration { found.configurations.append(path) }
            if entry.name == Conventions.misspelt { found.warnings.append("\(path): not read, the name is \(Conventions.configuration)") }
            return
        case .special: break
        }
        if isIgnored(entry.bytes, isDirectory: kind == .folder, rules) { return found.skip(.ignored) }
        switch kind {
        case .special: found.skip(.special)
        case .link, .linkToFolder: found.skip(.links)
        case .folder where !entry.isUTF8, .file where !entry.isUTF8: found.skip(.oddNames, "\(path): the name is not UTF-8")
        case .folder:
            let inner = rules.map { Ignores(file: $0.file, base: $0.base + [entry.bytes]) }
            visit(Folder(path: path, identity: folder.identity + [UInt8(ascii: "/")] + entry.bytes, ignores: inner, depth: folder.depth + 1))
        case .file(let size):
            if seen.contains(folder.identity + [UInt8(ascii: "/")] + entry.bytes) { return }
            if let reason = Conventions.reasonToSkip(file: entry.name) { return found.skip(reason) }
            guard let language else { return }
            if size > (language == .sql ? Self.hardLimit : Self.sizeLimit) { return found.skip(.tooLarge) }
            found.files.append(.init(path: path, language: language, size: size, origin: .found))
        }
    }

    private func isIgnored(_ name: [UInt8], isDirectory: Bool, _ rules: [Ignores]) -> Bool {
        for rule in rules.reversed() {
            if let verdict = rule.file.verdict(rule.base + [name], isDirectory: isDirectory) { return verdict }
        }
        return false
    }
}

/// Why the last call of the system failed.
func lastError() -> String { String(cString: strerror(errno)).lowercased() }
