import Flow
import Migrations

/// The corrected statements, run in place of check and act: by the two requests in the order that broke the code, and by many
/// clients at once.
struct Fix {
    /// What must exist besides the tables: a key, a counter with its functions.
    var definitions: [String] = []
    /// What stands in it before the requests come.
    var setup: [Statement] = []
    var steps: [Step]
    /// How many may win; nil where everybody does.
    var allowed: Int?
    /// What is shown in place of a condition that only this play has.
    var placeholder: (condition: String, text: String)?
    /// What must be true of the rows in the end: a column of a table, and what it is after that many.
    var total: (table: String, column: String, per: Double)?

    struct Step: Sendable {
        /// The statement of a client.
        let make: @Sendable (_ client: Int) -> Statement
        /// Without a row the client stops here: somebody else was first.
        var isClaim = false

        init(isClaim: Bool = false, _ make: @escaping @Sendable (_ client: Int) -> Statement) {
            self.make = make
            self.isClaim = isClaim
        }

        static func plain(_ kind: Statement.Kind, _ sql: String) -> Step { Step { _ in Statement(kind, sql) } }
    }

    static let clients = 64

    /// - Parameters:
    ///   - seed: puts the rows to begin with in place.
    func run(on database: any Database, seed: () throws(Obstacle) -> Void) throws(Obstacle) -> Proof.Fix {
        for definition in definitions { try database.add(definition) }
        try seed()
        for statement in setup { _ = database.run(statement, in: .first) }
        let (paired, run) = pair(on: database)
        let keys = definitions.filter { $0.hasPrefix("CREATE UNIQUE") }.map { $0.replacing("\"", with: "") }
        let statements = keys + run.map { statement in placeholder.map { statement.replacing($0.condition, with: $0.text) } ?? statement }
        let expected = allowed.map { min($0, 2) } ?? 2
        guard paired == expected else {
            return Proof.Fix(
                statements: statements, holds: false, clients: 2, winners: paired,
                reason: "under the same schedule \(paired) of 2 requests get through, where \(expected) may")
        }
        try seed()
        let steps = steps
        let winners = try database.contest(clients: Self.clients, setup: setup) { client, run in
            for step in steps {
                var reply = run(step.make(client))
                // What the database ends because of others is tried again, as any client would.
                for _ in 0..<200 {
                    guard case .refused(_, .conflict) = reply else { break }
                    reply = run(step.make(client))
                }
                guard case .answer(let outcome) = reply else { return false }
                if step.isClaim, outcome.affected == 0, outcome.rows.isEmpty { return false }
            }
            return true
        }
        let right = min(allowed ?? Self.clients, Self.clients)
        var holds = winners == right
        var reason =
            "the second request of the schedule is \(expected == 1 ? "refused" : "counted"); of \(Self.clients) clients at once \(winners) get\(winners == 1 ? "s" : "") through, as it should be"
        if !holds { reason = "of \(Self.clients) clients at once \(winners) get\(winners == 1 ? "s" : "") through, where \(right) may" }
        if let total, let found = try sum(total, database) {
            let wanted = total.per * Double(right)
            holds = holds && (found - wanted).magnitude < 1e-6
            reason =
                holds
                ? "of \(Self.clients) clients at once \(right < Self.clients ? "\(winners) get\(winners == 1 ? "s" : "") through, as it should be, and " : "")no change is lost"
                : "after \(Self.clients) clients at once `\(total.column)` has changed by \(found.spelled), where it should have by \(wanted.spelled)"
        }
        return Proof.Fix(statements: statements, holds: holds, clients: Self.clients, winners: winners, reason: reason)
    }

    private func sum(_ total: (table: String, column: String, per: Double), _ database: any Database) throws(Obstacle) -> Double? {
        var statement = Statement(.read, "SELECT sum(\(quoted(total.column))) FROM \(quoted(total.table))")
        statement.results = ["sum"]
        guard case .answer(let outcome) = database.run(statement, in: .first) else { return nil }
        return outcome.rows.first?.value("sum").number.map { $0 - base }
    }

    /// What the column added up to before.
    var base = 0.0

    /// Both requests, each as far as it comes, in turns; how many of them got through, and what was run.
    private func pair(on database: any Database) -> (winners: Int, statements: [String]) {
        var at: [LaneName: Int] = [.first: 0, .second: 0], waits: Set<LaneName> = [], out: Set<LaneName> = []
        var shown: [String] = []
        for _ in 0..<(steps.count * 8 + 20) {
            var moved = false
            for lane in [LaneName.first, .second] where !out.contains(lane) {
                guard let step = at[lane], step < steps.count else { continue }
                let reply: Reply
                if waits.remove(lane) != nil {
                    reply = database.resume(lane)
                } else {
                    let statement = steps[step].make(lane == .first ? 0 : 1)
                    if lane == .first, ![.begin, .commit].contains(statement.kind) || steps.count > 1 { shown.append(statement.shown) }
                    reply = database.run(statement, in: lane)
                }
                switch reply {
                case .waiting: waits.insert(lane)
                case .refused:
                    out.insert(lane)
                    moved = true
                    _ = database.run(Statement(.rollback, "ROLLBACK"), in: lane)
                case .answer(let outcome):
                    moved = true
                    if steps[step].isClaim, outcome.affected == 0, outcome.rows.isEmpty {
                        out.insert(lane)
                        _ = database.run(Statement(.rollback, "ROLLBACK"), in: lane)
                    }
                    at[lane] = step + 1
                }
            }
            if !moved { break }
        }
        return ([LaneName.first, .second].count { !out.contains($0) && at[$0] == steps.count }, shown)
    }
}

// MARK: Which fix

extension Play {
    /// The fix that the finding's remedy describes; nil where it cannot be made from what is known.
    func fix(_ lane: Lane, _ row: [String: Datum]?, for engine: Proof.Engine) -> Fix? {
        guard let table = stage[write.table] else { return nil }
        let rendering = Rendering(stage: stage, engine: engine, filled: [:]), evaluator = lane.evaluator
        switch course.promise {
        case .cap:
            guard let row, let check = course.check, case .read(let read)? = lane.plan.steps[check]?.kind, let counted = stage[read.table] else { return nil }
            let held = seed.rows[stage.key(of: read.table ?? "")]?.count ?? 0
            guard counted.name == table.name else { return nil }
            return claim(cap: held + 1, taken: held, then: row, into: table, rendering)
        case .absence:
            guard let row, let check = course.check, case .read(let read)? = lane.plan.steps[check]?.kind else { return nil }
            let columns = read.filters.filter { $0.comparison == .equal }.compactMap { table.column($0.column)?.name }
            guard !columns.isEmpty, columns.allSatisfy({ row[$0.folded].map { $0 != .null } ?? false }) else { return nil }
            var fix = Fix(steps: [Fix.Step(isClaim: true) { client in table.insert(row, as: client, keeping: columns, " ON CONFLICT DO NOTHING") }])
            fix.definitions = ["CREATE UNIQUE INDEX \(quoted("\(table.name)_once")) ON \(quoted(table.name)) (\(columns.map(quoted).joined(separator: ", ")))"]
            fix.allowed = 1
            return fix
        case .supply(let column): return supply(column, lane)
        case .once(let column), .state(let column):
            if write.operation == .insert || write.operation == .upsert { return flag(column, lane, rendering) }
            guard let prior = prior(of: column, in: table, lane) else { return nil }
            var fix = conditional(write, [Predicate(column, prior == nil ? .isNull : .equal, .literal(prior ?? .null))], rendering, evaluator)
            // A state that was made up for the play is not one to type.
            if table.kind(column) == .text, let name = table.column(column)?.name {
                let known = project.states(write.table ?? "", column)
                if case .string(let state)?? = Optional(prior), known.contains(where: { $0.folded == state.folded }) {
                } else {
                    let condition = prior.map { "\(name) = \(Datum($0).literal)" } ?? "\(name) IS NULL"
                    fix?.placeholder = (condition, "\(name) = :expected_\(name.lowercased())")
                }
            }
            return fix
        case .use: return conditional(write, [], rendering, evaluator)
        case .value(let column): return relative(column, table, rendering, lane)
        case .remainder: return nil
        }
    }

    /// One UPDATE or DELETE that repeats the condition, and whose result is looked at.
    private func conditional(_ write: Write, _ more: [Predicate], _ rendering: Rendering, _ evaluator: Evaluator) -> Fix? {
        var guarded = write
        guarded.filters += more
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
    private func supply(_ column: String, _ lane: Lane) -> Fix? {
        guard let check = course.check, case .read(let read)? = lane.plan.steps[check]?.kind, let table = stage[read.table], table.kind(column) == .number,
            let column = table.column(column)?.name, let row = seed.rows[stage.key(of: read.table ?? "")]?.first, let held = row.value(column).number,
            let identity = table.identity
        else { return nil }
        let made = lane.decisions.first { $0.span == course.decision } ?? lane.decisions.last { $0.condition.steps.contains(check) }
        guard let made else { return nil }
        var supposed = lane.evaluator
        supposed.supposed = [.column(check, column.folded): .number(held + 1)]
        let isTakenFrom = supposed.truth(made.condition) == made.arm
        let amount = isTakenFrom ? max(held, 1) : 1
        let name = quoted(column)
        var statement = Statement(.write, "UPDATE \(quoted(table.name)) SET \(name) = \(name) \(isTakenFrom ? "-" : "+") ")
        statement.bind(.number(amount), as: .number)
        statement += " WHERE \(quoted(identity)) = "
        statement.bind(row.value(identity), as: table.kind(identity))
        statement += " AND \(name) \(isTakenFrom ? ">=" : "<=") "
        statement.bind(.number(isTakenFrom ? amount : held), as: .number)
        let finished = statement
        var fix = Fix(steps: [Fix.Step(isClaim: true) { _ in finished }])
        fix.allowed = 1
        return fix
    }

    /// A slot of a counter, as `interlock migrate counter` writes it, and only then the row.
    private func claim(cap: Int, taken: Int, then row: [String: Datum], into table: Stage.Table, _ rendering: Rendering) -> Fix? {
        var tables = SlotCounterTables(
            prefix: Identifier(own: "slot"), table: Identifier(own: "slot_counts"), scope: Identifier(own: "scope"), type: .text, period: .forever)
        tables.schema = Identifier(own: "proof")
        guard let blueprint = try? tables.blueprint(), let procedure = blueprint.operations.first(where: { $0.name == "claim_slot" }) else { return nil }
        let engine = rendering.engine
        func call(_ quantity: Int) -> Statement {
            let given: [String: Datum] = [
                "scope": .text("all"), "cap": .number(Double(cap)), "quantity": .number(Double(quantity)), "period": .text("always"), "now": .number(0),
            ]
            guard engine == .sqlite else {
                var statement = Statement(
                    .read,
                    "SELECT count FROM slot_claim_slot(\(blueprint.parameterPrefix)scope => 'all', \(blueprint.parameterPrefix)cap => \(cap), \(blueprint.parameterPrefix)quantity => \(quantity))"
                )
                statement.results = ["count"]
                return statement
            }
            var statement = Statement(.write), bound = procedure.statements[0]
            for (at, name) in bound.parameters.enumerated().reversed() { bound.sql = bound.sql.replacing("?\(at + 1)", with: given[name]?.literal ?? "NULL") }
            statement += bound.sql
            statement.results = ["count", "period"]
            return statement
        }
        let claim = call(1)
        var fix = Fix(steps: [
            .plain(.begin, engine == .sqlite ? "BEGIN IMMEDIATE" : "BEGIN"), Fix.Step(isClaim: true) { _ in claim },
            Fix.Step(isClaim: true) { client in table.insert(row, as: client, keeping: nil, "") }, .plain(.commit, "COMMIT"),
        ])
        fix.definitions =
            engine == .sqlite
            ? [blueprint.up(.sqlite)] : [blueprint.up(.postgres), "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA proof TO request"]
        fix.setup = [Statement(.write, "DELETE FROM slot_counts")] + (taken > 0 ? [call(taken)] : [])
        fix.allowed = cap - taken
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

extension Stage.Table {
    /// A row like this one for another client: what must be unique is its own, but for the columns that say which row it is.
    func insert(_ row: [String: Datum], as client: Int, keeping kept: [String]?, _ end: String) -> Statement {
        var statement = Statement(.write, "INSERT INTO \(quoted(name)) (\(columnList)) VALUES (")
        for (at, column) in columns.enumerated() {
            if at > 0 { statement += ", " }
            var value = row[column.name.folded] ?? .null
            let isUnique = keys.contains { $0.columns.contains { $0.folded == column.name.folded } } || column.name == identity
            if isUnique, kept?.contains(column.name) != true, value != .null {
                switch column.kind ?? .text {
                case .number: value = .number(5_000_000 + Double(client))
                case .text: value = .text("client-\(client)")
                case .boolean, .moment: break
                }
            }
            statement.bind(value, as: column.kind ?? .text)
        }
        statement += ")" + end
        return statement
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
