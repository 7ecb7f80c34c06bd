import CBundled
package import Flow

/// Every library that is known, by name and imports. What its calls mean is read only where a project uses it: most
/// projects use two, and reading all would take longer than scanning a file.
package struct Catalogue: Sendable {
    private let libraries: [Library]
    private let calls: CallMeanings
    package let models: ModelWords
    private let surfaces: SurfaceWords

    private struct Library: Sendable {
        let head: Head
        let text: String
    }

    /// The catalogue that is part of the binary, and what a project adds to it.
    ///
    /// - Parameters:
    ///   - names: functions of its own.
    ///   - apis: descriptions of libraries of its own, each with the path of its file.
    package static func bundled(knowing names: OwnNames = OwnNames(), apis own: [(path: String, text: String)] = []) throws -> Catalogue {
        let known = try Self.known.get(), calls = known.calls.knowing(names)
        var surfaces = known.surfaces
        surfaces.knows(names)
        surfaces.pays(calls.paying)
        return Catalogue(
            libraries: known.libraries + (try own.map { try library($0.text, of: $0.path) }), calls: calls, models: known.models, surfaces: surfaces)
    }

    /// What is part of the binary, read once.
    private static let known = Result {
        let words = bundledTexts(interlock_bundled_words()), apis = bundledTexts(interlock_bundled_apis())
        return Catalogue(
            libraries: try zip(Head.all(of: apis), apis).map { Library(head: $0, text: $1) }, calls: try CallMeanings(Entry(text: words[0])),
            models: try ModelWords(Entry(text: words[1])), surfaces: try SurfaceWords(Entry(text: words[2])))
    }

    /// Reads what is part of the binary, so that it is there when it is asked for. It takes as long as reading a command line.
    package static func prepare() { _ = known }

    /// A description that the project brings is read as a whole at once, so that a fault in it is told whether it is used or not.
    private static func library(_ text: String, of path: String) throws -> Library {
        do {
            let entry = try Entry(foreign: text)
            _ = try DatabaseAPI(entry)
            return Library(head: try Head(entry), text: text)
        } catch {
            throw VocabularyError(description: "\(path): \(error)")
        }
    }

    /// What calls mean where no library is known to be used.
    package func vocabularies() throws -> Vocabularies {
        Vocabularies(javascript: try vocabulary(of: [], strictly: true), python: try vocabulary(of: [], in: .python, strictly: true))
    }

    /// What the calls mean of the libraries that these module names bring in; unless strictly, also of those whose calls
    /// look like nobody else's.
    ///
    /// - Parameters:
    ///   - declared: the databases that files of models are for, where their library reads them.
    ///   - spoken: the database to which the connections of the project go.
    ///   - sessions: what the project asks of those that these calls make.
    package func vocabulary(
        of modules: Set<String>, in language: DatabaseAPI.Family = .javascript, strictly: Bool, declared: Set<API.Dialect> = [],
        spoken: API.Dialect? = nil, sessions: ([String]) -> Sessions = { _ in Sessions() }
    ) throws -> Vocabulary {
        let names = modules.sorted()
        let used = libraries.filter { $0.head.language == language }.filter { library in
            (!strictly && library.head.recognised != .present) || names.contains { library.head.isImported(by: $0) }
        }
        var apis = try used.map { try DatabaseAPI(Entry(text: $0.text)) }
        // Where a project has the drivers of one dialect only, that is what its object mapper speaks.
        let brought = zip(used, apis).filter { library, _ in names.contains { library.head.isImported(by: $0) } }.map(\.1)
        let dialects = Set(brought.map(\.dialect)).subtracting([.any])
        if let dialect = dialects.first, dialects.count == 1, !brought.contains(where: { $0.name == "d1" }) {
            let lends = brought.allSatisfy { $0.dialect != dialect || $0.isDriven || $0.lendsTransactions }
            for index in apis.indices where apis[index].isDriven { apis[index].adopt(dialect, withTransactions: lends) }
        }
        for index in apis.indices where apis[index].dialect == .any {
            let named = apis[index].speaks.filter { $0.modules.contains(where: modules.contains) }
            if named.count == 1 { apis[index].adopt(named[0].dialect, withTransactions: false) }
        }
        if let dialect = declared.first, declared.count == 1 {
            // SQLite's one writer cannot write from what another has changed meanwhile.
            for index in apis.indices where apis[index].isDeclared { apis[index].adopt(dialect, withTransactions: dialect == .sqlite) }
        }
        if let spoken { for index in apis.indices where apis[index].dialect == .any { apis[index].adopt(spoken, withTransactions: false) } }
        for index in apis.indices { apis[index].sessions = sessions(apis[index].engines) }
        return Vocabulary(apis: apis, calls: calls, models: models, surfaces: surfaces)
    }
}

/// What a project asks of every session with its database.
package struct Sessions: Hashable, Sendable {
    /// The level of transactions that ask for none.
    package var isolation: Isolation
    /// A stricter one that it asks for somewhere, for connections that nobody can tell apart.
    package var unplaced: Isolation?
    /// Requests are in a transaction from the first statement on.
    package var beginThemselves: Bool

    package init(isolation: Isolation = .standard, unplaced: Isolation? = nil, beginThemselves: Bool = false) {
        (self.isolation, self.unplaced, self.beginThemselves) = (isolation, unplaced, beginThemselves)
    }
}

extension DatabaseAPI {
    /// What drives it says which dialect it speaks, and how its transactions begin.
    fileprivate mutating func adopt(_ dialect: API.Dialect, withTransactions lends: Bool) {
        self.dialect = dialect
        guard lends else { return }
        for (name, link) in links where link.role == .transaction && link.isolation == .standard { links[name]?.isolation = .exclusive }
    }
}

/// The first lines of a library's file, which tell when the rest is to be read.
private struct Head: Sendable {
    let imports: [String]
    let recognised: DatabaseAPI.Recognition
    let language: DatabaseAPI.Family

    /// Of all libraries in one go: the reader of YAML takes longer to begin than to read them.
    static func all(of texts: [String]) throws -> [Head] {
        let keys = ["imports:", "recognised:", "language:"].map { Array($0.utf8) }
        var lines: [UInt8] = []
        for text in texts {
            lines += Array("-\n".utf8)
            for line in text.utf8.split(separator: UInt8(ascii: "\n")) where keys.contains(where: { line.starts(with: $0) }) {
                lines += Array("  ".utf8) + line + [UInt8(ascii: "\n")]
            }
        }
        return try Entry(text: String(decoding: lines, as: UTF8.self)).list().map { try Head($0) }
    }

    init(_ entry: Entry) throws {
        let fields = try entry.fields()
        imports = try fields["imports"]?.strings() ?? []
        language = try fields["language"]?.word(DatabaseAPI.Family.self) ?? .javascript
        recognised = try fields["recognised"]?.word(DatabaseAPI.Recognition.self) ?? .imported
    }

    func isImported(by specifier: String) -> Bool { DatabaseAPI.isImported(imports, by: specifier) }
}

/// The texts of a bundle, which stand one behind the other, each closed by a zero byte.
private func bundledTexts(_ bundle: interlock_bundle) -> [String] {
    UnsafeBufferPointer(start: bundle.start, count: bundle.count).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
}
