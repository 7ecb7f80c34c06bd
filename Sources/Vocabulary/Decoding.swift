import Flow
import Yams

/// A fault in a vocabulary file, in one sentence.
package struct VocabularyError: Error, CustomStringConvertible {
    package let description: String
}

// NB: Yams's own decoder resolves every scalar with regular expressions and goes through Codable; together that takes
// longer than scanning a file. Reading its nodes with the basic resolver takes a tenth.

/// A node of a vocabulary file, read strictly: an unknown word or key is an error that names it.
struct Entry {
    let node: Node

    init(_ node: Node) { self.node = node }

    init(text: String) throws {
        guard let node = try Yams.compose(yaml: text, .basic) else { throw VocabularyError(description: "A vocabulary file is empty.") }
        self.node = node
    }

    /// Of a text that nobody has checked: with aliases, a few lines could stand for any number of values.
    init(foreign text: String) throws {
        guard text.utf8.count <= 1 << 20 else { throw VocabularyError(description: "larger than 1 MB.") }
        do { try self.init(text: text) } catch let error as YamlError {
            throw VocabularyError(description: "not YAML (\("\(error)".split(separator: "\n").first ?? "")).")
        }
        var left = 50_000
        guard Self.fits(node, &left) else { throw VocabularyError(description: "too many values; an alias may repeat them.") }
    }

    private static func fits(_ node: Node, _ left: inout Int) -> Bool {
        left -= 1
        guard left > 0 else { return false }
        if let mapping = node.mapping { return mapping.allSatisfy { fits($0.key, &left) && fits($0.value, &left) } }
        if let sequence = node.sequence { return sequence.allSatisfy { fits($0, &left) } }
        return true
    }

    func fields() throws -> [String: Entry] {
        guard let mapping = node.mapping else { throw VocabularyError(description: "A mapping was expected where \(scalar ?? "a list") stands.") }
        var fields: [String: Entry] = [:]
        for (key, value) in mapping { fields[key.scalar?.string ?? ""] = Entry(value) }
        return fields
    }

    func fields(of known: [String]) throws -> [String: Entry] {
        let fields = try fields()
        for key in fields.keys.sorted() where !known.contains(key) {
            throw VocabularyError(description: "The vocabulary has no key \"\(key)\"; it has \(known.joined(separator: ", ")).")
        }
        return fields
    }

    var scalar: String? { node.scalar?.string }

    func list() throws -> [Entry] {
        guard let sequence = node.sequence else { throw VocabularyError(description: "A list was expected where \(scalar ?? "a mapping") stands.") }
        return sequence.map { Entry($0) }
    }

    func string() throws -> String {
        guard let scalar else { throw VocabularyError(description: "A word was expected in a vocabulary file.") }
        return scalar
    }

    func strings() throws -> [String] { try list().map { try $0.string() } }

    func int() throws -> Int {
        guard let number = Int(try string()) else { throw VocabularyError(description: "A number was expected where \"\(try string())\" stands.") }
        return number
    }

    func bool() throws -> Bool {
        switch try string() {
        case "true": true
        case "false": false
        default: throw VocabularyError(description: "true or false was expected where \"\(try string())\" stands.")
        }
    }

    func word<Word: RawRepresentable>(_ type: Word.Type) throws -> Word where Word.RawValue == String {
        guard let word = Word(rawValue: try string()) else { throw VocabularyError(description: "The vocabulary has no word \"\(try string())\" there.") }
        return word
    }
}

extension DatabaseAPI {
    init(_ entry: Entry) throws {
        let fields = try entry.fields(of: [
            "name", "dialect", "imports", "recognised", "blocking", "engines", "links", "instances", "receivers", "conditions", "changes", "raw", "aggregates",
            "hooks", "nested", "versioned", "driven", "language", "results", "lookup", "transforms", "columns", "chained", "managers", "tables", "handed",
            "advice", "implicit",
            "pending",
            "migrates", "lends", "declared", "speaks",
        ])
        guard let name = fields["name"], let links = fields["links"] else { throw VocabularyError(description: "An API needs a name and links.") }
        self.name = try name.string()
        language = try fields["language"]?.word(Family.self) ?? .javascript
        results = try fields["results"]?.fields().mapValues { try Shape($0) } ?? [:]
        dialect = try fields["dialect"]?.word(Flow.API.Dialect.self) ?? .any
        imports = try fields["imports"]?.strings() ?? []
        recognised = try fields["recognised"]?.word(Recognition.self) ?? .imported
        blocking = try fields["blocking"]?.bool() ?? false
        engines = try fields["engines"]?.strings() ?? []
        self.links = try links.fields().mapValues { try Link($0) }
        var advice: [Flow.API.Advice: String] = [:]
        for (key, text) in try fields["advice"]?.fields() ?? [:] {
            guard let kind = Flow.API.Advice(rawValue: key) else { throw VocabularyError(description: "The vocabulary has no advice \"\(key)\".") }
            advice[kind] = try text.string()
        }
        self.advice = advice
        migrates = try fields["migrates"]?.string()
        beginsItself = try fields["implicit"]?.bool() ?? false
        writesPending = try fields["pending"]?.bool() ?? false
        chained = try fields["chained"]?.fields().mapValues { try Link($0) } ?? [:]
        managers = Set(try fields["managers"]?.strings() ?? [])
        handsOnTables = try fields["handed"]?.bool() ?? false
        tables = Set(try fields["tables"]?.strings() ?? [])
        instances = try fields["instances"]?.fields().mapValues { try Link($0) } ?? [:]
        receivers = Set(try fields["receivers"]?.strings() ?? [])
        isDriven = try fields["driven"]?.bool() ?? false
        speaks = try (fields["speaks"]?.fields() ?? [:]).sorted { $0.key < $1.key }.map { dialect, modules in
            guard let dialect = Flow.API.Dialect(rawValue: dialect) else { throw VocabularyError(description: "No dialect is called \"\(dialect)\".") }
            return (dialect, try modules.strings())
        }
        isDeclared = try fields["declared"]?.bool() ?? false
        lendsTransactions = try fields["lends"]?.bool() ?? false
        versioned = try fields["versioned"]?.bool() ?? false
        nested = Set(try fields["nested"]?.strings() ?? [])
        hooks = try fields["hooks"].map { try Hooks($0) } ?? .none
        phrases = Phrases(
            conditions: try fields["conditions"]?.fields().mapValues { try Phrases.Condition($0) } ?? [:],
            changes: try fields["changes"]?.fields().mapValues { try $0.word(Phrases.Change.self) } ?? [:], raw: Set(try fields["raw"]?.strings() ?? []),
            lookup: try fields["lookup"]?.string(), transforms: Set(try fields["transforms"]?.strings() ?? []),
            columns: Set(try fields["columns"]?.strings() ?? []),
            aggregates: try fields["aggregates"]?.fields().mapValues { try $0.word(Read.Aggregate.self) } ?? [:])
    }
}

extension Hooks {
    init(_ entry: Entry) throws {
        let fields = try entry.fields(of: ["moments", "by", "calls", "methods", "option", "tables"])
        self.init(
            moments: try fields["moments"]?.fields().mapValues { try $0.word(Write.Operation.self) } ?? [:],
            registrars: Set(try fields["by"]?.strings() ?? []), asCalls: try fields["calls"]?.bool() ?? false,
            asMethods: try fields["methods"]?.bool() ?? false, option: try fields["option"]?.string(), byTable: try fields["tables"]?.bool() ?? false)
    }
}

extension Link {
    init(_ entry: Entry) throws {
        let fields = try entry.fields(of: [
            "role", "at", "value", "comparing", "comparison", "negated", "parameters", "spread", "object", "options", "runs", "returns", "isolation",
            "arguments", "fields", "opens", "table", "aggregate", "conflict", "fails", "keywords", "rest", "keeps", "creates", "distinctive", "finds", "whole",
            "refreshes", "flushes", "updates", "ends",
        ])
        guard let role = fields["role"] else { throw VocabularyError(description: "A link needs a role.") }
        self.role = try role.word(Role.self)
        at = try fields["at"]?.int() ?? 0
        value = try fields["value"]?.int() ?? 1
        comparing = try fields["comparing"]?.int()
        comparison = try fields["comparison"]?.word(Predicate.Comparison.self) ?? .equal
        negated = try fields["negated"]?.bool() ?? false
        parameters = try fields["parameters"]?.int()
        spread = try fields["spread"]?.bool() ?? false
        object = try fields["object"]?.fields().mapValues { try $0.string() } ?? [:]
        options = try fields["options"]?.fields().mapValues { try $0.word(Option.self) } ?? [:]
        runs = try fields["runs"]?.bool() ?? (self.role == .run)
        returns = try fields["returns"].map { try Shape($0) }
        isolation = try fields["isolation"]?.word(Isolation.self) ?? .standard
        arguments = try fields["arguments"]?.list().map { try $0.word(Slot.self) } ?? []
        self.fields = try fields["fields"]?.fields().mapValues { try $0.word(Slot.self) } ?? [:]
        table = try fields["table"]?.word(TableSource.self)
        opens = try fields["opens"]?.bool() ?? (self.role.opens || table != nil)
        aggregate = try fields["aggregate"]?.word(Read.Aggregate.self)
        conflict = try fields["conflict"]?.word(Conflict.Action.self)
        failsWhenMissing = try fields["fails"]?.bool() ?? false
        keywords = try fields["keywords"]?.word(Slot.self)
        rest = try fields["rest"]?.word(Slot.self)
        keeps = try fields["keeps"]?.bool() ?? false
        creates = try fields["creates"]?.bool()
        refreshes = try fields["refreshes"]?.bool() ?? false
        updates = try fields["updates"]?.bool() ?? false
        ends = try fields["ends"]?.bool() ?? false
        flushes = try fields["flushes"]?.bool() ?? false
        whole = try fields["whole"]?.bool() ?? false
        finds = try fields["finds"]?.bool() ?? false
        isDistinctive = try fields["distinctive"]?.bool() ?? false
    }
}

extension Phrases.Condition {
    init(_ entry: Entry) throws {
        switch try entry.string() {
        case "all": self = .all
        case "some": self = .loose
        case "compare": self = .compare
        default: self = .comparison(try entry.word(Predicate.Comparison.self))
        }
    }
}

extension Shape {
    init(_ entry: Entry) throws {
        if entry.node.sequence != nil {
            self = .list(try entry.list().map { try Shape($0) })
        } else if entry.node.mapping != nil {
            var fields = try entry.fields().mapValues { try Shape($0) }
            let rest = fields.removeValue(forKey: "self")
            self = .object(fields, rest: rest)
        } else {
            switch try entry.string() {
            case "result": self = .result
            case "nothing": self = .nothing
            case "column": self = .column
            case "scalar": self = .scalar
            case "value": self = .value
            default: self = .facet(try entry.word(Facet.self))
            }
        }
    }
}

extension CallMeanings {
    init(_ entry: Entry) throws {
        let fields = try entry.fields(of: [
            "effects", "verbs", "nouns", "locks", "routes", "onwards", "serial", "inputs", "handlers", "forms", "providers", "leaving", "asserting",
            "instances",
        ])
        var effects: [Effect.Kind: [String]] = [:], verbs: [String: Effect.Kind] = [:], nouns: [String: Effect.Kind] = [:]
        for (kind, names) in try fields["effects"]?.fields() ?? [:] { effects[try Self.kind(kind)] = try names.strings() }
        for (kind, words) in try fields["verbs"]?.fields() ?? [:] { for word in try words.strings() { verbs[word] = try Self.kind(kind) } }
        for (kind, words) in try fields["nouns"]?.fields() ?? [:] { for word in try words.strings() { nouns[word] = try Self.kind(kind) } }
        self.init(
            effects: effects, verbs: verbs, nouns: nouns, locks: try fields["locks"]?.fields().mapValues { try LockCall($0) } ?? [:],
            routes: Set(try fields["routes"]?.strings() ?? []), onwards: Set(try fields["onwards"]?.strings() ?? []),
            serial: Set(try fields["serial"]?.strings() ?? []),
            inputs: try fields["inputs"]?.fields().mapValues { try $0.word(Input.self) } ?? [:],
            handlers: try fields["handlers"].map { try Handlers($0) } ?? Handlers(), forms: try fields["forms"].map { try Forms($0) } ?? Forms(),
            providers: Set(try fields["providers"]?.strings() ?? []),
            leaving: Set(try fields["leaving"]?.strings() ?? []), asserting: Set(try fields["asserting"]?.strings() ?? []),
            instances: Set(try fields["instances"]?.strings() ?? []))
    }

    private static func kind(_ name: String) throws -> Effect.Kind {
        guard let kind = Effect.Kind(rawValue: name) else { throw VocabularyError(description: "The vocabulary has no kind of effect \"\(name)\".") }
        return kind
    }
}

extension CallMeanings.Handlers {
    init(_ entry: Entry) throws {
        let fields = try entry.fields(of: ["classes", "methods", "decorators", "properties"])
        func names(_ key: String) throws -> Set<String> { Set(try fields[key]?.strings() ?? []) }
        self.init(
            classes: try names("classes"), methods: try names("methods"), decorators: try names("decorators"), properties: try names("properties"))
    }
}

extension CallMeanings.Forms {
    init(_ entry: Entry) throws {
        let fields = try entry.fields(of: ["endings", "checks", "attributes", "loaders"])
        self.init(
            endings: try fields["endings"]?.strings() ?? [], checks: try fields["checks"]?.strings() ?? [],
            attributes: Set(try fields["attributes"]?.strings() ?? []), loaders: try fields["loaders"]?.strings() ?? [])
    }
}

extension CallMeanings.LockCall {
    init(_ entry: Entry) throws {
        let fields = try entry.fields(of: ["kind", "key", "receiver", "needs"])
        guard let kind = fields["kind"] else { throw VocabularyError(description: "A lock needs a kind.") }
        self.init(
            kind: try kind.word(Lock.Kind.self), key: try fields["key"]?.int(), receiver: try fields["receiver"]?.strings(),
            needs: try fields["needs"]?.string())
    }
}
