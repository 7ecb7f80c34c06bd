import Flow
import SQL
import Syntax
import Vocabulary

/// The tables that a file of the JavaScript family defines: models, migrations, and SQL that defines tables.
///
/// One walk finds the calls and classes that `models.yml` names; only those are read.
struct ModelLowering {
    let source: SourceFile
    let words: ModelWords
    var reader: NotationReader
    var changes: [SchemaChange] = []
    /// Table creators of the file, and what they put before a table's name.
    var creators: [String: String] = [:]
    /// Documents by the variable of their schema, until the name of their model is known.
    var documents: [String: TableDraft] = [:]
    /// The names of models by the variable, or the class, of their schema.
    var modelNames: [String: [String]] = [:]
    /// The class behind a variable: `const CatSchema = SchemaFactory.createForClass(Cat)`.
    var classes: [String: String] = [:]
    /// The packages that the file imports.
    var packages: Set<String> = []
    /// Classes whose fields others inherit.
    var bases: [String: TableDraft] = [:]
    private var isUp = false
    /// The class around what is being read: `super.init({ … })` speaks of it.
    private(set) var enclosingClass: String?

    private static let depthLimit = 150

    static func changes(in root: Node, of source: SourceFile) -> [SchemaChange] {
        let words = source.vocabulary.models
        guard words.mayStand(in: source.bytes) else { return [] }
        var lowering = ModelLowering(source: source, words: words, reader: NotationReader(source: source))
        lowering.packages = Set(source.packageNames.values)
        let statements = root.children
        for statement in statements { lowering.noteConstants(statement) }
        for statement in statements { lowering.visit(statement, 0) }
        for name in lowering.documents.keys.sorted() { if let document = lowering.documents[name] { lowering.declare(document, boundTo: name) } }
        return lowering.changes
    }

    private mutating func noteConstants(_ statement: Node) {
        let declaration = source.kind(statement) == .exportStatement ? statement.child(source.field.declaration) : statement
        guard let declaration else { return }
        if source.kind(declaration) == .enumDeclaration { return noteEnum(declaration) }
        guard [.lexicalDeclaration, .variableDeclaration].contains(source.kind(declaration)) else { return }
        for declarator in declaration.children where source.kind(declarator) == .variableDeclarator {
            guard let name = declarator.child(source.field.name), let value = declarator.child(source.field.value) else { continue }
            reader.constants[source.text(name)] = value
            if reader.names(value) == ["require"], let package = reader.arguments(of: value).first?.text { packages.insert(package) }
        }
    }

    /// `enum State { Open = 'open' }`
    private mutating func noteEnum(_ node: Node) {
        guard let name = node.child(source.field.name), let body = node.child(source.field.body) else { return }
        let values = body.children.compactMap { member in member.child(source.field.value).flatMap { source.literalText($0) } }
        if !values.isEmpty { changes.append(.createEnum(source.text(name).lowercased(), Set(values))) }
    }

    // MARK: The walk

    private mutating func visit(_ node: Node, _ depth: Int, boundTo name: String? = nil) {
        guard depth < Self.depthLimit else { return }
        switch source.kind(node) {
        case .call, .newExpression: return visitCall(node, depth, boundTo: name)
        case .string, .templateString: return sql(node)
        case .exportStatement:
            for child in node.children where source.kind(child) != .decorator { visit(child, depth + 1, decorators: decorators(of: node)) }
            return
        case .classDeclaration, .abstractClass, .classExpression: return visit(node, depth, decorators: [])
        case .functionDeclaration, .method, .pair, .variableDeclarator, .assignment:
            let key = node.child(source.field.name) ?? node.child(source.field.key) ?? node.child(source.field.left)
            let text = key.map { source.text($0) }
            let last = text?.split(separator: ".").last.map(String.init)
            // What a migration takes back again.
            if last == "down" { return }
            let outer = isUp
            if last == "up" { isUp = true }
            for child in node.children { visit(child, depth + 1, boundTo: last) }
            isUp = outer
            return
        case .asExpression, .satisfies, .binary, .awaitExpression, .parenthesized: for child in node.children { visit(child, depth + 1, boundTo: name) }
        case .importStatement, .comment, .interface, .typeAlias, .typeAnnotation, .typeArguments, .regex: return
        default: for child in node.children { visit(child, depth + 1) }
        }
    }

    private mutating func visit(_ node: Node, _ depth: Int, decorators outer: [CallChain]) {
        if [.classDeclaration, .abstractClass, .classExpression].contains(source.kind(node)) {
            classModel(node, outer + decorators(of: node))
            let around = enclosingClass
            enclosingClass = node.child(source.field.name).map { source.text($0) } ?? around
            defer { enclosingClass = around }
            for child in node.child(source.field.body)?.children ?? [] where source.kind(child) != .decorator { visit(child, depth + 1) }
        } else {
            visit(node, depth)
        }
    }

    func decorators(of node: Node) -> [CallChain] {
        node.children.compactMap { child in
            guard source.kind(child) == .decorator, let inner = child.children.first else { return nil }
            if source.kind(inner) == .call { return reader.chain(inner) }
            return CallChain(calls: [.init(name: source.text(inner), arguments: [])])
        }
    }

    private mutating func visitCall(_ node: Node, _ depth: Int, boundTo name: String?) {
        let names = reader.names(node)
        if names.contains(where: isModelCall) || isCustomTable(node, names, name) {
            if let rest = handle(reader.chain(node), boundTo: name) {
                // `createTable(…).then(() => …)`: what the chain did not use.
                for case .function(_, let body) in rest { visit(body, depth + 1) }
                return
            }
        }
        // The calls of a chain stand inside each other; their arguments are visited from the outermost on.
        var current: Node? = node
        while let call = current {
            current = nil
            for argument in call.child(source.field.arguments)?.children ?? [] { visit(argument, depth + 1) }
            if let arguments = call.child(source.field.arguments), source.kind(arguments) == .templateString { sql(arguments) }
            guard let function = call.child(source.field.function) ?? call.child(source.field.constructor) else { continue }
            let inner = source.kind(function) == .member ? function.child(source.field.object) : function
            guard let inner else { continue }
            if [.call, .newExpression].contains(source.kind(inner)) { current = inner } else { visit(inner, depth + 1) }
        }
    }

    private func isModelCall(_ name: String) -> Bool {
        words.tables.contains(name) || words.creators.contains(name) || words.enums.contains(name) || words.migrations.contains(name)
            || creators[name] != nil || Self.mapperCalls.contains(name)
    }

    private static let mapperCalls: Set<String> = [
        "define", "init", "Schema", "model", "index", "createForClass", "table", "enum", "EntitySchema", "defineEntity", "drizzle",
    ]

    /// What the chain defines is added; the functions that it did not look at come back. nil where it defines nothing.
    private mutating func handle(_ chain: CallChain, boundTo name: String?) -> [Notation]? {
        guard tableCall(chain, boundTo: name) || mapperCall(chain, boundTo: name) || migrationCall(chain) else { return nil }
        return chain.calls.filter { ["then", "catch", "finally"].contains($0.name) }.flatMap(\.arguments)
    }

    // MARK: SQL

    /// `db.exec('CREATE TABLE …')`, `queryRunner.query('CREATE UNIQUE INDEX …')`: text that defines tables, wherever it stands.
    private mutating func sql(_ node: Node) {
        guard node.end - node.start > 12, definesTables(node.start + 1, node.end), let text = reader.read(node).text else { return }
        for statement in SQLReader.statements(in: Array(text.utf8)) {
            for case .schema(let change) in statement.operations {
                // Only a migration drops for good; code that starts afresh creates again what it drops.
                if case .dropTable = change, !isUp { continue }
                changes.append(change)
            }
        }
    }

    private func definesTables(_ start: Int, _ end: Int) -> Bool {
        var at = start
        while at < end, source.bytes[at] <= 0x20 { at += 1 }
        guard at + 6 < end else { return false }
        let word = String(decoding: source.bytes[at..<(at + 6)], as: UTF8.self).lowercased()
        return word == "create" || word.hasPrefix("alter") || word.hasPrefix("drop ")
    }
}
