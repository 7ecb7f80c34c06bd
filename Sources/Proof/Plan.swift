import Flow

/// The way through a routine that leads to the act: which arm of each branch must be taken.
struct Plan {
    let routine: Routine
    let act: StepID
    /// The arms that must be taken, by branch: true for `then`.
    private(set) var needed: [StepID: Bool] = [:]
    /// Those of them whose other arm turns the request back, or where the arm of the act ends it: whoever goes the other way is told
    /// something else, and has not only less to do.
    private(set) var refusing: Set<StepID> = []
    /// How what is asked on the way must come out, and so where it is asked elsewhere.
    private(set) var wanted: [Value: Bool] = [:]
    /// What is taken where nothing decides.
    private(set) var preferred: [StepID: Bool] = [:]
    /// The columns of each read's rows that the code looks at.
    private(set) var columns: [StepID: [String]] = [:]
    /// The reads whose rows are written back with all of their columns: `order.save()` of Django.
    private(set) var savedWhole: Set<StepID> = []
    /// The relations of each read whose rows somebody counts.
    private(set) var relations: [StepID: Set<String>] = [:]
    private(set) var steps: [StepID: Step] = [:]
    /// Behind the act the code throws in any case.
    private(set) var isRefusal = false
    private var mayEnd = false
    /// The statements whose error comes back as a value, instead of being thrown.
    private(set) var reported: Set<StepID> = []
    /// The steps on which the values of the act depend.
    private(set) var used: Set<StepID> = []
    /// The steps by whose rows others are looked for.
    private(set) var sought: Set<StepID> = []

    /// - Parameter check: what must be asked on the way.
    init(_ routine: Routine, to act: StepID, by check: StepID? = nil) throws(Obstacle) {
        self.routine = routine
        self.act = act
        var steps: [StepID: Step] = [:]
        routine.body.visit { if steps[$0.id] == nil { steps[$0.id] = $0 } }
        self.steps = steps
        use(act)
        guard way(routine.body, isInner: false) else { throw Obstacle("the act stands where no path leads") }
        if let check { visit(check, routine.body) }
        for (id, arm) in needed.sorted(by: { $0.key < $1.key }) { if case .branch(let condition, _, _)? = steps[id]?.kind { want(condition, arm) } }
        var columns: [StepID: [String]] = [:], relations: [StepID: Set<String>] = [:], reported: Set<StepID> = []
        routine.visitValues { value in
            for part in value.parts {
                if case .outcome(let step, .failure) = part { reported.insert(step) }
                if let (step, relation) = part.relatedCount { relations[step, default: []].insert(relation) }
                guard let (step, path) = part.columnPath, columns[step]?.contains(path) != true else { continue }
                columns[step, default: []].append(path)
            }
        }
        (self.columns, self.reported) = (columns, reported)
        for step in steps.values {
            switch step.kind {
            case .read(let read): sought.formUnion(read.filters.flatMap(\.value.steps))
            case .write(let write):
                sought.formUnion(write.filters.flatMap(\.value.steps))
                if let row = write.savedRow { savedWhole.insert(row) }
            default: break
            }
        }
        self.relations = relations
    }

    /// The column that a read adds up: as it asks for it, or as the code then calls it, `_sum.amount`.
    func summedColumn(of read: Read, _ step: StepID) -> String? {
        let item = read.columns.first { $0.aggregate == .sum || $0.aggregate == .maximum || read.aggregate == .sum || read.aggregate == .maximum }
        if let column = item?.column { return column }
        return columns[step]?.firstMapped { path in path.firstIndex(of: ".").map { String(path[path.index(after: $0)...]) } }
    }

    /// The level of transactions that ask for none.
    var isolation: Isolation {
        guard case .write(let write)? = steps[act]?.kind, let api = write.api else { return .standard }
        // Of MySQL it says nothing about writes, so that PostgreSQL's would refuse what MySQL lets pass.
        return api.dialect == .mysql && api.isolation == .repeatableRead ? .standard : api.isolation
    }

    /// What the way to the act asks of a number that a step read.
    func bound(of column: String, readBy step: StepID) -> Predicate? {
        needed.sorted { $0.key < $1.key }.firstMapped { id, arm in
            guard case .branch(let condition, _, _)? = steps[id]?.kind else { return nil }
            return condition.bound(of: column, readBy: step, holds: arm)
        }
    }

    /// The act changes this table, or some statement on the way asks it.
    func concerns(_ table: String) -> Bool {
        steps.values.contains { step in
            switch step.kind {
            case .read(let read): read.table?.folded == table.folded || read.joined.contains { $0.folded == table.folded }
            case .write(let write): step.id == act && write.table?.folded == table.folded
            default: false
            }
        }
    }

    private mutating func want(_ condition: Value, _ flag: Bool) {
        guard wanted[condition] == nil else { return }
        wanted[condition] = flag
        guard case .operation(let op, let parts) = condition else { return }
        switch op {
        case .not: parts.forEach { want($0, !flag) }
        case .and where flag, .or where !flag: parts.forEach { want($0, flag) }
        default: break
        }
    }

    private mutating func use(_ step: StepID) {
        guard used.insert(step).inserted, let kind = steps[step]?.kind else { return }
        var values: [Value] = []
        switch kind {
        case .read(let read): values = read.filters.map(\.value)
        case .write(let write): values = write.filters.map(\.value) + write.assignments.map(\.value)
        default: break
        }
        for step in values.flatMap(\.steps) { use(step) }
    }

    /// Marks the way to the act through these steps; whether it is among them.
    private mutating func way(_ steps: [Step], isInner: Bool) -> Bool {
        for (at, step) in steps.enumerated() where holds(step, act) {
            for earlier in steps[..<at] { pass(earlier, isInner: isInner) }
            switch step.kind {
            case .branch(_, let then, let otherwise):
                let isThen = then.contains { holds($0, act) }
                needed[step.id] = isThen
                if then.escapes(isInner) || otherwise.escapes(isInner) { refusing.insert(step.id) }
                _ = way(isThen ? then : otherwise, isInner: isInner)
            case .loop(let body): _ = way(body, isInner: isInner)
            // Around the act a return leads past it, from whatever function.
            case .scope(let body): _ = way(body, isInner: false)
            case .attempt(let body, let handler, let cleanup):
                for body in [body, handler ?? [], cleanup] where body.contains(where: { holds($0, act) }) { _ = way(body, isInner: isInner) }
            default: break
            }
            for later in steps[(at + 1)...] {
                pass(later, isInner: isInner, isBehind: true)
                follow(later)
            }
            return true
        }
        return false
    }

    /// What certainly comes behind the act, until the code may end otherwise.
    private mutating func follow(_ step: Step) {
        guard !mayEnd else { return }
        switch step.kind {
        case .exit(.throw): (isRefusal, mayEnd) = (true, true)
        case .exit: mayEnd = true
        // A framework may show the next page by throwing.
        case .call(let call): mayEnd = call.callee.nameWords.contains("redirect")
        case .branch, .loop, .attempt, .scope: mayEnd = step.bodies.contains { $0.contains(where: \.mayExit) }
        case .read, .write, .begin, .end, .lock, .unlock, .effect, .opaque: break
        }
    }

    /// A check may stand in an arm that ends before the act, and behind what ends the helper that asks.
    private mutating func visit(_ check: StepID, _ steps: [Step]) {
        for (at, step) in steps.enumerated() where holds(step, check) {
            for earlier in steps[..<at] {
                guard case .branch(_, let then, let otherwise) = earlier.kind, needed[earlier.id] == nil else { continue }
                let (yes, no) = (then.escapes(false), otherwise.escapes(false))
                if yes != no { (needed[earlier.id], _) = (no, refusing.insert(earlier.id)) }
            }
            if case .branch(_, let then, _) = step.kind, needed[step.id] == nil { needed[step.id] = then.contains { holds($0, check) } }
            for body in step.bodies { visit(check, body) }
        }
    }

    private func holds(_ step: Step, _ wanted: StepID) -> Bool {
        step.id == wanted || step.bodies.contains { $0.contains { holds($0, wanted) } }
    }

    /// What stands before the act must not end the request; behind it nothing is asked for.
    ///
    /// - Parameter isLost: whoever comes out at the end of the step is turned back there.
    private mutating func pass(_ step: Step, isInner: Bool, isBehind: Bool = false, isLost: Bool = false) {
        switch step.kind {
        case .branch(_, let then, let otherwise):
            let (yes, no) = (then.turnsBack(isInner, isLost), otherwise.turnsBack(isInner, isLost))
            if yes != no, !isBehind {
                needed[step.id] = no
                refusing.insert(step.id)
            }
            if isBehind, then.works != otherwise.works {
                preferred[step.id] = then.works
            } else {
                preferred[step.id] =
                    yes != no
                    ? no : then.contains { inner in used.contains { holds(inner, $0) } } || isBehind && !yes && !otherwise.contains { !$0.bodies.isEmpty }
            }
            for body in [then, otherwise] { pass(body, isInner: isInner, isBehind: isBehind, isLost: isLost) }
        case .loop(let body): pass(body, isInner: isInner, isBehind: isBehind, isLost: false)
        case .scope(let body): pass(body, isInner: true, isBehind: isBehind, isLost: false)
        case .attempt(let body, let handler, let cleanup):
            for body in [body, handler ?? [], cleanup] { pass(body, isInner: isInner, isBehind: isBehind, isLost: isLost) }
        default: break
        }
    }

    /// From the end, so that each step knows what becomes of those who come out of it.
    private mutating func pass(_ body: [Step], isInner: Bool, isBehind: Bool, isLost: Bool) {
        var isLost = isLost
        for step in body.reversed() {
            pass(step, isInner: isInner, isBehind: isBehind, isLost: isLost)
            isLost = [step].turnsBack(isInner, isLost)
        }
    }
}

extension Step {
    fileprivate var mayExit: Bool { if case .exit = kind { true } else { bodies.contains { $0.contains(where: \.mayExit) } } }
}

extension [Step] {
    /// Something is written or done there.
    fileprivate var works: Bool {
        var found = false
        visit { step in
            switch step.kind {
            case .write, .effect: found = true
            default: break
            }
        }
        return found
    }

    /// Whoever comes in there does not come out at the end, or is lost behind it.
    fileprivate func turnsBack(_ isInner: Bool, _ isLost: Bool) -> Bool { escapes(isInner) || isLost && !returns }

    /// It certainly ends the callee that it stands in.
    private var returns: Bool {
        contains { step in
            switch step.kind {
            case .exit(.return): true
            case .branch(_, let then, let otherwise): then.returns && otherwise.returns
            case .attempt(let body, let handler, _): body.returns && handler?.returns != false
            default: false
            }
        }
    }

    /// It certainly ends the request, or the round of a loop; inside a callee a return ends the callee alone.
    fileprivate func escapes(_ isInner: Bool) -> Bool {
        contains { step in
            switch step.kind {
            case .exit(.return): !isInner
            case .exit: true
            case .branch(_, let then, let otherwise): then.escapes(isInner) && otherwise.escapes(isInner)
            case .scope(let body): body.escapes(true)
            case .attempt(let body, let handler, let cleanup): cleanup.escapes(isInner) || body.escapes(isInner) && handler?.escapes(isInner) != false
            default: false
            }
        }
    }
}

extension Write {
    /// The read whose row this statement writes back as a whole.
    var savedRow: StepID? {
        guard isWhole, operation == .update else { return nil }
        return filters.firstMapped { filter in
            guard case .member(.outcome(let step, .row), let key) = filter.value, key == "id" || key == "pk" else { return nil }
            return step
        }
    }
}
