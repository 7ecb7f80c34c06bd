import Flow

// What must be known for certain before a race is played.
extension Play {
    /// What must be known for certain, lest a proof rests on what was left out.
    func checkCertainty() throws(Obstacle) {
        for plan in plans.values {
            for case .begin(_, _?) in plan.steps.values.map(\.kind) { throw Obstacle("at which level this transaction runs is not known", at: place) }
        }
        if write.operation == .insert || write.operation == .upsert, let column = stage[write.table]?.openKey {
            throw Obstacle(
                "whether the key over `\(column)` refuses the second row is not known: it is computed, filled in, or for some rows only",
                at: place)
        }
        try checkDeciders()
        guard let check = course.check, case .read(let read)? = plans[.first]?.steps[check]?.kind, let table = stage[read.table] else { return }
        let asked = plans[.first]?.steps[check]?.span
        switch course.promise {
        case .cap, .absence:
            let isWhole =
                read.filters.allSatisfy {
                    ![.other, .like].contains($0.comparison) && !$0.isDisguised && ($0.column.isEmpty || table.column($0.column) != nil)
                } && !read.isPartlyUnknown
            guard isWhole else { throw Obstacle("a condition of the check is of a form that is not known", at: asked) }
            if course.promise == .absence, table.isInferred {
                throw Obstacle("no migration and no model of \(table.name) is known, so neither is whether a key refuses the second row", at: asked)
            }
        case .supply, .once, .use, .value, .remainder, .state: return
        }
    }

    /// What else decides over the act, in the database itself.
    private func checkDeciders() throws(Obstacle) {
        guard let known = project.schema.table(write.table ?? ""), let table = stage[write.table] else { return }
        let trigger = known.triggers.filter { decides($0.value) }.keys.min()
        if let trigger { throw Obstacle("the trigger `\(trigger)` of \(table.name) decides too, and is not played", at: place) }
        let written = Set(write.assignments.map { table.column($0.column)?.name.folded ?? $0.column.folded })
        let check = table.openChecks.first { check in
            // A row that is new is asked once, whatever other rows there are, unless a function looks at those.
            write.operation == .insert ? check.callsFunction : check.counts(in: table) && check.columns.contains { written.contains($0.folded) }
        }
        if let check {
            throw Obstacle("the CHECK over \(check.columnList) of \(table.name) decides too, and is of a form that is not played", at: place)
        }
    }

    /// Of a new row each request has its own, which passes by itself: only what is in the tables besides can refuse the second.
    private func decides(_ trigger: Schema.Trigger) -> Bool {
        // It is the code that is played.
        guard !trigger.events.isDisjoint(with: write.operation.events), trigger.function != project.routines[course.routine].name else { return false }
        switch trigger.decision {
        case .never: return false
        case .always: return true
        case .by(let columns, let reads, let changes):
            var asked = [stage.key(of: write.table ?? "")]
            if let check = course.check, case .read(let read)? = plans[.first]?.steps[check]?.kind { asked.append(stage.key(of: read.table ?? "")) }
            let written = write.operation == .insert ? [] : Set(write.assignments.map(\.column.folded))
            return columns.contains { written.contains($0.folded) } || reads.contains { asked.contains(stage.key(of: $0)) }
                || changes.contains { project.schema.table($0)?.bounds.isEmpty == false }
        }
    }
}
