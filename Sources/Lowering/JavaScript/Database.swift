import Flow
import SQL
import Syntax
import Vocabulary

// From the links of a call chain to the read or write that it runs, as the vocabulary says.
extension RoutineLowering {
    /// The APIs that know a method as the opening of a chain, the likeliest first; only those that the file imports, if any.
    ///
    /// `root` is the first name of the callee: where another package gave it, the call is not this library's.
    func candidates(opening name: String, role: Link.Role? = nil, root: Substring = "") -> [Int] {
        let package = source.packageNames[String(root)]
        let known = (source.vocabulary.openings[name] ?? []).filter { index in
            let api = source.vocabulary.apis[index]
            return (role == nil || api.links[name]?.role == role) && (package == nil || api.isImported(by: package!))
        }
        let imported = known.filter { source.importedAPIs.contains($0) }
        return (imported.isEmpty ? known : imported).sorted { (likelihood($0, awaited: true), $1) > (likelihood($1, awaited: true), $0) }
    }

    /// How likely it is that a call belongs to an API, from what the file imports and whether the call is awaited.
    private func likelihood(_ index: Int, awaited: Bool) -> Int {
        if source.importedAPIs.contains(index) { return 4 }
        let api = source.vocabulary.apis[index]
        switch api.recognised {
        case .always: return 3
        case .awaited: return awaited ? 2 : 1
        case .imported: return api.blocking && !awaited ? 2 : 0
        }
    }

    private func likeliest(_ candidates: [Int], awaited: Bool) -> Int {
        candidates.max { likelihood($0, awaited: awaited) < likelihood($1, awaited: awaited) } ?? candidates[0]
    }

    /// `client.from('t')`, `db.prepare('…')`, `pool.query('…')`, `db.batch([…])`, `sql.begin(…)`: the first link.
    mutating func open(_ method: String, _ node: Node, _ property: Node, receiver: String) -> Binding? {
        let root = receiver.prefix { $0 != "." }
        let known = candidates(opening: method, root: root)
        guard !known.isEmpty else { return nil }
        let arguments = arguments(of: node)
        let apis = source.vocabulary.apis
        for index in known {
            let api = apis[index], link = api.links[method]!
            let isCertain = source.importedAPIs.contains(index) || api.recognised == .always
            switch link.role {
            case .sql:
                guard arguments.count > link.at else { continue }
                guard let (statements, host, values) = sqlText(arguments[link.at], link) else { continue }
                let rivals = candidates(opening: method, role: .sql, root: root)
                let chain = Chain(
                    candidates: rivals, span: hostSpan(statements, host) ?? source.span(node), returns: link.returns,
                    form: .text(statements: statements, parameters: values ?? parameters(link, arguments), host: host), isRunning: link.runs)
                guard link.runs else { return Binding(.unknown, chain: chain) }
                return Binding(callback(arguments.last, settle(chain, awaited: true)))
            case .table:
                guard isCertain, receiver != "Array", receiver != "Buffer", arguments.count > link.at, kind(arguments[link.at]) != .arrowFunction else { continue }
                let table = settled(arguments[link.at]).stringLiteral
                return Binding(.unknown, chain: Chain(candidates: [index], span: source.span(property), returns: link.returns, form: .builder(.init(table: table))))
            case .routine:
                guard isCertain, let name = arguments.first.flatMap({ source.literalText($0) }) else { continue }
                let values = arguments.dropFirst().map { settled($0) }
                return Binding(.unknown, chain: Chain(candidates: [index], span: source.span(property), returns: link.returns, form: .routine(name: name, arguments: values)))
            case .batch:
                guard let list = arguments.first else { continue }
                return batch(link, list, node, api: index)
            case .transaction:
                guard isCertain, !isModule, let body = arguments.last(where: { kind($0).isFunction }) else { continue }
                return Binding(transaction(link, body, arguments, node))
            case .read, .insert, .update, .upsert, .delete, .filter, .filters, .one, .orNone, .returning, .lock, .tag, .parameters, .run, .skip: continue
            }
        }
        return nil
    }

    private mutating func batch(_ link: Link, _ list: Node, _ node: Node, api: Int) -> Binding? {
        guard kind(list) == .arrayNode else { return nil }
        let inner = collecting { lowering in _ = lowering.elements(of: list, awaited: true) }
        guard inner.contains(where: { if case .write = $0.kind { true } else if case .read = $0.kind { true } else { false } }) else {
            steps.append(contentsOf: inner)
            return nil
        }
        emit(.begin(link.isolation), source.span(node))
        steps.append(contentsOf: inner)
        emit(.end, source.span(node))
        let results = inner.map { step in link.returns.map { value(of: $0, step: step, arguments: []) } ?? .unknown }
        return Binding(.list(results))
    }

    private mutating func transaction(_ link: Link, _ body: Node, _ arguments: [Node], _ node: Node) -> Value {
        var isolation = link.isolation
        for argument in arguments where !kind(argument).isFunction {
            for case .literal(.string(let word)) in settled(argument).parts {
                if word.lowercased().contains("serializable") { isolation = .serializable }
                if word.lowercased().contains("immediate") || word.lowercased().contains("exclusive") { isolation = .exclusive }
            }
        }
        emit(.begin(isolation), source.span(node))
        let value = inline(body, arguments: [.name("transaction")])
        emit(.end, source.span(node))
        return value
    }

    /// `query(sql, params, (error, rows) => …)`: the result comes as an argument.
    private mutating func callback(_ last: Node?, _ result: Value) -> Value {
        guard let last, kind(last).isFunction else { return result }
        let rows: Value = if case .list(let items) = result { items.first ?? .unknown } else { result }
        return inline(last, arguments: [.name("error"), rows])
    }

    // MARK: Links

    /// The chain with one more link, or its result where the link runs it; nil where no candidate knows the method.
    mutating func extend(_ chain: Chain, with method: String, _ node: Node, _ property: Node, awaited: Bool) -> Binding? {
        guard !chain.isRunning else { return nil }
        let apis = source.vocabulary.apis
        let knowing = chain.candidates.filter { apis[$0].links[method] != nil }
        guard !knowing.isEmpty else { return nil }
        let arguments = arguments(of: node)
        var next = chain
        next.candidates = knowing
        next.span = Span(file: source.file, start: Int(chain.span.start), end: max(Int(chain.span.end), node.end))
        let link = apis[knowing[0]].links[method]!
        switch chain.form {
        case .builder(var builder):
            if builder.verb == nil { next.span = Span(file: source.file, start: property.start, end: node.end) }
            extend(&builder, link, arguments)
            next.form = .builder(builder)
            return Binding(.unknown, chain: next)
        case .text(let statements, var parameters, let host):
            switch link.role {
            case .parameters:
                parameters = self.parameters(link, arguments)
                next.form = .text(statements: statements, parameters: parameters, host: host)
                return Binding(.unknown, chain: next)
            case .run:
                if link.parameters != nil, !arguments.isEmpty { parameters = self.parameters(link, arguments) }
                next.form = .text(statements: statements, parameters: parameters, host: host)
                next.returns = shape(knowing, method, arguments, awaited: awaited)
                return Binding(settle(next, awaited: awaited))
            default: return Binding(.unknown, chain: next)
            }
        case .routine:
            return Binding(.unknown, chain: next)
        }
    }

    /// The result shape of a running link.
    private func shape(_ candidates: [Int], _ method: String, _ arguments: [Node], awaited: Bool) -> Shape? {
        let shape = source.vocabulary.apis[likeliest(candidates, awaited: awaited)].links[method]?.returns
        if case .column(let index) = shape {
            guard index < arguments.count, let column = source.literalText(arguments[index]) else { return .facet(.row) }
            return .object(["\u{0}": .facet(.row)], rest: .object([column: .nothing], rest: nil))
        }
        return shape
    }

    private mutating func parameters(_ link: Link, _ arguments: [Node]) -> [Value] {
        guard let from = link.parameters, from < arguments.count else { return [] }
        if link.spread { return arguments.dropFirst(from).flatMap { node -> [Value] in
            let value = settled(node)
            if kind(node) == .spread { return [value.element] }
            if case .list(let items) = value { return items }
            return [value]
        } }
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
            builder.verb = switch link.role {
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
            if let position = link.comparing, let word = argument(position).flatMap({ source.literalText($0) }) { comparison = Self.comparisons[word] ?? .other }
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
        case .table, .sql, .tag, .parameters, .run, .routine, .batch, .transaction, .skip: return
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

    // MARK: SQL text

    /// The statements of an argument that is SQL text, or an object that holds it: `{ sql: '…', args: [id] }`.
    private mutating func sqlText(_ node: Node, _ link: Link) -> ([Statement], HostText, [Value]?)? {
        var textNode = node, values: [Value]?
        if kind(node) == .object, !link.object.isEmpty {
            guard let text = property(link.object["text"], of: node) else { return nil }
            textNode = text
            values = property(link.object["parameters"], of: node).map { list in
                let value = settled(list)
                if case .list(let items) = value { return items }
                return [value]
            }
        }
        let binding = evaluate(textNode)
        guard let host = binding.text ?? { if case .text(_, _, let fragment)? = binding.chain?.form { fragment } else { nil } }() else { return nil }
        let statements = SQLReader.statements(in: host.text)
        guard statements.contains(where: { $0.operations.contains { $0 != .opaque } }) else { return nil }
        return (statements, host, values)
    }

    private func property(_ name: String?, of object: Node) -> Node? {
        object.children.first { part in part.child(field.key).map { propertyName($0) } == name && name != nil }?.child(field.value)
    }

    private func hostSpan(_ statements: [Statement], _ host: HostText) -> Span? {
        guard let first = statements.first, let last = statements.last else { return nil }
        return Span(file: source.file, start: host.text.host(at: first.start), end: host.text.host(at: max(first.start, last.end - 1)) + 1)
    }

    // MARK: Running

    /// Runs a statement: writes its steps and gives back its result in the library's shape.
    mutating func settle(_ chain: Chain, awaited: Bool) -> Value {
        let api = source.vocabulary.apis[likeliest(chain.candidates, awaited: awaited)].flow
        switch chain.form {
        case .builder(let builder): return settle(builder, chain, api)
        case .text(let statements, let parameters, let host): return settle(statements, parameters, host, chain, api)
        case .routine(let name, let arguments):
            let id = emit(.call(Call("rpc:\(name)", arguments)), chain.span)
            return result(.object([.init("data", .outcome(id, .result))], rest: nil), chain, id)
        }
    }

    private func result(_ fallback: Value, _ chain: Chain, _ id: StepID) -> Value {
        guard case .object(let shapes, _) = chain.returns else { return fallback }
        return .object(shapes.keys.sorted().map { .init($0, $0 == "error" ? .outcome(id, .failure) : .outcome(id, .result)) }, rest: nil)
    }

    private mutating func settle(_ statements: [Statement], _ parameters: [Value], _ host: HostText, _ chain: Chain, _ api: Flow.API) -> Value {
        var last: Step?
        for statement in statements {
            let bound = statement.bound { part in
                if let hole = part.holeNumber { return hole < host.holes.count ? host.holes[hole] : .unknown }
                guard let name = part.placeholderName else { return part }
                if let index = Int(name) { return index >= 1 && index <= parameters.count ? parameters[index - 1] : .unknown }
                return parameters.first?.member(name) ?? .unknown
            }
            let span = Span(file: source.file, start: host.text.host(at: statement.start), end: host.text.host(at: max(statement.start, statement.end - 1)) + 1)
            for operation in bound.operations {
                guard let kind = Step.Kind(operation, api, holes: host.holes) else { continue }
                let id = emit(kind, span)
                last = Step(id: id, span: span, kind: kind)
            }
        }
        guard let last else { return .unknown }
        guard let shape = chain.returns else { return .outcome(last.id, .row) }
        return value(of: shape, step: last, arguments: [])
    }

    private mutating func settle(_ builder: Chain.Builder, _ chain: Chain, _ api: Flow.API) -> Value {
        guard let verb = builder.verb else { return .unknown }
        let kind: Step.Kind
        switch verb {
        case .read:
            var read = Read(table: builder.table, aggregate: builder.counts ? .count : builder.single == .many ? .rows : .row)
            read.columns = builder.columns
            read.filters = builder.filters
            read.lock = builder.lock
            read.api = api
            kind = .read(read)
        case .insert, .update, .upsert, .delete:
            let operation: Write.Operation = switch verb {
            case .insert: .insert
            case .update: .update
            case .upsert: .upsert
            case .delete, .read: .delete
            }
            var write = Write(builder.conflict?.action == .nothing ? .insert : operation, table: builder.table)
            (write.assignments, write.partlyUnknown) = assignments(builder.values, isDelete: verb == .delete)
            write.filters = builder.filters
            write.conflict = builder.conflict
            write.returning = builder.returning || builder.counts
            write.throwsWhenMissing = false
            write.api = api
            kind = .write(write)
        }
        let id = emit(kind, chain.span)
        let step = Step(id: id, span: chain.span, kind: kind)
        return chain.returns.map { value(of: $0, step: step, arguments: [], single: builder.single != .many) } ?? .outcome(id, .rows)
    }

    private func assignments(_ value: Value, isDelete: Bool) -> ([Assignment], Bool) {
        switch value {
        case .object(let fields, let rest):
            var latest: [String: Int] = [:]
            for (index, field) in fields.enumerated() { latest[field.name] = index }
            let kept = fields.enumerated().filter { latest[$1.name] == $0 }.map { Assignment($1.name, $1.value) }
            return (kept, rest != nil)
        case .list(let items): return items.first.map { assignments($0, isDelete: isDelete) } ?? ([], true)
        case .either(let items):
            let all = items.map { assignments($0, isDelete: isDelete) }
            return (all.max { $0.0.count < $1.0.count }?.0 ?? [], true)
        default: return ([], !isDelete)
        }
    }

    // MARK: Results

    private func value(of shape: Shape, step: Step, arguments: [Value], single: Bool = false) -> Value {
        switch shape {
        case .facet(let facet): return .outcome(step.id, adapted(facet, to: step))
        case .nothing: return .unknown
        case .column: return .outcome(step.id, .row)
        case .result:
            switch step.kind {
            case .write(let write): return write.returning ? .outcome(step.id, single ? .row : .rows) : .literal(.null)
            default: return .outcome(step.id, single ? .row : .rows)
            }
        case .list(let shapes): return .list(shapes.map { value(of: $0, step: step, arguments: arguments, single: single) })
        case .object(let fields, let rest):
            if fields["\u{0}"] != nil, case .object(let names, _)? = rest, let column = names.keys.first { return Value.outcome(step.id, .row).member(column) }
            return .object(
                fields.keys.sorted().map { .init($0, value(of: fields[$0]!, step: step, arguments: arguments, single: single)) },
                rest: rest.map { value(of: $0, step: step, arguments: arguments, single: single) })
        }
    }

    /// "Affected" of a read is the number of its rows.
    private func adapted(_ facet: Facet, to step: Step) -> Facet {
        guard case .read = step.kind, facet == .affected else { return facet }
        return .rowCount
    }
}

extension Step.Kind {
    /// The step of one operation of a statement, its table filled in where a hole names it.
    init?(_ operation: Statement.Operation, _ api: Flow.API?, holes: [Value]) {
        func name(_ table: String?) -> String? {
            guard let table, table.hasPrefix("\u{1}") else { return table }
            guard let hole = Int(table.dropFirst()), hole < holes.count else { return nil }
            return holes[hole].stringLiteral
        }
        switch operation {
        case .read(var read):
            read.table = name(read.table)
            read.api = api
            self = .read(read)
        case .write(var write):
            write.table = name(write.table)
            write.api = api
            self = .write(write)
        case .begin(let isolation): self = .begin(isolation)
        case .end: self = .end
        case .lock(let lock): self = .lock(lock)
        case .schema, .opaque: return nil
        }
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
