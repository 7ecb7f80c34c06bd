import Flow
import SQL
import Syntax
import Vocabulary

extension RoutineLowering {
    /// The value of an expression whose statement, if it builds one, runs here.
    mutating func settled(_ node: Node, awaited: Bool = false) -> Value {
        let binding = evaluate(node, awaited: awaited)
        guard let chain = binding.chain else { return binding.value }
        return settle(chain, awaited: awaited)
    }

    /// The value of an expression; a statement that it builds is left unfinished for the next link.
    mutating func evaluate(_ node: Node, awaited: Bool = false) -> Binding {
        depth += 1
        defer { depth -= 1 }
        guard depth < Self.depthLimit else {
            emit(.opaque, source.span(node))
            return Binding(.unknown)
        }
        switch kind(node) {
        case .identifier, .shorthandProperty: return reference(source.text(node))
        case .comparison: return comparison(node)
        case .notOperator: return Binding(negation(node))
        case .conditionalExpression: return Binding(conditionalExpression(node))
        case .comprehension: return Binding(comprehension(node))
        case .concatenatedString: return concatenated(node)
        case .namedExpression:
            guard let name = node.child(field.name), let value = node.child(field.value) else { return Binding(.unknown) }
            let binding = Binding(settled(value))
            bind(name, to: binding)
            return binding
        case .this: return Binding(.name("this"))
        case .string: return constantText(node)
        case .templateString: return template(node)
        case .number: return Binding(.literal(.number(source.text(node))))
        case .trueLiteral: return Binding(.literal(.boolean(true)))
        case .falseLiteral: return Binding(.literal(.boolean(false)))
        case .nullLiteral, .undefined: return Binding(.literal(.null))
        case .awaitExpression:
            guard let inner = node.children.first else { return Binding(.unknown) }
            awaitedStart = inner.start
            let before = steps.count
            let binding = evaluate(inner, awaited: true)
            if let chain = binding.chain { return Binding(settle(chain, awaited: true)) }
            // Other requests of the process go on meanwhile, which matters where the database calls do not let them.
            if steps.count == before, source.vocabulary.apis.contains(where: \.blocking) { emit(.opaque, source.span(node)) }
            return Binding(binding.value)
        case .parenthesized, .nonNull, .asExpression, .satisfies, .typeAssertion:
            let inner = kind(node) == .typeAssertion ? node.children.last : node.children.first(where: { kind($0) != .comment })
            return inner.map { evaluate($0, awaited: awaited) } ?? Binding(.unknown)
        case .sequence:
            var last = Binding(.unknown)
            for child in node.children { last = Binding(settled(child)) }
            return last
        case .member: return member(node)
        case .subscripted: return subscripted(node)
        case .binary: return binary(node)
        case .unary: return Binding(unary(node))
        case .update:
            guard let argument = node.child(field.argument) else { return Binding(.unknown) }
            let isDown = node.child(field.operatorToken).map { source.text($0) } == "--"
            let value = Value.operation(isDown ? .subtract : .add, [settled(argument), .literal(.number("1"))]).bounded
            bind(argument, to: Binding(value))
            return Binding(value)
        case .assignment: return assign(node)
        case .augmentedAssignment: return augment(node)
        case .ternary: return Binding(ternary(node))
        case .object: return Binding(object(node))
        case .arrayNode: return Binding(.list(elements(of: node)))
        case .call: return call(node, awaited: awaited)
        case .newExpression: return Binding(construct(node))
        case .arrowFunction, .functionExpression, .functionOld, .generator:
            register(node, as: "callback")
            return Binding(.unknown)
        case .spread, .dictionarySplat: return node.children.first.map { evaluate($0) } ?? Binding(.unknown)
        case .yieldExpression where source.isPython:
            // What a context manager hands out; its user's code runs here.
            let value = node.children.first.map { settled($0) } ?? .literal(.null)
            emit(.call(Call(Call.yield, [value])), source.span(node))
            return Binding(.unknown)
        case .jsxOpening, .jsxSelfClosing:
            element(node)
            return Binding(.unknown)
        case .regex: return Binding(.operation(.call("regex"), [.literal(.string(source.text(node)))]))
        case .comment, .typeArguments, .typeAnnotation, .classExpression: return Binding(.unknown)
        default:
            for child in node.children { _ = settled(child) }
            return Binding(.unknown)
        }
    }

    private func reference(_ name: String) -> Binding {
        names[name] ?? source.constants[name] ?? (name == "undefined" ? Binding(.literal(.null)) : Binding(.name(name)))
    }

    // MARK: Access

    private mutating func member(_ node: Node) -> Binding {
        guard let object = node.child(field.object), let property = node.child(field.property) else { return Binding(.unknown) }
        let name = source.text(property), calls = source.vocabulary.calls
        if calls.inputEndings.contains(name), let input = source.path(of: node).flatMap({ calls.inputs[$0] }) { return Binding(.input(input)) }
        if kind(object) == .this, let kept = members[name] { return kept }
        if source.isPython, !source.classes.isEmpty, let path = source.path(of: object), let value = source.classConstant(path, name) { return Binding(value) }
        if source.isPython, isClassConstant(object, name) { return Binding(.literal(.string(name))) }
        if let owner = enumeration(object, name) {
            source.noteEnumerator(name, of: owner)
            return Binding(.literal(.string(name)))
        }
        if source.isPython, let chain = manager(name, of: object) { return Binding(.unknown, chain: chain) }
        let base = evaluate(object)
        if let result = resultProperty(name, of: base.value) { return Binding(result) }
        // `Status.PAID.value`
        if source.isPython, name == "value", base.value.isConstant { return base }
        if source.isPython, kind(object) == .identifier, source.pythonName(object) == "this", let kept = names["this." + name] ?? members[name] { return kept }
        if let path = reachedPath(node), let kept = names[path] { return kept }
        if let chain = base.chain {
            // `(await …)` is settled already; a property of an unfinished statement is not a result.
            return Binding(.member(.unknown, name), chain: chain)
        }
        // Django's name for the key of a row, whatever it is called.
        return Binding(base.value.member(source.isPython && name == "pk" ? "id" : name))
    }

    /// `OrderStatus.PAID`, `Prisma.Level.Serializable`: the members of what is written with a capital are constants. What they are
    /// members of; nil where they are none.
    private func enumeration(_ object: Node, _ name: String) -> String? {
        guard let first = name.utf8.first, (65...90).contains(first) else { return nil }
        switch kind(object) {
        case .identifier:
            let owner = source.text(object)
            return (65...90).contains(owner.utf8.first ?? 0) && names[owner] == nil && source.constants[owner] == nil ? owner : nil
        case .member:
            guard let inner = object.child(field.object), let property = object.child(field.property).map({ source.text($0) }) else { return nil }
            return enumeration(inner, property).map { $0 + "." + property }
        default: return nil
        }
    }

    /// `self.PAID`, `self.Status.PAID`: a constant of the class.
    private func isClassConstant(_ object: Node, _ name: String) -> Bool {
        guard name.utf8.count > 1, name.utf8.allSatisfy({ (65...90).contains($0) || $0 == 95 }), let path = source.path(of: object) else { return false }
        return path == "this" || path.hasPrefix("this.") && path.dropFirst(5).first?.isUppercase == true
    }

    private mutating func subscripted(_ node: Node) -> Binding {
        guard let object = node.child(field.object) ?? node.child(field.value), let index = node.child(field.index) else { return Binding(.unknown) }
        // `db["users"]`: a collection, where the library knows such.
        if source.isPython, let name = source.literalText(index), let chain = collection(name, of: object) { return Binding(.unknown, chain: chain) }
        let base = settled(object)
        if let name = source.literalText(index) { return Binding(base.member(name)) }
        let position = settled(index)
        if case .literal(.number(let number)) = position, let place = Int(number), let column = column(at: place, of: base) { return Binding(column) }
        if case .literal(.number(let number)) = position {
            switch base {
            // The first column of a row that comes as a list.
            case .list, .outcome(_, .row): return Binding(base.member(number))
            default: break
            }
        }
        let element = base.element
        return Binding(element == .unknown ? .operation(.call("at"), [base, position]) : element)
    }

    // MARK: Operators

    private static let operators: [String: Operator] = [
        "+": .add, "-": .subtract, "*": .multiply, "/": .divide, "==": .equal, "===": .equal, "!=": .notEqual, "!==": .notEqual, "<": .less,
        "<=": .lessOrEqual, ">": .greater, ">=": .greaterOrEqual, "&&": .and, "||": .or, "??": .coalesce, "and": .and, "or": .or,
    ]

    private mutating func binary(_ node: Node) -> Binding {
        guard let left = node.child(field.left), let right = node.child(field.right), let token = node.child(field.operatorToken) else {
            return Binding(.unknown)
        }
        let name = source.text(token)
        let first = evaluate(left)
        let one = first.chain.map { settle($0, awaited: false) } ?? first.value
        let op = Self.operators[name] ?? .call(name)
        switch op {
        case .and, .or, .coalesce:
            // The right side runs only if the left one lets it.
            var two: Value = .unknown
            let inner = collecting { two = $0.settled(right) }
            if !inner.isEmpty {
                let test: Value = op == .and ? one : op == .or ? .operation(.not, [one]) : .operation(.isNull, [one])
                emit(.branch(condition: test, then: inner, otherwise: []), source.span(left))
            }
            return Binding(Value.operation(op, [one, two]).bounded)
        case .add:
            let second = evaluate(right)
            let two = second.chain.map { settle($0, awaited: false) } ?? second.value
            if let a = first.text ?? placeholderText(one, second.text, left), let b = second.text ?? placeholderText(two, first.text, right) {
                var text = a
                text.append(b)
                if case .literal(.string(let x)) = one, case .literal(.string(let y)) = two, x.utf8.count + y.utf8.count < 10_000 {
                    return Binding(.literal(.string(x + y)), text: text)
                }
                return Binding(Value.operation(.text, [one, two]).bounded, text: text)
            }
            return Binding(Value.operation(.add, [one, two]).bounded)
        case .call("%") where first.text != nil:
            let values = settled(right)
            if case .list(let items) = values { return filled(first, items) }
            return filled(first, [values])
        default:
            let two = settled(right)
            if op == .equal || op == .notEqual { noteComparison(left, right, [one, two], node) }
            return Binding(Value.operation(op, [one, two]).bounded)
        }
    }

    /// `'… WHERE id = ' + id`: the value that is joined to text becomes a hole of it.
    private func placeholderText(_ value: Value, _ other: HostText?, _ node: Node) -> HostText? {
        guard other != nil else { return nil }
        var text = HostText()
        text.text.appendHole(0, host: node.start)
        text.holes = [value]
        return text
    }

    private mutating func unary(_ node: Node) -> Value {
        guard let argument = node.child(field.argument), let token = node.child(field.operatorToken) else { return .unknown }
        let value = settled(argument)
        switch source.text(token) {
        case "!":
            if case .operation(.not, let inner) = value, let first = inner.first { return first }
            return .operation(.not, [value])
        case "-": return .operation(.subtract, [.literal(.number("0")), value])
        case "void", "delete": return .unknown
        default: return .operation(.call(source.text(token)), [value])
        }
    }

    private mutating func assign(_ node: Node) -> Binding {
        guard let left = node.child(field.left), let right = node.child(field.right) else { return Binding(.unknown) }
        let value = evaluate(right)
        if let path = source.path(of: left), source.vocabulary.surfaces.navigates(path) { show(right, value.value, as: path, .navigation, node) }
        noteField(left, value.value, node)
        if kind(left) == .identifier {
            names[source.text(left)] = value.held
            // A statement under construction is not run by giving it a name.
            return Binding(value.value, text: value.text)
        }
        let settledValue = value.chain.map { settle($0, awaited: false) } ?? value.value
        bind(left, to: Binding(settledValue))
        return Binding(settledValue)
    }

    private mutating func augment(_ node: Node) -> Binding {
        guard let left = node.child(field.left), let right = node.child(field.right), let token = node.child(field.operatorToken) else {
            return Binding(.unknown)
        }
        let before = evaluate(left), added = evaluate(right)
        let change = added.chain.map { settle($0, awaited: false) } ?? added.value
        let op: Operator =
            switch source.text(token) {
            case "+=": .add
            case "-=": .subtract
            case "*=": .multiply
            case "/=": .divide
            case "??=", "||=": .coalesce
            default: .call(source.text(token))
            }
        var result = Binding(Value.operation(op, [before.value, change]).bounded)
        if op == .add, var text = before.text, let more = added.text ?? placeholderText(change, before.text, right) {
            text.append(more)
            result.text = text
        }
        bind(left, to: result)
        return result
    }

    private mutating func ternary(_ node: Node) -> Value {
        let condition = node.child(field.condition).map { settled($0) } ?? .unknown
        var yes: Value = .unknown, no: Value = .unknown
        let then = collecting { lowering in if let arm = node.child(lowering.field.consequence) { yes = lowering.settled(arm) } }
        let otherwise = collecting { lowering in if let arm = node.child(lowering.field.alternative) { no = lowering.settled(arm) } }
        if !then.isEmpty || !otherwise.isEmpty {
            emit(.branch(condition: condition, then: then, otherwise: otherwise), source.span(node.child(field.condition) ?? node))
        }
        return Value.operation(.conditional, [condition, yes, no]).bounded
    }
}
