import Flow
import SQL
import Syntax
import Vocabulary

// The links of a chain, one after the other, as the vocabulary says what each adds.
extension RoutineLowering {
    /// The chain with one more link, or its result where the link runs it; nil where no candidate knows the method.
    mutating func extend(_ chain: Chain, with method: String, _ node: Node, _ property: Node, awaited: Bool) -> Binding? {
        guard !chain.isRunning else { return nil }
        let apis = source.vocabulary.apis
        let knowing = chain.candidates.filter { apis[$0].link(method) != nil }
        guard !knowing.isEmpty else { return nil }
        let arguments = arguments(of: node)
        var next = chain
        next.candidates = knowing
        next.span =
            isHere(chain.span)
            ? Span(file: source.file, start: Int(chain.span.start), end: max(Int(chain.span.end), Int(source.span(node).end))) : source.span(node)
        let link = apis[knowing[0]].link(method)!
        switch chain.form {
        case .builder(let builder) where link.role == .skip && link.arguments.contains(.values) && builder.verb == nil:
            return make(link, builder.table, node)
        case .builder(let builder) where link.role == .save: return save(link, builder.table, node, knowing[0])
        case .builder(var builder):
            if !link.arguments.isEmpty || link.role == .add || link.table != nil || link.keywords != nil || link.runs {
                if link.arguments.first == .table || builder.verb == nil, link.role != .add {
                    next.span = source.span(node)
                }
                build(&builder, link, node, apis[knowing[0]].phrases)
                if let returns = link.returns { next.returns = returns }
                next.form = .builder(builder)
                return link.runs ? Binding(settle(next, awaited: true)) : Binding(.unknown, chain: next)
            }
            if builder.verb == nil { next.span = source.span(property.start..<node.end) }
            extend(&builder, link, arguments)
            next.form = .builder(builder)
            return link.runs ? Binding(settle(next, awaited: true)) : Binding(.unknown, chain: next)
        case .text(let statements, var parameters, let host):
            switch link.role {
            case .parameters:
                parameters = self.parameters(link, arguments)
                next.form = .text(statements: statements, parameters: parameters, host: host)
                return Binding(.unknown, chain: next)
            case .run:
                if link.parameters != nil, !arguments.isEmpty { parameters = self.parameters(link, arguments) }
                next.form = .text(statements: statements, parameters: parameters, host: host)
                next.returns = chain.returns ?? shape(knowing, method, arguments, awaited: awaited)
                return Binding(settle(next, awaited: awaited))
            default:
                next.returns = link.returns ?? chain.returns
                return Binding(.unknown, chain: next)
            }
        case .routine: return link.runs ? Binding(settle(next, awaited: true)) : Binding(.unknown, chain: next)
        }
    }

    /// The result shape of a running link.
    private func shape(_ candidates: [Int], _ method: String, _ arguments: [Node], awaited: Bool) -> Shape? {
        let shape = source.vocabulary.apis[likeliest(candidates, awaited: awaited)].link(method)?.returns
        if case .column = shape { return arguments.first.flatMap { source.literalText($0) }.map { .named($0) } ?? .facet(.row) }
        return shape
    }

    mutating func parameters(_ link: Link, _ arguments: [Node]) -> [Value] {
        guard let from = link.parameters, from < arguments.count else { return [] }
        if link.spread {
            return arguments.dropFirst(from).flatMap { node -> [Value] in
                let value = settled(node)
                if kind(node) == .spread { return [value.element] }
                if case .list(let items) = value { return items }
                return [value]
            }
        }
        guard !kind(arguments[from]).isFunction else { return [] }
        let value = settled(arguments[from])
        if case .list(let items) = value { return items }
        return [value]
    }

    private mutating func extend(_ builder: inout Chain.Builder, _ link: Link, _ arguments: [Node]) {
        func argument(_ index: Int) -> Node? { index < arguments.count ? arguments[index] : nil }
        switch link.role {
        case .read:
            if let columns = argument(link.at).flatMap({ source.literalText($0) }) { builder.columns = selections(columns) }
            if builder.verb == nil { builder.verb = .read } else { builder.returning = true }
            options(link, arguments, &builder)
        case .insert, .update, .upsert, .delete:
            builder.verb =
                switch link.role {
                case .insert: .insert
                case .update: .update
                case .upsert: .upsert
                default: .delete
                }
            if let node = argument(link.at) { builder.values = settled(node) }
            if link.role == .upsert, builder.conflict == nil { builder.conflict = Conflict(columns: [], action: .update) }
            options(link, arguments, &builder)
        case .filter:
            var comparison = link.comparison
            if let position = link.comparing, let word = argument(position).flatMap({ source.literalText($0) }) {
                comparison = Self.comparisons[word] ?? .other
            }
            if link.negated { comparison = comparison == .equal ? .notEqual : comparison == .oneOf ? .notOneOf : .other }
            let value = argument(link.value).map { settled($0) } ?? .unknown
            if comparison == .other, link.value == 0 {
                // A disjunction in PostgREST's own spelling: the columns it names were looked at.
                for column in disjunctionColumns(value) { builder.filters.append(Predicate(column, .other, value)) }
            } else if let column = argument(link.at).map({ settled($0) })?.stringLiteral {
                if value == .literal(.null) { comparison = comparison == .notEqual ? .isNotNull : .isNull }
                builder.filters.append(Predicate(column, comparison, value))
            } else {
                builder.filters.append(Predicate("", .other, value))
            }
        case .filters:
            if let node = argument(link.at), case .object(let fields, _) = settled(node) {
                for field in fields { builder.filters.append(Predicate(field.name, .equal, field.value)) }
            }
        case .one: builder.single = .one
        case .orNone: builder.single = .orNone
        case .returning: builder.returning = true
        case .lock: builder.lock = .update
        case .table, .sql, .tag, .parameters, .run, .statement, .routine, .batch, .transaction, .skip, .add, .save, .leave: return
        }
    }

    private static let comparisons: [String: Predicate.Comparison] = [
        "eq": .equal, "neq": .notEqual, "gt": .greater, "gte": .greaterOrEqual, "lt": .less, "lte": .lessOrEqual, "is": .equal, "in": .oneOf, "like": .like,
        "ilike": .like,
    ]

    private mutating func options(_ link: Link, _ arguments: [Node], _ builder: inout Chain.Builder) {
        for (position, node) in arguments.enumerated() where position != link.at && kind(node) == .object {
            guard case .object(let fields, _) = settled(node) else { continue }
            for field in fields {
                switch link.options[field.name] {
                case .count: builder.counts = builder.counts || field.value != .literal(.boolean(false))
                case .conflict:
                    let columns = field.value.stringLiteral?.split(separator: ",").map { $0.trimmingSpaces() } ?? []
                    builder.conflict = Conflict(columns: columns, action: builder.conflict?.action ?? .update)
                case .ignore:
                    if field.value == .literal(.boolean(true)) { builder.conflict = Conflict(columns: builder.conflict?.columns ?? [], action: .nothing) }
                case nil: continue
                }
            }
        }
    }

    private func disjunctionColumns(_ value: Value) -> [String] {
        var text = ""
        for part in value.parts { if let piece = part.stringLiteral { text += piece } }
        return text.split(whereSeparator: { ",()".contains($0) }).compactMap { $0.split(separator: ".").first.map(String.init) }
    }

    /// `id, name, total:amount, items(id)`: the columns of a PostgREST select list.
    private func selections(_ text: String) -> [Read.Selection] {
        var found: [Read.Selection] = [], item = "", open = 0
        for character in text + "," {
            if character == "(" { open += 1 }
            if character == ")" { open -= 1 }
            guard character == ",", open == 0 else { item.append(character); continue }
            let name = item.prefix(while: { $0 != "(" }).trimmingSpaces()
            item = ""
            guard !name.isEmpty, found.count < 60 else { continue }
            let parts = name.split(separator: ":")
            found.append(.init(alias: String(parts[0]).trimmingSpaces(), column: String(parts[parts.count - 1]).trimmingSpaces()))
        }
        return found
    }
}

extension StringProtocol {
    fileprivate func trimmingSpaces() -> String {
        var view = self[...]
        while let first = view.first, first.isWhitespace { view = view.dropFirst() }
        while let last = view.last, last.isWhitespace { view = view.dropLast() }
        return String(view)
    }
}
