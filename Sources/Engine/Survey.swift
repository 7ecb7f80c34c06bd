import Discovery
import Flow
import Linking
import Vocabulary

/// What is known of a project before anything is parsed: the libraries that it uses, which file imports which, and so
/// which files can have to do with the database at all.
struct Survey: Sendable {
    let files: [File]
    /// The vocabulary of the libraries that some file imports or some manifest names.
    let vocabulary: Vocabulary
    /// For each file, the file that each of its module names means.
    let modules: [[String: Int]]
    /// Files that reach the database, those that import them, and the helpers of both.
    let isWanted: [Bool]
    /// Files from which the database is reached, by themselves or through what they import.
    private let reaches: [Bool]
    /// Files that are wanted for the tables that they define, and for nothing that they do.
    private let definesOnly: [Bool]
    private let lowersAll: Bool

    /// The module names of a file that lead to the database; nil where every function counts.
    func reaching(_ file: Int) -> Set<String>? {
        // A helper of such a file decides something, or nothing does.
        guard !lowersAll, reaches[file] else { return definesOnly[file] ? [] : nil }
        return Set(modules[file].filter { reaches[$0.value] }.keys)
    }

    struct File: Sendable {
        var bytes: [UInt8] = []
        var skip: Discovered.Skip?
        var warning: String?
        fileprivate var specifiers: [String] = []
        /// The modules of which something is called, or that are passed on.
        fileprivate var called: Set<String> = []
        /// A model or a migration may stand in it.
        fileprivate var definesTables = false

        func mayOpenStatement(_ vocabulary: Vocabulary) -> Bool {
            vocabulary.spotted.stand(in: bytes, importing: specifiers.contains { vocabulary.imports($0) }) || specifiers.contains { vocabulary.bringsTag($0) }
        }

        init(_ file: Discovered.File, _ models: ModelWords, _ read: (String) throws -> [UInt8]) {
            do {
                let text = try read(file.path)
                skip = Prefilter.reasonToSkip(text, file)
                guard skip == nil else { return }
                bytes = text
                guard file.language.isProgram else { return }
                let imports = ImportScan.imports(in: text)
                specifiers = imports.map(\.module)
                let names = calledNames(in: text, of: Set(imports.filter { !$0.isOpaque }.flatMap(\.names)))
                called = Set(imports.filter { $0.isOpaque || $0.names.contains(where: names.contains) }.map(\.module))
                definesTables = models.mayStand(in: text)
            } catch {
                skip = .unreadable
                warning = "\(error), left out"
            }
        }
    }

    /// What the libraries mean that some file imports or some manifest names. Where a manifest tells what is used,
    /// nothing else is looked for.
    static func vocabulary(of files: [File], _ manifests: [Manifest], _ catalogue: Catalogue) throws -> Vocabulary {
        var used = Set(manifests.flatMap(\.dependencies))
        for file in files { used.formUnion(file.specifiers) }
        return try catalogue.vocabulary(of: used, strictly: manifests.contains { !$0.dependencies.isEmpty })
    }

    /// - Parameter opens: for each file, whether a statement may be opened in it; nil lowers every file and function.
    init(_ files: [File], paths: [String], languages: [Language], _ manifests: [Manifest], _ vocabulary: Vocabulary, opens: [Bool]?) {
        self.files = files
        self.vocabulary = vocabulary
        let resolver = Modules(files: paths, manifests: manifests)
        modules = files.indices.map { at in
            var found: [String: Int] = [:]
            for specifier in files[at].specifiers where found[specifier] == nil {
                if let target = resolver.resolve(specifier, from: at), target != at { found[specifier] = target }
            }
            return found
        }
        lowersAll = opens == nil
        guard let opens else {
            reaches = []
            definesOnly = files.map { _ in false }
            isWanted = files.map { $0.skip == nil }
            return
        }
        let calling = zip(modules, files).map { targets, file in targets.filter { file.called.contains($0.key) } }
        reaches = Self.reaching(opens, languages, calling)
        var wanted = reaches
        // Helpers that decide something without touching the database; components of a page do not.
        for at in files.indices where opens[at] { for target in calling[at].values where languages[target] != .tsx { wanted[target] = true } }
        definesOnly = files.indices.map { !wanted[$0] && files[$0].definesTables }
        isWanted = zip(wanted, definesOnly).map { $0 || $1 }
    }

    private static func reaching(_ opens: [Bool], _ languages: [Language], _ modules: [[String: Int]]) -> [Bool] {
        var importers = [[Int]](repeating: [], count: opens.count)
        for (at, targets) in modules.enumerated() { for target in targets.values { importers[target].append(at) } }
        var wanted = opens.indices.map { !languages[$0].isProgram || opens[$0] }
        var open = opens.indices.filter { wanted[$0] }
        while let at = open.popLast() {
            for importer in importers[at] where !wanted[importer] {
                wanted[importer] = true
                open.append(importer)
            }
        }
        return wanted
    }
}
