package import Flow

/// What the names of calls tell about the surfaces of a program. Read from `surfaces.yml`.
package struct SurfaceWords: Sendable {
    let callees: [String: [(ending: String, secret: Secret)]]
    let packages: [String]
    let methods: Set<String>
    /// The last components of what verifies, by hash.
    let spottedMethods: WordSet
    private let classes: [String: Secret]
    /// Forms that verify what is typed into them.
    private let forms: [String: Secret]
    let verbs: Set<String>
    private let nouns: [(noun: [UInt8], secret: Secret)]
    private let otherwise: Set<String>
    private let repeated: Set<String>
    private let limits: [[UInt8]]
    private let limitless: Set<String>
    private let attributes: [String: Sink]
    /// Attributes of components that become links, by name.
    private let linking: [String: Set<String>]
    private let frames: Set<String>
    private let sinks: [String: [(ending: String, sink: Sink)]]
    private let targets: Set<String>
    /// Callees that are meant only where nothing stands before them.
    private let alone: Set<String>
    private(set) var payments: [String: [String]]
    private let signatures: Set<String>
    /// The last two names of what pays, and the last alone by its hash.
    private(set) var payingNames: Set<String> = []
    private(set) var payingWords = WordSet([])
    /// What the project says of its own functions, which comes before anything that their names tell.
    package private(set) var own = OwnPurposes(OwnNames())

    mutating func knows(_ names: OwnNames) {
        own = OwnPurposes(names)
        for name in names.payments { payments[Self.last(of: name), default: []].append(name) }
    }

    /// - Parameter effects: callees that move money.
    package mutating func pays(_ effects: [String]) {
        let names = (effects + payments.values.flatMap { $0 }).map { $0.split(separator: ".").suffix(2) }
        payingNames = Set(names.map { $0.joined(separator: ".") })
        payingWords = WordSet(names.map { String($0[$0.endIndex - 1]) })
    }
    /// What frameworks bring along: as somebody mounts it, what it is, and how a reader calls it.
    package let mounted: [(text: [UInt8], kind: Surface.Kind, name: String)]
    private let validators: (packages: Set<String>, links: Set<String>, words: [String])
    private let cleaning: (verbs: Set<String>, nouns: Set<String>)

    init(_ entry: Entry) throws {
        let fields = try entry.fields(of: ["verifies", "limits", "sinks", "sanitizers", "validators", "payments", "mounted"])
        let verifies = try fields["verifies"]?.fields(of: ["callees", "packages", "methods", "classes", "forms", "verbs", "nouns", "not", "repeated"]) ?? [:]
        var callees: [String: [(ending: String, secret: Secret)]] = [:]
        for (secret, names) in try Self.bySecret(verifies["callees"]) {
            for name in names { callees[Self.last(of: name.lowercased()), default: []].append((name.lowercased(), secret)) }
        }
        self.callees = callees
        packages = try verifies["packages"]?.strings() ?? []
        methods = Set(try verifies["methods"]?.strings() ?? [])
        classes = try Self.named(verifies["classes"])
        forms = try Self.named(verifies["forms"])
        spottedMethods = WordSet(
            methods.union(forms.keys).union(callees.values.flatMap { $0.map { Self.last(of: $0.ending) } }).union(
                try Self.bySecret(verifies["callees"]).flatMap { $0.1.map { Self.last(of: $0) } }))
        verbs = Set(try verifies["verbs"]?.strings() ?? [])
        nouns = try Self.bySecret(verifies["nouns"]).flatMap { secret, names in names.map { (Array($0.utf8), secret) } }.sorted {
            $0.noun.count > $1.noun.count
        }
        otherwise = Set(try verifies["not"]?.strings() ?? [])
        repeated = Set(try verifies["repeated"]?.strings() ?? [])
        let limits = try fields["limits"]?.fields(of: ["words", "not"]) ?? [:]
        self.limits = try limits["words"]?.strings().map { Array($0.utf8) } ?? []
        limitless = Set(try limits["not"]?.strings() ?? [])
        let shown = try fields["sinks"]?.fields(of: ["attributes", "components", "frames", "calls", "alone", "targets"]) ?? [:]
        alone = Set(try shown["alone"]?.strings() ?? [])
        attributes = try shown["attributes"]?.fields().mapValues { try $0.word(Sink.self) } ?? [:]
        linking = try shown["components"]?.fields().mapValues { Set(try $0.strings()) } ?? [:]
        frames = Set(try shown["frames"]?.strings() ?? [])
        targets = Set(try shown["targets"]?.strings() ?? [])
        var sinks: [String: [(ending: String, sink: Sink)]] = [:]
        for (kind, names) in try shown["calls"]?.fields().sorted(by: { $0.key < $1.key }) ?? [] {
            guard let sink = Sink(rawValue: kind) else { throw VocabularyError(description: "The vocabulary has no sink \"\(kind)\".") }
            for name in try names.strings() { sinks[Self.last(of: name), default: []].append((name, sink)) }
        }
        self.sinks = sinks
        let payments = try fields["payments"]?.fields(of: ["callees", "signatures"]) ?? [:]
        self.payments = Dictionary(grouping: try payments["callees"]?.strings() ?? []) { Self.last(of: $0) }
        signatures = Set(try payments["signatures"]?.strings() ?? [])
        let validators = try fields["validators"]?.fields(of: ["packages", "links", "words"]) ?? [:]
        self.validators = (
            Set(try validators["packages"]?.strings() ?? []), Set(try validators["links"]?.strings() ?? []), try validators["words"]?.strings() ?? []
        )
        mounted = try (fields["mounted"]?.fields() ?? [:]).sorted { $0.key < $1.key }.flatMap { kind, texts in
            guard let kind = Surface.Kind(rawValue: kind) else { throw VocabularyError(description: "The vocabulary has no surface \"\(kind)\".") }
            return try texts.fields().sorted { $0.key < $1.key }.map { (Array($0.key.utf8), kind, try $0.value.string()) }
        }
        let sanitizers = try fields["sanitizers"]?.fields(of: ["verbs", "nouns"]) ?? [:]
        cleaning = (Set(try sanitizers["verbs"]?.strings() ?? []), Set(try sanitizers["nouns"]?.strings() ?? []))
    }

    private static func bySecret(_ entry: Entry?) throws -> [(Secret, [String])] {
        let known = try entry?.fields(of: Secret.allCases.map(\.rawValue)) ?? [:]
        return try Secret.allCases.compactMap { secret in try known[secret.rawValue].map { (secret, try $0.strings()) } }
    }

    private static func named(_ entry: Entry?) throws -> [String: Secret] {
        try Dictionary(bySecret(entry).flatMap { secret, names in names.map { ($0, secret) } }) { first, _ in first }
    }

    private static func last(of name: String) -> String { String(name.split(separator: ".").last ?? "") }

    /// What a call is for.
    ///
    /// - Parameters:
    ///   - callee: as it is written: `this.hasher.verify`.
    ///   - package: the package from which the first name comes.
    package func purpose(of callee: String, from package: String?) -> Call.Purpose? {
        let path = callee.lowercased(), last = Self.last(of: callee)
        if let known = callees[last.lowercased()]?.first(where: { path == $0.ending || path.hasSuffix("." + $0.ending) }) { return .verify(known.secret) }
        if let package, methods.contains(last), packages.contains(where: { package == $0 || package.hasPrefix($0 + "/") || package.hasPrefix($0 + ".") }) {
            return .verify(.password)
        }
        // What has a short name of its own is a method of many other things.
        let sink = sinks[last]?.first { callee == $0.ending || (!alone.contains($0.ending) && callee.hasSuffix("." + $0.ending)) }?.sink
        if let sink { return .sink(sink) }
        if payments[last]?.contains(where: { callee == $0 || callee.hasSuffix("." + $0) }) == true { return .payment }
        if signatures.contains(last) { return .authenticate }
        let words = Set(last.nameWords)
        let shape = NameShape(callee)
        if limits.contains(where: { shape.has($0) }), words.isDisjoint(with: limitless) { return .limit }
        if !words.isDisjoint(with: cleaning.verbs), !words.isDisjoint(with: cleaning.nouns) { return .sanitize }
        guard words.isDisjoint(with: otherwise), !words.isDisjoint(with: verbs), let secret = secret(in: shape) else { return nil }
        // Whoever validates a password looks at how long it is.
        return secret == .password && words.contains("validate") ? nil : .verify(secret)
    }

    /// Whether a field of this name holds a URL.
    package func namesURL(_ name: String) -> Bool { name.namesURL }

    /// Whether a package gives schemas of requests.
    package func validates(_ package: String) -> Bool { validators.packages.contains { package == $0 || package.hasPrefix($0 + "/") } }

    /// Whether a validator, by its links and its text, lets only some schemes pass.
    package func allowsSchemes(_ links: [String], in text: String) -> Bool {
        links.contains(where: validators.links.contains) || validators.words.contains { text.contains($0) }
    }

    /// Where the attribute of an element leads.
    package func sink(attribute: String, of element: String) -> Sink? {
        guard let sink = attributes[attribute] else { return linking[attribute]?.contains(element) == true ? .link : nil }
        return sink == .image && frames.contains(element) ? .frame : sink
    }

    /// Whether what is assigned to it is where the page goes.
    package func navigates(_ path: String) -> Bool { targets.contains(path) }

    /// Whether something that a route names lets only some callers pass.
    package func guards(_ name: String) -> Bool { !Set(name.nameWords).isDisjoint(with: guarding) }

    private var guarding: Set<String> {
        [
            "auth", "admin", "user", "role", "roles", "authorize", "authorise", "authenticate", "protect", "protected", "permission", "permissions", "owner",
            "login", "session", "jwt", "token", "staff", "loggedin",
        ]
    }

    /// What a method of a class verifies: `new Argon2id().verify(hash, password)`.
    package func secret(verifiedBy method: String, of type: String) -> Secret? {
        methods.contains(method) ? classes[type] : method == "is_valid" ? forms[type] : nil
    }

    /// Whether objects of a class verify secrets.
    package func verifies(_ type: String) -> Bool { classes[type] != nil }

    /// Whether a name is of what somebody types twice, or types for the future: `confirmPassword`.
    package func isRepeated(_ name: String) -> Bool { !repeated.isDisjoint(with: name.nameWords) }

    /// Whether a name is of something about a secret, and not of one: `password_policy`, `remove_password`.
    package func isAboutSecret(_ name: String) -> Bool {
        let last = name.split(separator: ".").last.map(String.init) ?? name, about = otherwise.intersection(last.nameWords)
        guard !about.isEmpty else { return false }
        // Of `reset_code` the word is part of the noun.
        let shape = NameShape(last)
        return !nouns.contains { noun in shape.has(noun.noun) && about.allSatisfy { noun.noun.starts(with: $0.utf8) } }
    }

    /// Whether objects of a class refuse those who try too often.
    package func limits(_ type: String) -> Bool {
        limits.contains { NameShape(type).has($0) } || type.hasWords("ratelimiterredis") || type.nameWords.contains("limiter")
    }

    /// The secret that a name speaks of.
    package func secret(in name: String) -> Secret? { secret(in: NameShape(name)) }

    func secret(in name: NameShape) -> Secret? { nouns.first { name.has($0.noun) }?.secret }
}
