import Flow
import SQL
import Syntax
import Vocabulary

/// What every routine of one file shares: its bytes, its grammar, what it imports, its constants. A class, since every
/// routine of the file holds it.
final class SourceFile {
    let file: FileID
    let bytes: [UInt8]
    let grammar: HostGrammar
    let vocabulary: Vocabulary
    /// Where each byte stands in the file, if these are not the file's own bytes.
    let projection: Projection?
    /// APIs whose package the file imports, by index.
    var importedAPIs: Set<Int> = []
    /// Names that imports from packages bind, and the package of each.
    var packageNames: [String: String] = [:]
    /// Names that hold a database's template tag: `const db = postgres()`.
    var tags: Set<String> = []
    var constants: [String: Binding] = [:]
    /// Names of files of the project as a whole: `import * as orders`, `const orders = require('./orders')`.
    var wholeModules: Set<String> = []
    /// What the functions of the file say that they give: `def repo(request) -> SpinRepo`.
    var returns: [String: String] = [:]
    /// Functions that do no more than give the value of one call, by name: if that is a query, it may go on elsewhere.
    var scopes: [String: (function: Node, value: Node)] = [:]
    /// How many calls of such functions are still followed: one that calls others many times over is soon at an end.
    var beginningsLeft = 2_000
    /// Names that imports from the project bind.
    var ownNames: Set<String> = []
    /// Texts that the classes of the file bind for good.
    var classes: [String: Value] = [:]
    /// The same by what a method of the class calls them, `self.PAID`; nil where two classes say different.
    var classMembers: [String: Value?] = [:]
    /// Members of what other files declare, taken for constants by the look of them.
    var enumerators: [String: String?] = [:]
    /// Names at the top of the file that hold an object of a class.
    var objects: [String: String] = [:]
    /// Forms and serializers of the file, with the class of rows that each says it is for.
    var formRows: [String: String] = [:]
    var hasServerDirective = false
    /// Imports that stand inside functions.
    var localImports: [Node] = []
    var callNames: [String: CallName] = [:]
    /// Limiters at the top of the file, and the field by which each tells callers apart.
    var limiterKeys: [String: String] = [:]
    /// What the top of the file declares, by name, once somebody has asked.
    var declarations: [String: Node]?
    var secretNames: [String: NamedSecret] = [:]

    /// The names behind which `.c.` stands somewhere in the file: tables of SQLAlchemy's core.
    private(set) lazy var tableNames: Set<String> = {
        var found: Set<String> = []
        bytes.withUnsafeBufferPointer { text in
            WordSet.forEachWord(in: text) { _, place in
                if text.stands(".c.", at: place.upperBound) { found.insert(String(decoding: text[place], as: UTF8.self)) }
            }
        }
        return found
    }()

    init(file: FileID, bytes: [UInt8], grammar: HostGrammar, vocabulary: Vocabulary, projection: Projection? = nil) {
        self.projection = projection
        self.file = file
        self.bytes = bytes
        self.grammar = grammar
        self.vocabulary = vocabulary
    }

    /// Whether calls of this API are to be expected here: a library that the project uses at all is, in every file.
    func knows(_ api: Int) -> Bool {
        switch vocabulary.apis[api].recognised {
        case .always, .present: true
        case .awaited, .imported: importedAPIs.contains(api)
        }
    }

    /// The first API of which that holds, among those whose calls are to be expected here.
    func api(where holds: (DatabaseAPI) -> Bool) -> Int? {
        vocabulary.apis.indices.first { knows($0) && holds(vocabulary.apis[$0]) }
    }

    /// The name of the table that a value is: `Table("rooms", metadata, …)` of SQLAlchemy's core.
    func table(madeAs value: Value) -> String? {
        guard case .operation(.call(let maker), let parts) = value, maker.hasPrefix("new "),
            vocabulary.apis.contains(where: { $0.tables.contains(String(maker.dropFirst(4))) })
        else { return nil }
        return parts.first?.stringLiteral
    }

    /// The API whose rows have this method.
    func known(instance method: String) -> Int? {
        let all = vocabulary.instances[method] ?? []
        return all.first { importedAPIs.contains($0) } ?? all.first
    }

    func noteEnumerator(_ name: String, of owner: String) {
        if let known = enumerators[name], known != owner { enumerators[name] = .some(nil) } else { enumerators[name] = owner }
    }

    func kind(_ node: Node) -> Kind { grammar.kind(node) }
    var field: HostGrammar.Fields { grammar.field }

    var isPython: Bool { grammar.isPython }

    func text(_ node: Node) -> String { String(decoding: bytes[node.start..<node.end], as: UTF8.self) }

    func span(_ node: Node) -> Span { span(node.range) }

    func span(_ range: Range<Int>) -> Span {
        let host = projection?.host(range) ?? range
        return Span(file: file, start: host.lowerBound, end: host.upperBound)
    }

    /// A function without its body: its name, or where it begins.
    func head(of function: Node) -> Span {
        if let name = function.child(field.name) { return span(name) }
        return span(function.start..<(function.child(field.body)?.start ?? function.end))
    }

    /// `a.b.c` for a chain of plain names, through `this`, `?.` and `!`; nil for anything else.
    func path(of node: Node) -> String? {
        switch kind(node) {
        case .identifier: return isPython ? pythonName(node) : text(node)
        case .this, .superNode: return text(node)
        case .nonNull, .parenthesized, .asExpression, .satisfies: return node.children.first.flatMap { path(of: $0) }
        case .member:
            guard node.end - node.start < 120, let object = node.child(field.object), let property = node.child(field.property), let base = path(of: object)
            else { return nil }
            return base + "." + text(property)
        // `(conn or db).fetchone(…)`, `(tx ?? this.prisma).seat.count(…)`
        case .binary:
            guard let sign = node.child(field.operatorToken).map({ text($0) }), ["or", "??", "||"].contains(sign) else { return nil }
            return node.child(field.right).flatMap { path(of: $0) }
        // `(tx ? tx : db).query(…)`
        case .ternary where !isPython: return node.children.last.flatMap { path(of: $0) }
        // `super().save()`
        case .call: return isPython && node.child(field.function).map { text($0) } == "super" ? "super" : nil
        default: return nil
        }
    }

    /// The last properties of a callee that begins with a call: `getClient().user.update` → `getClient.user.update`.
    func tail(of node: Node) -> String {
        var parts: [String] = [], current = node
        for _ in 0..<6 {
            switch kind(current) {
            case .member:
                guard let property = current.child(field.property), let object = current.child(field.object) else { return "" }
                parts.append(text(property))
                current = object
            case .call: if let function = current.child(field.function) { current = function } else { return "" }
            case .nonNull, .parenthesized, .asExpression, .satisfies, .awaitExpression:
                if let inner = current.children.first { current = inner } else { return "" }
            case .identifier, .this:
                parts.append(text(current))
                return parts.reversed().joined(separator: ".")
            default: return ""
            }
        }
        return ""
    }

    /// `BeforeCreate` of `@BeforeCreate` and `@BeforeCreate()`.
    func decoratorName(_ node: Node) -> String? {
        guard var inner = node.children.first else { return nil }
        if kind(inner) == .call, let function = inner.child(field.function) { inner = function }
        return kind(inner) == .identifier ? text(inner) : nil
    }

    /// The content of a string or of a template without holes.
    func literalText(_ node: Node) -> String? {
        switch kind(node) {
        case .string, .templateString:
            let (range, marks) = textParts(node)
            var content: [UInt8] = [], at = range.lowerBound
            for mark in marks {
                guard kind(mark) == .escapeSequence else { return nil }
                content.append(contentsOf: bytes[at..<mark.start])
                content.append(contentsOf: escape(mark))
                at = mark.end
            }
            content.append(contentsOf: bytes[at..<max(at, range.upperBound)])
            return String(decoding: content, as: UTF8.self)
        case .concatenatedString:
            var content = ""
            for part in node.children { content += literalText(part) ?? "" }
            return node.children.allSatisfy { kind($0) == .comment || literalText($0) != nil } ? content : nil
        default: return nil
        }
    }

    /// What stands between the quotes of a string or a template, and the escapes and holes in it.
    func textParts(_ node: Node) -> (range: Range<Int>, marks: [Node]) {
        if isPython { return pythonTextParts(node) }
        let start = node.start + 1
        return (start..<max(start, node.end - 1), node.children.filter { kind($0) == .escapeSequence || kind($0) == .substitution })
    }

    /// The name of a pair of an object, or of an argument that has one.
    func key(of part: Node) -> Node? { part.child(field.key) ?? (kind(part) == .keywordArgument ? part.child(field.name) : nil) }

    func escape(_ node: Node) -> [UInt8] {
        guard node.end - node.start >= 2 else { return [] }
        switch bytes[node.start + 1] {
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "\n"), UInt8(ascii: "\r"): return []
        case UInt8(ascii: "u"), UInt8(ascii: "x"): return [UInt8(ascii: "?")]
        default: return Array(bytes[(node.start + 1)..<node.end])
        }
    }
}

/// What a name stands for inside a routine. Small, since the names of a routine are copied at every branch.
struct Binding {
    var value: Value
    private var statement: Statement?

    /// What only the names of statements and texts carry.
    private final class Statement {
        let chain: Chain?
        let text: HostText?

        init(_ chain: Chain?, _ text: HostText?) {
            self.chain = chain
            self.text = text
        }
    }

    init(_ value: Value, chain: Chain? = nil, text: HostText? = nil) {
        self.value = value
        if chain != nil || text != nil { statement = Statement(chain, text) }
    }

    /// A statement under construction: a query builder or a prepared statement.
    var chain: Chain? {
        get { statement?.chain }
        set { statement = Statement(newValue, statement?.text) }
    }

    /// Text that is, or may become, SQL.
    var text: HostText? {
        get { statement?.text }
        set { statement = newValue == nil && statement?.chain == nil ? nil : Statement(statement?.chain, newValue) }
    }

    /// The binding as a name may keep it: not growing with every statement that doubles it.
    var held: Binding {
        var copy = self
        copy.value = value.held
        return copy
    }
}

/// SQL text of the host file, with the values of its holes.
struct HostText {
    var text = SQLText()
    var holes: [Value] = []

    /// Statements are shorter than this; text that code doubles in a loop would not be.
    private static let limit = 16_000

    mutating func append(_ other: HostText) {
        guard text.bytes.count + other.text.bytes.count <= Self.limit else { return }
        text.append(other.text, holesFrom: holes.count)
        holes.append(contentsOf: other.holes)
    }
}
