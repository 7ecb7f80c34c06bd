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
        fileprivate var databases: UInt64 = 0
        /// A model or a migration may stand in it.
        fileprivate var definesTables = false

        init(_ file: Discovered.File, _ vocabulary: Vocabulary, _ read: (String) throws -> [UInt8]) {
            do {
                let text = try read(file.path)
                skip = Prefilter.reasonToSkip(text, file)
                guard skip == nil else { return }
                bytes = text
                guard file.language.isProgram else { return }
                specifiers = moduleSpecifiers(in: text)
                databases = vocabulary.spotted.apis(in: text)
                definesTables = vocabulary.models.mayStand(in: text)
            } catch {
                skip = .unreadable
                warning = "\(error), left out"
            }
        }
    }

    init(_ files: [File], paths: [String], languages: [Language], _ manifests: [Manifest], _ vocabulary: Vocabulary, lowersAll: Bool) {
        self.files = files
        var used = Set(manifests.flatMap(\.dependencies))
        for file in files { used.formUnion(file.specifiers) }
        let names = used.sorted()
        let present = Set(vocabulary.apis.indices.filter { at in names.contains { vocabulary.apis[at].isImported(by: $0) } })
        // Where a manifest tells what is used, nothing else is looked for.
        self.vocabulary = vocabulary.narrowed(to: present, strictly: manifests.contains { !$0.dependencies.isEmpty })
        let resolver = Modules(files: paths, manifests: manifests)
        modules = files.indices.map { at in
            var found: [String: Int] = [:]
            for specifier in files[at].specifiers where found[specifier] == nil {
                if let target = resolver.resolve(specifier, from: at), target != at { found[specifier] = target }
            }
            return found
        }
        self.lowersAll = lowersAll
        guard !lowersAll else {
            reaches = []
            definesOnly = files.map { _ in false }
            isWanted = files.map { $0.skip == nil }
            return
        }
        var mask: UInt64 = 0
        for at in vocabulary.apis.indices where self.vocabulary.has(vocabulary.apis[at].name) { mask |= 1 << UInt64(at & 63) }
        reaches = Self.reaching(files, languages, modules, mask)
        var wanted = reaches
        // Helpers that decide something without touching the database; components of a page do not.
        for at in files.indices where reaches[at] && files[at].databases & mask != 0 {
            for target in modules[at].values where languages[target] != .tsx { wanted[target] = true }
        }
        definesOnly = files.indices.map { !wanted[$0] && files[$0].definesTables }
        isWanted = zip(wanted, definesOnly).map { $0 || $1 }
    }

    private static func reaching(_ files: [File], _ languages: [Language], _ modules: [[String: Int]], _ mask: UInt64) -> [Bool] {
        var importers = [[Int]](repeating: [], count: files.count)
        for (at, targets) in modules.enumerated() { for target in targets.values { importers[target].append(at) } }
        var wanted = files.indices.map { !languages[$0].isProgram || files[$0].databases & mask != 0 }
        var open = files.indices.filter { wanted[$0] }
        while let at = open.popLast() {
            for importer in importers[at] where !wanted[importer] {
                wanted[importer] = true
                open.append(importer)
            }
        }
        return wanted
    }
}
