package import Flow

/// Which file a module name means: relative paths, `paths` and `baseUrl` of tsconfig.json, packages of a workspace,
/// index files. Where no configuration tells, `@/x` and `~/x` are looked for in the folders above.
package struct Modules: Sendable {
    private let files: [String]
    /// Path without extension → the file; for `a/index.ts` also `a`.
    private let stems: [String: Int]
    /// Path without extension → the Python file; for `a/__init__.py` also `a`.
    private let pythonStems: [String: Int]
    /// The names of all folders and files in them, so that most packages from outside are dismissed at once.
    private let pythonNames: Set<Substring>
    private let configurations: [String: Manifest]
    /// Name of a workspace package → its folder.
    private let packages: [String: String]

    package init(files: [String], manifests: [Manifest]) {
        self.files = files
        var stems: [String: Int] = [:]
        var pythonStems: [String: Int] = [:]
        for (index, path) in files.enumerated() where path.hasSuffix(".py") {
            let stem = String(path.dropLast(3))
            if pythonStems[stem] == nil { pythonStems[stem] = index }
            if stem.hasSuffix("/__init__") {
                pythonStems[String(stem.dropLast(9))] = index
            } else if stem == "__init__" {
                pythonStems[""] = index
            }
        }
        self.pythonStems = pythonStems
        pythonNames = Set(pythonStems.keys.flatMap { $0.split(separator: "/") })
        for (index, path) in files.enumerated() {
            guard let stem = Self.stem(path) else { continue }
            // `./Card.vue` is that file, although `Card.ts` stands beside it.
            if Self.components.contains(where: path.hasSuffix) { stems[path] = index }
            if stems[stem] == nil { stems[stem] = index }
            if stem.hasSuffix("/index") {
                let folder = String(stem.dropLast(6))
                if stems[folder] == nil { stems[folder] = index }
            } else if stem == "index", stems[""] == nil {
                stems[""] = index
            }
        }
        self.stems = stems
        var configurations: [String: Manifest] = [:], packages: [String: String] = [:]
        let byPath = Dictionary(manifests.map { ($0.path, $0) }) { first, _ in first }
        for manifest in manifests {
            if manifest.paths.isEmpty, manifest.baseURL == nil, let base = manifest.extended.flatMap({ Self.extended($0, from: manifest, byPath) }) {
                configurations[manifest.folder] = base
            }
            if !manifest.paths.isEmpty || manifest.baseURL != nil { configurations[manifest.folder] = manifest }
            if let name = manifest.name { packages[name] = manifest.folder }
        }
        self.configurations = configurations
        self.packages = packages
    }

    /// The configuration whose paths a tsconfig takes over, through at most a few others.
    private static func extended(_ name: String, from manifest: Manifest, _ known: [String: Manifest]) -> Manifest? {
        var current = manifest, name = name
        for _ in 0..<5 {
            let path = join(current.folder, name)
            guard let next = known[path] ?? known[path + ".json"] else { return nil }
            if !next.paths.isEmpty || next.baseURL != nil { return next }
            guard let further = next.extended else { return nil }
            (current, name) = (next, further)
        }
        return nil
    }

    /// The file that a module name means where it stands in file `from`; nil for packages from outside.
    package func resolve(_ specifier: String, from: Int, in language: Language) -> Int? {
        if language == .python { return python(specifier, from: from) }
        let folder = Self.folder(of: files[from])
        if specifier.hasPrefix(".") { return file(Self.join(folder, specifier)) }
        for above in Self.foldersAbove(folder) {
            guard let configuration = configurations[above] else { continue }
            if let found = resolve(specifier, with: configuration) { return found }
        }
        if let (package, rest) = workspace(specifier) {
            for middle in ["", "src", "lib", "dist"] { if let found = file(Self.join(Self.join(package, middle), rest)) { return found } }
        }
        for prefix in ["@/", "~/", "#/", "$lib/"] where specifier.hasPrefix(prefix) {
            let rest = String(specifier.dropFirst(prefix.count))
            for above in Self.foldersAbove(folder) {
                for middle in ["", "src", "app", "src/lib"] { if let found = file(Self.join(Self.join(above, middle), rest)) { return found } }
            }
        }
        return nil
    }

    /// `.crud`, `..models.order`, `app.orders.crud`: dots before the name go up, dots inside it down.
    private func python(_ specifier: String, from: Int) -> Int? {
        let folder = Self.folder(of: files[from])
        let rest = specifier.drop { $0 == "." }, up = specifier.count - rest.count
        let path = rest.split(separator: ".").joined(separator: "/")
        if up > 0 {
            let base = Self.join(folder, Array(repeating: "..", count: up - 1).joined(separator: "/"))
            return pythonStems[Self.join(base, path)]
        }
        guard !path.isEmpty else { return nil }
        guard path.split(separator: "/").prefix(2).contains(where: { pythonNames.contains($0) }) else { return nil }
        for above in Self.foldersAbove(folder) {
            for middle in ["", "src", "backend", "app"] {
                if let found = pythonStems[Self.join(Self.join(above, middle), path)], found != from { return found }
            }
        }
        // An extension calls itself by the name under which it is installed.
        if let dot = path.firstIndex(of: "/") {
            for above in Self.foldersAbove(folder) { if let found = pythonStems[Self.join(above, String(path[path.index(after: dot)...]))] { return found } }
        }
        return nil
    }

    private func resolve(_ specifier: String, with configuration: Manifest) -> Int? {
        let base = Self.join(configuration.folder, configuration.baseURL ?? ".")
        for (pattern, targets) in configuration.paths {
            let rest: Substring
            if let star = pattern.firstIndex(of: "*") {
                let prefix = pattern[..<star], suffix = pattern[pattern.index(after: star)...]
                guard specifier.hasPrefix(prefix), specifier.hasSuffix(suffix), specifier.utf8.count >= prefix.utf8.count + suffix.utf8.count else { continue }
                rest = specifier.dropFirst(prefix.count).dropLast(suffix.count)
            } else {
                guard specifier == pattern else { continue }
                rest = ""
            }
            for target in targets {
                let path = target.firstIndex(of: "*").map { target[..<$0] + rest + target[target.index(after: $0)...] } ?? target[...]
                if let found = file(Self.join(base, String(path))) { return found }
            }
        }
        return configuration.baseURL == nil ? nil : file(Self.join(base, specifier))
    }

    private func workspace(_ specifier: String) -> (folder: String, rest: String)? {
        var name = specifier[...]
        while true {
            if let folder = packages[String(name)] { return (folder, String(specifier.dropFirst(name.count).drop { $0 == "/" })) }
            guard let slash = name.lastIndex(of: "/") else { return nil }
            name = name[..<slash]
        }
    }

    private func file(_ path: String) -> Int? { stems[path] ?? Self.stem(path).flatMap { stems[$0] } }

    private static let components = [Language.vue, .svelte, .astro].flatMap(\.extensions).map { "." + $0 }
    private static let extensions = Set([Language.typescript, .tsx, .javascript, .vue, .svelte, .astro].flatMap(\.extensions))

    private static func stem(_ path: String) -> String? {
        let bytes = path.utf8
        guard let dot = bytes.lastIndex(of: UInt8(ascii: ".")), extensions.contains(String(path[path.index(after: dot)...])) else { return nil }
        return String(path[..<dot])
    }

    private static func folder(of path: String) -> String { path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? "" }

    private static func foldersAbove(_ folder: String) -> [String] {
        var found = [folder], current = folder
        while let slash = current.utf8.lastIndex(of: UInt8(ascii: "/")) {
            current = String(current[..<slash])
            found.append(current)
        }
        if !folder.isEmpty, !folder.hasPrefix("/") { found.append("") }
        return found
    }

    /// `a/b` and `../c/./d` → `a/c/d`.
    private static func join(_ folder: String, _ path: String) -> String {
        let slash = UInt8(ascii: "/"), dot = UInt8(ascii: ".")
        var out = path.utf8.first == slash ? [] : Array(folder.utf8)
        if out.last == slash { out.removeLast() }
        let isAbsolute = path.utf8.first == slash || out.first == slash || folder == "/"
        for part in path.utf8.split(separator: slash) {
            if part.elementsEqual(CollectionOfOne(dot)) { continue }
            if part.count == 2, part.allSatisfy({ $0 == dot }) {
                let start = out.lastIndex(of: slash).map { $0 + 1 } ?? 0
                if !out.isEmpty, !(out.count - start == 2 && out[start] == dot && out[start + 1] == dot) {
                    out.removeLast(out.count - max(0, start - 1))
                    continue
                }
            }
            if !out.isEmpty || isAbsolute { out.append(slash) }
            out.append(contentsOf: part)
        }
        return String(decoding: out, as: UTF8.self)
    }
}
