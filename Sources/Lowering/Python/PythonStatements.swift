import Flow
import Syntax
import Vocabulary

extension RoutineLowering {
    /// `if … elif … else`: the alternatives stand beside each other, and mean one inside the other.
    mutating func pythonConditional(_ node: Node) {
        var alternatives: [Node] = []
        for child in node.children where kind(child) == .elifClause || kind(child) == .elseClause { alternatives.append(child) }
        conditional(node, alternatives[...])
    }

    private mutating func conditional(_ node: Node, _ rest: ArraySlice<Node>) {
        depth += 1
        defer { depth -= 1 }
        guard depth < Self.depthLimit else { return _ = emit(.opaque, source.span(node)) }
        let condition = node.child(field.condition).map { settled($0) } ?? .unknown
        let before = names
        let then = collecting { lowering in if let body = node.child(lowering.field.consequence) { lowering.statement(body) } }
        let thenNames = names
        names = before
        let otherwise = collecting { lowering in
            guard let next = rest.first else { return }
            if lowering.kind(next) == .elifClause {
                lowering.conditional(next, rest.dropFirst())
            } else if let body = next.child(lowering.field.body) {
                lowering.statement(body)
            }
        }
        join([(then, thenNames), (otherwise, names)], before: before, if: condition)
        emit(.branch(condition: condition, then: then, otherwise: otherwise), source.span(node.child(field.condition) ?? node))
    }

    /// Each `except` is one way on; `else` belongs to the body.
    mutating func pythonAttempt(_ node: Node) {
        let before = names
        let clauses = node.children
        let body = collecting { lowering in
            if let body = node.child(lowering.field.body) { lowering.statements(of: body) }
            for clause in clauses where lowering.kind(clause) == .elseClause {
                if let body = clause.child(lowering.field.body) { lowering.statements(of: body) }
            }
        }
        let bodyNames = names
        var arms: [(steps: [Step], names: [String: Binding])] = [(body, bodyNames)], handler: [Step]?
        for clause in clauses.reversed() where kind(clause) == .exceptClause {
            names = bodyNames.merging(before) { inner, _ in inner }
            var steps = collecting { lowering in
                for part in clause.children where lowering.kind(part) == .statementBlock { lowering.statements(of: part) }
            }
            if let read = body.lastRead, saysAbsent(clause) {
                let id = nextStep
                nextStep += 1
                steps = [
                    Step(
                        id: id, span: source.span(clause.children.first ?? clause),
                        kind: .branch(condition: .operation(.isNull, [.outcome(read, .row)]), then: steps, otherwise: []))
                ]
            }
            arms.append((steps, names))
            if let later = handler {
                let id = nextStep
                nextStep += 1
                handler = [Step(id: id, span: source.span(clause), kind: .branch(condition: .unknown, then: steps, otherwise: later))]
            } else {
                handler = steps
            }
        }
        join(arms, before: before)
        let cleanup = collecting { lowering in
            for clause in clauses where lowering.kind(clause) == .finallyClause { for part in clause.children { lowering.statement(part) } }
        }
        emit(.attempt(body, handler: handler, cleanup: cleanup), source.span(node))
    }

    /// `except Order.DoesNotExist`, `except NoResultFound`: the row that was asked for is not there.
    private func saysAbsent(_ clause: Node) -> Bool {
        guard let what = clause.children.first, kind(what) != .statementBlock else { return false }
        let text = source.text(what)
        return ["DoesNotExist", "NoResultFound", "DoesNotExistError"].contains { text.contains($0) }
    }

    /// `with transaction.atomic():`, `async with lock:`, `with session.begin() as tx:`
    mutating func withStatement(_ node: Node) {
        var closing: [Step.Kind] = []
        for clause in node.children where kind(clause) != .statementBlock {
            let items = kind(clause) == .withItem ? [clause] : clause.children.filter { kind($0) == .withItem }
            for item in items { closing += enter(item) }
        }
        if let body = node.child(field.body) { statements(of: body) }
        if closing.contains(.end) { flushPending(node.children.first ?? node) }
        for kind in closing.reversed() { emit(kind, source.span(node)) }
    }

    /// What has to be closed after the body of a `with`.
    private mutating func enter(_ item: Node) -> [Step.Kind] {
        guard var value = item.child(field.value) ?? item.children.first else { return [] }
        var target: Node?
        if kind(value) == .asPattern, let inner = value.children.first {
            target = value.children.dropFirst().first.flatMap { $0.children.first ?? $0 }
            value = inner
        }
        if kind(value) == .awaitExpression, let inner = value.children.first { value = inner }
        var closing: [Step.Kind] = []
        if let key = lockKey(value) {
            emit(.lock(key), source.span(value))
            closing = [.unlock]
            // What the project calls a lock may hold more than that.
            guard kind(value) == .call, let function = value.child(field.function), kind(function) == .identifier,
                source.ownNames.contains(source.text(function))
            else { return closing }
        }
        let first = steps.count
        isContext = true
        var bound = evaluate(value)
        isContext = false
        if let chain = bound.chain { bound = Binding(settle(chain, awaited: true)) }
        if let target { bind(target, to: bound) }
        for step in steps.dropFirst(first) {
            switch step.kind {
            case .begin: return closing + [.end]
            case .lock: return closing + [.unlock]
            default: continue
            }
        }
        // A context manager of the project's own: linking knows what it holds.
        if kind(value) == .call, steps.count > first, case .call(var call)? = steps.last?.kind {
            call.context = .opens
            steps[steps.count - 1].kind = .call(call)
            call.context = .closes
            return closing + [.call(call)]
        }
        return closing
    }

    /// `lock`, `self._lock`, `locks[id]`, `get_lock(id)`, `redis.lock(f"order:{id}")`: what the names say.
    private mutating func lockKey(_ node: Node) -> Lock? {
        var subject = node, key: Value?
        if kind(node) == .call, let function = node.child(field.function) {
            // What a vocabulary knows is its own.
            if let last = source.path(of: function)?.split(separator: ".").last, source.vocabulary.openings[String(last)] != nil { return nil }
            subject = function
            key = arguments(of: node).first.map { settled($0) }
        } else if kind(node) == .subscripted, let object = node.child(field.value), let index = node.child(field.index) {
            subject = object
            key = settled(index)
        }
        guard let path = source.path(of: subject), let last = path.split(separator: ".").last?.lowercased() else { return nil }
        let kinds: Set<String> = ["lock", "locks", "mutex", "rlock", "redlock", "semaphore"]
        if let own = source.vocabulary.calls.locks[String(path.split(separator: ".").last ?? "")], own.isOwn, isLock(own, path) {
            return Lock(own.kind, key: .unknown)
        }
        // One that is made here keeps nobody else out.
        if kind(subject) == .identifier, let made = names[source.text(subject)]?.value.made, kinds.contains(made.lowercased()) { return nil }
        let words = last.split(whereSeparator: { $0 == "_" }), made = source.objects[path]?.lowercased() ?? ""
        guard words.contains(where: { kinds.contains(String($0)) }) || last.hasSuffix("lock") || kinds.contains(made) else { return nil }
        let isShared = ["redis", "cache", "client", "kv", "etcd", "redlock", "advisory", "distributed"].contains { path.lowercased().contains($0) }
        return Lock(isShared ? .distributed : .mutex, key: key ?? .unknown)
    }

    mutating func matchStatement(_ node: Node) {
        let subject = node.child(source.grammar.grammar.field("subject")).map { settled($0) } ?? .unknown
        let before = names
        var arms: [(condition: Value?, span: Span, steps: [Step], names: [String: Binding])] = []
        let clauses = (node.child(field.body)?.children ?? node.children).filter { kind($0) == .caseClause }
        for clause in clauses.prefix(60) {
            names = before
            let body = collecting { lowering in if let body = clause.child(lowering.field.consequence) { lowering.statement(body) } }
            let pattern = clause.children.first, text = pattern.map { source.text($0) } ?? "_"
            var condition: Value?
            if text != "_", let pattern {
                let values = literals(in: pattern)
                condition =
                    values.count == 1 ? .operation(.equal, [subject, values[0]]) : values.isEmpty ? .unknown : .operation(.oneOf, [subject, .list(values)])
            }
            arms.append((condition, source.span(pattern ?? clause), body, names))
        }
        join(arms.map { ($0.steps, $0.names) } + (arms.contains { $0.condition == nil } ? [] : [([], before)]), before: before)
        var chained: [Step] = []
        for arm in arms.reversed() {
            guard let condition = arm.condition else { chained = arm.steps; continue }
            let id = nextStep
            nextStep += 1
            chained = [Step(id: id, span: arm.span, kind: .branch(condition: condition, then: arm.steps, otherwise: chained))]
        }
        steps += chained
    }

    /// The constants that a pattern names: `"open" | "held"`, `State.OPEN`.
    private mutating func literals(in pattern: Node, depth: Int = 0) -> [Value] {
        guard depth < 6 else { return [] }
        switch kind(pattern) {
        case .string, .number, .trueLiteral, .falseLiteral, .nullLiteral, .member: return [settled(pattern)]
        default: return pattern.children.flatMap { literals(in: $0, depth: depth + 1) }
        }
    }

    /// What stands in the `else` of a loop runs behind it.
    mutating func afterLoop(_ node: Node) {
        guard source.isPython, let rest = node.child(field.alternative), let body = rest.child(field.body) else { return }
        statement(body)
    }

    /// `assert x`: whoever goes on has x.
    mutating func assertion(_ node: Node) {
        if let test = node.children.first { assert(settled(test), test) }
    }
}

extension [Step] {
    /// The read that comes last, wherever it stands.
    fileprivate var lastRead: StepID? {
        var found: StepID?
        visit { if case .read = $0.kind { found = $0.id } }
        return found
    }
}
