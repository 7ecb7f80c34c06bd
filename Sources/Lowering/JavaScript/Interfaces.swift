import Flow
import Syntax

// What a file of the JavaScript family imports and exports, and the classes that it declares.
extension FileLowering {
    mutating func noteInterface(_ statement: Node) {
        switch source.kind(statement) {
        case .importStatement: imported(statement)
        case .exportStatement: exported(statement)
        case .lexicalDeclaration, .variableDeclaration: declared(statement)
        case .expressionStatement: assigned(statement)
        case .classDeclaration, .abstractClass: classDeclared(statement)
        default: return
        }
    }

    private mutating func imported(_ statement: Node) {
        guard let module = statement.child(source.field.source).flatMap({ source.literalText($0) }) else { return }
        for clause in statement.children where source.kind(clause) == .importClause {
            for part in clause.children {
                switch source.kind(part) {
                case .identifier: interface.imports[source.text(part)] = .init(module: module, name: "default")
                case .namespaceImport: if let name = part.children.first { interface.imports[source.text(name)] = .init(module: module, name: "*") }
                case .namedImports:
                    for specifier in part.children where source.kind(specifier) == .importSpecifier {
                        guard let name = specifier.child(source.field.name) else { continue }
                        interface.imports[source.text(specifier.child(source.field.alias) ?? name)] = .init(module: module, name: source.text(name))
                    }
                default: continue
                }
            }
        }
    }

    private mutating func exported(_ statement: Node) {
        if let declaration = statement.child(source.field.declaration) {
            noteInterface(declaration)
            let isDefault = source.bytes[statement.start..<min(declaration.start, statement.end)].contains(UInt8(ascii: "f"))
            for name in names(declaredBy: declaration) { interface.exports[isDefault ? "default" : name] = .local(name) }
            return
        }
        let module = statement.child(source.field.source).flatMap { source.literalText($0) }
        for part in statement.children {
            switch source.kind(part) {
            case .exportClause:
                for specifier in part.children {
                    guard let name = specifier.child(source.field.name) else { continue }
                    let local = source.text(name), outer = source.text(specifier.child(source.field.alias) ?? name)
                    interface.exports[outer] = module.map { .passed(.init(module: $0, name: local)) } ?? .local(local)
                }
                return
            case .namespaceExport:
                if let module, let name = part.children.first { interface.exports[source.text(name)] = .passed(.init(module: module, name: "*")) }
                return
            case .identifier: interface.exports["default"] = .local(source.text(part))
            case .newExpression:
                if let type = part.child(source.field.constructor) { interface.objects["default"] = source.text(type) }
                interface.exports["default"] = .local("default")
            case .object:
                noteAliases(part, of: "default")
                interface.exports["default"] = .local("default")
            default: if module == nil { interface.exports["default"] = .local("default") }
            }
        }
        if let module, interface.exports.isEmpty || source.text(statement).contains("*") { interface.passedOn.append(module) }
    }

    private func names(declaredBy declaration: Node) -> [String] {
        switch source.kind(declaration) {
        case .lexicalDeclaration, .variableDeclaration:
            declaration.children.compactMap { $0.child(source.field.name) }.filter { source.kind($0) == .identifier }.map { source.text($0) }
        default: declaration.child(source.field.name).map { [source.text($0)] } ?? ["default"]
        }
    }

    mutating func declared(_ statement: Node) {
        for declarator in statement.children {
            guard let name = declarator.child(source.field.name), var value = declarator.child(source.field.value) else { continue }
            while [.asExpression, .satisfies, .parenthesized, .awaitExpression].contains(source.kind(value)), let inner = value.children.first { value = inner }
            switch source.kind(value) {
            case .newExpression:
                if let type = value.child(source.field.constructor), source.kind(type) == .identifier {
                    interface.objects[source.text(name)] = source.text(type)
                }
            case .call:
                guard let module = required(value) else {
                    // `const seats = makeSeats(pool)`: its methods are those of the object which that function gives.
                    if source.kind(name) == .identifier, let maker = value.child(source.field.function), source.kind(maker) == .identifier {
                        interface.objects[source.text(name)] = source.text(maker)
                    }
                    continue
                }
                if source.kind(name) == .identifier { interface.imports[source.text(name)] = .init(module: module, name: "*") }
                for part in name.children where source.kind(name) == .objectPattern {
                    if source.kind(part) == .shorthandPattern { interface.imports[source.text(part)] = .init(module: module, name: source.text(part)) }
                    if source.kind(part) == .pairPattern, let key = part.child(source.field.key), let local = part.child(source.field.value) {
                        interface.imports[source.text(local)] = .init(module: module, name: source.text(key))
                    }
                }
            case .member:
                guard let module = required(value), let property = value.child(source.field.property) else { continue }
                interface.imports[source.text(name)] = .init(module: module, name: source.text(property))
            case .classExpression: classDeclared(value, named: source.text(name))
            case .object: noteAliases(value, of: source.text(name))
            default: continue
            }
        }
    }

    /// `module.exports = {a, b: c}`, `module.exports = f`, `exports.a = …`
    private mutating func assigned(_ statement: Node) {
        guard let assignment = statement.children.first, source.kind(assignment) == .assignment, let left = assignment.child(source.field.left),
            let right = assignment.child(source.field.right), let path = source.path(of: left)
        else { return }
        if path == "module.exports" || path == "exports" {
            switch source.kind(right) {
            case .object:
                for part in right.children {
                    switch source.kind(part) {
                    case .shorthandProperty: interface.exports[source.text(part)] = .local(source.text(part))
                    case .pair:
                        guard let key = part.child(source.field.key), let value = part.child(source.field.value) else { continue }
                        let isName = source.kind(value) == .identifier
                        interface.exports[source.text(key)] = .local(isName ? source.text(value) : path + "." + source.text(key))
                    case .method: if let key = part.child(source.field.name) { interface.exports[source.text(key)] = .local(path + "." + source.text(key)) }
                    default: continue
                    }
                }
            case .identifier: interface.exports["default"] = .local(source.text(right))
            case .newExpression:
                if let type = right.child(source.field.constructor) { interface.objects["default"] = source.text(type) }
                interface.exports["default"] = .local("default")
            default: interface.exports["default"] = .local(path)
            }
        } else if let dot = path.lastIndex(of: "."), path[..<dot] == "exports" || path[..<dot] == "module.exports" {
            let name = String(path[path.index(after: dot)...])
            interface.exports[name] = .local(source.kind(right) == .identifier ? source.text(right) : path)
        }
    }

    /// `{ take, find: findSeat }`
    private mutating func noteAliases(_ object: Node, of owner: String) {
        for part in object.children {
            switch source.kind(part) {
            case .shorthandProperty: interface.aliases[owner + "." + source.text(part)] = source.text(part)
            case .pair:
                guard let key = part.child(source.field.key), let value = part.child(source.field.value), let path = source.path(of: value) else { continue }
                interface.aliases[owner + "." + source.text(key)] = path
            default: continue
            }
        }
    }

    private mutating func classDeclared(_ node: Node, named: String? = nil) {
        guard let name = named ?? node.child(source.field.name).map({ source.text($0) }) else { return }
        var base: String?, promises: [String] = []
        for part in node.children where source.kind(part) == .classHeritage {
            for clause in part.children where source.kind(clause) == .implementsClause { promises += clause.children.map { source.text($0) } }
            var current: Node? = part.children.first
            if let clause = current, source.kind(clause) == .extendsClause { current = clause.child(source.field.value) ?? clause.children.first }
            base = current.flatMap { source.path(of: $0) }
        }
        interface.classes[name] = .init(bases: base.map { [$0] } ?? [], promises: promises)
    }
}

extension FileLowering {
    /// The declared types of a class's fields: properties, and constructor parameters that become properties.
    func fieldTypes(of body: Node?) -> [String: TypeName] {
        var types: [String: TypeName] = [:]
        for member in body?.children ?? [] {
            switch source.kind(member) {
            case .field, .fieldJS:
                guard let name = member.child(source.field.name) ?? member.child(source.field.property) else { continue }
                if let type = source.typeName(member.child(source.field.type)) {
                    types[source.text(name)] = type
                } else if let value = member.child(source.field.value), source.kind(value) == .newExpression, let type = value.child(source.field.constructor) {
                    types[source.text(name)] = TypeName(name: source.text(type))
                }
            case .method:
                guard let name = member.child(source.field.name), source.text(name) == "constructor" else { continue }
                for parameter in member.child(source.field.parameters)?.children ?? [] {
                    guard let pattern = parameter.child(source.field.pattern), source.kind(pattern) == .identifier else { continue }
                    if let type = source.typeName(parameter.child(source.field.type)) { types[source.text(pattern)] = type }
                }
                assignedInConstructor(member, &types)
            default: continue
            }
        }
        return types
    }

    /// `this.orders = new OrderService()` and `this.orders = orders` in a constructor.
    private func assignedInConstructor(_ constructor: Node, _ types: inout [String: TypeName]) {
        for statement in constructor.child(source.field.body)?.children ?? [] {
            guard let assignment = statement.children.first, source.kind(assignment) == .assignment, let left = assignment.child(source.field.left),
                let path = source.path(of: left), path.hasPrefix("this."), let right = assignment.child(source.field.right)
            else { continue }
            let field = String(path.dropFirst(5))
            if source.kind(right) == .newExpression, let type = right.child(source.field.constructor) {
                types[field] = TypeName(name: source.text(type))
            } else if source.kind(right) == .identifier, let type = types[source.text(right)] {
                types[field] = type
            }
        }
    }
}
