import Flow
import Syntax
import Vocabulary

// What a statement has given, asked afterwards of its result: `result.scalar_one()`, `cursor.fetchone()`, `cursor.rowcount`.
extension RoutineLowering {
    mutating func noteResult(_ step: Step, _ chain: Chain) {
        let api = chain.candidates[0]
        if !source.vocabulary.apis[api].results.isEmpty { ran[step.id] = (step, api) }
    }

    /// What a property of a result is.
    func resultProperty(_ name: String, of value: Value) -> Value? {
        guard !ran.isEmpty, let (step, shape) = shape(name, of: value), case .facet(.affected) = shape else { return nil }
        return self.value(of: shape, step: step)
    }

    /// What a method of a result gives.
    func result(of method: String, on value: Value, _ node: Node) -> Value? {
        // `await Order.get(id=id).using_db(conn)`
        if let (_, api) = origin(of: value), source.vocabulary.apis[api].links[method]?.role == .skip { return value }
        guard !ran.isEmpty, let (step, shape) = shape(method, of: value) else { return nil }
        return self.value(of: shape, step: step)
    }

    /// `row[0]`, `(count,) = row`: a column of a row by its place in the select list.
    func column(at place: Int, of row: Value) -> Value? {
        guard source.isPython, case .outcome(let id, let facet) = row, let (step, _) = ran[id], case .read(let read) = step.kind else { return nil }
        switch facet {
        case .count: return row
        case .row:
            guard place < read.columns.count else { return read.aggregate.isNumber ? .outcome(id, .count) : row.member(String(place)) }
            let item = read.columns[place]
            return read.columns.count == 1 && item.aggregate != nil ? .outcome(id, .count) : row.member(item.alias)
        case .rows, .rowCount, .affected, .result, .failure: return nil
        }
    }

    private func shape(_ name: String, of value: Value) -> (Step, Shape)? {
        guard case .outcome(let id, let facet) = value, facet != .row, let (step, api) = ran[id], let shape = source.vocabulary.apis[api].results[name] else {
            return nil
        }
        return (step, shape)
    }

    /// Runs the statement that an argument has built, or says in SQL: `session.execute(select(Order))`.
    mutating func run(_ arguments: [Node], _ link: Link, _ api: Int, _ node: Node, _ receiver: String) -> Binding? {
        let known = source.vocabulary.apis[api]
        let owner = receiver.split(separator: ".").dropLast()
        guard let last = owner.last, isClient(last, of: known) else { return nil }
        let binding = evaluate(arguments[link.at])
        var result: Value
        if var chain = binding.chain {
            if let returns = link.returns { chain.returns = returns }
            result = settle(chain, awaited: true)
        } else if let (statements, host, _) = statements(of: binding) {
            let chain = Chain(
                candidates: [api], span: hostSpan(statements, host) ?? source.span(node), returns: link.returns,
                form: .text(statements: statements, parameters: boundValues(link, arguments, api), host: host))
            result = settle(chain, awaited: true)
        } else if let text = textFromElsewhere(arguments[link.at]) {
            result = runText(text, boundValues(link, arguments, api), link, api, node)
        } else {
            return nil
        }
        if link.keeps, owner.count == 1, names[String(last)] != nil { names[String(last)]?.value = result.rowsOfStep ?? result }
        if link.keeps, owner.count == 2, owner[0] == "this" { names["this." + last] = Binding(result.rowsOfStep ?? result) }
        if link.keeps, let rows = result.rowsOfStep { result = rows }
        return Binding(result)
    }

    /// A text that the caller gives, or that another file has written out: `sql`, `FIND_SEAT`, `queries.FIND_SEAT`.
    func textFromElsewhere(_ node: Node) -> Value? {
        func isOwnConstant(_ name: String) -> Bool { name == name.uppercased() && name.utf8.count > 1 }
        switch kind(node) {
        case .identifier, .shorthandProperty:
            let name = source.text(node)
            if let value = names[name]?.value {
                if case .parameter = value { return value }
                return nil
            }
            return source.ownNames.contains(name) && isOwnConstant(name) ? .name(name) : nil
        case .member:
            guard let object = node.child(field.object), kind(object) == .identifier, let property = node.child(field.property).map({ source.text($0) })
            else { return nil }
            let owner = source.text(object)
            return source.ownNames.contains(owner) && isOwnConstant(property) ? .member(.name(owner), property) : nil
        default: return nil
        }
    }

    /// What a client of a database is called, where a function is given it.
    static let clients: Set<String> = ["client", "pool", "db", "database", "conn", "connection", "tx", "trx", "pg", "knex"]

    /// `conn.execute(sql, params)`, where the caller gives the text: linking reads it.
    mutating func runText(_ text: Value, _ parameters: [Value], _ link: Link, _ api: Int, _ node: Node) -> Value {
        var call = Call("sql", [text, parameters.count == 1 && parameters[0].isOpen ? parameters[0] : .list(parameters)])
        call.runsText = source.vocabulary.apis[api].flow
        let id = emit(.call(call), source.span(node)), step = Step(id: id, span: source.span(node), kind: .call(call))
        if !source.vocabulary.apis[api].results.isEmpty { ran[id] = (step, api) }
        return link.returns.map { value(of: $0, step: step) } ?? .outcome(id, .rows)
    }

    /// The parameters of SQL text: one list or object, or all arguments from the first of them on.
    private mutating func boundValues(_ link: Link, _ arguments: [Node], _ api: Int) -> [Value] {
        guard let from = link.parameters, from < arguments.count else { return [] }
        let values = arguments[from...].map { settled($0) }
        if case .object(let fields, _)? = values.last, let name = link.object["parameters"], let field = fields.first(where: { $0.name == name }) {
            if case .list(let items) = field.value { return items }
            return [field.value]
        }
        // `db.get(sql, a, b)`, and `db.get(sql, [a, b])` of the same library; where arrays are values, one alone is one.
        if link.spread, values.count > 1 || source.vocabulary.apis[api].dialect != .sqlite { return values }
        if case .list(let items)? = values.first { return items }
        return values.first.map { [$0] } ?? []
    }
}

extension Step {
    /// The row that comes back, or its value where that is a number over many.
    var value: Value {
        if case .read(let read) = kind, read.aggregate.isNumber, read.columns.count <= 1 { return .outcome(id, .count) }
        return .outcome(id, .row)
    }

    /// The first value of the row that comes back.
    var scalar: Value {
        if case .call = kind { return .outcome(id, .count) }
        guard case .read(let read) = kind else { return .outcome(id, .row) }
        switch read.aggregate {
        case .count, .sum, .maximum, .exists: return .outcome(id, .count)
        case .row, .rows:
            guard let first = read.columns.first, read.columns.count == 1 else { return .outcome(id, .row) }
            return first.aggregate == nil ? Value.outcome(id, .row).member(first.alias) : .outcome(id, .count)
        }
    }
}

extension Value {
    /// The result as a whole, whichever part of it was asked for.
    fileprivate var rowsOfStep: Value? {
        switch self {
        case .outcome(let id, _): .outcome(id, .rows)
        case .object(_, let rest?): rest.rowsOfStep
        default: nil
        }
    }
}
