import Flow

/// Two requests on one database, stepped by a schedule.
struct Performance {
    private(set) var lanes: [LaneName: Lane] = [:]
    private(set) var log: [Entry] = []
    private let database: any Database
    private let rendering: Rendering
    /// What each lane does next, once it has been looked at.
    private var held: [LaneName: Lane.Order] = [:]
    private var waiting: [LaneName: (order: Lane.Order, statement: Statement)] = [:]
    private var locks: [String: LaneName] = [:]
    private var isOpen: Set<LaneName> = []
    /// Why a request did not come through, where the database or a lock kept it.
    private(set) var prevention: String?
    /// The database refused a statement, instead of making it wait.
    private(set) var isRefused = false
    /// A unique column of which it is not known whether the code writes the same twice.
    private(set) var doubt: String?

    struct Entry {
        let lane: LaneName
        let text: String
    }

    init(_ first: Lane, _ second: Lane, on database: any Database, _ rendering: Rendering) {
        lanes = [.first: first, .second: second]
        self.database = database
        self.rendering = rendering
    }

    /// What a schedule is made of.
    enum Move {
        /// On to the act, and not yet it.
        case toAct(LaneName)
        case toEnd(LaneName)
        /// As many statements.
        case statements(LaneName, Int)
    }

    mutating func play(_ moves: [Move]) throws(Obstacle) {
        for move in moves {
            switch move {
            case .toAct(let lane): while try advance(lane, stopsAtAct: true) {}
            case .toEnd(let lane): while try advance(lane) {}
            case .statements(let lane, let count): for _ in 0..<count { guard try advance(lane) else { break } }
            }
            // Whoever waited may go on now.
            for lane in [LaneName.first, .second] where waiting[lane] != nil { _ = try advance(lane, isRetry: true) }
        }
        try finish()
    }

    /// What was kept waiting goes on when the other has ended.
    private mutating func finish() throws(Obstacle) {
        for _ in 0..<4 {
            for lane in [LaneName.first, .second] { while try advance(lane) {} }
            if waiting.isEmpty { return }
        }
        for lane in [LaneName.first, .second] {
            guard let (order, _) = waiting.removeValue(forKey: lane) else { continue }
            refuse(lane, order, "it waits for the other for ever, and gives up", .other)
            while try advance(lane) {}
        }
    }

    // MARK: One step

    /// Whether the request went on and may go on further.
    private mutating func advance(_ name: LaneName, stopsAtAct: Bool = false, isRetry: Bool = false) throws(Obstacle) -> Bool {
        if let (order, statement) = waiting[name] {
            let reply: Reply
            if case .lock(let key) = order {
                guard locks[key] == nil else { return false }
                locks[key] = name
                waiting[name] = nil
                note(name, "has the lock")
                return true
            } else {
                reply = database.resume(name)
            }
            guard reply != .waiting else { return false }
            waiting[name] = nil
            try settle(name, order, statement, reply)
            return !isRetry
        }
        guard let order = held.removeValue(forKey: name) ?? lanes[name]?.next() else { return false }
        if stopsAtAct, case .write(_, let step) = order, step == lanes[name]?.plan.act {
            held[name] = order
            return false
        }
        return try perform(order, name)
    }

    private mutating func perform(_ order: Lane.Order, _ name: LaneName) throws(Obstacle) -> Bool {
        guard let lane = lanes[name] else { return false }
        switch order {
        case .decision(let made):
            let leads = lane.plan.needed[made.step].map { $0 == made.arm ? ": goes on" : ": turns back" } ?? ""
            note(name, "asks whether \(lane.evaluator.told(made.condition)): \(made.arm ? "yes" : "no")\(leads)")
        case .effect(let effect): note(name, "calls \(effect)")
        case .lock(let key):
            if let holder = locks[key], holder != name {
                waiting[name] = (order, Statement(.other))
                note(name, "waits for the lock that \(holder.rawValue) holds")
                prevention = prevention ?? "request \(name.rawValue) has to wait for the lock that request \(holder.rawValue) holds"
                return false
            }
            locks[key] = name
            note(name, "takes the lock \(key)")
        case .unlock(let key): locks[key] = nil
        case .begin(let isolation):
            isOpen.insert(name)
            return try send(Statement(.begin, database.begin(isolation)), order, name)
        case .isolate(let isolation):
            // SQLite knows one isolation, and that is the strictest.
            guard database.engine == .postgres else { return true }
            return try send(Statement(.other, database.begin(isolation).replacing("BEGIN", with: "SET TRANSACTION")), order, name)
        case .commit:
            guard isOpen.remove(name) != nil else { return true }
            // PostgreSQL takes back what a failed statement stands in, whatever it is told.
            if database.engine == .postgres, lane.hasFailedInside { lanes[name]?.takeBack() }
            return try send(Statement(.commit, "COMMIT"), order, name)
        case .rollback:
            guard isOpen.remove(name) != nil else { return true }
            lanes[name]?.takeBack()
            return try send(Statement(.rollback, "ROLLBACK"), order, name)
        case .read(let read, let step):
            let all = lane.plan.savedWhole.contains(step) ? rendering.stage[read.table]?.columns.map(\.name) : nil
            return try send(
                try rendering.read(read, lane.evaluator, used: all ?? lane.plan.columns[step] ?? [], summed: lane.plan.summedColumn(of: read, step)), order,
                name)
        case .write(let write, let step):
            let kind = rendering.stage[write.table].map { table in table.identity.map { table.kind($0) } ?? .text } ?? .text
            let identity = lanes[name]?.nextIdentity(kind) ?? .null
            let statement: Statement
            do throws(Obstacle) {
                statement = try rendering.write(write, lane.evaluator, identity: identity, isAct: step == lane.plan.act)
            } catch {
                guard let table = write.table, !lane.plan.concerns(table) else { throw error }
                note(name, "writes to \(table), which is not played: \(error.reason)")
                return true
            }
            return try send(statement, order, name)
        case .related(let step, let relation):
            guard let statement = related(step, relation, lane) else { return true }
            return try send(statement, order, name)
        }
        return true
    }

    private func related(_ step: StepID, _ relation: String, _ lane: Lane) -> Statement? {
        guard case .read(let read)? = lane.plan.steps[step]?.kind, let link = rendering.stage.link(relation, of: read, step, in: lane.plan),
            let row = lane.evaluator.outcomes[step]?.rows.first
        else { return nil }
        return rendering.related(link.table, by: link.key, row.value(link.parent))
    }

    private mutating func send(_ statement: Statement, _ order: Lane.Order, _ name: LaneName) throws(Obstacle) -> Bool {
        let reply = database.run(statement, in: name)
        guard reply != .waiting else {
            waiting[name] = (order, statement)
            note(name, statement.shown + "  -- waits")
            prevention = prevention ?? "request \(name.rawValue) has to wait at `\(statement.shown)` until the other has ended"
            return false
        }
        try settle(name, order, statement, reply)
        return true
    }

    private mutating func settle(_ name: LaneName, _ order: Lane.Order, _ statement: Statement, _ reply: Reply) throws(Obstacle) {
        switch reply {
        case .waiting: return
        case .refused(let message, let refusal): refuse(name, order, message, refusal, statement)
        case .answer(let outcome):
            switch order {
            case .read(let read, let step):
                var outcome = typed(outcome, read.table)
                if statement.results.count == 1, outcome.rows.count == 1, read.isAggregated {
                    outcome.number = outcome.rows[0].values.first?.value.number ?? 0
                    outcome.rows = []
                    note(name, "\(statement.shown)  →  \((outcome.number ?? 0).spelled)")
                } else {
                    note(name, "\(statement.shown)  →  \(shown(outcome.rows, read.table))")
                }
                lanes[name]?.take(outcome, of: step, nil)
            case .write(let write, let step):
                note(name, "\(statement.shown)  →  \(outcome.affected) row\(outcome.affected == 1 ? "" : "s")")
                let typed = typed(outcome, write.table)
                lanes[name]?.take(typed, of: step, write)
            case .related(let step, let relation):
                note(name, "\(statement.shown)  →  \(outcome.rows.count) row\(outcome.rows.count == 1 ? "" : "s")")
                lanes[name]?.take(outcome.rows, of: relation, step)
            default: note(name, statement.shown)
            }
        }
    }

    private mutating func refuse(_ name: LaneName, _ order: Lane.Order, _ message: String, _ refusal: Reply.Refusal, _ statement: Statement? = nil) {
        note(name, (statement.map { $0.shown + "  →  " } ?? "") + message)
        if prevention == nil { isRefused = true }
        switch refusal {
        case .duplicate:
            if let doubts = statement?.doubts, !doubts.isEmpty {
                doubt = doubts[0]
            } else if case .write(let write, _) = order, let column = looseKey(of: write, name) {
                doubt = column
            }
            prevention = prevention ?? "a unique key refuses the second row: \(message)"
        case .check: prevention = prevention ?? "a CHECK refuses the second change: \(message)"
        case .conflict: prevention = prevention ?? "the database ends request \(name.rawValue): \(message)"
        case .other: prevention = prevention ?? "the database refuses a statement of request \(name.rawValue): \(message)"
        }
        switch order {
        case .read(_, let step): lanes[name]?.fail(message, at: step, isReported: false)
        case .write(_, let step):
            let isReported = lanes[name]?.plan.reported.contains(step) ?? false
            lanes[name]?.fail(message, at: step, isReported: isReported)
        case .begin, .commit:
            if isOpen.remove(name) != nil { _ = database.run(Statement(.rollback, "ROLLBACK"), in: name) }
            lanes[name]?.takeBack()
            lanes[name]?.fail(message, at: nil, isReported: false)
        default: break
        }
    }

    /// Where no key of the table is made of what both requests certainly bring alike: a column that may differ.
    private func looseKey(of write: Write, _ name: LaneName) -> String? {
        guard let table = rendering.stage[write.table], let lane = lanes[name] else { return nil }
        let values = Dictionary(write.assignments.compactMap { assignment in table.column(assignment.column).map { ($0.name.folded, assignment.value) } }) {
            _, last in last
        }
        var loose: String?
        for key in table.keys where !key.columns.isEmpty {
            // A number that the database gives out is another each time, and refuses nobody.
            if key.columns.count == 1, key.columns[0].folded == table.identity?.folded, values[key.columns[0].folded] == nil { continue }
            let open = key.columns.first { column in
                guard let value = values[column.folded] else { return true }
                return !(lane.evaluator.given.isFixed(value) || value.isSeen)
            }
            guard let open else { return nil }
            loose = loose ?? open
        }
        return loose
    }

    private mutating func note(_ lane: LaneName, _ text: String) { log.append(Entry(lane: lane, text: text)) }

    /// Flags and moments as the code sees them, which SQLite keeps as numbers and text.
    private func typed(_ outcome: Outcome, _ table: String?) -> Outcome {
        guard let table = rendering.stage[table] else { return outcome }
        var outcome = outcome
        for at in outcome.rows.indices {
            for (name, value) in outcome.rows[at].values where value != .null {
                if let column = table.column(name) { outcome.rows[at].values[name] = value.converted(to: column.kind ?? .text) }
            }
        }
        return outcome
    }

    private func shown(_ rows: [Datum.Row], _ table: String?) -> String {
        guard rows.count == 1 else { return rows.isEmpty ? "no row" : "\(rows.count) rows" }
        let columns = rendering.stage[table]?.columns.map(\.name) ?? []
        let known = columns.compactMap { name in rows[0].values[name.folded].map { (name, $0) } }
        return known.isEmpty ? "1 row" : known.prefix(6).map { "\($0.0) \($0.1.literal)" }.joined(separator: ", ")
    }
}

extension Stage {
    /// How the rows of a relation are found: their table, their column, and the column of the parent that stands in it.
    func link(_ relation: String, of read: Read, _ step: StepID, in plan: Plan) -> (table: Table, key: String, parent: String)? {
        guard let parent = self[read.table] else { return nil }
        let target = read.table.flatMap { schema.table($0)?.relations[relation.lowercased()] } ?? relation
        guard let table = self[target] else { return nil }
        if case .write(let write)? = plan.steps[plan.act]?.kind, self[write.table]?.name == table.name {
            for assignment in write.assignments {
                guard let column = table.column(assignment.column) else { continue }
                if case .member(.outcome(step, .row), let name) = assignment.value.bare, let own = parent.column(name) { return (table, column.name, own.name) }
                if let filter = read.filters.first(where: { $0.comparison == .equal && $0.value == assignment.value }), let own = parent.column(filter.column) {
                    return (table, column.name, own.name)
                }
            }
        }
        let stem = Schema.fold(parent.name)
        guard let key = table.columns.first(where: { $0.name.folded == stem + "id" }), let own = parent.identity else { return nil }
        return (table, key.name, own)
    }
}
