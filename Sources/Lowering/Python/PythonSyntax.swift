import Flow
import Syntax
import Vocabulary

// What is read differently in Python where the rest of the lowering asks for it.
extension SourceFile {
    /// `self` and `cls` are what other languages call `this`.
    func pythonName(_ node: Node) -> String {
        let name = text(node)
        return name == "self" || name == "cls" ? "this" : name
    }

    /// The prefix and the quotes are nodes of their own, escapes stand inside the content, holes beside it.
    func pythonTextParts(_ node: Node) -> (range: Range<Int>, marks: [Node]) {
        let children = node.children
        guard kind(node) == .string, let first = children.first, let last = children.last, children.count > 1 else { return (node.start..<node.start, []) }
        var marks: [Node] = []
        for child in children.dropFirst().dropLast() {
            switch kind(child) {
            case .substitution, .escapeSequence: marks.append(child)
            case .stringFragment: marks += child.children.filter { kind($0) == .escapeSequence }
            default: continue
            }
        }
        return (first.end..<max(first.end, last.start), marks)
    }

    /// The type that an annotation names: of `Order | None`, `Optional[Order]` and `Annotated[Order, …]` the first part.
    func pythonType(_ annotation: Node?, depth: Int = 0) -> TypeName? {
        guard let node = annotation, depth < 6 else { return nil }
        switch kind(node) {
        case .typeAnnotation, .parenthesized: return pythonType(node.children.first, depth: depth + 1)
        case .identifier: return text(node) == "None" ? nil : TypeName(name: text(node))
        case .member:
            guard let parts = path(of: node)?.split(separator: "."), let last = parts.last else { return nil }
            return TypeName(name: String(last), module: parts.first.map(String.init))
        case .string: return literalText(node).map { TypeName(name: $0) }
        case .binary: return pythonType(node.child(field.left), depth: depth + 1)
        case .subscripted:
            guard let outer = node.child(field.value).flatMap({ path(of: $0) }), let inner = node.child(field.index) else { return nil }
            return wrapped(outer, inner, depth)
        // `Optional[Order]` is a type of its own where an annotation is expected.
        case .genericType:
            guard let name = node.children.first, node.children.count > 1 else { return nil }
            return wrapped(text(name), node.children[1].children.first ?? node.children[1], depth)
        case .unionType: return pythonType(node.children.first, depth: depth + 1)
        default: return nil
        }
    }

    private func wrapped(_ outer: String, _ inner: Node, _ depth: Int) -> TypeName? {
        let last = outer.split(separator: ".").last.map(String.init) ?? outer
        if ["Optional", "Annotated", "Final", "ClassVar", "Mapped"].contains(last) { return pythonType(inner, depth: depth + 1) }
        return TypeName(name: last, argument: pythonType(inner, depth: depth + 1)?.name)
    }
}

extension RoutineLowering {
    /// The arguments of a call: those without a name, then those with one as a single object.
    func pythonArguments(of call: Node) -> [Node] {
        guard let list = call.child(field.arguments) else { return [] }
        // `any(x for x in rows)`
        guard kind(list) == .object else { return [list] }
        var positional: [Node] = [], isNamed = false
        for child in list.children {
            switch kind(child) {
            case .comment: continue
            case .keywordArgument, .dictionarySplat: isNamed = true
            default: positional.append(child)
            }
        }
        return isNamed ? positional + [list] : positional
    }

    /// Whether the last of the arguments is the object of those that have names.
    func namesArguments(of call: Node) -> Bool {
        guard source.isPython, let list = call.child(field.arguments), kind(list) == .object else { return false }
        return list.children.contains { kind($0) == .keywordArgument || kind($0) == .dictionarySplat }
    }

    // MARK: Parameters

    mutating func bindPythonParameters(of function: Node) -> [String] {
        var parameters: [String] = [], provided: [(name: String, provider: Call, span: Span)] = []
        for node in function.child(field.parameters)?.children ?? [] {
            guard let named = parameter(node) else { continue }
            let name = source.text(named)
            if parameters.isEmpty, name == "self" || name == "cls", names[name] == nil {
                // `cls` is the class, under whatever name.
                let owner = name == "cls" ? self.name.split(separator: ".").dropLast().last.map(String.init) : nil
                names[name] = owner.map { Binding(.name($0)) } ?? receiver.map { Binding($0) } ?? Binding(.name("this"))
                continue
            }
            let index = parameters.count
            parameters.append(name)
            if kind(node) == .defaultParameter { noteDefault(node.child(field.value), of: index) }
            let type = source.pythonType(node.child(field.type)) ?? types[name]
            if let type { types[name] = type }
            names[name] = Binding(.parameter(index, name))
            // `order: Order` is a row, if that is a class of rows: linking knows.
            if let type, type.argument == nil, type.name.first?.isUppercase == true,
                source.packageNames[type.name].map({ !source.vocabulary.imports($0) }) ?? true,
                let row = given(type.name, .parameter(index), key: Value.parameter(index, name).member("id"), source.span(node))
            {
                names[name] = Binding(row)
            }
            if let provider = provider(node.child(field.value), node.child(field.type)) { provided.append((name, provider, source.span(node))) }
        }
        for item in provided {
            let result = Value.outcome(provide(item.provider, parameters, item.span), .result)
            names[item.name] = Binding(.operation(.call(item.provider.callee), [result]))
        }
        return parameters
    }

    /// The name in `name`, `name: T`, `name=1`, `name: T = 1`, `*names`, `**names`.
    private func parameter(_ node: Node) -> Node? {
        switch kind(node) {
        case .identifier: node
        case .defaultParameter: node.child(field.name)
        case .typedParameter, .restPattern, .keywordSplatPattern: node.children.first.flatMap { parameter($0) }
        default: nil
        }
    }

    /// The framework calls the function with the parameters of its user that it names, and holds what it opens to the end.
    mutating func provide(_ provider: Call, _ parameters: [String], _ span: Span) -> StepID {
        var call = provider
        call.arguments = [.object(parameters.enumerated().map { .init($1, .parameter($0, $1)) }, rest: .unknown)]
        call.isNamed = true
        return emit(.call(call), span)
    }

    /// `= Depends(get_order)`, `Annotated[Order, Depends(get_order)]`: the function whose result the framework passes in.
    private func provider(_ value: Node?, _ type: Node?) -> Call? {
        [value, type].firstMapped { $0.flatMap { source.providers(in: $0).first } }
    }
}

extension SourceFile {
    /// `Depends(get_order)`, `Depends(Limit(5))`: the functions that stand in calls of a framework's own.
    func providers(in root: Node) -> [Call] {
        var found: [Call] = [], open = [root], budget = 60
        while let node = open.popLast(), budget > 0 {
            budget -= 1
            if kind(node) == .call, let function = node.child(field.function), let name = path(of: function)?.split(separator: ".").last,
                vocabulary.calls.providers.contains(String(name)), let first = node.child(field.arguments)?.children.first
            {
                if let provider = path(of: first) { found.append(Call(provider, [])) }
                // An object that is called: its class says what it does.
                if kind(first) == .call, let made = first.child(field.function).flatMap({ path(of: $0) }) { found.append(Call("__call__", [], type: made)) }
                if !found.isEmpty { found[found.count - 1].context = .opens }
                continue
            }
            open += node.children.reversed()
        }
        return found
    }
}
