import Flow

// The other request, where it is not the same one again: one that wants another state.
extension Play {
    /// Where the caller chooses the state: what each of the two chooses.
    static func choice(_ course: Course, _ routine: Routine, _ project: Project) -> (value: Value, states: (String, String))? {
        guard case .state(let column) = course.promise else { return nil }
        var found: (Value, (String, String))?
        routine.body.visit { step in
            guard step.id == course.act, case .write(let write) = step.kind,
                let value = write.value(of: column),
                !value.isConstant
            else { return }
            let own = value.possibleStrings, states = own.count > 1 ? own : Self.states(project, write.table ?? "", column)
            guard states.count != 1 || value.possibleStrings.isEmpty else { return }
            let opposite = states.dropFirst().first { areContradictory([states[0], $0]) }
            found = (value, (states.first ?? "approved", opposite ?? states.dropFirst().first ?? "rejected"))
        }
        return found
    }

    static func states(_ project: Project, _ table: String, _ column: String) -> [String] {
        let known = project.states(table, column)
        let ends = ["approved", "accepted", "paid", "completed", "confirmed", "rejected", "declined", "cancelled", "canceled", "failed"]
        return ends.filter(known.contains) + known.subtracting(ends).sorted()
    }

    /// The other request: the routine that sets the same status to something else, or that statement alone.
    struct Rival {
        var routine: Routine
        var act: StepID
        /// What its code calls the key of the row, in which both meet; nil where its statement is played alone.
        var key: Value?
    }

    /// Another statement that sets the same status to something else, as a request of its own.
    ///
    /// - Parameter isAlone: without the code around it.
    static func rival(of write: Write, _ course: Course, _ project: Project, meetsRival: Bool, isAlone: Bool) -> Rival? {
        let column: String
        switch course.promise {
        case .state(let name): column = name
        case .once(let name) where meetsRival: column = name
        default: return nil
        }
        let own = write.value(of: column)
        guard own?.isConstant == true || write.operation == .delete else { return nil }
        let states = own?.possibleStrings ?? []
        var found: Write?, isOpposite = false, place: (routine: Routine, act: StepID)?
        for routine in project.routines where !isOpposite {
            routine.body.visit { step in
                guard !isOpposite, case .write(let other) = step.kind, other.operation == .update,
                    project.isSame(other.table, write.table) || other.table == write.table,
                    let value = other.value(of: column), !value.possibleStrings.isEmpty,
                    Set(value.possibleStrings).isDisjoint(with: states)
                else { return }
                // The one that says the opposite, where there is one.
                isOpposite = areContradictory(states + value.possibleStrings)
                if isOpposite || found == nil { (found, place) = (other, (routine, step.id)) }
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
        if !isAlone, let place, found.assignments.allSatisfy({ $0.column != assignment.column || $0.value.isConstant }),
            let key = key(of: found, as: write, in: place.routine)
        {
            return Rival(routine: place.routine, act: place.act, key: key)
        }
        let span = project.routines[course.routine].span
        let routine = Routine(
            name: "another request", entry: .none, isExported: false, parameters: [], body: [Step(id: 0, span: span, kind: .write(rival))], nextStep: 1,
            span: span)
        return Rival(routine: routine, act: 0)
    }

    /// What the code of another write calls the key of its row: what the request brings, where it asks for the row by the same
    /// column.
    private static func key(of other: Write, as write: Write, in routine: Routine) -> Value? {
        guard let column = write.filters.first(where: { $0.comparison == .equal && !$0.value.isConstant })?.column.folded else { return nil }
        guard let value = other.filters.first(where: { $0.comparison == .equal && $0.column.folded == column })?.value else { return nil }
        if value.isGiven { return value }
        // The row was read before, by the same key.
        guard let (step, path) = value.columnPath, path.folded == column else { return nil }
        var asked: Value?
        routine.body.visit { one in
            guard one.id == step, case .read(let read) = one.kind else { return }
            asked = read.filters.first { $0.comparison == .equal && $0.column.folded == column }?.value
        }
        return asked.flatMap { $0.isGiven ? $0 : nil }
    }

    /// One says yes and the other no.
    static func areContradictory(_ states: [String]) -> Bool {
        let yes: Set<String> = [
            "approved", "accepted", "paid", "completed", "confirmed", "used", "redeemed", "scanned", "shipped", "delivered", "settled", "captured", "succeeded",
            "success",
        ]
        let no: Set<String> = ["rejected", "declined", "denied", "cancelled", "canceled", "revoked", "refunded", "expired", "void", "voided", "reversed"]
        let folded = states.map(\.folded)
        return folded.contains(where: yes.contains) && folded.contains(where: no.contains)
    }

    static let beginnings = ["requested", "pending", "new", "open", "created", "draft", "submitted", "active", "available"]

    /// A state in which rows begin.
    static func prior(_ project: Project, _ write: Write, _ column: String) -> String {
        let known = states(project, write.table ?? "", column)
        let own = Set(write.assignments.filter { $0.column.folded == column.folded }.flatMap(\.value.possibleStrings).map(\.folded))
        let begins = beginnings.filter { !own.contains($0) }
        return begins.firstMapped { begin in known.first { $0.folded == begin } } ?? begins[0]
    }
}

extension Routine {
    /// The same routine in a request that brings this.
    func replacing(_ value: Value, with text: String) -> Routine { replacing(value, with: .string(text)) }

    func replacing(_ value: Value, with literal: Literal) -> Routine {
        var copy = self
        copy.body = body.map { $0.rewritten { $0.mapped { $0 == value ? .literal(literal) : $0 } } }
        return copy
    }
}
