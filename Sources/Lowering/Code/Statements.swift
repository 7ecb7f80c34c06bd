import Flow
import Syntax

extension RoutineLowering {
    /// What a loop works on: an element, or, of what another file holds, what linking may find there.
    func item(of list: Value) -> Value {
        let element = list.element
        guard element == .unknown else { return element }
        let isKnownLater =
            switch list {
            case .name(let name): source.ownNames.contains(name)
            case .operation(.call, let parts): parts.first.map(isFilledLater) ?? false
            default: false
            }
        return isKnownLater ? list.member("0") : element
    }

    /// Whoever goes on has what is asserted.
    mutating func assert(_ condition: Value, _ node: Node) {
        let id = nextStep
        nextStep += 1
        emit(.branch(condition: condition, then: [], otherwise: [Step(id: id, span: source.span(node), kind: .exit(.throw))]), source.span(node))
    }

    mutating func statements(of block: Node) {
        for node in block.children { statement(node) }
    }

    mutating func statement(_ node: Node) {
        depth += 1
        defer { depth -= 1 }
        guard depth < Self.depthLimit else {
            emit(.opaque, source.span(node))
            return
        }
        switch kind(node) {
        case .lexicalDeclaration, .variableDeclaration:
            if bringsIn(node) { source.localImports.append(node) }
            for declarator in node.children where kind(declarator) == .variableDeclarator { declare(declarator) }
        case .expressionStatement:
            if let inner = node.children.first { expression(inner) }
        case .statementBlock:
            statements(of: node)
        case .ifStatement: source.isPython ? pythonConditional(node) : conditional(node)
        case .switchStatement: switchOver(node)
        case .forIn:
            let over = node.child(field.right).map { settled($0) } ?? .unknown
            // A query that is gone through keeps its rows.
            if source.isPython, let list = node.child(field.right), kind(list) == .identifier, names[source.text(list)]?.chain != nil {
                names[source.text(list)] = Binding(over)
            }
            loop(node, over: over) { lowering in
                if let left = node.child(lowering.field.left) { lowering.bind(left, to: Binding(lowering.item(of: over))) }
            }
            afterLoop(node)
        case .forStatement:
            if let initializer = node.child(field.initializer) { statement(initializer) }
            loop(node) { _ in }
        case .whileStatement, .doStatement:
            loop(node) { _ in }
            afterLoop(node)
        case .tryStatement: source.isPython ? pythonAttempt(node) : attempt(node)
        case .withStatement: withStatement(node)
        case .matchStatement: matchStatement(node)
        case .assertStatement: assertion(node)
        case .importFrom:
            source.localImports.append(node)
        case .decorated:
            if let inner = node.child(field.declaration) { statement(inner) }
        case .returnStatement:
            let value = node.children.first(where: { kind($0) != .comment }).map { settled($0) } ?? .literal(.null)
            emit(.exit(.return(value)), source.span(node))
        case .throwStatement:
            if let inner = node.children.first { _ = settled(inner) }
            emit(.exit(.throw), source.span(node))
        case .breakStatement:
            if !isInSwitch {
                let id = emit(.exit(.next), source.span(node))
                ends.insert(id)
            }
        case .continueStatement:
            emit(.exit(.next), source.span(node))
        case .functionDeclaration, .generatorDeclaration:
            if let name = node.child(field.name) { register(node, as: source.text(name)) }
        case .labeled:
            for child in node.children where kind(child) != .identifier { statement(child) }
        case .exportStatement:
            if let declaration = node.child(field.declaration) { statement(declaration) }
        case .classDeclaration, .abstractClass, .interface, .typeAlias, .importStatement, .comment, .hashBang:
            return
        case .error:
            // Broken text: what the parser still recognised inside it is read.
            emit(.opaque, source.span(node))
            for child in node.children { statement(child) }
        default:
            _ = settled(node)
        }
    }

    /// `query.where(…)` alone adds to the statement that `query` holds; everything else runs.
    private mutating func expression(_ node: Node) {
        let binding = evaluate(node)
        guard let chain = binding.chain else { return }
        if let name = source.path(of: node.child(field.function) ?? node)?.prefix(while: { $0 != "." }), case .builder? = names[String(name)]?.chain?.form,
            !chain.isRunning
        {
            names[String(name)]?.chain = chain
        } else {
            _ = settle(chain, awaited: false)
        }
    }

    /// `const { take } = await import('./seats')`, `const seats = require('./seats')`
    private func bringsIn(_ declaration: Node) -> Bool {
        declaration.children.contains { declarator in
            guard var value = declarator.child(field.value) else { return false }
            if kind(value) == .awaitExpression, let inner = value.children.first { value = inner }
            guard kind(value) == .call, let function = value.child(field.function) else { return false }
            return ["import", "require"].contains(source.text(function))
        }
    }

    private mutating func declare(_ declarator: Node) {
        guard let pattern = declarator.child(field.name) else { return }
        guard let value = declarator.child(field.value) else {
            bind(pattern, to: Binding(.literal(.null)))
            return
        }
        if kind(value).isFunction {
            register(value, as: source.text(pattern))
            return
        }
        if kind(pattern) == .identifier {
            names[source.text(pattern)] = deferredFunction(in: value, named: source.text(pattern)) ?? evaluate(value).held
        } else {
            bind(pattern, to: Binding(settled(value)))
        }
    }

    /// `const save = useCallback(async () => …)`: a function wrapped by a hook runs when it is called, not here.
    private mutating func deferredFunction(in value: Node, named name: String) -> Binding? {
        guard kind(value) == .call, let function = value.child(field.function), let path = source.path(of: function),
            path.hasPrefix("use") || path.hasPrefix("React.use"), let arguments = value.child(field.arguments),
            let literal = arguments.children.first, kind(literal).isFunction
        else { return nil }
        register(literal, as: name)
        return Binding(.name(name))
    }

    private mutating func conditional(_ node: Node) {
        let condition = node.child(field.condition).map { settled($0) } ?? .unknown
        let before = names
        let then = collecting { lowering in
            if let body = node.child(lowering.field.consequence) { lowering.statement(body) }
        }
        let thenNames = names
        names = before
        let otherwise = collecting { lowering in
            if let alternative = node.child(lowering.field.alternative) {
                for child in alternative.children { lowering.statement(child) }
            }
        }
        join([(then, thenNames), (otherwise, names)], before: before, if: condition)
        emit(.branch(condition: condition, then: then, otherwise: otherwise), source.span(node.child(field.condition) ?? node))
    }

    private mutating func switchOver(_ node: Node) {
        let subject = node.child(field.value).map { settled($0) } ?? .unknown
        let wasInSwitch = isInSwitch
        isInSwitch = true
        defer { isInSwitch = wasInSwitch }
        let before = names
        var arms: [(condition: Value, span: Span, steps: [Step], names: [String: Binding])] = []
        var waiting: [Value] = [], fallback: ([Step], [String: Binding])?
        for part in node.child(field.body)?.children ?? [] {
            let label = part.child(field.value)
            let statements = part.children.filter { $0.start != label?.start && kind($0) != .comment }
            if kind(part) == .switchCase, let label { waiting.append(.operation(.equal, [subject, settled(label)])) }
            // A case without a body falls through to the next.
            if kind(part) == .switchCase, statements.isEmpty { continue }
            names = before
            let body = collecting { lowering in for statement in statements { lowering.statement(statement) } }
            if kind(part) == .switchDefault {
                fallback = (body, names)
            } else if let first = waiting.first {
                let condition = waiting.count == 1 ? first : Value.operation(.or, waiting)
                arms.append((condition, source.span(label ?? part), body, names))
            }
            waiting = []
        }
        join(arms.map { ($0.steps, $0.names) } + [fallback.map { ($0.0, $0.1) } ?? ([], before)], before: before)
        var chained = fallback?.0 ?? []
        // Hundreds of cases are a table, not a decision: those beyond the first are written side by side.
        for arm in arms.dropFirst(60) { emit(.branch(condition: arm.condition, then: arm.steps, otherwise: []), arm.span) }
        for arm in arms.prefix(60).reversed() {
            let id = nextStep
            nextStep += 1
            chained = [Step(id: id, span: arm.span, kind: .branch(condition: arm.condition, then: arm.steps, otherwise: chained))]
        }
        steps.append(contentsOf: chained)
    }

    private mutating func loop(_ node: Node, over list: Value = .unknown, prepare: (inout RoutineLowering) -> Void) {
        let before = names
        let wasInSwitch = isInSwitch
        isInSwitch = false
        var holding: Value?, ended: Value?
        let body = collecting { lowering in
            prepare(&lowering)
            let condition = node.child(lowering.field.condition).map { lowering.settled($0) }
            holding = condition
            let inner = lowering.collecting { if let body = node.child($0.field.body) { $0.statement(body) } }
            // `while (true) { … if (free) break; }`
            if condition == .literal(.boolean(true)) || condition == nil && lowering.kind(node) == .forStatement {
                ended = inner.condition(thatEndsBy: lowering.ends)
            }
            if let condition, let test = node.child(lowering.field.condition) {
                lowering.emit(.branch(condition: condition, then: inner, otherwise: []), lowering.source.span(test))
            } else {
                lowering.steps.append(contentsOf: inner)
            }
        }
        isInSwitch = wasInSwitch
        join([([], names), ([], before)], before: before)
        if body.isEmpty { emit(.loop(body), source.span(node)) } else { emitLoop(body, over: list, source.span(node.child(field.right) ?? node)) }
        // What ended the loop is known behind it.
        guard let ended = ended ?? holding.map({ .operation(.not, [$0]) }), !ended.steps.isEmpty else { return }
        let otherwise = collecting { lowering in _ = lowering.emit(.exit(.next), lowering.source.span(node)) }
        emit(.branch(condition: ended, then: [], otherwise: otherwise), source.span(node))
    }

    private mutating func attempt(_ node: Node) {
        let before = names
        let body = collecting { lowering in if let body = node.child(lowering.field.body) { lowering.statements(of: body) } }
        let bodyNames = names
        var handler: [Step]?
        if let clause = node.child(field.handler) {
            names = bodyNames.merging(before) { inner, _ in inner }
            handler = collecting { lowering in
                if let parameter = clause.child(lowering.field.parameter) { lowering.bind(parameter, to: Binding(.name("error"))) }
                if let body = clause.child(lowering.field.body) { lowering.statements(of: body) }
            }
            join([(body, bodyNames), (handler ?? [], names)], before: before)
        }
        let cleanup = collecting { lowering in
            if let clause = node.child(lowering.field.finalizer), let body = clause.child(lowering.field.body) { lowering.statements(of: body) }
        }
        emit(.attempt(body, handler: handler, cleanup: cleanup), source.span(node))
    }
}
