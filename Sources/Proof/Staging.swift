import Flow

// The rows to begin with: those with which one request passes, and a second one after it does not.
extension Play {
    /// After one request the other must be refused, or there is nothing to break.
    var expectsRefusal: Bool {
        switch course.promise {
        case .value, .state: false
        case .cap, .absence, .supply, .once, .use, .remainder: true
        }
    }

    mutating func pass(on database: any Database) throws(Obstacle) {
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
    mutating func join(on database: any Database) throws(Obstacle) {
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
    mutating func meet(on database: any Database) throws(Obstacle) {
        guard hasRival, let lane = try perform([.toEnd(.first)], [.first], on: database).lanes[.first] else { return }
        if case .state(let column) = course.promise { seed.begin(column, of: self.write, in: Self.prior(project, write, column), stage) }
        guard let rival else { return }
        if let key = rival.key {
            // Both were called for the same row, whatever either calls its key.
            guard let own = write.filters.first(where: { $0.comparison == .equal && !$0.value.isConstant })?.value,
                let literal = Literal(lane.evaluator.written(own))
            else { throw Obstacle("which row both requests are about is not known") }
            plans[.second] = try Plan(rival.routine.replacing(key, with: literal), to: rival.act)
            return
        }
        guard case .write(var write)? = rival.routine.body.first?.kind else { return }
        write.filters = write.filters.map { filter in
            guard let literal = Literal(lane.evaluator.written(filter.value)), filter.comparison == .equal else { return filter }
            return Predicate(filter.column, .equal, .literal(literal))
        }
        var routine = rival.routine
        routine.body[0].kind = .write(write)
        plans[.second] = try Plan(routine, to: 0)
    }

    static let rounds = 40

    /// Mends the rows until a request that comes alone gets to the act and changes something.
    mutating func pass(alone lane: LaneName, on database: any Database) throws(Obstacle) {
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
            if presume(state.presumed, plan, state.evaluator) { continue }
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

    /// Puts the first of these rows there that can be.
    private mutating func presume(_ steps: [StepID], _ plan: Plan, _ evaluator: Evaluator) -> Bool {
        steps.contains { step in
            switch plan.steps[step]?.kind {
            case .read: seed.mend(.presence(step), .boolean(true), plan, evaluator, stage)
            case .write(let write): seed.add(for: write, evaluator, stage)
            default: false
            }
        }
    }

    static func closed(_ decision: Lane.Made, _ evaluator: Evaluator) -> Obstacle {
        Obstacle(
            "no state of the database was found in which the code goes on where it asks whether \(evaluator.told(decision.condition)); here the answer was \(decision.arm ? "yes" : "no")",
            at: decision.span)
    }

    func solver(_ plan: Plan) -> Solver {
        let project = project
        return Solver(plan: plan, stage: stage) { table, column in Self.states(project, table, column) }
    }

    /// A row has a state, unless the schema says that it may have none.
    mutating func begin(_ column: String, on database: any Database) throws(Obstacle) {
        guard case .condition(let demands)? = course.cure, demands.contains(where: { $0.comparison == .notEqual || $0.comparison == .notOneOf }) else { return }
        let known = project.schema.table(write.table ?? "")
        guard known?.allowsNull(column) != true || known?.defaults.contains(known?.column(column) ?? column) == true else { return }
        let before = seed
        seed.begin(column, of: write, in: Self.prior(project, write, column), stage)
        for lane in [LaneName.first, .second] {
            guard try perform([.toEnd(lane)], [lane], on: database).lanes[lane]?.actRows ?? 0 == 0 else { continue }
            seed = before
            return
        }
    }

    /// A number from which something can be taken.
    mutating func raise(_ column: String, on database: any Database) throws(Obstacle) {
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
        try change(by: plan, column, on: database)
    }

    /// What is added or taken away is more than nothing.
    private mutating func change(by plan: Plan, _ column: String, on database: any Database) throws(Obstacle) {
        guard let assigned = write.value(of: column) else { return }
        for leaf in solver(plan).leaves(of: assigned) {
            guard case .column(let step, let name) = leaf, step != course.check || name != column.folded,
                let lane = try perform([.toEnd(.first)], [.first], on: database).lanes[.first],
                lane.evaluator.datum(.member(.outcome(step, .row), name)).number ?? 0 == 0
            else { continue }
            let before = seed
            guard seed.mend(leaf, .number(10), plan, lane.evaluator, stage) else { continue }
            for lane in [LaneName.first, .second] {
                let played = try perform([.toEnd(lane)], [lane], on: database)
                if played.lanes[lane]?.actRows == 0 { seed = before }
            }
        }
    }

    /// The last state in which one may still pass: that one is then the only one.
    mutating func boundary(on database: any Database) throws(Obstacle) -> [Ending] {
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
                        let found = try endings(of: Self.inTurn, on: database)
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
}
