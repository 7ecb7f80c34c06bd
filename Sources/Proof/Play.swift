import Flow

/// One finding, made ready to be played: its routine, the way to the act, the tables, and the rows that must stand in them.
struct Play {
    let course: Course
    let project: Project
    let write: Write
    private var plans: [LaneName: Plan]
    let stage: Stage
    private var given: Given
    /// Another request than the first: it wants another state.
    private let hasRival: Bool
    private(set) var seed = Seed()
    /// A question to be asked of the rows that the race leaves, and of those that the fix leaves.
    var question: String?
    /// How many rows answered it, after the race and after the fix.
    private(set) var victims: (race: Int?, fix: Int?)
    /// The last that was played, for who wants to know how far it came.
    private(set) var transcript: [Moment] = []

    /// - Parameter meetsRival: the second request is no repetition of the first, but one that changes the same column to something else.
    init(_ course: Course, _ project: Project, meetsRival: Bool = false) throws(Obstacle) {
        self.course = course
        self.project = project
        let whole = project.routines[course.routine]
        let chosen = Self.choice(course, whole, project)
        let routine = chosen.map { whole.replacing($0.value, with: $0.states.0) } ?? whole
        let plan = try Plan(routine, to: course.act, by: course.check)
        guard case .write(let write)? = plan.steps[course.act]?.kind else { throw Obstacle("the act is no statement") }
        guard write.table != nil else { throw Obstacle("the table that is written is not known") }
        if let step = course.check, case .read(let read)? = plan.steps[step]?.kind, read.table == nil { throw Obstacle("the table that is read is not known") }
        self.write = write
        let second = chosen.map { whole.replacing($0.value, with: $0.states.1) } ?? Self.rival(of: write, course, project, meetsRival: meetsRival)
        if meetsRival, second == nil { throw Obstacle("no statement is known that writes another state") }
        stage = Stage(for: [routine] + (second.map { [$0] } ?? []), project.schema)
        hasRival = second != nil
        plans = [
            .first: plan,
            .second: try second.map { routine throws(Obstacle) in try Plan(routine, to: chosen == nil ? 0 : course.act, by: chosen == nil ? nil : course.check)
            } ?? plan,
        ]
        given = Given(routine, stage, shared: Self.meeting(course, plan))
        if course.promise == .remainder { given.apart = Set(write.filters.flatMap(\.value.given)) }
    }

    /// Where the caller chooses the state: what each of the two chooses.
    private static func choice(_ course: Course, _ routine: Routine, _ project: Project) -> (value: Value, states: (String, String))? {
        guard case .state(let column) = course.promise else { return nil }
        var found: (Value, (String, String))?
        routine.body.visit { step in
            guard step.id == course.act, case .write(let write) = step.kind,
                let value = write.assignments.last(where: { $0.column.folded == column.folded })?.value,
                !value.isConstant
            else { return }
            let own = value.possibleStrings, states = own.count > 1 ? own : Self.states(project, write.table ?? "", column)
            guard states.count != 1 || value.possibleStrings.isEmpty else { return }
            let opposite = states.dropFirst().first { areContradictory([states[0], $0]) }
            found = (value, (states.first ?? "approved", opposite ?? states.dropFirst().first ?? "rejected"))
        }
        return found
    }

    /// The values by which both requests meet in the same rows.
    private static func meeting(_ course: Course, _ plan: Plan) -> Set<Value> {
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

    private static func states(_ project: Project, _ table: String, _ column: String) -> [String] {
        let known = project.states(table, column)
        let ends = ["approved", "accepted", "paid", "completed", "confirmed", "rejected", "declined", "cancelled", "canceled", "failed"]
        return ends.filter(known.contains) + known.subtracting(ends).sorted()
    }

    /// Another statement that sets the same status to something else, as a request of its own.
    private static func rival(of write: Write, _ course: Course, _ project: Project, meetsRival: Bool) -> Routine? {
        let column: String
        switch course.promise {
        case .state(let name): column = name
        case .once(let name) where meetsRival: column = name
        default: return nil
        }
        let own = write.assignments.last { $0.column.folded == column.folded }?.value
        guard own?.isConstant == true || write.operation == .delete else { return nil }
        let states = own?.possibleStrings ?? []
        var found: Write?, isOpposite = false
        for routine in project.routines where !isOpposite {
            routine.body.visit { step in
                guard !isOpposite, case .write(let other) = step.kind, other.operation == .update,
                    project.isSame(other.table, write.table) || other.table == write.table,
                    let value = other.assignments.last(where: { $0.column.folded == column.folded })?.value, !value.possibleStrings.isEmpty,
                    Set(value.possibleStrings).isDisjoint(with: states)
                else { return }
                // The one that says the opposite, where there is one.
                isOpposite = areContradictory(states + value.possibleStrings)
                if isOpposite || found == nil { found = other }
            }
        }
        guard let found, let assignment = found.assignments.last(where: { $0.column.folded == column.folded }) else { return nil }
        // It meets the same row, as soon as that is known; what else it asks for is its own.
        var rival = Write(.update, table: write.table)
        let opposite = assignment.value.possibleStrings.first { areContradictory(states + [$0]) } ?? assignment.value.possibleStrings.first
        rival.assignments = [opposite.map { Assignment(assignment.column, .literal(.string($0))) } ?? assignment]
        let asked = found.filters.filter { $0.column.folded == column.folded }
        rival.filters = write.filters.filter { $0.column.folded != column.folded } + asked
        rival.api = write.api
        let span = project.routines[course.routine].span
        return Routine(
            name: rivalName, entry: .none, isExported: false, parameters: [], body: [Step(id: 0, span: span, kind: .write(rival))], nextStep: 1, span: span)
    }

    /// What the database fills into new rows, as far as the check asks for it: they are of those that it counts.
    private var filled: [String: Value] {
        guard let check = course.check, case .read(let read)? = plans[.first]?.steps[check]?.kind, let table = stage[read.table],
            table.name == stage[write.table]?.name
        else { return [:] }
        var found: [String: Value] = [:]
        for filter in read.filters where filter.comparison == .equal && table.column(filter.column) != nil && filter.value != .literal(.null) {
            // What is not known of the new row, and what it has through another, is as the check asks for it.
            if filter.value.isConstant || write.isPartlyUnknown || write.assignments.isEmpty || filter.column.contains("__") || filter.column.contains(".") {
                found[filter.column.folded] = filter.value
            }
        }
        return found
    }

    // MARK: Running

    private typealias Moves = [Performance.Move]

    private mutating func perform(_ moves: Moves, _ lanes: Set<LaneName> = [.first, .second], on database: any Database) throws(Obstacle) -> Performance {
        guard let first = plans[.first], let second = plans[.second] else { throw Obstacle("nothing to play") }
        try database.fill(stage.tables.values.map(\.name).sorted(), seed.inserts(stage))
        var performance = Performance(
            lanes.contains(.first) ? Lane(.first, first, given) : .absent(.first, first, given),
            lanes.contains(.second) ? Lane(.second, second, given) : .absent(.second, second, given), on: database,
            Rendering(stage: stage, engine: database.engine, act: course.act, filled: filled))
        do { try performance.play(moves) } catch {
            transcript = Self.transcript(performance)
            throw error
        }
        transcript = Self.transcript(performance)
        return performance
    }

    mutating func run(on database: any Database) throws(Obstacle) -> Proof {
        try checkCertainty()
        let transacts = plans[.first]?.steps.values.contains { if case .begin = $0.kind { true } else { false } } ?? false
        if database.engine == .sqlite, write.api?.dialect != .sqlite, transacts {
            throw Obstacle("SQLite, with its one writer, cannot stand for the transactions of another database, and needs PostgreSQL for that")
        }
        let asked = given
        try database.build(stage.tables.values.sorted { $0.name < $1.name }.flatMap { $0.definition(for: database.engine) })
        do throws(Obstacle) {
            try pass(on: database)
        } catch {
            // One after the other gets through, but not on the same rows: it takes one person.
            (seed, given, given.isOnePerson) = (Seed(), asked, true)
            do throws(Obstacle) { try pass(on: database) } catch let second { throw second.reason.count < error.reason.count ? second : error }
        }
        if case .value(let column) = course.promise { try raise(column, on: database) }
        var serial = try endings(of: [[.toEnd(.first), .toEnd(.second)], [.toEnd(.second), .toEnd(.first)]], on: database)
        if expectsRefusal, serial.allSatisfy({ $0.winners == 2 && $0.effectCount == $0.effects.values.count * 2 }) {
            serial = try boundary(on: database)
        }
        guard serial.contains(where: { $0.winners > 0 }) else {
            throw Obstacle("a request that comes alone changes no row", at: plans[.first]?.steps[course.act]?.span)
        }
        var proof = try judge(serial, on: database)
        proof.engine = database.version
        proof.stage =
            stage.tables.values.sorted { $0.name < $1.name }.flatMap { $0.definition(for: database.engine) }.map { $0.replacing("\"", with: "") }
            + seed.described(stage)
        proof.assumptions = assumptions(database)
        if proof.verdict == .proved { proof.fix = try? mend(serial, on: database) }
        return proof
    }

    /// What must be known for certain, lest a proof rests on what was left out.
    private func checkCertainty() throws(Obstacle) {
        if write.operation == .insert || write.operation == .upsert, let column = stage[write.table]?.openKey {
            throw Obstacle(
                "whether two requests write the same into the key over `\(column)`, which is filled in or computed, is not known",
                at: plans[.first]?.steps[course.act]?.span)
        }
        guard let check = course.check, case .read(let read)? = plans[.first]?.steps[check]?.kind, let table = stage[read.table] else { return }
        let place = plans[.first]?.steps[check]?.span
        switch course.promise {
        case .cap, .absence:
            let isWhole = read.filters.allSatisfy { $0.comparison != .other && ($0.column.isEmpty || table.column($0.column) != nil) } && !read.isPartlyUnknown
            guard isWhole else { throw Obstacle("a condition of the check is of a form that is not known", at: place) }
            if course.promise == .absence, table.isInferred {
                throw Obstacle("no migration and no model of \(table.name) is known, so neither is whether a key refuses the second row", at: place)
            }
        case .supply, .once, .use, .value, .remainder, .state: return
        }
    }

    /// The fix under the same schedule, and among many clients.
    private mutating func mend(_ serial: [Ending], on database: any Database) throws(Obstacle) -> Proof.Fix? {
        let alone = try perform([.toEnd(.first)], [.first], on: database)
        guard let lane = alone.lanes[.first] else { return nil }
        let key = stage.key(of: write.table ?? ""), after = try Ending(alone, database, stage)
        try database.fill(stage.tables.values.map(\.name).sorted(), seed.inserts(stage))
        let before = try Ending(alone, database, stage)
        let made = after.difference(from: before, of: key).first
        guard let fix = fix(after: serial, lane, made, for: database.engine) else { return nil }
        let (tables, inserts) = (stage.tables.values.map(\.name).sorted(), seed.inserts(stage))
        let found = try fix.run(on: database, tables) { () throws(Obstacle) in try database.fill(tables, inserts) }
        victims.fix = try answers(on: database)
        return found
    }

    private mutating func judge(_ serial: [Ending], on database: any Database) throws(Obstacle) -> Proof {
        if case .state = course.promise { return try contradiction(on: database) }
        if case .value(let column) = course.promise { try checkComputed(column, on: database) }
        var kept: Performance?, prevention: String?
        for (number, moves) in try schedules(on: database).enumerated() {
            let performance = try perform(moves, on: database), ending = try Ending(performance, database, stage)
            if let anomaly = Anomaly(ending, from: sumBefore, against: serial, course, write, stage) {
                var proof = Proof(.proved, anomaly.text)
                proof.transcript = Self.transcript(performance)
                victims.race = try answers(on: database)
                return proof
            }
            if let doubt = performance.doubt {
                throw Obstacle("whether two requests write the same `\(doubt)`, which is unique, is not known", at: plans[.first]?.steps[course.act]?.span)
            }
            // Where one comes behind the other in any case, its waiting prevents nothing.
            if prevention == nil, number < Self.shownSchedules || performance.isRefused, let found = self.prevention(in: performance) {
                (prevention, kept) = (found, performance)
            }
        }
        guard let kept, let prevention else {
            throw Obstacle(
                "two requests leave the same rows in every order that was played, and nothing was seen to prevent more",
                at: plans[.first]?.steps[course.act]?.span)
        }
        var proof = Proof(.refuted, prevention)
        proof.transcript = Self.transcript(kept)
        return proof
    }

    /// What the column that is changed adds up to before anybody comes.
    private var sumBefore: Double {
        guard case .value(let column) = course.promise else { return 0 }
        return (seed.rows[stage.key(of: write.table ?? "")] ?? []).reduce(0) { $0 + ($1.value(column).number ?? 0) }
    }

    /// A number that is lost must be one that is known, and a change.
    private mutating func checkComputed(_ column: String, on database: any Database) throws(Obstacle) {
        guard let lane = try perform([.toEnd(.first)], [.first], on: database).lanes[.first], let plan = plans[.first], let table = stage[write.table] else {
            return
        }
        let place = plan.steps[course.act]?.span
        if let assigned = write.assignments.last(where: { $0.column.folded == column.folded })?.value, !write.isWhole {
            guard lane.evaluator.datum(assigned).isKnown else { throw Obstacle("what is written as `\(column)` is not known", at: place) }
        }
        let key = stage.key(of: write.table ?? ""), name = table.column(column)?.name ?? column
        let after = try database.rows(of: table).map { $0.value(name).converted(to: table.kind(name)).literal }.sorted()
        let before = (seed.rows[key] ?? []).map { $0.value(name).converted(to: table.kind(name)).literal }.sorted()
        guard after != before else { throw Obstacle("no state was found in which the request changes `\(column)`", at: place) }
    }

    /// What kept the second request from doing harm, where the database or a lock did.
    private func prevention(in performance: Performance) -> String? {
        if let prevention = performance.prevention { return prevention }
        guard let late = performance.lanes.values.first(where: { $0.hasActed && $0.actRows == 0 && $0.looksAtAct }) else { return nil }
        return "the statement of request \(late.name.rawValue) changes no row any more, and the code looks at that"
    }

    private static let shownSchedules = 2

    /// The one that the finding shows, the same with the acts in the other order, and each with one change of turns
    /// (Musuvathi and Qadeer, "Iterative context bounding", PLDI 2007: most races need no more).
    private mutating func schedules(on database: any Database) throws(Obstacle) -> [Moves] {
        let shown: [Moves] = [
            [.toAct(.first), .toAct(.second), .toEnd(.first), .toEnd(.second)], [.toAct(.first), .toAct(.second), .toEnd(.second), .toEnd(.first)],
        ]
        let length = min(12, try perform([.toEnd(.first)], [.first], on: database).log.count)
        return shown + (1..<max(2, length)).map { [.statements(.first, $0), .toEnd(.second), .toEnd(.first)] }
    }

    private mutating func endings(of schedules: [Moves], on database: any Database) throws(Obstacle) -> [Ending] {
        var found: [Ending] = []
        for moves in schedules { found.append(try Ending(try perform(moves, on: database), database, stage)) }
        return found
    }

    /// Two that change one status: whoever is told that it is done must be the only one.
    private mutating func contradiction(on database: any Database) throws(Obstacle) -> Proof {
        let performance = try perform([.toAct(.first), .toAct(.second), .toEnd(.second), .toEnd(.first)], on: database)
        let winners = performance.lanes.values.filter { $0.actRows > 0 }
        guard case .state(let column) = course.promise else { throw Obstacle("no status is written") }
        let table = stage[write.table]?.name ?? "the table"
        let ending = try Ending(performance, database, stage), states = ending.values(column, of: stage.key(of: write.table ?? ""))
        var proof: Proof
        let ends = [LaneName.first, .second].compactMap { name -> String? in
            guard let plan = plans[name], case .write(let own)? = plan.steps[plan.act]?.kind else { return nil }
            return own.assignments.last { $0.column.folded == column.folded }?.value.stringLiteral
        }
        if winners.count == 2, hasRival {
            // What may follow what is for the code to say, unless one undoes the other, or money has moved.
            let paid = plans[.first]?.steps.values.contains { if case .effect(let effect) = $0.kind { effect.kind == .money } else { false } } ?? false
            guard paid || Self.areContradictory(ends) else {
                throw Obstacle(
                    "both requests change `\(column)`, and whether \(ends.first.map { "'\($0)'" } ?? "one") may follow \(ends.last.map { "'\($0)'" } ?? "the other") is not known",
                    at: plans[.first]?.steps[course.act]?.span)
            }
            proof = Proof(.proved, "both requests change `\(column)` of one row in \(table) and are told so; it ends as \(states.joined(separator: ", "))")
        } else if let effect = ending.effects.filter({ $0.value > 1 }).keys.min() {
            proof = Proof(.proved, "\(effect) is called twice for one row of \(table)")
        } else if winners.count == 2 {
            throw Obstacle("no statement is known that writes another state, and nothing follows from this one")
        } else {
            guard let prevention = prevention(in: performance) else { throw Obstacle("the other request does not come to the row") }
            proof = Proof(.refuted, prevention)
        }
        proof.transcript = Self.transcript(performance)
        if proof.verdict == .proved { victims.race = try answers(on: database) }
        return proof
    }

    /// One says yes and the other no.
    private static func areContradictory(_ states: [String]) -> Bool {
        let yes: Set<String> = [
            "approved", "accepted", "paid", "completed", "confirmed", "used", "redeemed", "scanned", "shipped", "delivered", "settled", "captured", "succeeded",
            "success",
        ]
        let no: Set<String> = ["rejected", "declined", "denied", "cancelled", "canceled", "revoked", "refunded", "expired", "void", "voided", "reversed"]
        let folded = states.map(\.folded)
        return folded.contains(where: yes.contains) && folded.contains(where: no.contains)
    }

    /// How many rows answer the question that was given.
    private func answers(on database: any Database) throws(Obstacle) -> Int? {
        guard let question else { return nil }
        switch database.run(Statement(.read, question.replacing(";", with: "")), in: .first) {
        case .answer(let outcome): return outcome.rows.count
        case .refused(let message, _): throw Obstacle("the question is refused: \(message): \(question)")
        case .waiting: return nil
        }
    }

    // MARK: The rows to begin with

    /// After one request the other must be refused, or there is nothing to break.
    private var expectsRefusal: Bool {
        switch course.promise {
        case .value, .state: false
        case .cap, .absence, .supply, .once, .use, .remainder: true
        }
    }

    private mutating func pass(on database: any Database) throws(Obstacle) {
        try pass(alone: .first, on: database)
        try meet(on: database)
        try pass(alone: .second, on: database)
        if course.promise == .remainder {
            try join(on: database)
            for lane in [LaneName.first, .second] { try pass(alone: lane, on: database) }
        }
        let again = try perform([.toEnd(.first)], [.first], on: database)
        guard again.lanes[.first]?.actRows ?? 0 > 0 else {
            throw Obstacle("no state of the database was found in which either of the two requests would pass", at: again.lanes[.first]?.strayed?.span)
        }
    }

    /// Both take away a row of those that are counted.
    private mutating func join(on database: any Database) throws(Obstacle) {
        guard let check = course.check, case .read(let counted)? = plans[.first]?.steps[check]?.kind else { return }
        for name in [LaneName.first, .second] {
            guard let lane = try perform([.toEnd(name)], [name], on: database).lanes[name] else { continue }
            var row = Read(table: write.table, aggregate: .row)
            row.filters = write.filters
            for filter in counted.filters where filter.comparison == .equal {
                seed.set(filter.column, lane.evaluator.written(filter.value), of: row, lane.evaluator, stage)
            }
        }
    }

    /// The rival changes the row that the first request was seen to change.
    private mutating func meet(on database: any Database) throws(Obstacle) {
        guard hasRival, let lane = try perform([.toEnd(.first)], [.first], on: database).lanes[.first] else { return }
        if case .state(let column) = course.promise { seed.begin(column, of: self.write, in: Self.prior(project, write, column), stage) }
        guard let rival = plans[.second]?.routine, rival.name == Self.rivalName, case .write(var write)? = rival.body.first?.kind else { return }
        write.filters = write.filters.map { filter in
            guard let literal = Literal(lane.evaluator.written(filter.value)), filter.comparison == .equal else { return filter }
            return Predicate(filter.column, .equal, .literal(literal))
        }
        var routine = rival
        routine.body[0].kind = .write(write)
        plans[.second] = try Plan(routine, to: 0)
    }

    /// A state in which rows begin.
    private static func prior(_ project: Project, _ write: Write, _ column: String) -> String {
        let known = states(project, write.table ?? "", column)
        let own = Set(write.assignments.filter { $0.column.folded == column.folded }.flatMap(\.value.possibleStrings).map(\.folded))
        let begins = ["requested", "pending", "new", "open", "created", "draft", "submitted"].filter { !own.contains($0) }
        return begins.first { begin in known.contains { $0.folded == begin } } ?? begins[0]
    }

    private static let rivalName = "another request", rounds = 40

    /// Mends the rows until a request that comes alone gets to the act and changes something.
    private mutating func pass(alone lane: LaneName, on database: any Database) throws(Obstacle) {
        guard let plan = plans[lane] else { return }
        let solver = solver(plan)
        var last: StepID?, sameAgain = 0
        for _ in 0..<Self.rounds {
            let performance = try perform([.toEnd(lane)], [lane], on: database)
            guard let state = performance.lanes[lane] else { return }
            if let strayed = state.strayed {
                guard let needed = plan.needed[strayed.step] else { return }
                sameAgain = last == strayed.step ? sameAgain + 1 : 0
                last = strayed.step
                let evaluator = state.evaluator
                guard sameAgain < 6, let changes = solver.solve(strayed.condition, needed, evaluator), !changes.isEmpty else {
                    throw Self.closed(strayed, evaluator)
                }
                var isChanged = false
                for (leaf, datum) in changes {
                    if case .given(let value) = leaf {
                        if given.choose(value, datum) { isChanged = true }
                    } else if seed.mend(leaf, datum, plan, evaluator, stage) {
                        isChanged = true
                    }
                }
                guard isChanged else { throw Self.closed(strayed, evaluator) }
                continue
            }
            // A row that the act needs was not there, and the code did not ask: a library would have thrown.
            if let missing = state.missing {
                guard seed.mend(.presence(missing), .boolean(true), plan, state.evaluator, stage) else {
                    throw Obstacle("no row was found that this read would return", at: plan.steps[missing]?.span)
                }
                continue
            }
            if state.actRows > 0 { return }
            if let step = state.unmatched.first, step != plan.act, case .write(let other)? = plan.steps[step]?.kind,
                seed.add(for: other, state.evaluator, stage)
            {
                continue
            }
            guard state.hasActed else {
                throw Obstacle(
                    state.failure.map { "a request that comes alone fails: \($0)" } ?? "a request that comes alone does not get to the act",
                    at: plan.steps[plan.act]?.span)
            }
            if let failure = state.failure { throw Obstacle("a request that comes alone fails: \(failure)", at: plan.steps[plan.act]?.span) }
            guard case .write(let write)? = plan.steps[plan.act]?.kind, seed.add(for: write, state.evaluator, stage) else {
                throw Obstacle("a request that comes alone changes no row", at: plan.steps[plan.act]?.span)
            }
        }
        throw Obstacle("no state of the database was found in which a request gets to the act")
    }

    private static func closed(_ decision: Lane.Made, _ evaluator: Evaluator) -> Obstacle {
        Obstacle(
            "no state of the database was found in which the code goes on where it asks whether \(evaluator.told(decision.condition)); here the answer was \(decision.arm ? "yes" : "no")",
            at: decision.span)
    }

    private func solver(_ plan: Plan) -> Solver {
        let project = project
        return Solver(plan: plan, stage: stage) { table, column in Self.states(project, table, column) }
    }

    /// A number from which something can be taken.
    private mutating func raise(_ column: String, on database: any Database) throws(Obstacle) {
        guard let check = course.check, let plan = plans[.first], case .read(let read)? = plan.steps[check]?.kind, stage[read.table]?.kind(column) == .number
        else {
            return
        }
        let performance = try perform([.toEnd(.first)], [.first], on: database)
        guard let lane = performance.lanes[.first] else { return }
        let before = seed
        seed.set(column, .number(100), of: read, lane.evaluator, stage)
        for lane in [LaneName.first, .second] {
            let played = try perform([.toEnd(lane)], [lane], on: database)
            if played.lanes[lane]?.actRows == 0 { seed = before }
        }
    }

    /// The last state in which one may still pass: that one is then the only one.
    private mutating func boundary(on database: any Database) throws(Obstacle) -> [Ending] {
        guard let plan = plans[.first] else { return [] }
        let solver = solver(plan), before = seed
        let alone = try perform([.toEnd(.first)], [.first], on: database)
        guard let evaluator = alone.lanes[.first]?.evaluator else { return [] }
        let made = alone.lanes[.first]?.decisions ?? []
        // The decision that the finding is about first, then the others on what its check has read.
        let near =
            made.filter { $0.span == course.decision }
            + made.filter { made in made.span != course.decision && course.check.map { made.condition.steps.contains($0) } == true }
        let asked = given
        var tries = 0
        for decision in near {
            let leaves = solver.leaves(of: decision.condition)
            // A request may bring a number that takes away instead of adding.
            let brought: [(Leaf, Datum)?] = [nil] + leaves.filter { $0.step == nil }.map { ($0, .number(-1)) }
            for bring in brought {
                for leaf in leaves where leaf.step != nil {
                    if case .presence = leaf { continue }
                    for candidate in solver.candidates(for: leaf, in: decision.condition, evaluator) {
                        var supposed = evaluator
                        supposed.supposed = [leaf: candidate]
                        if let bring { supposed.supposed[bring.0] = bring.1 }
                        guard tries < 40, supposed.truth(decision.condition) == decision.arm else { continue }
                        tries += 1
                        (seed, given) = (before, asked)
                        if let bring, case .given(let value) = bring.0, !given.choose(value, bring.1) { continue }
                        guard seed.mend(leaf, candidate, plan, evaluator, stage) else { continue }
                        let found = try endings(of: [[.toEnd(.first), .toEnd(.second)], [.toEnd(.second), .toEnd(.first)]], on: database)
                        if found.allSatisfy({ $0.winners == 1 }) { return found }
                    }
                }
            }
        }
        (seed, given) = (before, asked)
        throw Obstacle(
            "no state of the database was found in which one request passes and a second one after it does not",
            at: course.decision ?? plan.steps[course.act]?.span)
    }

    // MARK: What is told

    private static func transcript(_ performance: Performance) -> [Moment] {
        performance.log.map { Moment($0.lane == .first ? .first : .second, $0.text.count > 240 ? $0.text.prefix(237) + "…" : $0.text) }
    }

    private mutating func assumptions(_ database: any Database) -> [String] {
        var found: [String] = []
        let inferred = stage.tables.values.filter(\.isInferred).map(\.name).sorted()
        if !inferred.isEmpty {
            found.append("No migration and no model of \(inferred.joined(separator: ", ")) is known: the columns are those that the code uses.")
        }
        let joined = plans[.first]?.steps.values.contains { if case .read(let read) = $0.kind { !read.joined.isEmpty } else { false } } ?? false
        if joined { found.append("Joined tables are taken for one.") }
        if write.api?.dialect == .any { found.append("Which database the code speaks to is not said: \(database.version) stands for it.") }
        if write.api?.dialect == .mysql { found.append("MySQL is not run: \(database.version) stands for it.") }
        if write.api?.dialect == .postgres, database.engine == .sqlite { found.append("SQLite stands for PostgreSQL.") }
        let open = plans[.first]?.needed.count ?? 0
        let decided = (try? perform([.toEnd(.first)], [.first], on: database))?.lanes[.first]?.decisions.count(where: \.isDecided) ?? 0
        if open > decided { found.append("Decisions on what the request brings go the way that leads on.") }
        return found
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

extension Routine {
    /// The same routine in a request that brings this.
    fileprivate func replacing(_ value: Value, with text: String) -> Routine {
        var copy = self
        copy.body = body.map { $0.rewritten { $0.mapped { $0 == value ? .literal(.string(text)) : $0 } } }
        return copy
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
