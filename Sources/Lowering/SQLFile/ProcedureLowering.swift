import Flow
import SQL

/// A stored function → its routine. Its variables are followed like the names of any other language; it runs in the
/// transaction of whoever calls it, so that what it locks stays locked to its end.
struct ProcedureLowering {
    private let procedure: Procedure
    private let file: FileID
    private var variables: [String: Value] = [:]
    /// The values of the sub-selects of the expression at hand.
    private var nested: [Value] = []
    /// What the variables held where the loop at hand was left.
    private var leaving: [[String: Value]] = []
    /// The steps that end a loop.
    private var ends: Set<StepID> = []
    private var steps: [Step] = []
    private var nextStep: StepID = 0
    private var span: Span
    private static let armLimit = 50

    init(_ procedure: Procedure, _ file: FileID) {
        self.procedure = procedure
        self.file = file
        span = Span(file: file, start: procedure.start, end: procedure.end)
        if procedure.returnsTrigger {
            variables = ["new": .newRow, "old": .parameter(1, "OLD")]
        } else {
            for (index, name) in procedure.parameters.enumerated() where !name.isEmpty { variables[name] = .parameter(index, name) }
        }
    }

    mutating func routine() -> Routine {
        let whole = span
        emit(.begin(.standard))
        run(procedure.body)
        return Routine(
            name: procedure.name, entry: .stored, isExported: true, parameters: procedure.returnsTrigger ? ["NEW", "OLD"] : procedure.parameters, body: steps,
            nextStep: nextStep, span: whole)
    }

    // MARK: Statements

    private mutating func run(_ parts: [Procedure.Part]) { for part in parts { run(part) } }

    private mutating func run(_ part: Procedure.Part) {
        span = Span(file: file, start: part.start, end: part.end)
        switch part.form {
        case .statement(let statement, let targets): run(statement, into: targets)
        case .assign(let name, let term): assign(name, value(term))
        case .branch(let arms, let otherwise): branch(arms[...], otherwise)
        case .loop(let condition, let body):
            loop(body, while: condition)
        case .each(let names, let statement, let body):
            let row = run(statement, into: []).map { Value.outcome($0, statement.callsFunction ? .result : .row) } ?? .unknown
            for name in names { variables[name] = names.count == 1 ? row : row.member(name) }
            loop(body, while: nil)
        case .block(let body, let handlers): attempt(body, handlers)
        case .returns(let term): returns(term)
        case .returnsRows(let statement):
            if !procedure.returnsRows, case .read(let read)? = statement.main, read.columns.count == 1 {
                run(statement, into: ["result"])
                emit(.exit(.return(variables["result"] ?? .unknown)))
                return
            }
            let last = run(statement, into: [])
            emit(.exit(.return(last.map { .outcome($0, .rows) } ?? .unknown)))
        case .raise: emit(.exit(.throw))
        case .leave(let condition, let endsLoop):
            leaving.append(variables)
            guard let condition else { return leave(endsLoop) }
            let leaves = value(condition)
            emit(.branch(condition: leaves, then: collecting { $0.leave(endsLoop) }, otherwise: []))
        case .rowCount(let name): variables[name] = variables["found"] ?? .unknown
        case .opaque: emit(.opaque)
        }
    }

    private mutating func leave(_ endsLoop: Bool) {
        let id = emit(.exit(.next))
        if endsLoop { ends.insert(id) }
    }

    /// Runs a statement and gives its result to variables. Gives back the number of its last step.
    @discardableResult
    private mutating func run(_ statement: Statement, into targets: [String]) -> StepID? {
        var last: StepID?
        for operation in statement.bound({ self.known($0) }).operations {
            guard var kind = Step.Kind(operation, .stored, holes: []) else { continue }
            if case .call(var call) = kind {
                call.arguments = call.arguments.map { calling($0) }
                kind = .call(call)
            }
            if !targets.isEmpty, case .read(var read) = kind, read.aggregate == .rows {
                read.aggregate = .row
                kind = .read(read)
            }
            let id = emit(kind)
            last = id
            switch kind {
            case .read(let read):
                variables["found"] = .outcome(id, .row)
                assign(targets, results(of: read, id, targets))
            case .call:
                let result = Value.outcome(id, .result)
                assign(targets, targets.count == 1 ? [result] : targets.map { result.member($0) })
            case .write:
                variables["found"] = .outcome(id, .affected)
                assign(targets, targets.map { targets.count == 1 ? .outcome(id, .row) : Value.outcome(id, .row).member($0) })
            default: continue
            }
        }
        return last
    }

    /// What each variable gets: the row as a whole, or its columns one by one.
    private func results(of read: Read, _ id: StepID, _ targets: [String]) -> [Value] {
        if targets.count == 1, procedure.records.contains(targets[0]) || read.columns.first?.alias == "*" || read.columns.count > 1 || read.columns.isEmpty {
            return [.outcome(id, .row)]
        }
        return targets.indices.map { $0 < read.columns.count ? column(read.columns[$0], of: id) : .unknown }
    }

    private func column(_ item: Read.Selection, of id: StepID) -> Value {
        Value.outcome(id, .row).member(item.aggregate == nil ? item.column ?? item.alias : item.alias)
    }

    private mutating func branch(_ arms: ArraySlice<Procedure.Arm>, _ otherwise: [Procedure.Part]) {
        guard let arm = arms.first else { return run(otherwise) }
        // So many arms in one another are no tree that anybody could walk: one behind the other, each asks alone.
        if arms.count > Self.armLimit {
            for arm in arms { branch([arm], []) }
            return run(otherwise)
        }
        let place = span, condition = value(arm.condition), before = variables
        let then = collecting { $0.run(arm.body) }, after = variables
        variables = before
        let rest = collecting { $0.branch(arms.dropFirst(), otherwise) }
        span = place
        emit(.branch(condition: condition, then: then, otherwise: rest))
        if rest.alwaysLeaves { variables = after } else if !then.alwaysLeaves { variables.merge(after) { .merge([$1, $0]) } }
    }

    private mutating func loop(_ body: [Procedure.Part], while condition: Procedure.Term?) {
        let place = span, before = variables, outer = leaving
        leaving = []
        var holding: Value?
        // Whatever the body assigns may come from the round before.
        for name in body.assigned { variables[name] = .unknown }
        let inner = collecting { lowering in
            if let condition {
                let holds = lowering.value(condition)
                holding = holds
                lowering.emit(.branch(condition: holds, then: [], otherwise: lowering.collecting { $0.emit(.exit(.next)) }))
            }
            lowering.run(body)
        }
        span = place
        emit(.loop(inner))
        // What ended the loop is known behind it.
        if let ended = condition == nil ? inner.condition(thatEndsBy: ends) : holding.map({ .operation(.not, [$0]) }), !ended.steps.isEmpty {
            let otherwise = collecting { $0.emit(.exit(.next)) }
            emit(.branch(condition: ended, then: [], otherwise: otherwise))
        }
        for state in leaving { variables.merge(state) { .merge([$0, $1]) } }
        leaving = outer
        variables.merge(before) { .merge([$1, $0]) }
    }

    private mutating func attempt(_ body: [Procedure.Part], _ handlers: [Procedure.Handler]) {
        guard !handlers.isEmpty else { return run(body) }
        let place = span, before = variables
        let tried = collecting { $0.run(body) }, after = variables
        variables.merge(before) { .merge([$1, $0]) }
        let handling = collecting { $0.handle(handlers[...]) }
        span = place
        emit(.attempt(tried, handler: handling, cleanup: []))
        if handling.alwaysLeaves { variables = after } else { variables.merge(after) { .merge([$1, $0]) } }
    }

    /// `WHEN unique_violation THEN …` asks which error it was.
    private mutating func handle(_ handlers: ArraySlice<Procedure.Handler>) {
        if handlers.count > Self.armLimit { return handle(handlers.suffix(1)) }
        guard let handler = handlers.first else { emit(.exit(.throw)); return }
        if handler.conditions.contains("others") { return run(handler.body) }
        let isError = handler.conditions.map { Value.operation(.equal, [.name("sqlstate"), .literal(.string($0))]) }
        let then = collecting { $0.run(handler.body) }, otherwise = collecting { $0.handle(handlers.dropFirst()) }
        emit(.branch(condition: isError.count == 1 ? isError[0] : .operation(.or, isError), then: then, otherwise: otherwise))
    }

    private mutating func returns(_ term: Procedure.Term) {
        if procedure.returnsTrigger {
            let passes = term.value.variableName == "new"
            emit(.call(Call(passes ? StoredChange.passesRow : StoredChange.endsTrigger, [])))
            emit(.exit(.return(.unknown)))
            return
        }
        let result = value(term)
        emit(.exit(.return(result == .unknown && term.value == .unknown ? outputs : result)))
    }

    /// A bare RETURN gives the output parameters.
    private var outputs: Value {
        procedure.outputs.isEmpty ? .unknown : .object(procedure.outputs.compactMap { name in variables[name].map { .init(name, $0) } }, rest: nil)
    }

    // MARK: Values

    private mutating func value(_ term: Procedure.Term) -> Value {
        var reads: [Value] = []
        for read in term.reads {
            let row = Value.outcome(emit(.read(read.single(.stored).rewritten { $0.mapped { self.known($0) } })), .row)
            reads.append(read.columns.count == 1 && !isMark(read.columns[0]) ? row.member(read.columns[0].alias) : row)
        }
        nested = reads
        let mapped = term.value.mapped { self.known($0) }.bounded
        nested = []
        return calling(mapped)
    }

    /// The same value, with the calls of other functions inside of it as steps of their own.
    private mutating func calling(_ value: Value) -> Value {
        guard case .operation(let op, let operands) = value else { return value }
        let inner = operands.map { calling($0) }
        guard case .call(let name) = op else { return .operation(op, inner) }
        // `IF NOT pg_try_advisory_xact_lock(…)`: whoever looks at the answer goes on with the lock.
        if name.hasPrefix("pg_try_advisory") {
            emit(.lock(Lock(.advisory, key: inner.first ?? .unknown)))
            return .operation(op, inner)
        }
        if ["jsonb_build_object", "json_build_object"].contains(name) {
            var fields: [Value.Field] = []
            for index in stride(from: 0, to: inner.count - 1, by: 2) { if let key = inner[index].stringLiteral { fields.append(.init(key, inner[index + 1])) } }
            return .object(fields, rest: nil)
        }
        guard !Procedure.isBuiltIn(name) else { return .operation(op, inner) }
        return .outcome(emit(.call(Call("rpc:" + name, inner))), .result)
    }

    /// `SELECT 1`: that there is a row is all that it tells.
    private func isMark(_ column: Read.Selection) -> Bool { column.aggregate == nil && (column.column == nil || column.column == "*") }

    private func known(_ part: Value) -> Value {
        if let name = part.variableName { return variables[name] ?? .unknown }
        if let number = part.nestedNumber { return number < nested.count ? nested[number] : .unknown }
        if let number = part.placeholderName.flatMap({ Int($0) }) {
            return number <= procedure.parameters.count ? .parameter(number - 1, procedure.parameters[number - 1]) : .unknown
        }
        // EXISTS (SELECT …): whether there is a row.
        if case .operation(.subquery, let operands) = part, operands.first == .name("exists"), operands.count == 2 {
            if case .member(let row, _) = operands[1] { return row }
            return operands[1]
        }
        return part
    }

    private mutating func assign(_ targets: [String], _ values: [Value]) { for (target, value) in zip(targets, values) { assign(target, value) } }

    private mutating func assign(_ name: String, _ value: Value) {
        if name.hasSuffix("[]") {
            variables[String(name.dropLast(2))] = .unknown
        } else if let dot = name.firstIndex(of: ".") {
            // `r.count := r.count - 1`: the row but for one field.
            let row = String(name[..<dot]), field = String(name[name.index(after: dot)...])
            variables[row] = Value.object([.init(field, value)], rest: variables[row]).held
        } else {
            variables[name] = value.held
        }
    }

    // MARK: Steps

    @discardableResult
    private mutating func emit(_ kind: Step.Kind) -> StepID {
        defer { nextStep += 1 }
        steps.append(Step(id: nextStep, span: span, kind: kind))
        return nextStep
    }

    private mutating func collecting(_ work: (inout Self) -> Void) -> [Step] {
        let outer = steps
        steps = []
        work(&self)
        defer { steps = outer }
        return steps
    }
}
