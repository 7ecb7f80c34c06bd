import Syntax

/// A component of Vue that is written as an object: `data`, `computed`, `methods` and what runs in its life, each as it would
/// stand in a function.
struct Options {
    /// What it declares for its template.
    private(set) var names: [String] = []
    /// The statements of its `setup`.
    private(set) var statements: [Node] = []
    private(set) var pieces: [Piece] = []

    /// Code of the script, and what is put around it.
    struct Piece {
        let before: String
        let code: Range<Int>
        let behind: String
    }

    /// - Parameter value: what the file exports; nil where that describes no component.
    init?(of value: Node, _ source: Code) {
        var object = value
        if source.kind(object) == .call {
            guard let first = object.child(source.field.arguments)?.children.first else { return nil }
            object = first
        }
        guard source.kind(object) == .object else { return nil }
        for part in object.children {
            guard let name = Self.name(of: part, source) else { continue }
            switch name {
            case "data": keep(part, source)
            case "computed": for entry in Self.entries(of: part, source) { derive(entry, source) }
            case "methods": for entry in Self.entries(of: part, source) { act(entry, source) }
            case "setup": setUp(part, source)
            case "props", "emits", "components", "name", "mixins", "directives", "filters", "inject", "provide", "watch": continue
            default: act(part, source)
            }
        }
        guard !pieces.isEmpty else { return nil }
    }

    private static func name(of part: Node, _ source: Code) -> String? {
        (part.child(source.field.name) ?? part.child(source.field.key)).map { source.text($0) }
    }

    private static func entries(of part: Node, _ source: Code) -> [Node] { part.child(source.field.value)?.children ?? [] }

    /// The function that a part is: a method, or a property that holds one.
    private static func function(of part: Node, _ source: Code) -> Node? {
        if source.kind(part) == .method { return part }
        guard let value = part.child(source.field.value) else { return nil }
        if source.kind(value).isFunction { return value }
        // `{ get() { … }, set(value) { … } }`
        return source.kind(value) == .object ? value.children.first { name(of: $0, source) == "get" } : nil
    }

    /// What the function gives, where that is an object that it writes out.
    private static func given(by function: Node, _ source: Code) -> Node? {
        guard var body = function.child(source.field.body) else { return nil }
        if source.kind(body) == .statementBlock {
            guard let last = body.children.last(where: { source.kind($0) == .returnStatement })?.children.first else { return nil }
            body = last
        }
        while source.kind(body) == .parenthesized, let inner = body.children.first { body = inner }
        return source.kind(body) == .object ? body : nil
    }

    /// `data() { return { shop: null } }`: what changes while the page is shown.
    private mutating func keep(_ part: Node, _ source: Code) {
        guard let function = Self.function(of: part, source), let object = Self.given(by: function, source) else { return }
        for field in object.children where source.kind(field) == .pair {
            guard let name = Self.name(of: field, source), let value = field.child(source.field.value) else { continue }
            names.append(name)
            pieces.append(Piece(before: "const \(name) = useState(", code: value.range, behind: ");"))
        }
    }

    /// `blog() { return this.partner.blog }` among `computed`.
    private mutating func derive(_ part: Node, _ source: Code) {
        guard let name = Self.name(of: part, source), let body = Self.function(of: part, source)?.child(source.field.body) else { return }
        names.append(name)
        let isBlock = source.kind(body) == .statementBlock
        pieces.append(Piece(before: "const \(name) = " + (isBlock ? "(() => " : "("), code: body.range, behind: isBlock ? ")();" : ");"))
    }

    /// Methods, and what runs when the component comes or goes.
    private mutating func act(_ part: Node, _ source: Code) {
        guard let name = Self.name(of: part, source), let function = Self.function(of: part, source), let body = function.child(source.field.body),
            source.kind(body) == .statementBlock
        else { return }
        names.append(name)
        let start = function.child(source.field.parameters)?.start ?? body.start
        pieces.append(Piece(before: "async function \(name)", code: start..<body.end, behind: ""))
    }

    /// `setup(props) { … return { link } }` runs where the function itself does.
    private mutating func setUp(_ part: Node, _ source: Code) {
        guard let function = Self.function(of: part, source), let body = function.child(source.field.body), source.kind(body) == .statementBlock else { return }
        for statement in body.children where source.kind(statement) != .returnStatement {
            statements.append(statement)
            pieces.append(Piece(before: "", code: statement.range, behind: ""))
        }
    }
}
