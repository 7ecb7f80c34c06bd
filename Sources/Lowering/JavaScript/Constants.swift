import Flow
import Syntax
import Vocabulary

// What the top of a file says before any function: the packages that it imports, and the names that it binds for good.
extension FileLowering {
    /// Beginnings of module names that mean files of the project, wherever they are.
    private static let ownPrefixes = [".", "@/", "~", "#/", "$lib/"]

    /// A module name that means a file of the project.
    func isOwn(_ specifier: String) -> Bool { Self.ownPrefixes.contains(where: specifier.hasPrefix) || own.contains(specifier) }

    mutating func noteImports(_ statement: Node) {
        var specifier: String?
        switch source.kind(statement) {
        case .importStatement: specifier = statement.child(source.field.source).flatMap { source.literalText($0) }
        case .lexicalDeclaration, .variableDeclaration:
            for declarator in statement.children {
                guard let value = declarator.child(source.field.value) else { continue }
                specifier = required(value)
                // What `require('x')(…)` gives is made by the package, and no name of it.
                let module = source.kind(value) == .member ? value.child(source.field.object) ?? value : value
                if let specifier, !isOwn(specifier), source.kind(module) == .call, module.child(source.field.function).map({ source.text($0) }) == "require",
                    let name = declarator.child(source.field.name)
                {
                    noteNames(bound: name, from: specifier)
                }
            }
        case .expressionStatement:
            if source.text(statement).hasPrefix("\"use server\"") || source.text(statement).hasPrefix("'use server'") { source.hasServerDirective = true }
        default: return
        }
        guard let specifier else { return }
        if source.kind(statement) == .importStatement, !isOwn(specifier) {
            noteNames(statement, from: specifier)
        }
        guard specifier.utf8.first != UInt8(ascii: ".") else { return }
        for (index, api) in source.vocabulary.apis.enumerated() where api.isImported(by: specifier) { source.importedAPIs.insert(index) }
    }

    /// The names that an import from a package binds.
    mutating func noteNames(_ node: Node, from specifier: String, depth: Int = 0) {
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

    /// `yup` and `{ object, string: text }` of `= require('yup')`
    private mutating func noteNames(bound pattern: Node, from specifier: String) {
        switch source.kind(pattern) {
        case .identifier, .shorthandPattern: source.packageNames[source.text(pattern)] = specifier
        case .objectPattern:
            for part in pattern.children { noteNames(bound: part.child(source.field.value) ?? part, from: specifier) }
        default: return
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

    mutating func collectConstants(_ statements: [Node]) {
        var lowering = RoutineLowering(source: source, name: "", names: [:])
        lowering.isModule = true
        for statement in statements {
            let declaration = source.kind(statement) == .exportStatement ? statement.child(source.field.declaration) : statement
            if let declaration, source.kind(declaration) == .enumDeclaration { collectEnumeration(declaration, &lowering) }
            if source.kind(statement) == .expressionStatement, let assignment = statement.children.first, source.kind(assignment) == .assignment {
                collectExport(assignment, &lowering, in: statements)
            }
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
                case .call where noteLimiter(value, named: source.text(name), in: statements): continue
                case .call: noteClient(value, named: source.text(name), &lowering)
                default: continue
                }
            }
        }
    }

    /// `exports.FIND = 'SELECT …'`, `module.exports = { FIND: 'SELECT …' }`, `exports.slow = rateLimit({…})`
    private func collectExport(_ assignment: Node, _ lowering: inout RoutineLowering, in statements: [Node]) {
        guard let left = assignment.child(source.field.left), let value = assignment.child(source.field.right), let path = source.path(of: left) else { return }
        if path == "module.exports" || path == "exports", source.kind(value) == .object {
            for part in value.children where source.kind(part) == .pair {
                guard let key = part.child(source.field.key), let item = part.child(source.field.value) else { continue }
                keep(item, as: path + "." + (source.literalText(key) ?? source.text(key)), &lowering)
            }
        } else if path.hasPrefix("exports.") || path.hasPrefix("module.exports.") {
            if source.kind(value) == .call { _ = noteLimiter(value, named: path, in: statements) }
            keep(value, as: path, &lowering)
        }
    }

    /// Text or a number that is exported under a path.
    private func keep(_ value: Node, as path: String, _ lowering: inout RoutineLowering) {
        guard [.string, .templateString, .number, .binary].contains(source.kind(value)) else { return }
        let binding = lowering.evaluate(value)
        if binding.chain == nil, binding.value.steps.isEmpty { source.constants[path] = binding }
    }

    /// `enum Status { Open = 'open', Held = 'held' }`
    private func collectEnumeration(_ declaration: Node, _ lowering: inout RoutineLowering) {
        guard let name = declaration.child(source.field.name), let body = declaration.child(source.field.body) else { return }
        var fields: [Value.Field] = []
        for item in body.children where source.kind(item) != .comment {
            // A member without a value is numbered by its place, which nobody stores on purpose.
            guard source.kind(item) == .enumAssignment, let key = item.child(source.field.name), let value = item.child(source.field.value) else { return }
            fields.append(.init(source.text(key), lowering.settled(value)))
        }
        source.constants[source.text(name)] = Binding(.object(fields, rest: nil))
    }

    /// `const limiter = rateLimit({ keyGenerator: (req) => req.body.email })`, `{ keyGenerator: emailOf }`: the field by which callers
    /// are told apart, which is their address where nothing is said.
    private func noteLimiter(_ call: Node, named name: String, in statements: [Node]) -> Bool {
        guard let callee = call.child(source.field.function) ?? call.child(source.field.constructor) else { return false }
        let isLimiter = source.callName(source.path(of: callee) ?? "").purpose == .limit
        guard let options = call.child(source.field.arguments)?.children.first(where: { source.kind($0) != .comment }), source.kind(options) == .object else {
            return false
        }
        for part in options.children {
            guard let key = part.child(source.field.key) ?? part.child(source.field.name), source.text(key) == "keyGenerator" else { continue }
            let given = part.child(source.field.value).flatMap { source.kind($0) == .identifier ? declaration(source.text($0), in: statements) : nil } ?? part
            let text = source.text(given)
            let names = Set(text.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init))
            source.limiterKeys[name] = names.contains("ip") ? "ip" : Self.callers.first(where: names.contains) ?? "ip"
            return true
        }
        if isLimiter { source.limiterKeys[name] = "ip" }
        return isLimiter
    }

    /// Fields of a request that say for whom it comes.
    private static let callers = ["email", "username", "userId", "user", "account", "phone", "mobile", "login", "identifier", "handle"]

    /// `const emailOf = (req) => …`, `function emailOf(req) {…}` at the top of the file.
    private func declaration(_ name: String, in statements: [Node]) -> Node? {
        if source.declarations == nil {
            var found: [String: Node] = [:]
            for statement in statements {
                let declaration = source.kind(statement) == .exportStatement ? statement.child(source.field.declaration) ?? statement : statement
                let candidates = [.lexicalDeclaration, .variableDeclaration].contains(source.kind(declaration)) ? declaration.children : [declaration]
                for candidate in candidates { if let name = candidate.child(source.field.name) { found[source.text(name)] = candidate } }
            }
            source.declarations = found
        }
        return source.declarations?[name]
    }

    /// `db.prepare`, or what goes on from it: `db.prepare('…').pluck`.
    private func opens(_ function: Node) -> Bool {
        var current: Node? = function
        for _ in 0..<4 {
            guard let property = current?.child(source.field.property) else { return false }
            if source.vocabulary.openings[source.text(property)] != nil { return true }
            guard let object = current?.child(source.field.object), source.kind(object) == .call else { return false }
            current = object.child(source.field.function)
        }
        return false
    }

    /// `const db = postgres()` names a tag; `const find = db.prepare('…')` a statement that functions run.
    mutating func noteClient(_ call: Node, named name: String, _ lowering: inout RoutineLowering) {
        guard let function = call.child(source.field.function) else { return }
        if source.kind(function) == .identifier {
            guard let package = source.packageNames[source.text(function)] else { return }
            let isTagged = source.vocabulary.apis.contains { api in api.isImported(by: package) && api.links.values.contains { $0.role == .tag } }
            if isTagged { source.tags.insert(name) }
        } else if opens(function) {
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
}
