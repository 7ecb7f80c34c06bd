import Flow

/// One finding, made ready to be played: its routine, the way to the act, the tables, and the rows that must stand in them.
struct Play {
    let course: Course
    let project: Project
    let write: Write
    var plans: [LaneName: Plan]
    let stage: Stage
    var given: Given
    /// Another request than the first: it wants another state.
    let hasRival: Bool
    /// Its code, where it is not the same code.
    let rival: Rival?
    var seed = Seed() { didSet { inserts = nil } }
    /// The statements that put the seed in place, as long as it stays as it is.
    private var inserts: [Statement]?
    /// A question to be asked of the rows that the race leaves, of those that the two leave one after the other, and of those that
    /// the fix leaves.
    var question: String?
    /// How many rows answered it each time.
    var victims: (race: Int?, serial: Int?, fix: Int?)
    /// The last that was played, for who wants to know how far it came.
    private var last: Performance?
    var transcript: [Moment] { last.map(Self.transcript) ?? [] }

    /// - Parameters:
    ///   - meetsRival: the second request is no repetition of the first, but one that changes the same column to something else.
    ///   - isRivalAlone: of that one its statement is played, without the code around it.
    init(_ course: Course, _ project: Project, meetsRival: Bool = false, isRivalAlone: Bool = false) throws(Obstacle) {
        self.course = course
        self.project = project
        let whole = project.routines[course.routine]
        let chosen = Self.choice(course, whole, project)
        let routine = chosen.map { whole.replacing($0.value, with: $0.states.0) } ?? whole
        let plan = try Plan(routine, to: course.act, by: course.check)
        guard case .write(let write)? = plan.steps[course.act]?.kind else { throw Obstacle("the act is no statement") }
        switch course.promise {
        case .value, .state: break
        case .cap, .absence, .supply, .once, .use, .remainder:
            if plan.isRefusal { throw Obstacle("behind the act the code refuses the request in any case", at: plan.steps[course.act]?.span) }
        }
        guard write.table != nil else { throw Obstacle("the table that is written is not known") }
        if let step = course.check, case .read(let read)? = plan.steps[step]?.kind, read.table == nil { throw Obstacle("the table that is read is not known") }
        self.write = write
        let rival = chosen == nil ? Self.rival(of: write, course, project, meetsRival: meetsRival, isAlone: isRivalAlone) : nil
        let second = chosen.map { whole.replacing($0.value, with: $0.states.1) } ?? rival?.routine
        if meetsRival, second == nil { throw Obstacle("no statement is known that writes another state") }
        stage = Stage(for: [routine] + (second.map { [$0] } ?? []), project.schema)
        hasRival = second != nil
        self.rival = rival
        plans = [
            .first: plan,
            .second: try second.map { routine throws(Obstacle) in try Plan(routine, to: rival?.act ?? course.act, by: rival == nil ? course.check : nil)
            } ?? plan,
        ]
        given = Given(routine, stage, shared: Self.meeting(course, plan))
        // Each takes away a row of its own, of those that both have counted.
        if course.promise == .remainder { given.apart = Set(write.filters.flatMap(\.value.given)).subtracting(Self.meeting(course, plan)) }
    }

    /// The values by which both requests meet in the same rows.
    static func meeting(_ course: Course, _ plan: Plan) -> Set<Value> {
        var shared: Set<Value> = [], open: [StepID] = [], seen: Set<StepID> = []
        func take(_ filters: [Predicate]) {
            for filter in filters {
                shared.formUnion(filter.value.given)
                if !filter.value.isConstant { shared.insert(filter.value) }
                open += filter.value.steps
            }
        }
        if let check = course.check, case .read(let read)? = plan.steps[check]?.kind { take(read.filters) }
        // Two take one row each of those that are left.
        if course.promise != .remainder, case .write(let write)? = plan.steps[course.act]?.kind { take(write.filters) }
        while let step = open.popLast() {
            guard seen.insert(step).inserted, case .read(let read)? = plan.steps[step]?.kind else { continue }
            take(read.filters)
        }
        return shared
    }

    /// What the database fills into new rows, as far as the check asks for it: they are of those that it counts.
    var filled: [String: Value] {
        guard let check = course.check, case .read(let read)? = plans[.first]?.steps[check]?.kind, let table = stage[read.table],
            table.name == stage[write.table]?.name
        else { return [:] }
        var found: [String: Value] = [:]
        for filter in read.filters where filter.comparison == .equal && table.column(filter.column) != nil && filter.value != .literal(.null) {
            // What is not known of the new row, and what it has through another, is as the check asks for it.
            if table.column(filter.column)?.fallback != nil, !write.isPartlyUnknown { continue }
            if filter.value.isConstant || write.isPartlyUnknown || write.assignments.isEmpty || filter.column.contains("__") || filter.column.contains(".") {
                found[filter.column.folded] = filter.value
            }
        }
        return found
    }

    typealias Moves = [Performance.Move]

    /// One request after the other, in both orders.
    static let inTurn: [Moves] = [[.toEnd(.first), .toEnd(.second)], [.toEnd(.second), .toEnd(.first)]]

    /// Where the act stands.
    var place: Span? { plans[.first]?.steps[course.act]?.span }

    mutating func perform(_ moves: Moves, _ lanes: Set<LaneName> = [.first, .second], on database: any Database) throws(Obstacle) -> Performance {
        guard let first = plans[.first], let second = plans[.second] else { throw Obstacle("nothing to play") }
        try fill(database)
        var performance = Performance(
            lanes.contains(.first) ? Lane(.first, first, given) : .absent(.first, first, given),
            lanes.contains(.second) ? Lane(.second, second, given) : .absent(.second, second, given), on: database,
            Rendering(stage: stage, engine: database.engine, filled: filled))
        defer { last = performance }
        try performance.play(moves)
        return performance
    }

    /// Puts the rows to begin with in place.
    private mutating func fill(_ database: any Database) throws(Obstacle) {
        let inserts = self.inserts ?? seed.inserts(stage)
        self.inserts = inserts
        try database.fill(stage.names, inserts)
    }

    mutating func run(on database: any Database) throws(Obstacle) -> Proof {
        try checkCertainty()
        let transacts = plans[.first]?.steps.values.contains { if case .begin = $0.kind { true } else { $0.isOfSession } } ?? false
        if database.engine == .sqlite, write.api?.dialect != .sqlite, transacts {
            throw Obstacle("SQLite, with its one writer, cannot stand for the transactions of another database, and needs PostgreSQL for that")
        }
        if transacts, write.api?.keepsDocuments == true {
            throw Obstacle("a transaction of MongoDB ends by itself where another has written, which is not played", at: place)
        }
        if course.promise == .remainder, !write.filters.contains(where: { $0.value.given.contains(where: given.apart.contains) }) {
            throw Obstacle("which row each of the two takes away is not known", at: place)
        }
        let asked = given
        try database.build(stage.definitions(for: database.engine))
        do throws(Obstacle) {
            try pass(on: database)
        } catch {
            // One after the other gets through, but not on the same rows: it takes one person.
            (seed, given, given.isOnePerson) = (Seed(), asked, true)
            do throws(Obstacle) { try pass(on: database) } catch let second { throw second.reason.count < error.reason.count ? second : error }
        }
        if case .value(let column) = course.promise { try raise(column, on: database) }
        if case .once(let column) = course.promise { try begin(column, on: database) }
        var serial = try endings(of: Self.inTurn, on: database)
        if expectsRefusal, serial.allSatisfy({ $0.winners == 2 && $0.effectCount == $0.effects.values.count * 2 }) {
            serial = try boundary(on: database)
        }
        victims.serial = try answers(on: database)
        guard serial.contains(where: { $0.winners > 0 }) else {
            throw Obstacle("a request that comes alone changes no row", at: place)
        }
        var proof = try judge(serial, on: database)
        if proof.verdict == .proved, transacts, database.engine == .postgres, let level = write.api?.unplacedIsolation {
            throw Obstacle("somewhere the project asks for \(level.told), and whether these transactions run at that level is not known", at: place)
        }
        proof.engine = database.version
        proof.stage =
            stage.definitions(for: database.engine).map(\.plainlyQuoted)
            + seed.described(stage)
        proof.assumptions = assumptions(database)
        if proof.verdict == .proved { proof.fix = try? mend(on: database) }
        return proof
    }

    /// The fix under the same schedule, and among many clients.
    mutating func mend(on database: any Database) throws(Obstacle) -> Proof.Fix? {
        let alone = try perform([.toEnd(.first)], [.first], on: database)
        guard let lane = alone.lanes[.first] else { return nil }
        let key = stage.key(of: write.table ?? ""), after = try Ending(alone, database, stage)
        try fill(database)
        let before = try Ending(alone, database, stage)
        let made = after.difference(from: before, of: key).first
        guard let fix = fix(lane, made, for: database.engine) else { return nil }
        let (tables, inserts) = (stage.names, seed.inserts(stage))
        var found = try fix.run(on: database) { () throws(Obstacle) in try database.fill(tables, inserts) }
        if let early = lane.earlyEffects.first { found.reason += "; \(early) has to be called behind it, not before" }
        victims.fix = try answers(on: database)
        return found
    }

    static func transcript(_ performance: Performance) -> [Moment] {
        performance.log.map { Moment($0.lane == .first ? .first : .second, $0.text.count > 240 ? $0.text.prefix(237) + "…" : $0.text) }
    }

    private func writes(to table: Stage.Table) -> [Write] {
        plans.values.flatMap { $0.steps.values }.compactMap { step in
            guard case .write(let write) = step.kind, stage[write.table]?.name == table.name else { return nil }
            return write
        }
    }

    mutating func assumptions(_ database: any Database) -> [String] {
        var found: [String] = []
        let inferred = stage.tables.values.filter(\.isInferred).map(\.name).sorted()
        if !inferred.isEmpty {
            found.append("No migration and no model of \(inferred.joined(separator: ", ")) is known: the columns are those that the code uses.")
        }
        for table in stage.tables.values.sorted(by: { $0.name < $1.name }) {
            let written = Set(writes(to: table).flatMap(\.assignments).map(\.column.folded))
            for check in table.openChecks where check.columns.contains(where: { written.contains($0.folded) }) {
                found.append("The CHECK over \(check.columnList) of \(table.name) is of a form that is not played.")
            }
            let events = writes(to: table).reduce(into: Set<Schema.Trigger.Event>()) { $0.formUnion($1.operation.events) }
            for (name, trigger) in (project.schema.table(table.name)?.triggers ?? [:]).sorted(by: { $0.key < $1.key })
            where !trigger.events.isDisjoint(with: events) {
                found.append("The trigger `\(name)` of \(table.name) is not played.")
            }
        }
        let joined = plans[.first]?.steps.values.contains { if case .read(let read) = $0.kind { !read.joined.isEmpty } else { false } } ?? false
        if joined { found.append("Joined tables are taken for one.") }
        for column in filled.keys.sorted() where write.value(of: column) == nil && filled[column]?.isConstant == true {
            found.append("What the database fills into `\(column)` of a new row is taken to be what the check asks for.")
        }
        if let api = write.api, api.blocking { found.append("\(api.name) blocks its process: the two requests are of two processes.") }
        if write.api?.keepsDocuments == true {
            found.append("MongoDB is not run: \(database.version) stands for it, one document at a time.")
        } else if write.api?.dialect == .any {
            found.append("Which database the code speaks to is not said: \(database.version) stands for it.")
        }
        if write.api?.dialect == .mysql { found.append("MySQL is not run: \(database.version) stands for it.") }
        if write.api?.dialect == .postgres, database.engine == .sqlite { found.append("SQLite stands for PostgreSQL.") }
        let open = plans[.first]?.needed.count ?? 0
        let decided = (try? perform([.toEnd(.first)], [.first], on: database))?.lanes[.first]?.decisions.count(where: \.isDecided) ?? 0
        if open > decided { found.append("Decisions on what the request brings go the way that leads on.") }
        return found
    }
}

extension Isolation {
    /// As SQL calls it.
    fileprivate var told: String {
        switch self {
        case .standard, .readCommitted: "READ COMMITTED"
        case .repeatableRead: "REPEATABLE READ"
        case .serializable, .exclusive: "SERIALIZABLE"
        }
    }
}

extension Lane {
    /// A request that does not come.
    static func absent(_ name: LaneName, _ plan: Plan, _ given: Given) -> Lane {
        var lane = Lane(name, plan, given)
        lane.leaveUnplayed()
        return lane
    }
}

extension Literal {
    init?(_ datum: Datum) {
        switch datum {
        case .text(let text): self = .string(text)
        case .number(let number): self = .number(number.spelled)
        case .boolean(let flag): self = .boolean(flag)
        default: return nil
        }
    }
}
