import Flow
import Migrations

// Which fix is played: the one that the finding offers.
extension Play {
    /// The fix that the finding's remedy describes; nil where it cannot be made from what is known.
    func fix(_ lane: Lane, _ row: [String: Datum]?, for engine: Proof.Engine) -> Fix? {
        guard let table = stage[write.table] else { return nil }
        let rendering = Rendering(stage: stage, engine: engine, filled: [:]), evaluator = lane.evaluator
        switch course.promise {
        case .cap:
            guard let row, let check = course.check, case .read(let read)? = lane.plan.steps[check]?.kind, let counted = stage[read.table],
                case .counter(let counter)? = course.cure, counted.name == table.name
            else { return nil }
            return claim(counter, held: seed.rows[stage.key(of: read.table ?? "")]?.count ?? 0, then: row, into: table, rendering, evaluator)
        case .absence:
            guard let row, case .key(let key)? = course.cure else { return nil }
            return unique(key, row, in: table, engine)
        case .supply(let column):
            guard case .supply(let isCountedUp)? = course.cure else { return nil }
            return supply(column, isCountedUp: isCountedUp, lane)
        case .once(let column), .state(let column):
            if write.operation == .insert || write.operation == .upsert { return flag(column, lane, rendering) }
            guard let prior = prior(of: column, in: table, lane) else { return nil }
            let before = Predicate(column, prior == nil ? .isNull : .equal, .literal(prior ?? .null))
            var asked = [before]
            if case .condition(let demands)? = course.cure {
                // Where the remedy leaves the state open, it is the one that was read; what it leaves open otherwise is not known.
                guard !demands.isEmpty else { return nil }
                asked = []
                for demand in demands {
                    if demand.isPlayable || demand.comparison != .other && evaluator.datum(demand.value).isKnown {
                        asked.append(demand)
                    } else if demand.comparison == .equal, demand.column.folded == column.folded {
                        asked.append(before)
                    } else {
                        return nil
                    }
                }
            }
            return conditional(write, asked, rendering, evaluator)
        case .use:
            guard case .condition(let demands)? = course.cure else { return nil }
            return conditional(write, demands.filter { evaluator.datum($0.value).isKnown }, rendering, evaluator)
        case .value(let column): return relative(column, table, rendering, lane)
        case .remainder: return nil
        }
    }

    /// One UPDATE or DELETE that repeats the condition, and whose result is looked at.
    private func conditional(_ write: Write, _ more: [Predicate], _ rendering: Rendering, _ evaluator: Evaluator) -> Fix? {
        var guarded = write
        guarded.isWhole = false
        guarded.filters += more.filter { !write.filters.contains($0) }
        guard let statement = try? rendering.write(guarded, evaluator, identity: .null, isAct: true) else { return nil }
        var fix = Fix(steps: [Fix.Step(isClaim: true) { _ in statement }])
        fix.allowed = 1
        return fix
    }

    /// What the column holds in the row that is written; nil where that is not known, a literal NULL where it is NULL.
    private func prior(of column: String, in table: Stage.Table, _ lane: Lane) -> Literal?? {
        let key = stage.key(of: write.table ?? "")
        guard table.column(column) != nil, let row = seed.rows[key]?.first else { return nil }
        let value = row.value(column)
        if value == .null || value == .unknown { return .some(nil) }
        return Literal(value.converted(to: table.kind(column))).map { .some($0) } ?? nil
    }

    /// The flag is taken first, with a condition; only who has it inserts.
    private func flag(_ column: String, _ lane: Lane, _ rendering: Rendering) -> Fix? {
        guard let check = course.check, case .read(let read)? = lane.plan.steps[check]?.kind, let table = stage[read.table], table.column(column) != nil,
            let row = seed.rows[stage.key(of: read.table ?? "")]?.first
        else { return nil }
        var taken: Assignment?
        lane.plan.routine.body.visit { step in
            if case .write(let other) = step.kind, stage[other.table]?.name == table.name {
                taken = taken ?? other.assignments.first { $0.column.folded == column.folded }
            }
        }
        var update = Write(.update, table: read.table)
        update.assignments = [taken ?? Assignment(column, .literal(table.kind(column) == .boolean ? .boolean(true) : .string("taken")))]
        update.filters = read.filters.filter { $0.comparison == .equal }
        let held = row.value(column)
        let condition = held == .null ? Predicate(column, .isNull, .literal(.null)) : Predicate(column, .equal, .literal(Literal(held) ?? .null))
        return conditional(update, [condition], rendering, lane.evaluator)
    }

    /// What is given out is taken from the column first, as far as it is there.
    private func supply(_ column: String, isCountedUp: Bool, _ lane: Lane) -> Fix? {
        guard let check = course.check, case .read(let read)? = lane.plan.steps[check]?.kind, let table = stage[read.table], table.kind(column) == .number,
            let column = table.column(column)?.name, let row = seed.rows[stage.key(of: read.table ?? "")]?.first, let held = row.value(column).number,
            let identity = table.identity
        else { return nil }
        let amount = isCountedUp ? 1 : max(held, 1)
        let name = quoted(column)
        var statement = Statement(.write, "UPDATE \(quoted(table.name)) SET \(name) = \(name) \(isCountedUp ? "+" : "-") ")
        statement.bind(.number(amount), as: .number)
        statement += " WHERE \(quoted(identity)) = "
        statement.bind(row.value(identity), as: table.kind(identity))
        statement += " AND \(name) \(isCountedUp ? "<=" : ">=") "
        statement.bind(.number(isCountedUp ? held : amount), as: .number)
        let finished = statement
        var fix = Fix(steps: [Fix.Step(isClaim: true) { _ in finished }])
        fix.allowed = 1
        return fix
    }

    /// A slot of the counter, and only then the row. One of the two requests, and every other client, takes it by the statement that
    /// the finding shows, the others by the function or statement that `interlock migrate counter` writes.
    private func claim(
        _ counter: Cure.Counter, held: Int, then row: [String: Datum], into table: Stage.Table, _ rendering: Rendering, _ evaluator: Evaluator
    ) -> Fix? {
        let isMySQL = write.api?.dialect == .mysql
        guard let slots = Slots(counter, cap: held + 1, rendering, evaluator), stage[counter.name] == nil else { return nil }
        let migrated = isMySQL ? nil : slots.migrated
        var fix = Fix(steps: [.plain(.begin, rendering.engine == .sqlite ? "BEGIN IMMEDIATE" : "BEGIN")])
        if isMySQL {
            let (row, claim) = slots.inTwo
            fix.steps += [Fix.Step { _ in row }, Fix.Step(isClaim: true) { _ in claim }]
        } else {
            let claim = slots.claim
            fix.steps.append(Fix.Step(isClaim: true) { client in client.isMultiple(of: 2) ? claim : migrated?.claim ?? claim })
        }
        fix.steps += [Fix.Step(isClaim: true) { client in table.insert(row, as: client, keeping: nil, "") }, .plain(.commit, "COMMIT")]
        fix.definitions = migrated?.definitions ?? [slots.table]
        fix.emptied = counter.name
        fix.setup = held > 0 ? [slots.start(table, held)] : []
        fix.allowed = 1
        return fix
    }

    /// The key that refuses the second row, and an insert that does nothing then.
    private func unique(_ key: Cure.Key, _ row: [String: Datum], in table: Stage.Table, _ engine: Proof.Engine) -> Fix? {
        let columns = key.columns.compactMap { table.column($0)?.name }, rows = key.rows.compactMap { $0.constant(in: table) }
        let nullable = key.nullable.flatMap { table.column($0)?.name }
        guard columns.count == key.columns.count, rows.count == key.rows.count,
            columns.allSatisfy({ row[$0.folded].map { $0 != .null } ?? false || $0 == nullable })
        else { return nil }
        let own = columns.map { column in
            guard engine == .sqlite, column == nullable else { return quoted(column) }
            return "coalesce(\(quoted(column)), \(table.kind(column) == .text ? "''" : "0"))"
        }
        let list = own.joined(separator: ", "), condition = rows.isEmpty ? "" : " WHERE " + rows.joined(separator: " AND ")
        let collide = engine == .postgres && nullable != nil ? " NULLS NOT DISTINCT" : ""
        var fix = Fix(steps: [
            Fix.Step(isClaim: true) { client in table.insert(row, as: client, keeping: columns, " ON CONFLICT (\(list))\(condition) DO NOTHING") }
        ])
        fix.definitions = [
            "CREATE UNIQUE INDEX \(quoted(Cure.Key.name(on: table.name, columns))) ON \(quoted(table.name)) (\(list))\(collide)\(condition)"
        ]
        fix.allowed = 1
        return fix
    }

    /// The database computes the value from the row as it is; where it cannot, the row is locked before it is read.
    private func relative(_ column: String, _ table: Stage.Table, _ rendering: Rendering, _ lane: Lane) -> Fix? {
        guard table.kind(column) == .number, let name = table.column(column)?.name, let check = course.check,
            let assigned = write.value(of: column)
        else { return nil }
        let before = (seed.rows[stage.key(of: write.table ?? "")] ?? []).reduce(0.0) { $0 + ($1.value(name).number ?? 0) }
        let inner = assigned.mapped { value in
            if let (step, path) = value.columnPath, step == check, path.folded == column.folded { return .column(name) }
            return value
        }
        guard inner.parts.contains(.column(name)), !inner.steps.contains(check), case .number(let after) = lane.evaluator.datum(assigned),
            case .number(let held) = lane.evaluator.datum(.member(.outcome(check, .row), column))
        else { return nil }
        var update = write
        update.assignments = [Assignment(name, inner.bare)]
        update.isWhole = false
        // What the code asked of the number before it changed it, the statement asks as it changes it.
        var allowed: Int?
        if let bound = lane.plan.bound(of: column, readBy: check) {
            update.filters.append(Predicate(name, bound.comparison, bound.value))
            allowed = changes(from: held, by: after - held, while: bound, lane)
        }
        guard let statement = try? rendering.write(update, lane.evaluator, identity: .null, isAct: true) else { return nil }
        var fix = Fix(steps: [Fix.Step(isClaim: true) { _ in statement }])
        (fix.total, fix.base, fix.allowed) = ((table.name, name, after - held), before, allowed)
        return fix
    }

    /// How many changes one after the other a bound lets through; nil where it is no number.
    private func changes(from held: Double, by step: Double, while bound: Predicate, _ lane: Lane) -> Int? {
        let limit: Datum =
            if case .column(let name) = bound.value, let check = course.check {
                lane.evaluator.datum(.member(.outcome(check, .row), name))
            } else {
                lane.evaluator.datum(bound.value)
            }
        guard let limit = limit.number else { return nil }
        var value = held, count = 0
        while count < Fix.clients, bound.comparison.holds(value, limit) { (value, count) = (value + step, count + 1) }
        return count
    }
}

extension Predicate {
    /// A statement can ask it: of a constant, of another column of the row, of what the request brings.
    fileprivate var isPlayable: Bool {
        if comparison == .other { return false }
        return value.isPlayable
    }
}

extension Value {
    fileprivate var isPlayable: Bool {
        switch self {
        case .column: true
        case .operation(let op, let parts) where op.isArithmetic: parts.allSatisfy(\.isPlayable)
        default: isConstant || isGiven
        }
    }
}

extension Predicate.Comparison {
    fileprivate func holds(_ value: Double, _ limit: Double) -> Bool {
        switch self {
        case .less: value < limit
        case .lessOrEqual: value <= limit
        case .greater: value > limit
        case .greaterOrEqual: value >= limit
        default: false
        }
    }
}
