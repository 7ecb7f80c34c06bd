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
            return (role == nil || api.links[name]?.role == role) && (package == nil || api.recognised == .present || api.isImported(by: package!))
        }
        guard known.count > 1 else { return known }
        // What the file imports speaks for its calls, except for those that name their table.
        let imported = known.contains { source.importedAPIs.contains($0) && source.vocabulary.apis[$0].recognised != .present }
        let kept = imported ? known.filter { source.importedAPIs.contains($0) || source.vocabulary.apis[$0].recognised == .present } : known
        return kept.sorted { (likelihood($0, awaited: true), $1) > (likelihood($1, awaited: true), $0) }
    }

    /// How likely it is that a call belongs to an API, from what the file imports and whether the call is awaited.
    func likelihood(_ index: Int, awaited: Bool) -> Int {
        if source.importedAPIs.contains(index) { return 4 }
        let api = source.vocabulary.apis[index]
        switch api.recognised {
        case .awaited: return awaited ? 2 : 1
        case .imported: return api.blocking && !awaited ? 2 : 0
        case .always, .present: return 3
        }
    }

    func likeliest(_ candidates: [Int], awaited: Bool) -> Int {
        candidates.max { likelihood($0, awaited: awaited) < likelihood($1, awaited: awaited) } ?? candidates[0]
    }

    /// `client.from('t')`, `db.prepare('…')`, `pool.query('…')`, `db.batch([…])`, `sql.begin(…)`: the first link.
    mutating func open(_ method: String, _ node: Node, _ property: Node, receiver: String, awaited isAwaited: Bool) -> Binding? {
        let root = receiver.prefix { $0 != "." }
        // `Array.from(rows)`, `Buffer.from(row.data)`
        if root.first?.isUppercase == true, pureGlobals.contains(String(root)), source.packageNames[String(root)] == nil { return nil }
        let known = candidates(opening: method, root: root)
        guard !known.isEmpty else { return nil }
        let arguments = arguments(of: node)
        let apis = source.vocabulary.apis
        for index in known {
            let api = apis[index], link = api.links[method]!
            let isCertain = source.knows(index)
            if link.table != nil || !link.arguments.isEmpty || link.role == .save {
                guard isCertain, let begun = begin(link, api: index, node, property, receiver.split(separator: ".").dropLast().map { $0 }) else { continue }
                guard link.runs, let chain = begun.chain else { return begun }
                let result = settle(chain, awaited: true)
                // `session.refresh(order, with_for_update=True)`
                if link.refreshes, let first = arguments.first, kind(first) == .identifier { names[source.text(first)]?.value = result }
                return Binding(result)
            }
            switch link.role {
            case .sql:
                guard arguments.count > link.at else { continue }
                // An object mapper's way to SQL text goes through its own client.
                if api.recognised == .present, !api.receivers.isEmpty {
                    guard receiver.split(separator: ".").dropLast().last.map({ isClient($0, of: api) }) == true else { continue }
                }
                guard !kind(arguments[link.at]).isFunction else { continue }
                if link.runs, let text = textFromElsewhere(part(link.object["text"], of: arguments[link.at]) ?? arguments[link.at]),
                    source.importedAPIs.contains(index)
                        || receiver.split(separator: ".").dropLast().last.map({ Self.clients.contains($0.lowercased()) }) == true
                {
                    let given = part(link.object["parameters"], of: arguments[link.at]).map { [settled($0)] }
                    return Binding(runText(text, given ?? parameters(link, arguments), link, index, node))
                }
                guard let (statements, host, values) = sqlText(arguments[link.at], link) else { continue }
                let rivals =
                    api.recognised == .present
                    ? [index] : candidates(opening: method, role: .sql, root: root).filter { speaks(apis[$0].dialect, host) && apis[$0].recognised != .present }
                guard rivals.contains(index) else { continue }
                let chain = Chain(
                    candidates: rivals, span: hostSpan(statements, host) ?? source.span(node), returns: link.returns,
                    form: .text(statements: statements, parameters: values ?? parameters(link, arguments), host: host), isRunning: link.runs)
                guard link.runs else { return Binding(.unknown, chain: chain) }
                return Binding(callback(arguments.last, settle(chain, awaited: true)))
            case .table:
                guard isCertain, arguments.count > link.at, kind(arguments[link.at]) != .arrowFunction else {
                    continue
                }
                let table = settled(arguments[link.at]).stringLiteral
                return Binding(
                    .unknown, chain: Chain(candidates: [index], span: source.span(property), returns: link.returns, form: .builder(.init(table: table))))
            case .routine:
                guard isCertain, let name = arguments.first.flatMap({ source.literalText($0) }) else { continue }
                let values = arguments.dropFirst().map { settled($0) }
                return Binding(
                    .unknown,
                    chain: Chain(candidates: [index], span: source.span(property), returns: link.returns, form: .routine(name: name, arguments: values)))
            case .batch:
                guard let list = arguments.first else { continue }
                return batch(link, list, node, api: index)
            case .transaction:
                guard !isModule else { continue }
                if let body = arguments.last(where: { kind($0).isFunction }) {
                    // What a library promises of its transactions holds only where the file says that it is that one.
                    return Binding(transaction(isCertain ? link.isolation : .standard, body, arguments, node, flushing: link.flushes ? index : nil))
                }
                // `transaction(options, fn)` or the other way round.
                if let at = [0, arguments.count - 1].first(where: { arguments.indices.contains($0) && givenFunction(arguments[$0]) != nil }),
                    let given = givenFunction(arguments[at])
                {
                    let options = options(arguments.indices.filter { $0 != at }.map { arguments[$0] })
                    emit(.begin(isCertain ? link.isolation : .standard, options: options), source.span(node))
                    let value = run(given, node)
                    emit(.end, source.span(node))
                    return Binding(value)
                }
                // `$transaction([…])`
                if let list = arguments.first, kind(list) == .arrayNode, isCertain { return batch(link, list, node, api: index) }
                guard isCertain, isAwaited || isContext else { continue }
                let options = isContext ? arguments.map { settled($0) } + (source.constants[String(root)].map { [$0.value] } ?? []) : []
                emit(.begin(link.isolation, options: .list(options)), source.span(node))
                return Binding(.name("transaction"))
            case .statement:
                guard isCertain, arguments.count > link.at, !kind(arguments[link.at]).isFunction else { continue }
                guard let ran = run(arguments, link, index, node, receiver) else { continue }
                return ran
            case .leave:
                guard isCertain, receiver.split(separator: ".").dropLast().last.map({ isClient($0, of: api) }) == true else { continue }
                emit(.exit(.throw), source.span(node))
                return Binding(.unknown)
            case .tag:
                // `tx.$queryRaw(Prisma.sql`…`)`: the text has a tag of its own.
                guard isCertain, link.runs, let first = arguments.first, kind(first) == .call, let (statements, host, _) = statements(of: evaluate(first))
                else {
                    continue
                }
                return Binding(
                    settle(
                        Chain(
                            candidates: [index], span: hostSpan(statements, host) ?? source.span(node), returns: link.returns,
                            form: .text(statements: statements, parameters: [], host: host)), awaited: true))
            case .read, .insert, .update, .upsert, .delete, .filter, .filters, .one, .orNone, .returning, .lock, .parameters, .run, .skip, .add, .save:
                continue
            }
        }
        return nil
    }

    mutating func batch(_ link: Link, _ list: Node, _ node: Node, api: Int) -> Binding? {
        guard kind(list) == .arrayNode else { return nil }
        var values: [Value] = []
        let inner = collecting { lowering in
            values = link.object.isEmpty ? lowering.elements(of: list, awaited: true) : list.children.compactMap { lowering.statement($0, link, api) }
        }
        guard inner.contains(where: { if case .write = $0.kind { true } else if case .read = $0.kind { true } else { false } }) else {
            steps.append(contentsOf: inner)
            return nil
        }
        emit(.begin(link.isolation), source.span(node))
        steps.append(contentsOf: inner)
        emit(.end, source.span(node))
        guard let shape = link.returns else { return Binding(.list(values)) }
        return Binding(.list(inner.map { value(of: shape, step: $0) }))
    }

    /// `{sql: '…', args: […]}` or plain text, as an element of a batch.
    private mutating func statement(_ node: Node, _ link: Link, _ api: Int) -> Value? {
        guard kind(node) != .comment else { return nil }
        guard let (statements, host, values) = sqlText(node, link) else { return settled(node) }
        return settle(
            Chain(
                candidates: [api], span: hostSpan(statements, host) ?? source.span(node), returns: link.returns,
                form: .text(statements: statements, parameters: values ?? [], host: host)), awaited: true)
    }

    /// `db.transaction().execute(async (trx) => …)`: what was opened runs the function that it is given now.
    mutating func runTransaction(_ method: String, _ object: Node, _ node: Node) -> Value? {
        let given = arguments(of: node)
        guard let body = given.last, kind(body).isFunction, kind(object) == .call, arguments(of: object).isEmpty,
            let opening = object.child(field.function)?.child(field.property).map({ source.text($0) }),
            let api = source.api(where: { $0.links[opening]?.role == .transaction && $0.links[method]?.role == .run })
        else { return nil }
        return transaction(source.vocabulary.apis[api].links[opening]?.isolation ?? .standard, body, given, node)
    }

    /// - Parameter flushing: the library that writes what was set in rows when the transaction ends.
    mutating func transaction(_ promised: Isolation, _ body: Node, _ arguments: [Node], _ node: Node, flushing: Int? = nil) -> Value {
        emit(.begin(promised, options: options(arguments)), source.span(node))
        let value = inline(
            body, arguments: [.name("transaction")],
            end: flushing.map { api in
                { lowering in
                    lowering.beforeReturning { if let link = $0.source.vocabulary.apis[api].flushing { _ = $0.flush(link, node, api) } }
                }
            })
        emit(.end, source.span(node))
        return value
    }

    /// What a transaction is told; the client that it is to run on says nothing of it.
    private mutating func options(_ arguments: [Node]) -> Value {
        let told = arguments.filter { !kind($0).isFunction && !(kind($0) == .identifier && Self.clients.contains(source.text($0).lowercased())) }
        return .list(told.map { settled($0) })
    }

    /// `query(sql, params, (error, rows) => …)`: the result comes as an argument.
    mutating func callback(_ last: Node?, _ result: Value) -> Value {
        guard let last, kind(last).isFunction else { return result }
        let rows: Value = if case .list(let items) = result { items.first ?? .unknown } else { result }
        return inline(last, arguments: [.name("error"), rows])
    }

    // MARK: SQL text

    /// The statements of an argument that is SQL text, or an object that holds it: `{ sql: '…', args: [id] }`.
    mutating func sqlText(_ node: Node, _ link: Link) -> ([Statement], HostText, [Value]?)? {
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
        return statements(of: binding).map { ($0.0, $0.1, values) }
    }

    func statements(of binding: Binding) -> ([Statement], HostText, [Value]?)? {
        guard let host = binding.text ?? { if case .text(_, _, let fragment)? = binding.chain?.form { fragment } else { nil } }() else { return nil }
        let statements = SQLReader.statements(in: host.text)
        guard statements.contains(where: { $0.operations.contains { $0 != .opaque } }) else { return nil }
        return (statements, host, nil)
    }

    /// Placeholders tell dialects apart: `$1` is PostgreSQL's and SQLite's, `?` is everybody's but PostgreSQL's.
    private func speaks(_ dialect: Flow.API.Dialect, _ host: HostText) -> Bool {
        guard dialect == .postgres || dialect == .mysql else { return true }
        let bytes = host.text.bytes
        let hasQuestionMark = bytes.contains(UInt8(ascii: "?"))
        let hasNumber = bytes.indices.contains {
            bytes[$0] == UInt8(ascii: "$") && $0 + 1 < bytes.count && bytes[$0 + 1] >= UInt8(ascii: "1") && bytes[$0 + 1] <= UInt8(ascii: "9")
        }
        return dialect == .postgres ? !hasQuestionMark || hasNumber : !hasNumber
    }

    func property(_ name: String?, of object: Node) -> Node? {
        object.children.first { part in source.key(of: part).map { propertyName($0) } == name && name != nil }?.child(field.value)
    }

    /// The same of `{sql}` as of `{sql: sql}`.
    private func part(_ name: String?, of node: Node) -> Node? {
        guard let name, kind(node) == .object else { return nil }
        return property(name, of: node) ?? node.children.first { kind($0) == .shorthandProperty && source.text($0) == name }
    }

    /// Where statements stand; nil where that is no part of this function, whose reader looks for the call that runs them.
    func hostSpan(_ statements: [Statement], _ host: HostText) -> Span? {
        guard let first = statements.first, let last = statements.last else { return nil }
        let span = source.span(host.text.host(at: first.start)..<host.text.host(at: max(first.start, last.end - 1)) + 1)
        return isHere(span) ? span : nil
    }

    func isHere(_ span: Span) -> Bool { extent?.contains(span) != false }
}
