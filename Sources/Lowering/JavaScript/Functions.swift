import Flow
import Syntax
import Vocabulary

// The functions of a file that no other contains, each under the name by which a reader would call it.
extension FileLowering {
    mutating func topLevel(_ node: Node, exported: Bool) {
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
                if handsOnFunction(inner) { handsOn = true }
            }
            functions(in: node, named: exported ? "default" : "", exported: exported, depth: 0)
        }
    }

    /// `serve(handler)`, `bot.command('join', async (ctx) => …)`, `setInterval(() => …)`: what is handed on is called by others, and
    /// again. What follows on a promise or goes through a list is called by this file.
    private func handsOnFunction(_ call: Node) -> Bool {
        guard let arguments = call.child(source.field.arguments)?.children else { return false }
        if arguments.contains(where: { source.kind($0) == .identifier }) { return true }
        guard let callee = call.child(source.field.function), arguments.contains(where: { source.kind($0).isFunction }) else { return false }
        let name = source.text(callee.child(source.field.property) ?? callee)
        return !source.vocabulary.calls.onwards.contains(name)
    }

    mutating func addClass(_ node: Node, exported: Bool) {
        let name = node.child(source.field.name).map { source.text($0) } ?? "default"
        let outer = fields
        let outerMembers = members
        fields = fieldTypes(of: node.child(source.field.body))
        if let own = extendedRepository(node) { fields["this"] = own }
        members = preparedStatements(in: node.child(source.field.body))
        defer { (fields, members) = (outer, outerMembers) }
        var hook: Write.Operation?, isolation: Isolation?
        for member in node.child(source.field.body)?.children ?? [] where source.kind(member) != .comment {
            if source.kind(member) == .decorator {
                if let word = source.decoratorName(member), let write = source.vocabulary.hooks.firstMapped({ $0.moments[word] }) { hook = write }
                isolation = transaction(openedBy: member) ?? isolation
                continue
            }
            defer { (hook, isolation) = (nil, nil) }
            switch source.kind(member) {
            case .method:
                let isHook = hook != nil
                add(
                    member, named: name + "." + (member.child(source.field.name).map { source.text($0) } ?? ""), exported: exported || isHook, within: isolation
                )
                functions[functions.count - 1].hook = hook
            case .field, .fieldJS:
                guard let value = member.child(source.field.value) else { continue }
                let property = member.child(source.field.name) ?? member.child(source.field.property)
                functions(in: value, named: name + "." + (property.map { source.text($0) } ?? ""), exported: exported, depth: 0)
            default: continue
            }
        }
    }

    /// `@Transactional({ isolationLevel: 'SERIALIZABLE' })`
    private func transaction(openedBy decorator: Node) -> Isolation? {
        guard let name = source.decoratorName(decorator),
            let link = source.importedAPIs.firstMapped({ api in source.vocabulary.apis[api].links[name].flatMap { $0.role == .transaction ? $0 : nil } })
        else { return nil }
        var lowering = RoutineLowering(source: source, name: name, names: [:])
        let options = decorator.children.first?.child(source.field.arguments)?.children.map { lowering.evaluate($0).value } ?? []
        return Isolation(askedBy: .list(options)) ?? link.isolation
    }

    /// `class SeatRepository extends Repository<Seat>`: the class asks for rows itself.
    private func extendedRepository(_ node: Node) -> TypeName? {
        for heritage in node.children where source.kind(heritage) == .classHeritage {
            for clause in heritage.children where source.kind(clause) == .extendsClause {
                guard let base = clause.child(source.field.value), let list = clause.children.last, source.kind(list) == .typeArguments else { continue }
                let type = TypeName(name: source.text(base), argument: list.children.first.map { source.text($0) })
                if type.isRepository { return type }
            }
        }
        return nil
    }

    /// The outermost functions inside an expression, each under the name by which a reader would call it.
    mutating func functions(in node: Node, named name: String, exported: Bool, depth: Int) {
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
        case .call:
            if let arrow = arrow(around: node) {
                add(arrow, named: name, exported: exported)
                functions[functions.count - 1].whole = node
            } else {
                callback(in: node, named: name, exported: exported, depth: depth)
            }
        case .newExpression:
            let outer = serial
            if serial == nil, node.child(source.field.arguments)?.children.contains(where: { runsOneAtATime($0) }) == true { serial = .unknown }
            for child in node.children { functions(in: child, named: name, exported: exported, depth: depth + 1) }
            serial = outer
        case .classExpression, .classDeclaration: addClass(node, exported: exported)
        case .assignment:
            // `Wallet.prototype.pay = …` is a method of `Wallet`.
            let target = node.child(source.field.left).map { source.text($0).replacing(".prototype.", with: ".") } ?? name
            if let right = node.child(source.field.right) { functions(in: right, named: target, exported: true, depth: depth + 1) }
        case .string, .templateString, .number, .identifier, .comment, .typeAnnotation, .regex: return
        default:
            for child in node.children { functions(in: child, named: name, exported: exported, depth: depth + 1) }
        }
    }

    /// ``(id) => sql<Row[]>`…`.then(f)``: before types the grammar takes the tag alone for the body, and the function for what is called.
    private func arrow(around call: Node) -> Node? {
        var current: Node? = call
        for _ in 0..<8 {
            guard let node = current else { return nil }
            switch source.kind(node) {
            case .call:
                let function = node.child(source.field.function)
                if let function, source.kind(function) == .arrowFunction {
                    return node.child(source.field.arguments).map { source.kind($0) == .templateString } == true ? function : nil
                }
                current = function
            case .member: current = node.child(source.field.object)
            default: return nil
            }
        }
        return nil
    }

    /// Functions handed to a call at the top of a file: request handlers where the call registers one.
    mutating func callback(in node: Node, named name: String, exported: Bool, depth: Int) {
        guard let function = node.child(source.field.function) else { return }
        let arguments = node.child(source.field.arguments)?.children ?? []
        let outerSerial = serial
        defer { serial = outerSerial }
        if serial != nil || arguments.contains(where: { runsOneAtATime($0) }) {
            serial = arguments.compactMap({ serialKey($0) }).first ?? serial ?? .unknown
        }
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
        if let (table, operation) = source.hook(function, arguments), let body = arguments.last, source.kind(body).isFunction {
            add(body, named: table + "." + label, exported: true, entry: Routine.Entry.none)
            functions[functions.count - 1].hook = operation
            return
        }
        let middleware = isRoute ? arguments.compactMap { self.middleware($0) } : []
        for argument in arguments {
            if source.kind(argument).isFunction {
                add(argument, named: label, exported: exported || isRoute, entry: isRoute || label == "serve" ? .route : nil, within: isolation)
                functions[functions.count - 1].before += middleware
            } else {
                // `router.post('/pay', wrapped(async (req, res) => …))`
                let outer = isInRoute
                isInRoute = isInRoute || isRoute
                let before = functions.count
                functions(in: argument, named: label, exported: exported, depth: depth + 1)
                noteHooks(from: before, of: function, arguments)
                for index in functions.indices.dropFirst(before) { functions[index].before += middleware }
                isInRoute = outer
            }
        }
    }

    /// What a route names before its handler: `requireAdmin`, `authorize('admin')`, `loginLimiter`. Of a limiter, the field
    /// by which its `keyGenerator` tells callers apart is what it is given; of what another file gives, linking says whether it is one.
    private func middleware(_ node: Node) -> Call? {
        let name: String?
        switch source.kind(node) {
        case .identifier, .member: name = source.path(of: node)
        case .call: name = node.child(source.field.function).flatMap { source.path(of: $0) }
        default: return nil
        }
        guard let name else { return nil }
        let parts = name.split(separator: ".").map(String.init)
        let isElsewhere = source.kind(node) != .call && source.limiterKeys[name] == nil && interface.imports[parts[0]] != nil
        let given = isElsewhere ? [parts.dropFirst().reduce(.name(parts[0])) { Value.member($0, $1) }] : source.limiterKeys[name].map { [.name($0)] } ?? []
        var call = Call(name, given)
        call.purpose = source.limiterKeys[name] != nil ? .limit : source.callName(name).purpose == .limit ? .limit : nil
        if call.purpose == nil, !source.vocabulary.surfaces.guards(name) {
            guard isElsewhere else { return nil }
            // It is nothing that is looked into.
            call = Call(Call.middleware, given + [.literal(.string(name))])
        }
        return call
    }

    /// `define('Seat', {…}, {hooks: {beforeCreate() {…}}})`, `$extends({query: {seat: {create() {…}}}})`: of the functions
    /// from `start` on, those among the options of a call which the library runs before its writes.
    private mutating func noteHooks(from start: Int, of call: Node, _ arguments: [Node]) {
        guard !source.vocabulary.hooks.isEmpty, start < functions.count else { return }
        let subject = arguments.first.flatMap { source.literalText($0) } ?? call.child(source.field.object).flatMap { source.path(of: $0) }
        for index in functions.indices.dropFirst(start) where functions[index].hook == nil {
            let keys = functions[index].name.split { $0 == "." || $0 == " " }
            for hooks in source.vocabulary.hooks {
                let depth = hooks.byTable ? 3 : 2
                guard keys.count >= depth, let option = hooks.option, keys[keys.count - depth] == option,
                    let write = hooks.write(at: keys[keys.count - 1]), let table = hooks.byTable ? String(keys[keys.count - 2]) : subject
                else { continue }
                functions[index].hook = write
                functions[index].table = table
                break
            }
        }
    }

    /// `{concurrency: {key: 'event.data.teamId', limit: 1}}`: one job at a time for each value of the key.
    func serialKey(_ options: Node) -> Value? {
        guard source.kind(options) == .object else { return nil }
        for pair in options.children {
            guard let key = pair.child(source.field.key), source.vocabulary.calls.serial.contains(source.text(key)), let value = pair.child(source.field.value)
            else {
                continue
            }
            for inner in value.children where inner.child(source.field.key).map({ source.text($0) }) == "key" {
                // A path into the argument of the job.
                let path = inner.child(source.field.value).flatMap { source.literalText($0) }
                return path.map { $0.split(separator: ".").reduce(.parameter(0, "")) { .member($0, String($1)) } }
            }
        }
        return nil
    }

    /// `{concurrency: 1}`, `{concurrency: {limit: 1}}`: a queue hands out one job at a time.
    func runsOneAtATime(_ options: Node, depth: Int = 0) -> Bool {
        guard source.kind(options) == .object else { return false }
        return options.children.contains { pair in
            guard let key = pair.child(source.field.key), let value = pair.child(source.field.value), source.vocabulary.calls.serial.contains(source.text(key))
            else {
                // `queue: {concurrencyLimit: 1}`
                return depth < 1 && pair.child(source.field.value).map { runsOneAtATime($0, depth: depth + 1) } == true
            }
            if source.kind(value) == .number { return source.text(value) == "1" }
            return source.kind(value) == .object
                && value.children.contains {
                    $0.child(source.field.key).map { source.text($0) } == "limit" && $0.child(source.field.value).map { source.text($0) } == "1"
                }
        }
    }

    /// `this.find = db.prepare('…')` in a constructor, `private find = this.db.prepare('…')`.
    func preparedStatements(in body: Node?) -> [String: Binding] {
        var found: [String: Binding] = [:]
        func note(_ name: String, _ value: Node) {
            guard source.kind(value) == .call, let property = value.child(source.field.function)?.child(source.field.property),
                source.vocabulary.openings[source.text(property)] != nil
            else { return }
            var lowering = RoutineLowering(source: source, name: "", names: [:])
            lowering.isModule = true
            let binding = lowering.evaluate(value)
            switch binding.chain?.form {
            case .text: found[name] = binding
            // A collection, which methods go on from.
            case .builder(let builder) where builder.table != nil && builder.verb == nil: found[name] = binding
            case .builder, .routine, nil: break
            }
        }
        for member in body?.children ?? [] {
            switch source.kind(member) {
            case .field, .fieldJS:
                guard let name = member.child(source.field.name) ?? member.child(source.field.property), let value = member.child(source.field.value) else {
                    continue
                }
                note(source.text(name), value)
            case .method:
                guard let name = member.child(source.field.name) else { continue }
                // `private get seats() { return db.collection('seats') }`
                if let only = member.child(source.field.body)?.children.first, source.kind(only) == .returnStatement, let value = only.children.first,
                    source.text(member).prefix(40).contains("get ")
                {
                    note(source.text(name), value)
                }
                guard source.text(name) == "constructor" else { continue }
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

    mutating func add(_ function: Node, named name: String, exported: Bool, entry: Routine.Entry? = nil, within isolation: Isolation? = nil) {
        let kind: Routine.Entry =
            entry ?? (isInRoute ? .route : nil)
            ?? (Self.routeNames.contains(name) && exported ? .route : source.hasServerDirective && exported ? .action : .none)
        functions.append(
            Function(
                node: function, name: name.isEmpty ? "anonymous" : name, isExported: exported, entry: kind, isolation: isolation, serial: serial,
                fields: fields, members: members))
    }
}
