import Flow

/// The corrected statements, run in place of check and act: by the two requests in the order that broke the code, and by many
/// clients at once.
struct Fix {
    /// What must exist besides the tables: a key, a counter with its functions.
    var definitions: [String] = []
    /// A table of its own, of which every run begins with no rows.
    var emptied: String?
    /// What stands in it before the requests come.
    var setup: [Statement] = []
    var steps: [Step]
    /// How many may win; nil where everybody does.
    var allowed: Int?
    /// What must be true of the rows in the end: a column of a table, and what it is after that many.
    var total: (table: String, column: String, per: Double)?

    struct Step: Sendable {
        /// The statement of a client.
        let make: @Sendable (_ client: Int) -> Statement
        /// Whether the client goes on; else somebody else was first.
        var goesOn: @Sendable (Outcome) -> Bool = { _ in true }

        init(isClaim: Bool = false, _ make: @escaping @Sendable (_ client: Int) -> Statement) {
            self.make = make
            if isClaim { goesOn = { $0.affected > 0 || !$0.rows.isEmpty } }
        }

        init(_ make: @escaping @Sendable (_ client: Int) -> Statement, goesOn: @escaping @Sendable (Outcome) -> Bool) {
            self.make = make
            self.goesOn = goesOn
        }

        static func plain(_ kind: Statement.Kind, _ sql: String) -> Step { Step { _ in Statement(kind, sql) } }
    }

    static let clients = 64

    /// - Parameters:
    ///   - seed: puts the rows to begin with in place.
    func run(on database: any Database, seed: () throws(Obstacle) -> Void) throws(Obstacle) -> Proof.Fix {
        for definition in definitions { try database.add(definition) }
        try seed()
        let prepared = (emptied.map { [Statement(.write, "DELETE FROM \(quoted($0))")] } ?? []) + setup
        for statement in prepared { _ = database.run(statement, in: .first) }
        let (paired, run) = pair(on: database)
        let keys = definitions.filter { $0.hasPrefix("CREATE UNIQUE") }.map(\.plainlyQuoted)
        let statements = keys + setup.map(\.shown) + run
        let expected = allowed.map { min($0, 2) } ?? 2
        guard paired == expected else {
            return Proof.Fix(
                statements: statements, holds: false, clients: 2, winners: paired,
                reason: "under the same schedule \(paired) of 2 requests get through, where \(expected) may")
        }
        try seed()
        let steps = steps
        let winners = try database.contest(clients: Self.clients, setup: prepared) { client, run in
            for step in steps {
                var reply = run(step.make(client))
                // What the database ends because of others is tried again, as any client would.
                for _ in 0..<200 {
                    guard case .refused(_, .conflict) = reply else { break }
                    reply = run(step.make(client))
                }
                guard case .answer(let outcome) = reply, step.goesOn(outcome) else { return false }
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
                    if !steps[step].goesOn(outcome) {
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
