import Flow

/// One request on its way through its routine: what it asks of the database next, and what it makes of the answers.
struct Lane {
    let name: LaneName
    let plan: Plan
    private(set) var evaluator: Evaluator
    private var frames: [Frame]
    private var pending: [Order] = []
    /// How many frames stood when the transaction began; nil outside of one.
    private var transaction: Int?
    private var locks: [String] = []
    private var rowsMade = 0

    /// The rows that the act changed.
    private(set) var actRows = 0
    private(set) var hasActed = false
    /// Rows that other writes changed.
    private(set) var otherRows = 0
    /// What cannot be taken back, in order.
    private(set) var effects: [String] = []
    /// Those that it called before it acted.
    private(set) var earlyEffects: [String] = []
    /// It has called something after it acted.
    var hasLateEffects: Bool { effects.count > earlyEffects.count }
    private(set) var decisions: [Made] = []
    private(set) var isDone = false
    private(set) var failure: String?
    /// The database refused a statement, and no code went on from there.
    private(set) var endsInError = false
    /// A statement of the open transaction was refused.
    private(set) var hasFailedInside = false
    /// Writes that found no row, where the library throws.
    private(set) var unmatched: [StepID] = []
    /// What had been written when the transaction began.
    private var before = (act: 0, other: 0)

    /// The transaction has not happened.
    mutating func takeBack() {
        (actRows, otherRows) = before
        hasFailedInside = false
    }

    /// A branch as it was decided.
    struct Made {
        let step: StepID
        let condition: Value
        let span: Span
        let arm: Bool
        /// The database had a say.
        let isDecided: Bool
    }

    enum Order {
        case begin(Isolation), commit, rollback
        /// SET TRANSACTION ISOLATION LEVEL, in a transaction that has begun.
        case isolate(Isolation)
        case lock(String), unlock(String)
        case read(Read, StepID), write(Write, StepID)
        case related(StepID, String)
        case effect(String)
        case decision(Made)
    }

    private struct Frame {
        var steps: ArraySlice<Step>
        var kind: Kind

        enum Kind {
            case body, scope, loop
            case attempt(handler: [Step]?, cleanup: [Step])
            case handler(cleanup: [Step])
            case cleanup(then: Exit?)
        }
    }

    init(_ name: LaneName, _ plan: Plan, _ given: Given) {
        self.name = name
        self.plan = plan
        evaluator = Evaluator([:], name, given)
        evaluator.assumed = plan.wanted
        frames = [Frame(steps: plan.routine.body[...], kind: .body)]
    }

    /// The branch that was decided otherwise than the way to the act wants it.
    var strayed: Made? { decisions.first { made in plan.needed[made.step].map { $0 != made.arm } ?? false } }

    /// It was told that it may not, or that it has failed.
    var isTurnedBack: Bool {
        guard actRows == 0 else { return false }
        return failure != nil || strayed.map { plan.refusing.contains($0.step) } ?? (hasActed && looksAtAct)
    }

    /// The code asks how many rows its act has changed, or the library throws where it is none.
    var looksAtAct: Bool { unmatched.contains(plan.act) || decisions.contains { $0.condition.steps.contains(plan.act) } }

    /// A row that the act depends on, was looked for, and was not there.
    var missing: StepID? {
        plan.used.sorted().first { step in
            guard case .read(let read)? = plan.steps[step]?.kind, !read.aggregate.isNumber, let outcome = evaluator.outcomes[step] else { return false }
            return outcome.rows.isEmpty && outcome.number == nil && outcome.error == nil
        }
    }

    /// What is locked, changed or looked through on the way without a question whether it is there: it is. Without the row, a lock
    /// holds nobody.
    var presumed: [StepID] {
        let asked = Set(decisions.flatMap(\.condition.steps))
        return evaluator.outcomes.keys.sorted().filter { step in
            guard step != plan.act, !asked.contains(step), let outcome = evaluator.outcomes[step], outcome.error == nil else { return false }
            switch plan.steps[step]?.kind {
            case .read(let read):
                guard !read.isAggregated, outcome.rows.isEmpty, outcome.number == nil else { return false }
                return read.lock == .update || read.lock == .share || plan.sought.contains(step)
            case .write(let write):
                return write.operation == .update && outcome.affected == 0 && !write.filters.isEmpty && write.filters.allSatisfy { $0.comparison == .equal }
            default: return false
            }
        }
    }

    /// An identity for a row that it inserts.
    mutating func nextIdentity(_ kind: ColumnKind) -> Datum {
        rowsMade += 1
        return kind == .number ? .number(Double((name == .first ? 1_000_000 : 2_000_000) + rowsMade)) : .text("new-\(name.rawValue)\(rowsMade)")
    }

    // MARK: Answers

    mutating func take(_ outcome: Outcome, of step: StepID, _ write: Write?) {
        evaluator.outcomes[step] = outcome
        guard let write else { return }
        if step == plan.act {
            hasActed = true
            actRows += outcome.affected
        } else {
            otherRows += outcome.affected
        }
        if outcome.error == nil, outcome.affected == 0, write.failsWhenMissing { unmatched.append(step) }
        if outcome.error == nil, outcome.affected == 0, write.failsWhenMissing || write.checksVersion {
            leave(.throw)
        }
        if write.throwsWhenMissing, outcome.affected == 0, outcome.error == nil { evaluator.outcomes[step]?.error = "no row" }
    }

    mutating func take(_ rows: [Datum.Row], of relation: String, _ step: StepID) {
        guard evaluator.outcomes[step]?.rows.isEmpty == false else { return }
        evaluator.outcomes[step]?.rows[0].related[relation.folded] = rows
    }

    /// The database refused a statement.
    mutating func fail(_ error: String, at step: StepID?, isReported: Bool) {
        if let step { evaluator.outcomes[step] = Outcome(error: error) }
        if let step, step == plan.act { hasActed = true }
        failure = error
        if transaction != nil { hasFailedInside = true }
        if !isReported { leave(.throw) }
    }

    // MARK: The way

    /// What it does next; nil when the request is over.
    mutating func next() -> Order? {
        while true {
            if !pending.isEmpty { return pending.removeFirst() }
            guard !isDone else { return nil }
            guard var frame = frames.last else { finish(); continue }
            guard let step = frame.steps.first else { close(); continue }
            // A session that begins by itself, at a level of its own.
            if transaction == nil, step.beginsTransaction(plan.isolation) {
                transaction = 0
                (before, hasFailedInside) = ((actRows, otherRows), false)
                return .begin(plan.isolation)
            }
            frame.steps.removeFirst()
            frames[frames.count - 1] = frame
            switch step.kind {
            case .read(let read):
                pending += (plan.relations[step.id] ?? []).sorted().map { .related(step.id, $0) }
                return .read(read, step.id)
            case .write(let write):
                // What is added to a list that the row holds, or to its relation, decides nothing here.
                if step.id != plan.act, write.operation == .update, !write.assignments.isEmpty, write.assignments.allSatisfy(\.value.isChangedInside) {
                    continue
                }
                return .write(write, step.id)
            case .begin(let asked, _):
                let isolation = asked == .standard ? plan.isolation : asked
                guard transaction == nil else {
                    if asked == .standard { continue }
                    return .isolate(asked)
                }
                transaction = frames.count
                (before, hasFailedInside) = ((actRows, otherRows), false)
                return .begin(isolation)
            case .end:
                guard transaction != nil else { continue }
                return endTransaction(.commit)
            case .lock(let lock):
                let key = lock.kind == .table ? "table" : evaluator.written(lock.key).literal
                locks.append(key)
                return .lock(key)
            case .unlock: if let key = locks.popLast() { return .unlock(key) }
            case .effect(let effect):
                effects.append(effect.name)
                if !hasActed { earlyEffects.append(effect.name) }
                return .effect(effect.name)
            case .branch(let condition, let then, let otherwise):
                let seen = evaluator.seenTruth(condition), known = seen ?? evaluator.truth(condition)
                let arm = known ?? plan.needed[step.id] ?? plan.preferred[step.id] ?? false
                let made = Made(step: step.id, condition: condition, span: step.span, arm: arm, isDecided: seen != nil)
                if known == nil { evaluator.assumed[condition] = arm }
                decisions.append(made)
                frames.append(Frame(steps: (arm ? then : otherwise)[...], kind: .body))
                if seen != nil, !condition.steps.isEmpty { return .decision(made) }
            case .loop(let body): frames.append(Frame(steps: body[...], kind: .loop))
            case .scope(let body): frames.append(Frame(steps: body[...], kind: .scope))
            case .attempt(let body, let handler, let cleanup): frames.append(Frame(steps: body[...], kind: .attempt(handler: handler, cleanup: cleanup)))
            case .exit(let exit): leave(exit)
            case .call, .opaque: continue
            }
        }
    }

    private mutating func endTransaction(_ order: Order) -> Order {
        transaction = nil
        return order
    }

    /// A body came to its end.
    private mutating func close() {
        guard let frame = frames.popLast() else { return }
        switch frame.kind {
        case .attempt(_, let cleanup), .handler(let cleanup): frames.append(Frame(steps: cleanup[...], kind: .cleanup(then: nil)))
        case .cleanup(.some(let exit)): leave(exit)
        case .body, .scope, .loop, .cleanup: break
        }
        abandon(commits: true)
    }

    private mutating func leave(_ exit: Exit) {
        while let frame = frames.popLast() {
            let isThrow = if case .throw = exit { true } else { false }
            abandon(commits: !isThrow)
            switch frame.kind {
            case .attempt(let handler?, let cleanup) where isThrow:
                frames.append(Frame(steps: handler[...], kind: .handler(cleanup: cleanup)))
                return
            case .attempt(_, let cleanup), .handler(let cleanup):
                guard !cleanup.isEmpty else { continue }
                frames.append(Frame(steps: cleanup[...], kind: .cleanup(then: exit)))
                return
            case .scope: if case .return = exit { return }
            case .loop: if case .next = exit { return }
            case .body, .cleanup: continue
            }
        }
        if case .throw = exit {
            if failure != nil { endsInError = true }
            if transaction != nil { pending.append(endTransaction(.rollback)) }
        }
        finish()
    }

    /// The block of a transaction is left without its end.
    private mutating func abandon(commits: Bool) {
        guard let depth = transaction, frames.count < depth else { return }
        pending.append(endTransaction(commits ? .commit : .rollback))
    }

    mutating func leaveUnplayed() { isDone = true }

    private mutating func finish() {
        isDone = true
        if transaction != nil { pending.append(endTransaction(.commit)) }
        pending += locks.reversed().map { .unlock($0) }
        locks = []
    }
}

extension Step {
    /// A statement through a library whose sessions are always in a transaction. Of Python's own driver for SQLite that is true of
    /// writes alone, unless a level says otherwise: https://docs.python.org/3/library/sqlite3.html#transaction-control
    fileprivate func beginsTransaction(_ isolation: Isolation) -> Bool {
        let api: API?
        switch kind {
        case .read(let read): api = read.api
        case .write(let write): api = write.api
        default: return false
        }
        return api?.beginsItself == true && (isolation != .standard || api?.dialect != .sqlite)
    }

    var isOfSession: Bool { beginsTransaction(.standard) }
}

extension Value {
    /// `crew.members.append(member)`
    fileprivate var isChangedInside: Bool { if case .operation(.call("assign"), let parts) = self { parts.count == 1 } else { false } }
}
