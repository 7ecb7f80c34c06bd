import Flow

/// One routine being linked.
struct Expansion {
    var routine: Routine
    let linker: Linker
    /// What is linked so far, each in its place; the others as they were written.
    let done: [Routine]
    let calls: [StepID: Int]
    let recursive: [StepID: Int]
    var takenIn: Set<Int> = []
    /// What closes the contexts that are open, by the function that opened each; the last to open is the first to close.
    var closing: [String: [[Step.Kind]]] = [:]
    var results: [StepID: Value] = [:]
    /// The table of each row that is read.
    var tables: [StepID: String] = [:]
    private let classes: [String: String]
    /// The transactions that have been begun where the walk stands.
    private var open = 0

    init(of at: Int, by linker: Linker, _ done: [Routine]) {
        self.linker = linker
        self.done = done
        routine = linker.routines[at]
        classes = linker.rowClasses(of: at)
        calls = linker.graph.calls[at]
        recursive = linker.graph.recursive[at]
    }

    mutating func run() -> Routine {
        if linker.runsTexts { routine.body = routine.body.runningTexts(from: &routine.nextStep) }
        noteTables(in: routine.body)
        routine.body = expanded(routine.body).namingRows(after: classes)
        return routine
    }

    mutating func expanded(_ steps: [Step]) -> [Step] {
        var out: [Step] = []
        out.reserveCapacity(steps.count)
        var consumed = 0
        for (index, step) in steps.enumerated() {
            if consumed > 0 {
                consumed -= 1
                continue
            }
            var kept: Call?
            // What a callee gave back is put in where later steps speak of it.
            var step = results.isEmpty ? step : step.withValues { $0.replacing(results) }
            if !linker.properties.isEmpty { step = readingProperties(step, &out) }
            switch step.kind {
            case .call(let call):
                if call.context != nil, holds(call, step, &out) { continue }
                let given = zip(call.callbacks, steps[(index + 1)...]).prefix { if case .scope = $0.1.kind { true } else { false } }
                guard let (body, result, taken) = callee(call, step, Array(given)) else { break }
                // The callee runs the callbacks: they do not stand behind the call any more.
                if taken { consumed = call.callbacks.count }
                step.kind = .scope(body)
                let isStored = calls[step.id].map { done[$0].entry == .stored } ?? false
                if !isStored { open = max(0, open + body.balance) }
                if call.keepsPurpose(in: body) || call.effect != nil && !body.actsElsewhere { kept = call }
                results[step.id] = result
                // A function that is called from outside of the database is a transaction of its own, unless its caller has begun one.
                if routine.entry != .stored, isStored, open == 0 {
                    out.append(step)
                    step = Step(id: routine.nextStep, span: step.span, kind: .end)
                    routine.nextStep += 1
                }
            case .branch, .loop, .scope, .attempt:
                let before = open
                var after: Int?
                step = step.withBodies { body in
                    let body = expanded(body)
                    (after, open) = (after ?? open, before)
                    return body
                }
                if case .branch = step.kind {} else { open = after ?? before }
            case .begin: open += 1
            case .end: open = max(0, open - 1)
            case .read, .write, .lock, .unlock, .effect, .exit, .opaque: break
            }
            out.append(step)
            if let kept {
                out.append(Step(id: routine.nextStep, span: step.span, kind: .call(kept)))
                routine.nextStep += 1
            }
        }
        return out
    }

    /// Whether a callee can be taken in without the body growing beyond what is still read as one.
    func fits(_ target: Routine) -> Bool { target.nextStep + routine.nextStep < Linker.stepLimit }

    /// Steps of another routine under numbers of this one, with arguments in the place of its parameters.
    mutating func takingIn(_ steps: [Step], of target: Routine, _ arguments: [Value]) -> [Step] {
        let base = routine.nextStep
        routine.nextStep += target.nextStep
        let taken = steps.map { $0.rewritten { $0.mapped { $0.moved(by: base, arguments: arguments) } }.renumbered(by: base) }
        noteTables(in: taken)
        return taken
    }

    /// What the called routine does and gives back, in the caller's terms.
    mutating func callee(_ call: Call, _ step: Step, _ callbacks: [(argument: Int, step: Step)]) -> (body: [Step], result: Value, tookCallbacks: Bool)? {
        let target: Routine, at: Int
        if let found = calls[step.id] {
            (target, at) = (done[found], found)
        } else if let found = recursive[step.id] {
            (target, at) = (linker.routines[found], found)
        } else {
            return nil
        }
        // What is called like an effect and touches nothing is taken at its word.
        guard !target.body.isEmpty,
            linker.graph.matters[at]
                || call.effect == nil
                    && (target.nextStep <= Linker.pureLimit || target.nextStep <= Linker.refusingLimit && target.body.mayRefuse)
        else { return nil }
        guard fits(target) else { return nil }
        if recursive[step.id] == nil { takenIn.insert(at) }
        let arguments = (target.entry == .stored || call.isNamed ? call.arguments.named(target.parameters) : call.arguments).completed(by: target.defaults)
        var body = takingIn(target.body, of: target, arguments)
        // A method works on the row that it is called on.
        while let first = body.first, case .read(let read) = first.kind, let stand = read.standsFor {
            let row: Value? = if case .parameter(let index) = stand { index < arguments.count ? arguments[index] : nil } else { call.receiver }
            guard let row else { break }
            body = body.dropFirst().map { $0.rewritten { $0.mapped { $0 == .outcome(first.id, .row) ? row : $0 } } }
        }
        // Of what class a row is that a parameter stands for is known here.
        if !linker.properties.isEmpty, arguments.contains(where: \.isRowLike) { body = readingProperties(in: body) }
        if let own = call.classCalled, let dot = target.name.firstIndex(of: "."), target.name[..<dot] != own {
            body = body.inheritedFrom(String(target.name[..<dot]), by: own)
        }
        if linker.runsTexts { body = body.runningTexts(from: &routine.nextStep) }
        // An argument that is known decides which arm of the callee runs.
        if arguments.contains(where: { $0.truth != nil }) { body = body.folded }
        let runs = callbacks.map { given in given.argument < target.parameters.count ? body.call(of: target.parameters[given.argument]) : nil }
        let takes = !callbacks.isEmpty && callbacks.count == call.callbacks.count && runs.contains { $0 != nil }
        if takes {
            for (given, run) in zip(callbacks, runs) {
                guard let run else { continue }
                let inner = expanded([given.step])
                var result: Value = .unknown
                if case .scope(let steps)? = inner.first?.kind { result = steps.result ?? .unknown }
                body = body.map { $0.rewritten { $0.replacing([run: result]) } }.replacing(run, with: inner)
            }
        }
        return (body, body.result ?? .unknown, takes)
    }
}

extension [Value] {
    /// `rpc('take', {p_id: id})`, `take(id, p_count => 2)`: the last argument may give the others by name.
    func named(_ parameters: [String]) -> [Value] {
        guard case .object(let fields, let rest)? = last else { return self }
        return parameters.enumerated().map { at, name in
            at < count - 1 ? self[at] : fields.last { $0.name.lowercased() == name.lowercased() }?.value ?? (rest == nil ? .literal(.null) : .unknown)
        }
    }
}

extension [Value] {
    /// What is not given is what the function says it then is.
    fileprivate func completed(by defaults: [Int: Value]) -> [Value] {
        guard let last = defaults.keys.max() else { return self }
        var all = self + Array(repeating: .literal(.null), count: Swift.max(0, last + 1 - count))
        for (index, value) in defaults where all[index] == .literal(.null) { all[index] = value }
        return all
    }
}

extension [Step] {
    /// The step that calls a function by this name: of several the one inside a transaction, since who joins that of a caller,
    /// or else opens one, always has one.
    func call(of name: String) -> StepID? {
        guard !name.isEmpty else { return nil }
        var first: StepID?, inTransaction: StepID?, depth = 0
        visit { step in
            switch step.kind {
            case .begin: depth += 1
            case .end: depth -= 1
            case .call(let call) where call.callee == name:
                first = first ?? step.id
                if depth > 0 { inTransaction = inTransaction ?? step.id }
            default: break
            }
        }
        return inTransaction ?? first
    }

    /// How many more transactions a helper begins than it ends, on its way through the first arms.
    fileprivate var balance: Int {
        reduce(0) { sum, step in
            switch step.kind {
            case .begin: sum + 1
            case .end: sum - 1
            default: sum + (step.bodies.first?.balance ?? 0)
            }
        }
    }

    /// The same steps without the arms that a known condition rules out.
    var folded: [Step] {
        flatMap { step -> [Step] in
            if case .branch(let condition, let then, let otherwise) = step.kind, let truth = condition.truth { return truth ? then.folded : otherwise.folded }
            return [step.withBodies(\.folded)]
        }
    }

    /// The same steps with other steps in the place of one.
    func replacing(_ id: StepID, with others: [Step]) -> [Step] {
        flatMap { $0.id == id ? others : [$0.withBodies { $0.replacing(id, with: others) }] }
    }
}

extension Value {
    /// Outermost first: the value of a call is written as an operation on its outcome and its arguments, and what the
    /// callee gives back takes the place of the whole.
    func replacing(_ results: [StepID: Value]) -> Value {
        if case .operation(.call, let operands) = self, case .outcome(let step, .result)? = operands.first, let value = results[step] { return value }
        switch self {
        case .outcome(let step, .result): return results[step] ?? self
        case .literal, .outcome, .parameter, .input, .column, .name, .unknown: return self
        case .member(let base, let name): return base.replacing(results).member(name)
        case .operation(let op, let operands):
            let replaced = operands.map { $0.replacing(results) }
            // Rows of which some are looked at were read all the same.
            if op == .call("filter"), case .outcome(_, .rows)? = replaced.first { return replaced[0] }
            return .operation(op, replaced)
        case .object(let fields, let rest): return .object(fields.map { Field($0.name, $0.value.replacing(results)) }, rest: rest?.replacing(results))
        case .list(let items): return .list(items.map { $0.replacing(results) })
        case .either(let items): return .merge(items.map { $0.replacing(results) })
        }
    }

    func moved(by base: StepID, arguments: [Value]) -> Value {
        switch self {
        case .outcome(let step, let facet): .outcome(step + base, facet)
        case .parameter(let index, _): index < arguments.count ? arguments[index] : .literal(.null)
        default: self
        }
    }
}

extension Call {
    /// What a helper is for stays known where it is called: that it limits attempts, and that it verifies a secret if
    /// something in it hashes or compares.
    fileprivate func keepsPurpose(in body: [Step]) -> Bool {
        if isVouchedFor { return true }
        switch purpose {
        case .limit: return true
        case .verify:
            var verifies = false
            body.visit { step in
                guard case .call(let inner) = step.kind else { return }
                if case .verify? = inner.purpose { verifies = true }
                if Self.comparing.contains(where: { inner.callee.lowercased().contains($0) }) { verifies = true }
            }
            return verifies
        case .sanitize:
            var tests = false
            body.visit { step in
                switch step.kind {
                case .branch(let condition, _, _): tests = tests || condition.namesScheme
                case .exit(.return(let value)): tests = tests || value.namesScheme
                default: return
                }
            }
            return tests
        case .sink, .authenticate, .payment, nil: return false
        }
    }

    private static let comparing = ["hash", "scrypt", "pbkdf2", "derive", "digest", "equal", "compare"]
}

extension Value {
    /// Speaks of the scheme of a URL.
    var namesScheme: Bool {
        parts.contains { part in
            switch part {
            case .literal(.string(let text)): text.contains("http")
            case .member(_, let name): name == "protocol" || name == "scheme"
            default: false
            }
        }
    }
}

extension [Step] {
    /// Some way through ends with an error.
    fileprivate var mayRefuse: Bool {
        contains { step in
            if case .exit(.throw) = step.kind { return true }
            return step.bodies.contains(where: \.mayRefuse)
        }
    }

    /// Something in it is written, or done that cannot be taken back.
    fileprivate var actsElsewhere: Bool {
        var acts = false
        visit { step in
            switch step.kind {
            case .write, .effect: acts = true
            case .call(let call): if call.effect != nil { acts = true }
            default: break
            }
        }
        return acts
    }
}
