import Flow

// What came of it.
extension Play {
    mutating func judge(_ serial: [Ending], on database: any Database) throws(Obstacle) -> Proof {
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
                throw Obstacle("whether two requests write the same `\(doubt)`, which is unique, is not known", at: place)
            }
            // Where one comes behind the other in any case, its waiting prevents nothing.
            if prevention == nil, number < Self.shownSchedules || performance.isRefused, let found = self.prevention(in: performance) {
                (prevention, kept) = (found, performance)
            }
        }
        guard let kept, let prevention else {
            throw Obstacle(
                "two requests leave the same rows in every order that was played, and nothing was seen to prevent more",
                at: place)
        }
        var proof = Proof(.refuted, prevention)
        proof.transcript = Self.transcript(kept)
        return proof
    }

    /// What the column that is changed adds up to before anybody comes.
    var sumBefore: Double {
        guard case .value(let column) = course.promise else { return 0 }
        return (seed.rows[stage.key(of: write.table ?? "")] ?? []).reduce(0) { $0 + ($1.value(column).number ?? 0) }
    }

    /// A number that is lost must be one that is known, and a change.
    mutating func checkComputed(_ column: String, on database: any Database) throws(Obstacle) {
        guard let lane = try perform([.toEnd(.first)], [.first], on: database).lanes[.first], let table = stage[write.table] else {
            return
        }
        if let assigned = write.value(of: column), !write.isWhole {
            guard lane.evaluator.datum(assigned).isKnown else { throw Obstacle("what is written as `\(column)` is not known", at: place) }
        }
        let key = stage.key(of: write.table ?? ""), name = table.column(column)?.name ?? column
        let after = try database.rows(of: table).map { $0.value(name).converted(to: table.kind(name)).literal }.sorted()
        let before = (seed.rows[key] ?? []).map { $0.value(name).converted(to: table.kind(name)).literal }.sorted()
        guard after != before else { throw Obstacle("no state was found in which the request changes `\(column)`", at: place) }
    }

    /// What kept the second request from doing harm, where the database or a lock did.
    func prevention(in performance: Performance) -> String? {
        if let prevention = performance.prevention { return prevention }
        guard let late = performance.lanes.values.first(where: { $0.hasActed && $0.actRows == 0 && $0.looksAtAct }) else { return nil }
        return "the statement of request \(late.name.rawValue) changes no row any more, and the code looks at that"
    }

    static let shownSchedules = 2

    /// The one that the finding shows, the same with the acts in the other order, and each with one change of turns
    /// (Musuvathi and Qadeer, "Iterative context bounding", PLDI 2007: most races need no more).
    mutating func schedules(on database: any Database) throws(Obstacle) -> [Moves] {
        let shown: [Moves] = [
            [.toAct(.first), .toAct(.second), .toEnd(.first), .toEnd(.second)], [.toAct(.first), .toAct(.second), .toEnd(.second), .toEnd(.first)],
        ]
        let length = min(12, try perform([.toEnd(.first)], [.first], on: database).log.count)
        return shown + (1..<max(2, length)).map { [.statements(.first, $0), .toEnd(.second), .toEnd(.first)] }
    }

    mutating func endings(of schedules: [Moves], on database: any Database) throws(Obstacle) -> [Ending] {
        var found: [Ending] = []
        for moves in schedules { found.append(try Ending(try perform(moves, on: database), database, stage)) }
        return found
    }

    /// Two that change one status: whoever is told that it is done must be the only one.
    mutating func contradiction(on database: any Database) throws(Obstacle) -> Proof {
        let performance = try shown(on: database)
        let winners = performance.lanes.values.filter { $0.actRows > 0 }
        guard case .state(let column) = course.promise else { throw Obstacle("no status is written") }
        let table = stage[write.table]?.name ?? "the table"
        let ending = try Ending(performance, database, stage), states = ending.values(column, of: stage.key(of: write.table ?? ""))
        var proof: Proof
        let ends = [LaneName.first, .second].compactMap { name -> String? in
            guard let plan = plans[name], case .write(let own)? = plan.steps[plan.act]?.kind else { return nil }
            return own.value(of: column)?.stringLiteral
        }
        if winners.count == 2, hasRival {
            // What may follow what is for the code to say, unless one undoes the other, or money has moved.
            let paid = plans[.first]?.steps.values.contains { if case .effect(let effect) = $0.kind { effect.kind == .money } else { false } } ?? false
            guard paid || Self.areContradictory(ends) else {
                throw Obstacle(
                    "both requests change `\(column)`, and whether \(ends.first.map { "'\($0)'" } ?? "one") may follow \(ends.last.map { "'\($0)'" } ?? "the other") is not known",
                    at: place)
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

    /// The order that the finding draws: one writes, then the other, and the first goes on to what follows from its state. Where
    /// nothing follows, or the first keeps the row until it has ended, both come to the act before either acts.
    private mutating func shown(on database: any Database) throws(Obstacle) -> Performance {
        let usual: Moves = [.toAct(.first), .toAct(.second), .toEnd(.second), .toEnd(.first)]
        let performance = try perform(usual, on: database)
        guard performance.lanes[.first]?.hasLateEffects == true else { return performance }
        let drawn = try perform([.toAct(.first), .statements(.first, 1), .toEnd(.second), .toEnd(.first)], on: database)
        let isDrawn = drawn.lanes.values.allSatisfy { $0.actRows > 0 } && drawn.lanes[.first]?.hasLateEffects == true
        return isDrawn ? drawn : try perform(usual, on: database)
    }

    /// How many rows answer the question that was given.
    func answers(on database: any Database) throws(Obstacle) -> Int? {
        guard let question else { return nil }
        switch database.run(Statement(.read, question.replacing(";", with: "")), in: .first) {
        case .answer(let outcome): return outcome.rows.count
        case .refused(let message, _): throw Obstacle("the question is refused: \(message): \(question)")
        case .waiting: return nil
        }
    }
}
