import Flow
import Syntax

/// The code that a component brings along: what it imports, what it declares, and where it says in the words of its
/// framework what a function would say plainly.
struct Script {
    let range: Range<Int>
    private(set) var imports: [Range<Int>] = []
    private(set) var declared: Set<String> = []
    /// What the object that describes the component comes to, where that is how it is written.
    private var pieces: [Options.Piece] = []
    /// Names that such a component calls its own: `this.shop`.
    private(set) var asked: [String] = []
    /// What stands for a stretch of it.
    private var edits: [(range: Range<Int>, text: String)] = []
    /// Where that object stands.
    private var whole: Range<Int>?
    /// Names that hold a box around a value, which a template looks into by itself.
    private var boxes: Set<String> = []

    /// Calls that give what a component is given.
    private static let given: Set<String> = ["defineProps", "withDefaults", "$props"]
    /// Calls that keep what changes while a page is shown.
    private static let keeping: Set<String> = [
        "ref", "shallowRef", "reactive", "shallowReactive", "toRef", "toRefs", "storeToRefs", "inject", "defineModel", "useModel", "useVModel", "readable",
        "writable", "$state",
    ]
    /// Calls of a function that gives a value made of others.
    private static let deriving: Set<String> = ["computed", "$derived", "derived"]
    private static let boxing = keeping.union(deriving)

    init(_ range: Range<Int>, of bytes: [UInt8], _ grammar: HostGrammar, _ parser: borrowing Parser, limit: UInt64) {
        var script = Script(range)
        let source = Code(bytes: Array(bytes[range]), grammar: grammar)
        _ = parser.parse(source.bytes, limit: limit) { tree in script.read(tree.root, source) }
        self = script
    }

    private init(_ range: Range<Int>) { self.range = range }

    // MARK: Reading

    private mutating func read(_ root: Node, _ source: Code) {
        for statement in root.children {
            if source.kind(statement) == .importStatement {
                imports.append(host(statement.start..<statement.end))
                for clause in statement.children where source.kind(clause) == .importClause { declared.formUnion(bound(by: clause, source)) }
            } else {
                declare(statement, source)
            }
        }
        for statement in root.children where source.kind(statement) == .exportStatement { describe(statement, source) }
        for statement in root.children where source.kind(statement) != .importStatement { rewrite(statement, source, depth: 0) }
        edits.sort { $0.range.lowerBound < $1.range.lowerBound }
    }

    private func host(_ part: Range<Int>) -> Range<Int> { (part.lowerBound + range.lowerBound)..<(part.upperBound + range.lowerBound) }

    private mutating func edit(_ part: Range<Int>, _ text: String) { edits.append((host(part), text)) }

    /// The names that a pattern or an import binds: not those of properties, nor of defaults.
    private func bound(by node: Node, _ source: Code) -> [String] {
        switch source.kind(node) {
        case .identifier, .shorthandPattern: return [source.text(node)]
        case .importSpecifier: return (node.child(source.field.alias) ?? node.child(source.field.name)).map { [source.text($0)] } ?? []
        case .pairPattern: return node.child(source.field.value).map { bound(by: $0, source) } ?? []
        case .assignmentPattern, .objectAssignmentPattern: return node.child(source.field.left).map { bound(by: $0, source) } ?? []
        default: return node.children.flatMap { bound(by: $0, source) }
        }
    }

    private mutating func declare(_ statement: Node, _ source: Code) {
        switch source.kind(statement) {
        case .exportStatement:
            if let declaration = statement.child(source.field.declaration) { declare(declaration, source) }
        case .lexicalDeclaration, .variableDeclaration:
            for declarator in statement.children {
                guard let name = declarator.child(source.field.name) else { continue }
                let names = bound(by: name, source)
                declared.formUnion(names)
                if let value = declarator.child(source.field.value), source.kind(value) == .call, let callee = value.child(source.field.function),
                    Self.boxing.contains(source.text(callee))
                {
                    boxes.formUnion(names)
                }
            }
        case .functionDeclaration, .generatorDeclaration, .classDeclaration:
            if let name = statement.child(source.field.name) { declared.insert(source.text(name)) }
        case .labeled:
            // `$: total = price * count`
            if let assignment = statement.children.last?.children.first, source.kind(assignment) == .assignment,
                let left = assignment.child(source.field.left), source.kind(left) == .identifier
            {
                declared.insert(source.text(left))
            }
        default: break
        }
    }

    /// `export default { data() { … }, computed: { … } }`, `export default defineComponent({ … })`
    private mutating func describe(_ statement: Node, _ source: Code) {
        guard let value = statement.child(source.field.value), let options = Options(of: value, source) else { return }
        declared.formUnion(options.names)
        for statement in options.statements { declare(statement, source) }
        pieces = options.pieces
        whole = host(statement.start..<statement.end)
    }

    private mutating func rewrite(_ node: Node, _ source: Code, depth: Int) {
        guard depth < 200 else { return }
        switch source.kind(node) {
        // What a component calls its own are the names of the function that it comes to.
        case .member where whole != nil && node.child(source.field.object).map { source.kind($0) } == .this:
            guard let property = node.child(source.field.property) else { return }
            asked.append(source.text(property))
            return edit(node.start..<property.start, "")
        case .call:
            if let callee = node.child(source.field.function), source.kind(callee) == .identifier, rewrite(node, callee, source) { return }
        case .member:
            if source.text(node) == "Astro.props" { return edit(node.start..<node.end, "props") }
            // `profile.value.website`: the template says `profile.website`.
            if let object = node.child(source.field.object), let property = node.child(source.field.property), source.text(property) == "value",
                source.kind(object) == .identifier, boxes.contains(source.text(object))
            {
                return edit(object.end..<node.end, "")
            }
        case .exportStatement:
            // `export let data`: what a component is given.
            if let declaration = node.child(source.field.declaration), source.kind(declaration) == .lexicalDeclaration,
                source.text(declaration).hasPrefix("let ")
            {
                edit(node.start..<declaration.start, "")
                for declarator in declaration.children {
                    guard let name = declarator.child(source.field.name), source.kind(name) == .identifier else { continue }
                    edit(name.end..<declarator.end, " = props." + source.text(name))
                }
                return
            }
            if let declaration = node.child(source.field.declaration) { edit(node.start..<declaration.start, "") }
            // `export default { … }` describes the component; what is exported is the component.
            if let value = node.child(source.field.value) { edit(node.start..<value.start, "const options = ") }
        case .labeled:
            if let body = node.children.last, source.text(node).hasPrefix("$:") { edit(node.start..<body.start, "") }
        default: break
        }
        for child in node.children { rewrite(child, source, depth: depth + 1) }
    }

    private mutating func rewrite(_ call: Node, _ callee: Node, _ source: Code) -> Bool {
        let name = source.text(callee)
        if Self.given.contains(name) {
            edit(call.start..<call.end, "props")
            return true
        }
        if Self.keeping.contains(name) { edit(callee.start..<callee.end, "useState") }
        guard Self.deriving.contains(name), let arguments = call.child(source.field.arguments), let first = arguments.children.first else { return false }
        if source.kind(first) == .arrowFunction, let body = first.child(source.field.body), source.kind(body) != .statementBlock {
            edit(call.start..<body.start, "(")
            edit(body.end..<call.end, ")")
            rewrite(body, source, depth: 0)
            return true
        }
        // `computed(() => { … return site })` is what the function gives.
        if source.kind(first).isFunction {
            edit(callee.start..<callee.end, "")
            edit(call.end..<call.end, "()")
        } else if source.kind(first) == .object, let get = Self.getter(of: first, source), let body = get.child(source.field.body) {
            // `computed({ get: () => props.site, set(value) { … } })`: a block is run where it stands.
            let isBlock = source.kind(body) == .statementBlock
            edit(call.start..<body.start, isBlock ? "(() => " : "(")
            edit(body.end..<call.end, isBlock ? ")()" : ")")
            rewrite(body, source, depth: 0)
            return true
        } else {
            edit(callee.start..<callee.end, source.kind(first) == .object ? "useState" : "")
        }
        return false
    }

    private static func getter(of options: Node, _ source: Code) -> Node? {
        options.children.firstMapped { part in
            let key = part.child(source.field.key) ?? part.child(source.field.name)
            guard key.map({ source.text($0) }) == "get" else { return nil }
            return part.child(source.field.value) ?? part
        }
    }

    // MARK: Writing

    /// Its imports, which stand at the top of a file.
    func writeImports(to projection: inout Projection, _ bytes: [UInt8]) {
        for part in imports {
            projection.copy(part, of: bytes)
            projection.write("\n", for: part.upperBound)
        }
    }

    /// All else of it, as the body of a function that is given `props`.
    func writeBody(to projection: inout Projection, _ bytes: [UInt8]) {
        let left = (imports + (whole.map { [$0] } ?? [])).map { (range: $0, text: "") }
        copy(range, to: &projection, bytes, with: (left + edits).sorted { $0.range.lowerBound < $1.range.lowerBound }[...])
        projection.write("\n", for: range.upperBound)
    }

    /// What the object that describes a component comes to in such a function.
    func writeOptions(to projection: inout Projection, _ bytes: [UInt8]) {
        for piece in pieces {
            projection.write(piece.before, for: host(piece.code).lowerBound)
            copy(host(piece.code), to: &projection, bytes, with: edits(in: host(piece.code)))
            projection.write(piece.behind + "\n", for: host(piece.code).upperBound)
        }
    }

    /// A stretch with what stands for parts of it.
    private func copy(_ stretch: Range<Int>, to projection: inout Projection, _ bytes: [UInt8], with edits: ArraySlice<(range: Range<Int>, text: String)>) {
        var at = stretch.lowerBound
        for (part, text) in edits where part.lowerBound >= at && part.upperBound <= stretch.upperBound {
            projection.copy(at..<part.lowerBound, of: bytes)
            if !text.isEmpty { projection.write(text, for: part.lowerBound) }
            at = part.upperBound
        }
        projection.copy(at..<stretch.upperBound, of: bytes)
    }

    /// The edits in a stretch; they are kept in order.
    private func edits(in stretch: Range<Int>) -> ArraySlice<(range: Range<Int>, text: String)> {
        func place(of offset: Int) -> Int {
            var low = 0, high = edits.count
            while low < high {
                let middle = (low + high) / 2
                if edits[middle].range.lowerBound < offset { low = middle + 1 } else { high = middle }
            }
            return low
        }
        return edits[place(of: stretch.lowerBound)..<place(of: stretch.upperBound)]
    }
}

/// Code without what its names mean.
struct Code {
    let bytes: [UInt8]
    let grammar: HostGrammar

    var field: HostGrammar.Fields { grammar.field }

    func kind(_ node: Node) -> Kind { grammar.kind(node) }

    func text(_ node: Node) -> String { String(decoding: bytes[node.range], as: UTF8.self) }
}
