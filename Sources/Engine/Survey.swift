import Discovery
import Flow
import Linking
import Lowering
import Triage
import Vocabulary

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What is known of a project before anything is parsed: the libraries that it uses, which file imports which, and so
/// which files can have to do with the database at all.
struct Survey: Sendable {
    let files: [File]
    /// The vocabulary of the libraries that some file imports or some manifest names.
    let vocabularies: Vocabularies
    /// For each file, the file that each of its module names means.
    let modules: [[String: Int]]
    /// The files of packages with React 19 or later and of Angular, which refuse links that run code.
    let refusingScriptLinks: Set<FileID>
    /// What is to be lowered of each file; nil of all.
    private let reach: Reach?

    /// What is to be lowered of a file: nil everything, an empty demand nothing but the tables that it defines.
    enum Wanted: Equatable { case everything, some(Demand), nothing }

    func wanted(of file: Int) -> Wanted {
        guard files[file].isProgram, let reach else { return .everything }
        if let demand = reach.demand(of: file) { return .some(demand) }
        return files[file].definesTables ? .some(Demand()) : .nothing
    }

    struct File: Sendable {
        var bytes: [UInt8] = []
        var skip: Discovered.Skip?
        var warning: String?
        let language: Language
        let path: String
        private(set) var isProgram = false
        fileprivate(set) var imports: [Import] = []
        fileprivate(set) var regions: [Region] = []
        /// Where statements may be opened.
        fileprivate(set) var places: [Int] = []
        /// A comment in it may take back findings.
        private(set) var holdsSuppressions = false
        /// A model or a migration may stand in it.
        fileprivate var definesTables = false
        /// It configures a lockout for each account.
        private(set) var locksAccounts = false
        /// Fields of answers under which it gives out URLs that it has made itself.
        private(set) var madeURLs: Set<String> = []
        /// A model language's word for the database behind it.
        fileprivate var dialect: API.Dialect?
        /// What it says of connections to databases.
        fileprivate var connections = Connections()

        init(_ file: Discovered.File, _ models: ModelWords, _ read: (String) throws -> [UInt8]) {
            language = file.language
            path = file.path
            do {
                let text = try read(file.path)
                skip = Prefilter.reasonToSkip(text, file)
                guard skip == nil else { return }
                bytes = text
                holdsSuppressions = text.hold(Suppression.mark, foundBy: UInt8(ascii: "-"))
                if language == .prisma { dialect = PrismaLowering.dialect(in: text) }
                connections = Connections(in: text, language)
                guard file.language.isProgram else { return }
                isProgram = true
                if language == .python {
                    imports = PythonImportScan.imports(in: text)
                    regions = Region.allOfPython(in: text)
                } else {
                    imports = ImportScan.imports(in: text)
                    regions = language.isMarkup ? [Region.component(in: text)] : Region.all(in: text)
                }
                // What is passed on is declared elsewhere.
                for item in imports where item.form == .passedOn { regions[regions.index(of: item.place)].names = [] }
                regions.noteMentions(
                    in: text, importing: imports.filter { !$0.isType }.flatMap(\.bindings).map(\.local),
                    types: imports.filter(\.isType).flatMap(\.bindings).map(\.local), wherever: language == .python || language.isMarkup)
                definesTables = models.mayStand(in: text)
                guard language == .python else { return }
                definesTables = definesTables || SurfaceWords.declaresCodes(in: text)
                locksAccounts = Self.configuresLockout(text)
                madeURLs = MadeURLs.fields(in: text)
            } catch {
                skip = .unreadable
                warning = "\(error), left out"
            }
        }

        /// django-axes among the backends, not told to lock addresses alone.
        private static func configuresLockout(_ bytes: [UInt8]) -> Bool {
            let app = WordSet.hash("axes"), parts = WordSet(["backends", "middleware"]), parameters = WordSet.hash("AXES_LOCKOUT_PARAMETERS"),
                account = WordSet.hash("username")
            var previous: UInt64 = 0, isUsed = false, asked = -1, namesAccount = false
            bytes.withUnsafeBufferPointer { text in
                WordSet.forEachWord(in: text) { hash, place in
                    if previous == app, parts.contains(hash) { isUsed = true }
                    if hash == parameters { asked = place.upperBound }
                    if hash == account, asked >= 0, place.lowerBound - asked < 120 { namesAccount = true }
                    previous = hash
                }
            }
            return isUsed && (asked < 0 || namesAccount)
        }

        /// How often one of these functions is called.
        fileprivate func calls(of names: [String]) -> Int {
            let wanted = WordSet(names)
            var found = 0
            bytes.withUnsafeBufferPointer { text in
                WordSet.forEachWord(in: text) { hash, place in
                    guard wanted.contains(hash), place.upperBound + 1 < text.count else { return }
                    // `connect(`, `"ENGINE":`
                    let next = text[place.upperBound], isKey = next == UInt8(ascii: "'") || next == UInt8(ascii: "\"")
                    if next == UInt8(ascii: "(") || isKey && text[place.upperBound + 1] == UInt8(ascii: ":") { found += 1 }
                }
            }
            return found
        }

        /// Notes in which regions statements may be opened.
        func opened(by vocabularies: Vocabularies) -> Self {
            guard isProgram else { return self }
            var copy = self
            let vocabulary = vocabularies.of(language)
            let isImporter = imports.contains { vocabulary.imports($0.module) }
            for place in vocabulary.spotted.places(in: bytes, importing: isImporter) {
                // A method of a class of rows writes its own row, or one that it is given, which nobody need have read here.
                let does = place.does == .saveRow && language == .python ? .write : place.does
                if does >= .read { copy.places.append(place.offset) }
                let region = regions.index(of: place.offset)
                if !regions[region].isType { copy.regions[region].opens.insert(does) }
            }
            // Schemas of requests may be passed on to what checks by them.
            // Models are asked which URLs that pages show are stored.
            if imports.contains(where: { vocabulary.surfaces.validates($0.module) }) || isImporter && language == .python, SurfaceWords.namesURLs(in: bytes) {
                copy.definesTables = true
            }
            // What is compared in a component stays in the browser.
            for place in language.isPage && language != .astro ? [] : vocabulary.surfaces.verifyingPlaces(in: bytes, importing: imports.map(\.module)) {
                let region = regions.index(of: place)
                guard !regions[region].isType else { continue }
                copy.places.append(place)
                copy.regions[region].opens.insert(.verify)
            }
            for place in vocabulary.surfaces.payingPlaces(in: bytes) {
                copy.places.append(place)
                copy.regions[regions.index(of: place)].opens.insert(.pay)
            }
            for place in language.isMarkup ? SurfaceWords.filledPlaces(in: bytes) : vocabulary.surfaces.shownPlaces(in: bytes) {
                let region = regions.index(of: place)
                copy.places.append(place)
                copy.regions[region].opens.insert(.show)
            }
            // A template tag may have any name where it is imported, or made of what is imported as a whole.
            let tags = imports.flatMap { item in
                let known = vocabulary.tags(of: item.module)
                guard !known.isEmpty else { return [] as [UInt64] }
                return item.bindings.filter { binding in
                    switch binding.exported {
                    case .all: true
                    case .named(let name): binding.exported == .default || known.contains { WordSet.hash($0) == name }
                    }
                }.map { WordSet.hash($0.local) }
            }
            if !tags.isEmpty {
                for region in regions.indices where tags.contains(where: regions[region].mentions.contains) { copy.regions[region].opens.insert(.write) }
            }
            return copy
        }
    }

    /// What the libraries mean that some file imports or some manifest names. Where a manifest tells what is used,
    /// nothing else is looked for.
    static func vocabularies(of files: [File], _ manifests: [Manifest], _ catalogue: Catalogue) throws -> Vocabularies {
        var used = Set(manifests.flatMap(\.dependencies)), python: Set<String> = []
        for file in files {
            let modules = file.imports.map(\.module)
            if file.language == .python { python.formUnion(modules) } else { used.formUnion(modules) }
        }
        let connections = files.map(\.connections)
        let asks = connections.contains { !$0.asked.isEmpty || !$0.ofSessions.isEmpty || $0.wrapsRequests }
        func sessions(_ engines: [String], in isOf: (File) -> Bool) -> Sessions {
            guard asks else { return Sessions(isolation: connections.standing) }
            let alone = engines.filter { $0 == "connect" }
            return connections.sessions(
                of: engines, made: files.map { isOf($0) ? $0.calls(of: engines) : 0 }, alone: files.map { isOf($0) ? $0.calls(of: alone) : 0 })
        }
        return Vocabularies(
            javascript: try catalogue.vocabulary(
                of: used, strictly: manifests.contains { !$0.dependencies.isEmpty }, declared: Set(files.compactMap(\.dialect))
            ) { engines in sessions(engines) { $0.language != .python } },
            python: try catalogue.vocabulary(of: python, in: .python, strictly: true, spoken: connections.dialect) { engines in
                sessions(engines) { $0.language == .python }
            })
    }

    /// The manifest that stands nearest above a file says by what its pages are rendered.
    private static func refusingScriptLinks(_ files: [File], _ manifests: [Manifest]) -> Set<FileID> {
        let versions = Dictionary(manifests.compactMap { item in item.react.map { (item.folder, $0) } }) { first, _ in first }
        let isRendered = versions.contains { $0.value >= 19 }
        return Set(
            files.indices.filter { at in
                let file = files[at]
                // Templates of Angular bear its name.
                guard !file.language.isMarkup else { return file.path.hasSuffix(".component.html") }
                return isRendered && file.isProgram && (versions.version(above: file.path) ?? 0) >= 19
            }.map { FileID($0) })
    }

    /// The file that each module name of a file means.
    static func modules(of file: File, at place: Int, _ resolver: Modules) -> [String: Int] {
        var found: [String: Int] = [:]
        for item in file.imports where found[item.module] == nil {
            if let target = resolver.resolve(item.module, from: place, in: file.language), target != place { found[item.module] = target }
        }
        return found
    }

    /// - Parameter files: with what is opened in them; where `prefilters` is false, every function of every file counts.
    init(_ files: [File], modules: [[String: Int]], _ vocabularies: Vocabularies, _ manifests: [Manifest], prefilters: Bool) {
        refusingScriptLinks = Self.refusingScriptLinks(files, manifests)
        self.files = files
        self.vocabularies = vocabularies
        self.modules = modules
        reach = prefilters ? Reach(files, modules) : nil
    }
}

extension [String: Int] {
    /// The version that the folder of a path asks for, or one above.
    fileprivate func version(above path: String) -> Int? {
        var folder = path[...]
        while true {
            folder = folder.lastIndex(of: "/").map { folder[..<$0] } ?? ""
            if let version = self[String(folder)] { return version }
            if folder.isEmpty { return nil }
        }
    }
}
