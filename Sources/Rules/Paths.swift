import Flow

/// A step together with everything that holds on the way to it.
struct Reached {
    let step: Step
    /// The branches that let the path come here, outermost first.
    let decisions: [Decision]
    /// What has run before on this path.
    let earlier: [Step]
    /// The blocks around it, outermost first, from the step behind it on.
    fileprivate let rest: [Level]
    let context: Context
    /// Steps before it that ran on some ways here only.
    let unsure: Set<StepID>
}

/// A write that is reached.
@dynamicMemberLookup
struct Act {
    let reached: Reached
    let write: Write

    subscript<T>(dynamicMember part: KeyPath<Reached, T>) -> T { reached[keyPath: part] }

    func later(because decision: Decision?) -> [Step] { reached.later(because: decision) }
}

extension Reached {
    /// What runs after it only where the decision has gone this way; everything, where there was none.
    func later(because decision: Decision?) -> [Step] {
        let index = decision.flatMap { decision in decisions.firstIndex { $0.span == decision.span && $0.holds == decision.holds } } ?? -1
        return rest.following.filter { $0.decisions > index }.map(\.step)
    }
}

/// A branch that had to go one way for the path to go on.
struct Decision {
    /// One that no other decision of the routine has.
    let number: Int
    let condition: Value
    let holds: Bool
    let span: Span
    /// How the other way left.
    let leaving: Leaving

    enum Leaving { case not, next, returned, thrown }

    /// What it asks of a number that a step read, so that the way goes on.
    func bound(of column: String, readBy step: StepID) -> Predicate? { condition.bound(of: column, readBy: step, holds: holds) }
}

/// What is held where a step runs.
struct Context {
    /// The transaction around the step: its number within the routine, and its isolation.
    var transaction: (number: Int, isolation: Isolation)?
    /// The locks held, by the number of the step that took them.
    var locks: [StepID] = []
}

/// One walk over a routine: its acts, and the steps by number with the context in which each runs.
struct Paths {
    private(set) var acts: [Act] = []
    /// Where secrets are verified, URLs shown and payments made.
    private(set) var surfaces: [Reached] = []
    /// Somewhere a lock is taken, or a row read under one.
    private(set) var holdsRows = false
    /// The tables that are read.
    private(set) var tables: Set<String> = []
    private(set) var steps: ByStep<Step>
    private(set) var contexts: ByStep<Context>
    let uses: Uses
    /// What the decisions of each act say about earlier steps.
    private(set) var facts: [StepID: [Fact]] = [:]
    /// The atomic writes that had to succeed for each act to be reached.
    private(set) var claims: [StepID: [Step]] = [:]
    /// The calls through which a place in another function was reached, outermost first.
    private var calls: [StepID: [Span]] = [:]
    private var places: [Span: StepID] = [:]
    private var transactions = 0
    private var decisions = 0

    private struct State {
        var decisions: [Decision] = []
        var earlier: [Step] = []
        var context = Context()
        var calls: [Span] = []
        var unsure: Set<StepID> = []
        /// How many decisions had been made where each lock was taken.
        var decided: [StepID: Int] = [:]
    }

    let routine: Routine
    let schema: Schema

    private var setsHours = false, setsOther = false

    init(_ routine: Routine, _ schema: Schema) {
        self.routine = routine
        self.schema = schema
        uses = Uses(in: routine.body)
        (steps, contexts) = (ByStep(below: routine.nextStep), ByStep(below: routine.nextStep))
        var state = State()
        walk(routine.body[...], &state, continuation: [])
        // Most decisions stand before more than one act.
        var known: [Int: [Fact]] = [:]
        for act in acts {
            let decided = act.decisions.flatMap { decision in
                if let found = known[decision.number] { return found }
                let found = facts(of: decision)
                known[decision.number] = found
                return found
            }
            facts[act.step.id] = decided + capsOfStates(act)
            claims[act.step.id] = claims(in: facts(of: act))
        }
    }

    /// `status: taken < capacity ? 'confirmed' : 'waitlisted'`: the row goes in whatever was counted, and as what, the count says.
    private func capsOfStates(_ act: Act) -> [Fact] {
        guard act.write.operation == .insert else { return [] }
        return act.write.assignments.flatMap { assignment -> [Fact] in
            guard case .operation(.conditional, let parts) = assignment.value, parts.count == 3, parts[1].isConstant, parts[2].isConstant,
                Naming.isStatus(assignment.column) || Naming.areStates(parts[1], parts[2])
            else { return [] }
            return [true, false].flatMap { holds in
                facts(of: Decision(number: -1, condition: parts[0], holds: holds, span: act.step.span, leaving: .not))
            }.filter { if case .below = $0.meaning { true } else { false } }
        }
    }

    private mutating func note(_ call: Call) {
        guard let method = call.callee.split(separator: ".").last, method.hasPrefix("set") else { return }
        let name = method.replacing("UTC", with: "")
        // `since.setHours(since.getHours() - 1)` is no beginning of a day.
        if name == "setHours" { if call.arguments.first == .literal(.number("0")) { setsHours = true } else { setsOther = true } }
        if ["setDate", "setMonth", "setFullYear", "setDay", "setMinutes", "setSeconds", "setTime"].contains(name) { setsOther = true }
    }

    /// Moments are set back to midnight, `day.setHours(0, 0, 0, 0)`, and to the beginning of no other stretch of time:
    /// `setDate(1)`, `setMinutes(0)`.
    var setsBackToMidnight: Bool { setsHours && !setsOther }

    /// A table as the database spells it: the code may speak of its class.
    func spelled(_ table: String?) -> String {
        guard let table else { return "rows" }
        guard let name = schema.name(of: table) else { return table }
        if let spelling = schema.tables[name]?.spelling { return spelling }
        return Naming.sameRows(name, table) ? table : name
    }

    /// The same inside corrected SQL.
    func quoted(_ table: String?, _ api: API?) -> String {
        let name = spelled(table), known = table.flatMap { schema.table($0) }
        let own = known?.spelling == nil && !ReservedWords.contains(name) && Wording.isPlain(name.replacing(".", with: "")) ? name : Wording.name(name, api)
        return (known?.namespace.map { Wording.name($0, api) + "." } ?? "") + own
    }

    /// Leaves out acts that are none.
    mutating func dismiss(where isNone: (Act) -> Bool) { acts.removeAll(where: isNone) }

    /// How far back a path is remembered: decisions and steps nearest to the act.
    private static let memory = (decisions: 300, steps: 1_000)

    private mutating func walk(_ body: ArraySlice<Step>, _ state: inout State, continuation: [Level]) {
        for index in body.indices {
            let step = body[index]
            if state.decisions.count > 2 * Self.memory.decisions { state.decisions.removeFirst(Self.memory.decisions) }
            if state.earlier.count > 2 * Self.memory.steps { state.earlier.removeFirst(Self.memory.steps) }
            steps[step.id] = step
            if case .call(let call) = step.kind { note(call) }
            contexts[step.id] = state.context
            if !state.calls.isEmpty {
                calls[step.id] = state.calls
                if places[step.span] == nil { places[step.span] = step.id }
            }
            let decisions = state.decisions.count
            // Most steps need no list of what comes after them.
            var rest: [Level] { continuation + [Level(steps: body[(index + 1)...], decisions: decisions)] }
            func reached() -> Reached {
                Reached(
                    step: step, decisions: state.decisions, earlier: state.earlier, rest: rest, context: state.context, unsure: state.unsure)
            }
            if step.kind.isSurface { surfaces.append(reached()) }
            switch step.kind {
            case .write(let write):
                acts.append(Act(reached: reached(), write: write))
                state.earlier.append(step)
            case .read(let read):
                if let table = read.table { tables.insert(table) }
                if read.lock != nil { holdsRows = true }
                state.earlier.append(step)
            case .effect, .call, .opaque: state.earlier.append(step)
            case .begin(let isolation, _):
                // MySQL sets the level first and begins then.
                if state.context.transaction == nil || isolation != .standard {
                    transactions += 1
                    state.context.transaction = (transactions, isolation)
                }
                state.earlier.append(step)
            case .end:
                state.context.locks.removeAll { endsWithTransaction($0, state.context.transaction?.number) }
                state.context.transaction = nil
                state.earlier.append(step)
            case .lock:
                holdsRows = true
                state.context.locks.append(step.id)
                state.decided[step.id] = state.decisions.count
                state.earlier.append(step)
            case .unlock:
                _ = state.context.locks.popLast()
            case .branch(let condition, let then, let otherwise):
                branch(step, condition, then, otherwise, &state, rest)
            case .loop(let inner):
                let before = state.decisions.count
                walk(inner[...], &state, continuation: rest)
                keep(from: before, in: &state) { $0 == .returned || $0 == .thrown }
            case .scope(let inner):
                let before = state.decisions.count
                let isCall = inner.first.map { !step.span.contains($0.span) } ?? false
                if isCall { state.calls.append(step.span) }
                walk(
                    inner[...], &state, continuation: continuation + [Level(steps: body[(index + 1)...], decisions: state.decisions.count, followsReturn: true)]
                )
                if isCall { state.calls.removeLast() }
                dropLocks(takenAfterReturning: before, in: &state, next: index + 1 < body.endIndex ? body[index + 1] : nil)
                keep(from: before, in: &state) { $0 == .thrown }
            case .attempt(let inner, let handler, let cleanup):
                let before = state.decisions.count
                let rest = rest
                walk(inner[...], &state, continuation: rest)
                if let handler {
                    let leaves = handler.alwaysLeaves
                    keep(from: before, in: &state) { $0 != .thrown || leaves }
                    var failed = state
                    failed.decisions = Array(state.decisions.prefix(before))
                    walk(handler[...], &failed, continuation: rest)
                }
                walk(cleanup[...], &state, continuation: rest)
            case .exit: return
            }
        }
    }

    /// A function that may return before it takes its lock leaves its caller without one, unless that goes no further then:
    /// `if (!(await openEvent(id))) return`. How the program was set up is no matter of one request.
    private func dropLocks(takenAfterReturning start: Int, in state: inout State, next: Step?) {
        guard !state.context.locks.isEmpty else { return }
        state.context.locks.removeAll { lock in
            guard let count = state.decided[lock], count > start else { return false }
            state.decided[lock] = start
            return state.decisions[min(start, state.decisions.count)..<min(count, state.decisions.count)].contains { decision in
                decision.leaving == .returned && decision.condition.parts.contains(where: \.isOpenToRequests) && next?.leaves(after: decision) != true
            }
        }
    }

    /// A lock that the database holds for a transaction is gone with it.
    private func endsWithTransaction(_ lock: StepID, _ transaction: Int?) -> Bool {
        guard let transaction, contexts[lock]?.transaction?.number == transaction, case .lock(let held)? = steps[lock]?.kind else { return false }
        return held.kind == .advisory || held.kind == .table
    }

    private mutating func branch(
        _ step: Step, _ condition: Value, _ then: [Step], _ otherwise: [Step], _ state: inout State, _ rest: [Level]
    ) {
        let base = state.decisions.count, before = state.earlier.count
        var yes = state, no = state
        yes.decisions.append(decide(condition, true, step, .not))
        no.decisions.append(decide(condition, false, step, .not))
        walk(then[...], &yes, continuation: rest)
        walk(otherwise[...], &no, continuation: rest)
        let yesLeft = then.alwaysLeaves, noLeft = otherwise.alwaysLeaves
        if !yesLeft { state.earlier += yes.earlier.dropFirst(before) }
        if !noLeft { state.earlier += no.earlier.dropFirst(before) }
        if !yesLeft { state.unsure.formUnion(yes.unsure) }
        if !noLeft { state.unsure.formUnion(no.unsure) }
        // What ran in one arm only cannot be relied on behind both.
        if !yesLeft, !noLeft { state.unsure.formUnion((yes.earlier.dropFirst(before) + no.earlier.dropFirst(before)).map(\.id)) }
        // What both arms have decided stays decided: the way out that one arm took closes it for what follows.
        if yesLeft { state.decisions.append(decide(condition, false, step, then.leaving)) }
        if noLeft { state.decisions.append(decide(condition, true, step, otherwise.leaving)) }
        if !yesLeft { state.decisions += yes.decisions.dropFirst(base + 1) }
        if !noLeft { state.decisions += no.decisions.dropFirst(base + 1) }
        if !yesLeft, yes.context.transaction == nil || noLeft { state.context = yes.context } else { state.context = no.context }
        if !yesLeft, !noLeft { state.context.locks = yes.context.locks.filter { no.context.locks.contains($0) } }
    }

    private mutating func decide(_ condition: Value, _ holds: Bool, _ step: Step, _ leaving: Decision.Leaving) -> Decision {
        decisions += 1
        return Decision(number: decisions, condition: condition, holds: holds, span: step.span, leaving: leaving)
    }

    private func keep(from start: Int, in state: inout State, where holds: (Decision.Leaving) -> Bool) {
        let start = min(start, state.decisions.count)
        let inner = state.decisions[start...].filter { holds($0.leaving) }
        state.decisions.removeSubrange(start...)
        state.decisions += inner
    }

    /// The calls through which a place was reached, outermost first.
    func calls(to step: StepID) -> [Span] { calls[step] ?? [] }

    /// Where a check and an act meet: the act itself, or, where only the check stands outside the function that acts,
    /// the call of that function. A helper that writes for many callers is no fault; what its caller decided is.
    func meeting(of check: StepID?, and act: Step) -> Span {
        guard let check, let way = calls[act.id] else { return act.span }
        let other = calls[check] ?? []
        let shared = zip(way, other).prefix { $0 == $1 }.count
        return shared < way.count ? way[shared] : act.span
    }

    /// How many of the calls around the act are around the check too: a check in the act's own function says more about
    /// it than one that a caller makes.
    func closeness(of check: StepID, to act: Step) -> Int { zip(calls[act.id] ?? [], calls[check] ?? []).prefix { $0 == $1 }.count }

    /// The evidence with the calls that lead to each of its places, and where each item stands now.
    func withCalls(_ evidence: [Evidence]) -> ([Evidence], places: [Int]) {
        var all: [Evidence] = [], places: [Int] = []
        for item in evidence {
            for call in (item.step ?? self.places[item.span]).flatMap({ calls[$0] }) ?? [] where !all.contains(where: { $0.span == call }) {
                all.append(Evidence(.call, call, "through this call"))
            }
            places.append(all.count)
            all.append(item)
        }
        return (all, places)
    }
}

/// What comes after a place in one block.
private struct Level {
    let steps: ArraySlice<Step>
    /// How many decisions lead there.
    let decisions: Int
    /// The block goes on where an inner function has returned.
    var followsReturn = false
}

extension [Level] {
    /// The steps that come after a place, innermost block first, up to where the path certainly ends, and how many of the
    /// decisions hold there too.
    fileprivate var following: [(step: Step, decisions: Int)] {
        var found: [(step: Step, decisions: Int)] = [], hasReturned = false
        for level in reversed() {
            if hasReturned, !level.followsReturn { continue }
            hasReturned = false
            for step in level.steps {
                guard found.count < 300 else { return found }
                [step].visit { if found.count < 300 { found.append(($0, level.decisions)) } }
                if case .exit(let exit) = step.kind {
                    guard case .return = exit else { return found }
                    hasReturned = true
                    break
                }
            }
        }
        return found
    }
}

extension [Step] {
    /// How a body that leaves does so.
    fileprivate var leaving: Decision.Leaving {
        var found = Decision.Leaving.not
        for step in self {
            switch step.kind {
            case .exit(.return): return .returned
            case .exit(.throw): return .thrown
            case .exit(.next): return .next
            case .scope(let body): if body.leaving == .thrown { found = .thrown }
            case .branch, .loop, .attempt:
                for body in step.bodies {
                    let way = body.leaving
                    if way != .not { found = way }
                }
            case .read, .write, .begin, .end, .lock, .unlock, .effect, .call, .opaque: continue
            }
        }
        return found
    }
}

extension Step {
    /// It leaves on what a function gave that has decided so: of the two values one goes on.
    fileprivate func leaves(after decision: Decision) -> Bool {
        guard case .branch(let condition, let then, let otherwise) = kind, then.alwaysLeaves != otherwise.alwaysLeaves else { return false }
        return condition.parts.contains { part in
            if case .operation(.conditional, let parts) = part { parts.first == decision.condition } else { false }
        }
    }
}

extension Value {
    /// It may be another with every request.
    fileprivate var isOpenToRequests: Bool {
        switch self {
        case .parameter, .input, .outcome, .unknown: true
        case .literal, .column, .name, .member, .operation, .object, .list, .either: false
        }
    }
}
