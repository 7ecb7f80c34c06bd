import Flow
import Syntax
import Vocabulary

/// One file of the JavaScript family → its routines: every function that no other function contains, and the
/// statements at the top of the file.
struct FileLowering {
    let source: SourceFile
    var interface = Interface()
    private var routines: [Routine] = []
    /// The functions of the file that no other contains, found before any is lowered.
    private var functions: [Function] = []
    /// The top of the file calls something.
    private var runsItself = false
    private var handsOn = false
    /// Inside the arguments of a call that registers a request handler.
    private var isInRoute = false
    /// The types of the fields of the class that is being read.
    private var fields: [String: TypeName] = [:]
    /// The statements that its constructor or its properties prepare.
    private var members: [String: Binding] = [:]
    /// Inside the arguments of a call that runs one job at a time.
    private var isSerial = false

    init(file: FileID, bytes: [UInt8], grammar: JavaScriptGrammar, vocabulary: Vocabulary) {
        source = SourceFile(file: file, bytes: bytes, grammar: grammar, vocabulary: vocabulary)
    }

    /// - Parameter reaching: the module names that lead to the database; nil lowers every function, whatever it does.
    mutating func lower(_ root: Node, reaching: Set<String>?) -> Unit {
        let statements = root.children
        for statement in statements {
            noteImports(statement)
            noteInterface(statement)
        }
        collectConstants(statements)
        for statement in statements { topLevel(statement, exported: false) }
        functions.sort { $0.node.start < $1.node.start }
        if let reaching { lowerWanted(root, reaching) } else { lowerAll(root) }
        markScript()
        var unit = Unit()
        unit.routines = routines
        unit.schema.changes = ModelLowering.changes(in: root, of: source)
        unit.interface = interface
        unit.hasSyntaxErrors = root.hasError
        return unit
    }

    private mutating func lowerAll(_ root: Node) {
        for function in functions { lower(function) }
        moduleRoutine(root)
    }

    private mutating func lowerWanted(_ root: Node, _ reaching: Set<String>) {
        var names = interface.imports.filter { reaching.contains($0.value.module) }.map(\.key)
        let types = Set(names)
        names += source.tags
        for function in functions { names += function.members.keys }
        names += source.constants.filter { $0.value.chain != nil }.map(\.key)
        for function in functions { for (field, type) in function.fields where types.contains(type.name) { names.append(field) } }
        let places = functions.map { (name: String($0.name.split(separator: ".").last ?? ""), start: $0.node.start, end: $0.node.end) }
        var relevance = Relevance(source.bytes, source.vocabulary.spotted, reaching: names, functions: places.map(\.name))
        for (function, isWanted) in zip(functions, relevance.select(places)) where isWanted || function.hook != nil { lower(function) }
        if relevance.holdsPlace(outside: places) { moduleRoutine(root) }
    }

    /// A file that exports nothing and registers no handler, but calls its own functions, is run by hand.
    private mutating func markScript() {
        guard runsItself, !handsOn, interface.exports.isEmpty, functions.allSatisfy({ !$0.isExported && $0.entry == .none }) else { return }
        for index in routines.indices { routines[index].entry = .script }
    }

    // MARK: Imports and constants

    private mutating func noteImports(_ statement: Node) {
        var specifier: String?
        switch source.kind(statement) {
        case .importStatement: specifier = statement.child(source.field.source).flatMap { source.literalText($0) }
        case .lexicalDeclaration, .variableDeclaration:
            for declarator in statement.children { if let value = declarator.child(source.field.value) { specifier = required(value) } }
        case .expressionStatement:
            if source.text(statement).hasPrefix("\"use server\"") || source.text(statement).hasPrefix("'use server'") { source.hasServerDirective = true }
        default: return
        }
        guard let specifier else { return }
        if source.kind(statement) == .importStatement, !specifier.hasPrefix("."), !specifier.hasPrefix("@/"), !specifier.hasPrefix("~") {
            noteNames(statement, from: specifier)
        }
        guard specifier.utf8.first != UInt8(ascii: ".") else { return }
        for (index, api) in source.vocabulary.apis.enumerated() where api.isImported(by: specifier) { source.importedAPIs.insert(index) }
    }

    /// The names that an import from a package binds.
    private mutating func noteNames(_ node: Node, from specifier: String, depth: Int = 0) {
        guard depth < 5 else { return }
        for child in node.children {
            switch source.kind(child) {
            case .identifier: source.packageNames[source.text(child)] = specifier
            case .importSpecifier:
                if let name = child.child(source.field.alias) ?? child.child(source.field.name) { source.packageNames[source.text(name)] = specifier }
            case .string: continue
            default: noteNames(child, from: specifier, depth: depth + 1)
            }
        }
    }

    /// `require('x')`, also inside `require('x')(…)`, `new (require('x'))`, `require('x').y` and `await import('x')`.
    func required(_ node: Node) -> String? {
        var current: Node? = node
        for _ in 0..<6 {
            guard let node = current else { return nil }
            switch source.kind(node) {
            case .call:
                if let function = node.child(source.field.function) {
                    let name = source.text(function)
                    if name == "require" || name == "import", let first = node.child(source.field.arguments)?.children.first {
                        return source.literalText(first)
                    }
                    current = function
                } else {
                    return nil
                }
            case .member: current = node.child(source.field.object)
            case .newExpression: current = node.child(source.field.constructor)
            case .awaitExpression, .parenthesized: current = node.children.first
            default: return nil
            }
        }
        return nil
    }

    private mutating func collectConstants(_ statements: [Node]) {
        var lowering = RoutineLowering(source: source, name: "", names: [:])
        lowering.isModule = true
        for statement in statements {
            let declaration = source.kind(statement) == .exportStatement ? statement.child(source.field.declaration) : statement
            guard let declaration, [.lexicalDeclaration, .variableDeclaration].contains(source.kind(declaration)) else { continue }
            for declarator in declaration.children where source.kind(declarator) == .variableDeclarator {
                guard let name = declarator.child(source.field.name), source.kind(name) == .identifier, let value = declarator.child(source.field.value) else {
                    continue
                }
                switch source.kind(value) {
                case .string, .templateString, .number, .object, .arrayNode, .binary, .trueLiteral, .falseLiteral, .asExpression, .satisfies, .nullLiteral:
                    let binding = lowering.evaluate(value)
                    guard binding.chain == nil, binding.value.steps.isEmpty else { continue }
                    source.constants[source.text(name)] = binding
                    lowering.names[source.text(name)] = binding
                case .call: noteClient(value, named: source.text(name), &lowering)
                default: continue
                }
            }
        }
    }

    /// `const db = postgres()` names a tag; `const find = db.prepare('…')` a statement that functions run.
    private mutating func noteClient(_ call: Node, named name: String, _ lowering: inout RoutineLowering) {
        guard let function = call.child(source.field.function) else { return }
        if source.kind(function) == .identifier {
            guard let package = source.packageNames[source.text(function)] else { return }
            let isTagged = source.vocabulary.apis.contains { api in api.isImported(by: package) && api.links.values.contains { $0.role == .tag } }
            if isTagged { source.tags.insert(name) }
        } else if let property = function.child(source.field.property), source.vocabulary.openings[source.text(property)] != nil {
            lowering = RoutineLowering(source: source, name: "", names: lowering.names)
            lowering.isModule = true
            let binding = lowering.evaluate(call)
            // A statement that is prepared once, a collection or a repository: functions go on from there.
            switch binding.chain?.form {
            case .text, .builder: source.constants[name] = binding
            case .routine, nil: break
            }
        }
    }

    // MARK: Functions

    private mutating func topLevel(_ node: Node, exported: Bool) {
        switch source.kind(node) {
        case .exportStatement:
            for child in node.children where source.kind(child) != .comment { topLevel(child, exported: true) }
        case .functionDeclaration, .generatorDeclaration:
            add(node, named: node.child(source.field.name).map { source.text($0) } ?? "default", exported: exported)
        case .classDeclaration, .abstractClass, .classExpression:
            addClass(node, exported: exported)
        case .lexicalDeclaration, .variableDeclaration:
            for declarator in node.children where source.kind(declarator) == .variableDeclarator {
                guard let value = declarator.child(source.field.value) else { continue }
                functions(in: value, named: declarator.child(source.field.name).map { source.text($0) } ?? "", exported: exported, depth: 0)
            }
        case .importStatement, .comment, .interface, .typeAlias: return
        default:
            if source.kind(node) == .expressionStatement, let inner = node.children.first, [.call, .awaitExpression].contains(source.kind(inner)) {
                runsItself = true
                // `serve(handler)`: a function that is handed on by name is called by others.
                if let arguments = inner.child(source.field.arguments), arguments.children.contains(where: { source.kind($0) == .identifier }) {
                    handsOn = true
                }
            }
            functions(in: node, named: exported ? "default" : "", exported: exported, depth: 0)
        }
    }

    private mutating func addClass(_ node: Node, exported: Bool) {
        let name = node.child(source.field.name).map { source.text($0) } ?? "default"
        let outer = fields
        let outerMembers = members
        fields = fieldTypes(of: node.child(source.field.body))
        members = preparedStatements(in: node.child(source.field.body))
        defer { (fields, members) = (outer, outerMembers) }
        var hook: Write.Operation?
        for member in node.child(source.field.body)?.children ?? [] {
            if source.kind(member) == .decorator {
                if let word = source.decoratorName(member), let operation = source.vocabulary.hooks[word] { hook = operation }
                continue
            }
            defer { hook = nil }
            switch source.kind(member) {
            case .method:
                let isHook = hook != nil
                add(member, named: name + "." + (member.child(source.field.name).map { source.text($0) } ?? ""), exported: exported || isHook, entry: isHook ? .route : nil)
                functions[functions.count - 1].hook = hook
            case .field, .fieldJS:
                guard let value = member.child(source.field.value) else { continue }
                let property = member.child(source.field.name) ?? member.child(source.field.property)
                functions(in: value, named: name + "." + (property.map { source.text($0) } ?? ""), exported: exported, depth: 0)
            default: continue
            }
        }
    }

    /// The outermost functions inside an expression, each under the name by which a reader would call it.
    private mutating func functions(in node: Node, named name: String, exported: Bool, depth: Int) {
        guard depth < 80 else { return }
        switch source.kind(node) {
        case .arrowFunction, .functionExpression, .functionOld, .generator:
            add(node, named: name, exported: exported)
        case .pair:
            guard let key = node.child(source.field.key), let value = node.child(source.field.value) else { return }
            let property = source.literalText(key) ?? source.text(key)
            functions(in: value, named: name.isEmpty ? property : name + "." + property, exported: exported, depth: depth + 1)
        case .method:
            let property = node.child(source.field.name).map { source.text($0) } ?? ""
            add(node, named: name.isEmpty ? property : name + "." + property, exported: exported)
        case .call: callback(in: node, named: name, exported: exported, depth: depth)
        case .classExpression, .classDeclaration: addClass(node, exported: exported)
        case .assignment:
            let target = node.child(source.field.left).map { source.text($0) } ?? name
            if let right = node.child(source.field.right) { functions(in: right, named: target, exported: true, depth: depth + 1) }
        case .string, .templateString, .number, .identifier, .comment, .typeAnnotation, .regex: return
        default:
            for child in node.children { functions(in: child, named: name, exported: exported, depth: depth + 1) }
        }
    }

    /// Functions handed to a call at the top of a file: request handlers where the call registers one.
    private mutating func callback(in node: Node, named name: String, exported: Bool, depth: Int) {
        guard let function = node.child(source.field.function) else { return }
        let arguments = node.child(source.field.arguments)?.children ?? []
        let outerSerial = isSerial
        isSerial = isSerial || arguments.contains { runsOneAtATime($0) }
        defer { isSerial = outerSerial }
        var label = name, isRoute = false, isolation: Isolation?
        if let property = function.child(source.field.property) {
            functions(in: function.child(source.field.object) ?? function, named: name, exported: exported, depth: depth + 1)
            let method = source.text(property)
            isRoute = source.vocabulary.calls.routes.contains(method)
            let links = source.importedAPIs.compactMap { source.vocabulary.apis[$0].links[method] }
            isolation = links.first { $0.role == .transaction }?.isolation
            if let path = arguments.first.flatMap({ source.literalText($0) }) { label = "\(method) \(path)" } else if label.isEmpty { label = method }
        } else if label.isEmpty {
            label = source.path(of: function) ?? "callback"
        }
        if let (table, operation) = hook(function, arguments), let body = arguments.last, source.kind(body).isFunction {
            add(body, named: table + "." + label, exported: true, entry: .route)
            functions[functions.count - 1].hook = operation
            return
        }
        for argument in arguments {
            if source.kind(argument).isFunction {
                add(argument, named: label, exported: exported || isRoute, entry: isRoute || label == "serve" ? .route : nil, within: isolation)
            } else {
                // `router.post('/pay', wrapped(async (req, res) => …))`
                let outer = isInRoute
                isInRoute = isInRoute || isRoute
                functions(in: argument, named: label, exported: exported, depth: depth + 1)
                isInRoute = outer
            }
        }
    }

    /// `orderSchema.pre('save', …)`, `Order.addHook('beforeCreate', …)`, `Order.beforeCreate(…)`: the table, and the write
    /// before which the library runs the function.
    private func hook(_ function: Node, _ arguments: [Node]) -> (String, Write.Operation)? {
        let hooks = source.vocabulary.hooks
        guard !hooks.isEmpty, let property = function.child(source.field.property), let object = function.child(source.field.object),
            let owner = source.path(of: object)?.split(separator: ".").last
        else { return nil }
        let method = source.text(property)
        let word = ["pre", "addHook"].contains(method) ? arguments.first.flatMap { source.literalText($0) } ?? "" : method
        guard let operation = hooks[word] ?? hooks[word.prefix(1).uppercased() + word.dropFirst()], arguments.last.map({ source.kind($0).isFunction }) == true else {
            return nil
        }
        let name = owner.hasSuffix("Schema") && owner.count > 6 ? owner.dropLast(6) : owner
        return (name.prefix(1).uppercased() + name.dropFirst(), operation)
    }

    /// `{concurrency: 1}`, `{concurrency: {limit: 1}}`: a queue hands out one job at a time.
    private func runsOneAtATime(_ options: Node) -> Bool {
        guard source.kind(options) == .object else { return false }
        return options.children.contains { pair in
            guard let key = pair.child(source.field.key), let value = pair.child(source.field.value), source.vocabulary.calls.serial.contains(source.text(key)) else {
                return false
            }
            if source.kind(value) == .number { return source.text(value) == "1" }
            return source.kind(value) == .object
                && value.children.contains { $0.child(source.field.key).map { source.text($0) } == "limit" && $0.child(source.field.value).map { source.text($0) } == "1" }
                && !value.children.contains { $0.child(source.field.key).map { source.text($0) } == "key" }
        }
    }

    /// `this.find = db.prepare('…')` in a constructor, `private find = this.db.prepare('…')`.
    private func preparedStatements(in body: Node?) -> [String: Binding] {
        var found: [String: Binding] = [:]
        func note(_ name: String, _ value: Node) {
            guard source.kind(value) == .call, let property = value.child(source.field.function)?.child(source.field.property),
                source.vocabulary.openings[source.text(property)] != nil
            else { return }
            var lowering = RoutineLowering(source: source, name: "", names: [:])
            lowering.isModule = true
            let binding = lowering.evaluate(value)
            if case .text? = binding.chain?.form { found[name] = binding }
        }
        for member in body?.children ?? [] {
            switch source.kind(member) {
            case .field, .fieldJS:
                guard let name = member.child(source.field.name) ?? member.child(source.field.property), let value = member.child(source.field.value) else { continue }
                note(source.text(name), value)
            case .method:
                guard let name = member.child(source.field.name), source.text(name) == "constructor" else { continue }
                for statement in member.child(source.field.body)?.children ?? [] {
                    guard let assignment = statement.children.first, source.kind(assignment) == .assignment, let left = assignment.child(source.field.left),
                        let path = source.path(of: left), path.hasPrefix("this."), let right = assignment.child(source.field.right)
                    else { continue }
                    note(String(path.dropFirst(5)), right)
                }
            default: continue
            }
        }
        return found
    }

    private static let routeNames: Set<String> = [
        "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "handler", "fetch", "default.fetch", "action", "loader",
    ]

    private mutating func add(_ function: Node, named name: String, exported: Bool, entry: Routine.Entry? = nil, within isolation: Isolation? = nil) {
        let kind: Routine.Entry =
            entry ?? (isInRoute ? .route : nil) ?? (Self.routeNames.contains(name) && exported ? .route : source.hasServerDirective && exported ? .action : .none)
        functions.append(Function(node: function, name: name.isEmpty ? "anonymous" : name, isExported: exported, entry: kind, isolation: isolation, isSerial: isSerial, fields: fields,
                members: members))
    }

    private mutating func lower(_ function: Function) {
        var lowering = RoutineLowering(source: source, name: function.name, names: [:])
        lowering.types = function.fields
        lowering.members = function.members
        var found = lowering.routines(of: function.node, entry: function.entry, isExported: function.isExported)
        if let isolation = function.isolation {
            // `const pay = db.transaction((id) => …)`: the whole function is the transaction.
            found[0].body.insert(Step(id: found[0].nextStep, span: source.span(function.node), kind: .begin(isolation)), at: 0)
            found[0].nextStep += 1
        }
        if function.isSerial {
            found[0].body.insert(Step(id: found[0].nextStep, span: source.span(function.node), kind: .lock(Lock(.mutex, key: .unknown))), at: 0)
            found[0].nextStep += 1
        }
        if let hook = function.hook { found[0].end(with: hook, on: String(function.name.prefix { $0 != "." }), source.head(of: function.node)) }
        routines.append(contentsOf: found)
    }

    /// What runs when the file is loaded.
    private mutating func moduleRoutine(_ root: Node) {
        var lowering = RoutineLowering(source: source, name: "module", names: [:])
        lowering.isModule = true
        lowering.statements(of: root)
        guard lowering.steps.contains(where: { $0.kind.touchesDatabase }) else { return }
        routines.append(
            Routine(
                name: "module", entry: .module, isExported: false, parameters: [], body: lowering.steps, nextStep: lowering.nextStep, span: source.span(root)))
    }
}

/// A function of the file, before it is lowered.
private struct Function {
    let node: Node
    let name: String
    let isExported: Bool
    let entry: Routine.Entry
    let isolation: Isolation?
    /// Its caller runs it for one job at a time.
    let isSerial: Bool
    /// The types of the fields of the class around.
    let fields: [String: TypeName]
    let members: [String: Binding]
    /// The write before which the library runs it.
    var hook: Write.Operation?
}

extension Routine {
    /// A method that the library runs before it writes a row: the write stands at its end.
    fileprivate mutating func end(with operation: Write.Operation, on table: String, _ span: Span) {
        var write = Write(operation, table: table)
        let row = Value.parameter(0, parameters.first ?? "")
        if operation != .insert { write.filters = [Predicate("id", .equal, row.member("id"))] }
        write.openValues = [row]
        body.append(Step(id: nextStep, span: span, kind: .write(write)))
        nextStep += 1
    }
}

extension Step.Kind {
    fileprivate var touchesDatabase: Bool {
        switch self {
        case .read, .write: true
        case .branch(_, let then, let otherwise): (then + otherwise).contains { $0.kind.touchesDatabase }
        case .loop(let body), .scope(let body): body.contains { $0.kind.touchesDatabase }
        case .attempt(let body, let handler, let cleanup): (body + (handler ?? []) + cleanup).contains { $0.kind.touchesDatabase }
        case .begin, .end, .lock, .unlock, .effect, .call, .exit, .opaque: false
        }
    }
}
