package import Discovery
package import Flow

/// What one `interlock.yml` says, with what it extends.
package struct Configuration: Sendable {
    /// The file, as it is shown.
    package let path: String
    /// The folder that it speaks for.
    let folder: Place
    package private(set) var exclude: [PathPatterns] = []
    package private(set) var baseline: String?
    /// It says so itself, rather than a file that it extends.
    private(set) var namesBaseline = false
    package private(set) var names = OwnNames()
    /// Descriptions of libraries.
    package private(set) var apis: [String] = []
    package private(set) var checklist: [String: String] = [:]
    private var settings = Settings()
    private var overrides: [(paths: PathPatterns, settings: Settings)] = []

    /// Reads a file and what it extends.
    ///
    /// - Parameters:
    ///   - words: the names of rules and boxes.
    ///   - folder: what its paths are relative to, where that is not its own folder.
    init(path: String, folder: Place? = nil, words: KnownWords) throws {
        var left = 50
        try self.init(path: path, folder: folder ?? Place(path).parent, words: words, above: [], &left)
    }

    private init(path: String, folder: Place, words: KnownWords, above: [Place], _ left: inout Int) throws {
        let place = Place(path)
        if above.contains(place) { throw ConfigurationError("\(path): extends itself.") }
        left -= 1
        guard left > 0 else { throw ConfigurationError("\(path): more than 50 files extend one another.") }
        let bytes: [UInt8]
        do { bytes = try FileReader.read(path, limit: 2 << 20) } catch { throw ConfigurationError("\(error).") }
        let document = try Document(bytes, path: path, shape: .document(words))
        self.path = path
        self.folder = folder
        for base in document["extends"]?.words ?? [] {
            // What it excludes is meant as from the folder of the file that extends it: it is written to be shared.
            take(try Configuration(path: place.parent.beside(base), folder: folder, words: words, above: above + [place], &left))
        }
        if let patterns = document["exclude"]?.words { exclude.append(try Self.patterns(patterns, path)) }
        settings = Settings(document).over(settings)
        for item in document["overrides"]?.items ?? [] {
            guard let paths = item["paths"]?.words, !paths.isEmpty else { throw ConfigurationError("\(path): each of the overrides needs paths.") }
            overrides.append((try Self.patterns(paths, path), Settings(item)))
        }
        namesBaseline = document["baseline"] != nil
        baseline = document["baseline"]?.word.map { place.parent.beside($0) } ?? baseline
        names = names.joined(OwnNames(document))
        if let wrong = names.all.first(where: { !OwnNames.isName($0) }) {
            throw ConfigurationError("\(path): \"\(wrong)\" is no name of a function; write it as in safeHref or urls.clean.")
        }
        apis += (document["apis"]?.words ?? []).map { place.parent.beside($0) }
        checklist.merge((document["checklist"]?.fields ?? [:]).compactMapValues(\.word)) { $1 }
    }

    private mutating func take(_ base: Configuration) {
        exclude += base.exclude
        baseline = base.baseline ?? baseline
        names = names.joined(base.names)
        apis += base.apis
        checklist.merge(base.checklist) { $1 }
        settings = base.settings.over(settings)
        overrides += base.overrides
    }

    private static func patterns(_ lines: [String], _ path: String) throws -> PathPatterns {
        guard lines.allSatisfy({ !$0.contains("\n") }) else { throw ConfigurationError("\(path): a path holds a line break.") }
        if let wrong = lines.first(where: { $0.hasPrefix("../") || $0.contains("\\") }) {
            throw ConfigurationError("\(path): \"\(wrong)\" matches nothing: paths are relative to this file's folder, with slashes.")
        }
        return PathPatterns(lines.map { $0.hasPrefix("./") ? String($0.dropFirst()) : $0 })
    }

    /// What holds for a file, which stands in the folder or below it.
    func settings(for place: Place) -> Settings {
        guard let parts = place.below(folder) else { return settings }
        return overrides.reduce(settings) { $1.paths.match(parts) ? $1.settings.over($0) : $0 }
    }

    func excludes(_ place: Place) -> Bool { place.below(folder).map { parts in exclude.contains { $0.match(parts) } } ?? false }
}

/// What is shown of a file's findings, and how seriously it is taken; nil where nobody has said.
package struct Settings: Sendable {
    /// Of a rule; off where there is none.
    package var severities: [String: Severity?] = [:]
    package var minimumConfidence: Confidence?
    package var minimumSeverity: Severity?
    package var failOn: Severity?
    package var ignoredTables = NamePatterns()

    package init() {}

    init(_ document: Document) {
        severities = (document["rules"]?.fields ?? [:]).mapValues { $0.word.flatMap(Severity.init) }
        minimumConfidence = document["min-confidence"]?.word.flatMap(Confidence.init)
        minimumSeverity = document["min-severity"]?.word.flatMap(Severity.init)
        failOn = document["fail-on"]?.word.flatMap(Severity.init)
        ignoredTables = NamePatterns(document["ignore-tables"]?.words ?? [])
    }

    /// These, and where they say nothing, others.
    package func over(_ others: Settings) -> Settings {
        var all = others
        all.severities.merge(severities) { $1 }
        all.minimumConfidence = minimumConfidence ?? others.minimumConfidence
        all.minimumSeverity = minimumSeverity ?? others.minimumSeverity
        all.failOn = failOn ?? others.failOn
        all.ignoredTables = others.ignoredTables.joined(ignoredTables)
        return all
    }
}

extension OwnNames {
    init(_ document: Document) {
        self.init(
            sanitizers: document["sanitizers"]?.words ?? [], lockouts: document["lockouts"]?.words ?? [], locks: document["locks"]?.words ?? [],
            payments: document["payments"]?.words ?? [])
    }

    fileprivate static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.first.map { !(48...57).contains($0) } == true && !text.contains("..") && text.first != "." && text.last != "."
            && text.unicodeScalars.allSatisfy { $0.properties.isAlphabetic || $0.properties.numericType != nil || $0 == "_" || $0 == "$" || $0 == "." }
    }
}
