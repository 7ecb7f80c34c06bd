import Flow
import Syntax
import Vocabulary

// What the functions of a file give: a query that they begin and leave to their callers, `overlapping(room).exists()`, or an object of
// the class that they say.
extension FileLowering {
    /// Of functions that do no more than give a value: what that is.
    mutating func noteScopes() {
        var ambiguous: Set<String> = []
        for function in functions {
            guard let body = function.node.child(source.field.body), let value = onlyValue(of: body), source.kind(value) == .call else { continue }
            // Of two functions of one name nobody knows which is meant.
            if source.scopes[function.name] != nil { ambiguous.insert(function.name) }
            source.scopes[function.name] = (function.node, value)
        }
        for name in ambiguous {
            source.scopes[name] = nil
        }
    }

    /// `def repo(request) -> SpinRepo`
    func noteReturns() {
        for function in functions {
            guard let type = function.node.child(source.field.returnType), let given = source.isPython ? source.pythonType(type) : source.typeName(type),
                given.argument == nil
            else { continue }
            source.returns[function.name] = given.name
        }
    }

    private func onlyValue(of body: Node) -> Node? {
        guard source.kind(body) == .statementBlock else { return source.isPython ? nil : body }
        let statements = body.children.filter { statement in
            // What says what it is for does nothing.
            source.kind(statement) != .comment
                && !(source.kind(statement) == .expressionStatement && statement.children.first.map { source.kind($0) } == .string)
        }
        guard statements.count == 1, source.kind(statements[0]) == .returnStatement else { return nil }
        return statements[0].children.first
    }
}

extension RoutineLowering {
    /// The query that a call of such a function has begun, with what the caller gives it; nil where it is another kind of call, or
    /// its function does something on the way.
    mutating func begun(_ call: Node) -> Binding? {
        guard kind(call) == .call, depth < Self.depthLimit, let callee = call.child(field.function), let name = nameOfOwn(callee),
            let (function, value) = source.scopes[name], !beginning.contains(name), names[name] == nil, source.beginningsLeft > 0
        else { return nil }
        source.beginningsLeft -= 1
        let given = arguments(of: call), outer = names
        beginning.insert(name)
        depth += 1
        defer {
            (names, depth) = (outer, depth - 1)
            beginning.remove(name)
        }
        var bindings: [Binding] = [], named: [String: Binding] = [:]
        let before = collecting { lowering in
            for argument in given {
                if lowering.kind(argument) == .keywordArgument, let name = argument.child(lowering.field.name), let value = argument.child(lowering.field.value)
                {
                    named[lowering.source.text(name)] = lowering.evaluate(value)
                } else {
                    bindings.append(lowering.evaluate(argument))
                }
            }
        }
        // It sees what stands at the top of the file, and nothing of its caller.
        names = [:]
        for (index, parameter) in parameters(of: function).enumerated() {
            let pattern = parameter.child(field.pattern) ?? parameter.child(field.name) ?? parameter
            let name = source.text(kind(pattern) == .identifier ? pattern : pattern.children.first ?? pattern)
            names[name] = index < bindings.count ? bindings[index] : named[name] ?? Binding(.unknown)
        }
        if kind(callee) == .member { names["this"] = outer["this"] }
        var binding = Binding(.unknown)
        let inner = collecting { lowering in binding = lowering.evaluate(value) }
        guard inner.allSatisfy(\.kind.onlyReckons), var chain = binding.chain, !chain.isRunning, case .builder(let builder) = chain.form, builder.table != nil
        else { return nil }
        steps += before + inner
        // Where it is asked is here.
        chain.span = source.span(call)
        return Binding(binding.value, chain: chain)
    }

    /// `overlapping` of `overlapping(room)`, `Cards.byCode` of `this.byCode(code)` in that class.
    private func nameOfOwn(_ callee: Node) -> String? {
        if kind(callee) == .identifier { return source.text(callee) }
        guard kind(callee) == .member, let path = source.path(of: callee), path.hasPrefix("this."), let dot = name.firstIndex(of: ".") else { return nil }
        let method = path.dropFirst(5)
        return method.contains(".") ? nil : String(name[...dot] + method)
    }
}

extension Step.Kind {
    /// A call that makes one value of another: `code.toUpperCase()`.
    fileprivate var onlyReckons: Bool { if case .call(let call) = self { call.effect == nil && call.purpose == nil && call.callbacks.isEmpty } else { false } }
}
