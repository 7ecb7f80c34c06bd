package import Flow

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The files of a scan, and an account of those that were left out.
package struct Discovered: Sendable {
    package var files: [File] = []
    package var skipped: [Skip: Int] = [:]
    /// One sentence for each thing that could not be read.
    package var warnings: [String] = []

    package init() {}

    package struct File: Hashable, Sendable {
        package let path: String
        package let language: Language
        package let size: Int

        package init(path: String, language: Language, size: Int) {
            self.path = path
            self.language = language
            self.size = size
        }
    }

    package enum Skip: String, CaseIterable, Sendable {
        case ignored, dependencies, buildOutput = "build output", tests, scripts, minified, generated, tooLarge = "too large", binary, unreadable, timedOut =
            "timed out"
    }

    package mutating func skip(_ reason: Skip) { skipped[reason, default: 0] += 1 }
}

package struct DiscoveryError: Error, CustomStringConvertible {
    package let description: String
}

/// Paths given by the user → the files to scan. Links are not followed, so that no loop and no way out of the tree exists.
package struct Discovery {
    private var found = Discovered()
    private let sizeLimit: Int

    package static let sizeLimit = 4 << 20

    private static let dependencies: Set<String> = ["node_modules", "bower_components", "vendor", "third_party", "site-packages", ".yarn", ".pnpm-store"]
    private static let output: Set<String> = ["dist", "build", "out", "coverage", "target", "__pycache__", "storybook-static"]
    private static let tests: Set<String> = [
        "test", "tests", "__tests__", "__mocks__", "__fixtures__", "e2e", "cypress", "playwright", "spec", "fixtures", "mocks", "seeds", "seeders",
    ]

    package static func files(under paths: [String]) throws -> Discovered {
        var discovery = Discovery(sizeLimit: sizeLimit)
        for path in paths { try discovery.visit(root: path) }
        var result = discovery.found
        result.files = Array(Set(result.files)).sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        return result
    }

    private init(sizeLimit: Int) { self.sizeLimit = sizeLimit }

    private mutating func visit(root: String) throws {
        var info = stat()
        guard stat(root, &info) == 0 else { throw DiscoveryError(description: "\(root): \(String(cString: strerror(errno)).lowercased())") }
        switch info.st_mode & S_IFMT {
        case S_IFDIR:
            guard access(root, R_OK | X_OK) == 0 else { throw DiscoveryError(description: "\(root): \(String(cString: strerror(errno)).lowercased())") }
            visit(directory: root, prefix: root == "." ? "" : root.hasSuffix("/") ? root : root + "/", ignores: ignoresAbove(root), depth: 0)
        case S_IFREG:
            guard let language = Language(fileName: root) else {
                throw DiscoveryError(description: "\(root): not a language that can be scanned (.ts .tsx .mts .cts .js .jsx .mjs .cjs .sql .prisma)")
            }
            guard access(root, R_OK) == 0 else { throw DiscoveryError(description: "\(root): \(String(cString: strerror(errno)).lowercased())") }
            found.files.append(.init(path: root, language: language, size: Int(info.st_size)))
        default:
            throw DiscoveryError(description: "\(root): neither a file nor a folder")
        }
    }

    /// The .gitignore files of the folders above a scanned one, up to the root of its repository.
    private func ignoresAbove(_ root: String) -> [(IgnoreFile, base: [[UInt8]])] {
        guard let resolved = realpath(root, nil) else { return [] }
        defer { free(resolved) }
        let parts = String(cString: resolved).utf8.split(separator: UInt8(ascii: "/")).map { Array($0) }
        var above: [(IgnoreFile, base: [[UInt8]])] = []
        var count = parts.count
        while count >= 0 {
            let folder = "/" + parts[..<count].map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
            if count < parts.count, let bytes = try? FileReader.read(folder + "/.gitignore", limit: 1 << 20) {
                above.append((IgnoreFile(bytes), Array(parts[count...])))
            }
            if access(folder + "/.git", F_OK) == 0 { return above.reversed() }
            count -= 1
        }
        return []
    }

    private mutating func visit(directory: String, prefix: String, ignores: [(IgnoreFile, base: [[UInt8]])], depth: Int) {
        guard depth < 100 else { return }
        guard let stream = opendir(directory) else {
            found.warnings.append("\(directory): \(String(cString: strerror(errno)).lowercased()), left out")
            found.skip(.unreadable)
            return
        }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
            if name != ".", name != ".." { names.append(name) }
        }
        closedir(stream)
        var rules = ignores
        if names.contains(".gitignore"), let bytes = try? FileReader.read(prefix + ".gitignore", limit: 1 << 20) {
            let ignore = IgnoreFile(bytes)
            if !ignore.isEmpty { rules.append((ignore, [])) }
        }
        for name in names.sorted() { visit(entry: name, prefix: prefix, rules: rules, depth: depth) }
    }

    private mutating func visit(entry name: String, prefix: String, rules: [(IgnoreFile, base: [[UInt8]])], depth: Int) {
        let path = prefix + name
        var info = stat()
        guard lstat(path, &info) == 0 else { return }
        let type = info.st_mode & S_IFMT
        guard type == S_IFDIR || type == S_IFREG else { return }
        let isDirectory = type == S_IFDIR
        if isDirectory {
            if name == ".git" || name == ".hg" || name == ".svn" { return }
            if Self.dependencies.contains(name) { return found.skip(.dependencies) }
            if name.hasPrefix("."), name.count > 1 { return }
            if Self.output.contains(name) { return found.skip(.buildOutput) }
            if Self.tests.contains(name) { return found.skip(.tests) }
            if name == "scripts" { return found.skip(.scripts) }
        }
        let language = isDirectory ? nil : Language(fileName: name)
        if !isDirectory, language == nil { return }
        let segment = Array(name.utf8)
        if isIgnored(segment, isDirectory: isDirectory, rules) { return found.skip(.ignored) }
        if isDirectory {
            let inner = rules.map { ($0.0, base: $0.base + [segment]) }
            return visit(directory: path, prefix: path + "/", ignores: inner, depth: depth + 1)
        }
        guard let language else { return }
        if let reason = Self.reasonToSkip(name) { return found.skip(reason) }
        if info.st_size > sizeLimit, language != .sql { return found.skip(.tooLarge) }
        found.files.append(.init(path: path, language: language, size: Int(info.st_size)))
    }

    private func isIgnored(_ name: [UInt8], isDirectory: Bool, _ rules: [(IgnoreFile, base: [[UInt8]])]) -> Bool {
        for (ignore, base) in rules.reversed() {
            if let verdict = ignore.verdict(base + [name], isDirectory: isDirectory) { return verdict }
        }
        return false
    }

    private static func reasonToSkip(_ name: String) -> Discovered.Skip? {
        let lower = name.lowercased()
        if lower.contains(".min.") || lower.hasSuffix(".bundle.js") { return .minified }
        if lower.contains(".test.") || lower.contains(".spec.") || lower.contains(".e2e.") || lower.contains(".stories.") { return .tests }
        if lower.hasPrefix("seed") { return .scripts }
        if lower.hasSuffix(".d.ts") || lower.hasSuffix(".d.mts") || lower.contains(".generated.") || lower.contains(".gen.") { return .generated }
        return nil
    }
}
