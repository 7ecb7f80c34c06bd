package import Flow

/// [Unit] → the routines of the project: a call of a routine that the project knows is replaced by what that routine
/// does, so that a rule sees check and act in one body wherever they were written.
///
/// A routine is linked after everything that it calls, so that its body is final when others take it in. Within a cycle
/// the callee is taken in once, as it was written. What stands at one height of the call graph is independent and is linked on all cores.
package struct Linker: Sendable {
    private let routines: [Routine]
    private let files: [Int]
    private let graph: CallGraph
    /// Methods that are read like columns, by name, where only one class has it.
    private let properties: [String: Int]
    /// For each file, whether something in it waits for linking besides calls: rows that are given, properties.
    private let hasGivens: [Bool]
    /// Some routine runs SQL text that its callers give.
    private let runsTexts: Bool
    /// Decorators, with the function inside each that runs what it decorates.
    private let wrappers: [Int: Int]

    /// Beyond this many steps a body is no longer read together with its caller's.
    private static let stepLimit = 1_200
    /// Nor is one that calls through more levels of others.
    private static let heightLimit = 60
    /// A callee that does nothing by itself is taken in only where it is short: it may decide something.
    private static let pureLimit = 16

    /// - Parameter modules: for each file, the file that each of its module names means.
    package static func link(_ units: [Unit], modules: [[String: Int]], threads: Int) async -> [Routine] {
        let linker = await Linker(units, modules: modules, threads)
        return await linker.link(threads: threads)
    }

    private init(_ units: [Unit], modules: [[String: Int]], _ threads: Int) async {
        var routines: [Routine] = [], files: [Int] = [], first: [Int] = []
        for (file, unit) in units.enumerated() {
            first.append(routines.count)
            routines.append(contentsOf: unit.routines)
            files.append(contentsOf: Array(repeating: file, count: unit.routines.count))
        }
        let rows = Set(units.flatMap(\.interface.rows))
        if units.contains(where: \.interface.givesEverything) { for at in routines.indices { routines[at].dropGivens { !rows.contains($0) } } }
        properties = Self.properties(of: units, routines, first)
        var texts = false
        for routine in routines where !texts { routine.body.visit { if case .call(let call) = $0.kind, call.runsText != nil { texts = true } } }
        runsTexts = texts
        hasGivens = units.map { $0.interface.givesEverything || $0.routines.contains(where: \.leavesRowsOpen) }
        self.routines = routines
        self.files = files
        let callees = Callees(units, modules: modules, first: first)
        let calls = await Self.each(Array(routines.indices), threads) { [routines, files] at in
            var found: [StepID: Int] = [:]
            routines[at].body.visit { step in
                guard case .call(let call) = step.kind else { return }
                if let target = callees.resolve(call, from: routines[at].name, in: files[at]) { found[step.id] = target }
            }
            return found
        }
        graph = CallGraph(routines, calls: calls)
        wrappers = Self.wrappers(in: routines, files, calls)
    }

    private static func wrappers(in routines: [Routine], _ files: [Int], _ calls: [[StepID: Int]]) -> [Int: Int] {
        var decorators: Set<Int> = []
        for (at, routine) in routines.enumerated() {
            for step in routine.body {
                if case .call(let call) = step.kind, call.context == .wraps, let target = calls[at][step.id] { decorators.insert(target) }
            }
        }
        var found: [Int: Int] = [:]
        for decorator in decorators {
            // The functions inside one stand behind it.
            for at in (decorator + 1)..<max(decorator + 1, min(decorator + 8, routines.count)) where files[at] == files[decorator] {
                guard routines[at].name.hasPrefix(routines[decorator].name + "."), let given = routines[decorator].parameters.first,
                    routines[at].body.call(of: given) != nil
                else { continue }
                found[decorator] = at
                break
            }
        }
        return found
    }

    private static func properties(of units: [Unit], _ routines: [Routine], _ first: [Int]) -> [String: Int] {
        var found: [String: [Int]] = [:]
        for (file, unit) in units.enumerated() where !unit.interface.properties.isEmpty {
            for (at, routine) in unit.routines.enumerated() where unit.interface.properties.contains(routine.name) {
                found[String(routine.name.split(separator: ".").last ?? ""), default: []].append(first[file] + at)
            }
        }
        return found.filter { $0.value.count == 1 }.mapValues { $0[0] }
    }

    private func link(threads: Int) async -> [Routine] {
        var done = routines
        var takenIn: Set<Int> = []
        for level in graph.levels.prefix(Self.heightLimit) {
            let part = level.filter { !graph.calls[$0].isEmpty || !graph.recursive[$0].isEmpty || hasGivens[files[$0]] }
            let linked = await Self.each(part, threads) { [done] in link($0, done) }
            for (at, (routine, inside)) in zip(part, linked) {
                done[at] = routine
                takenIn.formUnion(inside)
            }
        }
        // A helper that was seen inside its callers, with their guards, is not looked at alone.
        return done.indices.filter { at in
            let routine = routines[at]
            guard graph.matters[at] || routine.entry != .none else { return false }
            return !takenIn.contains(at) || (routine.entry != .none && routine.entry != .query)
        }.map { done[$0] }
    }

    private static func each<Result: Sendable>(_ items: [Int], _ threads: Int, _ work: @escaping @Sendable (Int) -> Result) async -> [Result] {
        guard items.count > 32, threads > 1 else { return items.map(work) }
        let share = (items.count + threads * 4 - 1) / (threads * 4)
        return await withTaskGroup(of: (Int, [Result]).self) { group in
            for start in stride(from: 0, to: items.count, by: share) {
                group.addTask { (start, items[start..<min(start + share, items.count)].map(work)) }
            }
            var parts: [(Int, [Result])] = []
            for await part in group { parts.append(part) }
            return parts.sorted { $0.0 < $1.0 }.flatMap(\.1)
        }
    }

    /// One routine with its callees taken in, and which those were.
    private func link(_ at: Int, _ done: [Routine]) -> (Routine, Set<Int>) {
        var expansion = Expansion(
            routine: routines[at], calls: graph.calls[at], recursive: graph.recursive[at], written: routines, done: done, matters: graph.matters,
            properties: properties, wrappers: wrappers, runsTexts: runsTexts, limit: Self.stepLimit, pureLimit: Self.pureLimit)
        let routine = expansion.run()
        return (routine, expansion.takenIn)
    }
}

/// One routine being linked.
private struct Expansion {
    var routine: Routine
    let calls: [StepID: Int]
    let recursive: [StepID: Int]
    let written: [Routine]
    let done: [Routine]
    let matters: [Bool]
    let properties: [String: Int]
    let wrappers: [Int: Int]
    let runsTexts: Bool
    let limit: StepID
    let pureLimit: StepID
    var takenIn: Set<Int> = []
    /// What closes the contexts that are open, by the function that opened each.
    private var closing: [String: [Step.Kind]] = [:]
    private var results: [StepID: Value] = [:]

    init(
        routine: Routine, calls: [StepID: Int], recursive: [StepID: Int], written: [Routine], done: [Routine], matters: [Bool], properties: [String: Int],
        wrappers: [Int: Int], runsTexts: Bool, limit: Int, pureLimit: Int
    ) {
        self.wrappers = wrappers
        self.properties = properties
        self.runsTexts = runsTexts
        self.routine = routine
        self.calls = calls
        self.recursive = recursive
        self.written = written
        self.done = done
        self.matters = matters
        self.limit = StepID(limit)
        self.pureLimit = StepID(pureLimit)
    }

    mutating func run() -> Routine {
        if runsTexts { routine.body = routine.body.runningTexts(from: &routine.nextStep) }
        routine.body = expanded(routine.body).namingRows
        return routine
    }

    private mutating func expanded(_ steps: [Step]) -> [Step] {
        var out: [Step] = []
        out.reserveCapacity(steps.count)
        var consumed = 0
        for (index, step) in steps.enumerated() {
            if consumed > 0 {
                consumed -= 1
                continue
            }
            // What a callee gave back is put in where later steps speak of it.
            var step = results.isEmpty ? step : step.withValues { $0.replacing(results) }
            if !properties.isEmpty { step = readingProperties(step, &out) }
            switch step.kind {
            case .call(let call):
                if call.context != nil, holds(call, step, &out) { continue }
                let given = zip(call.callbacks, steps[(index + 1)...]).prefix { if case .scope = $0.1.kind { true } else { false } }
                guard let (body, result, taken) = callee(call, step, Array(given)) else { break }
                // The callee runs the callbacks: they do not stand behind the call any more.
                if taken { consumed = call.callbacks.count }
                step.kind = .scope(body)
                results[step.id] = result
                // A function that is called from outside of the database is a transaction of its own.
                if routine.entry != .stored, let target = calls[step.id], done[target].entry == .stored {
                    out.append(step)
                    step = Step(id: routine.nextStep, span: step.span, kind: .end)
                    routine.nextStep += 1
                }
            case .branch, .loop, .scope, .attempt: step = step.withBodies { expanded($0) }
            case .read, .write, .begin, .end, .lock, .unlock, .effect, .exit, .opaque: break
            }
            out.append(step)
        }
        return out
    }

    /// Whether a property can be one of this row: its class is the row's, or its name says something and its class keeps no rows.
    private func isProperty(_ target: Int, of base: Value, _ out: [Step]) -> Bool {
        let parts = done[target].name.split(separator: ".")
        guard let type = parts.first, let name = parts.last else { return false }
        guard case .read(let own)? = written[target].body.first?.kind, own.standsFor == .receiver else { return name.utf8.contains(UInt8(ascii: "_")) }
        guard let row = base.rowRead else { return false }
        var table: String?
        for body in [out, routine.body] where table == nil {
            body.visit { if $0.id == row, case .read(let read) = $0.kind { table = read.table } }
        }
        return table.map { $0 == type } ?? false
    }

    /// `link.is_spent` is what the method of that name gives; what it reads stands before the step.
    private mutating func readingProperties(_ step: Step, _ out: inout [Step]) -> Step {
        var step = step
        for _ in 0..<4 {
            var found: (value: Value, base: Value, target: Int)?
            _ = step.withValues { value in
                for part in value.parts where found == nil {
                    if case .member(let base, let name) = part, let target = properties[name], base.isRowLike, isProperty(target, of: base, out) {
                        found = (part, base, target)
                    }
                }
                return value
            }
            guard let found, done[found.target].nextStep + routine.nextStep < limit, done[found.target].name != routine.name else { return step }
            let target = done[found.target], shift = routine.nextStep
            routine.nextStep += target.nextStep
            var body = target.body.map { $0.renumbered(by: shift).rewritten { $0.mapped { $0.moved(by: shift, arguments: []) } } }
            var own = Value.name("this")
            if let first = body.first, case .read(let read) = first.kind, read.standsFor == .receiver {
                own = .outcome(first.id, .row)
                body.removeFirst()
            }
            body = body.map { $0.rewritten { $0.mapped { $0 == own ? found.base : $0 } } }
            guard let result = body.result else { return step }
            if body.contains(where: { if case .exit = $0.kind { false } else { true } }) {
                out.append(Step(id: routine.nextStep, span: step.span, kind: .scope(body))); routine.nextStep += 1
            }
            takenIn.insert(found.target)
            step = step.withValues { $0.mapped { $0 == found.value ? result : $0 } }
        }
        return step
    }

    /// A context manager, a dependency that yields or a decorator: what it holds where its user's code runs is held in place.
    private mutating func holds(_ call: Call, _ step: Step, _ out: inout [Step]) -> Bool {
        if call.context == .closes {
            for kind in closing.removeValue(forKey: call.callee) ?? [] {
                out.append(Step(id: routine.nextStep, span: step.span, kind: kind))
                routine.nextStep += 1
            }
            return true
        }
        let isDecorator = call.context == .wraps
        guard let found = calls[step.id] ?? recursive[step.id], let at = isDecorator ? wrappers[found] : found else { return isDecorator }
        let target = done[at]
        var held: [Step] = []
        guard let given = target.body.held(until: isDecorator ? done[found].parameters.first ?? "" : Call.yield, into: &held),
            target.nextStep + routine.nextStep < limit
        else { return isDecorator }
        let base = routine.nextStep, arguments = call.isNamed ? call.arguments.named(target.parameters) : call.arguments
        routine.nextStep += target.nextStep
        out += held.map { $0.rewritten { $0.mapped { $0.moved(by: base, arguments: arguments) } }.renumbered(by: base) }
        results[step.id] = given.mapped { $0.moved(by: base, arguments: arguments) }
        closing[call.callee] = held.reversed().compactMap { step in
            switch step.kind {
            case .begin: .end
            case .lock: .unlock
            default: nil
            }
        }
        takenIn.insert(at)
        return true
    }

    /// What the called routine does and gives back, in the caller's terms.
    private mutating func callee(_ call: Call, _ step: Step, _ callbacks: [(argument: Int, step: Step)]) -> (body: [Step], result: Value, tookCallbacks: Bool)?
    {
        let target: Routine, at: Int
        if let found = calls[step.id] {
            (target, at) = (done[found], found)
        } else if let found = recursive[step.id] {
            (target, at) = (written[found], found)
        } else {
            return nil
        }
        guard !target.body.isEmpty, matters[at] || target.nextStep <= pureLimit else { return nil }
        guard target.nextStep + routine.nextStep < limit else { return nil }
        if recursive[step.id] == nil { takenIn.insert(at) }
        let base = routine.nextStep
        routine.nextStep += target.nextStep
        let arguments = target.entry == .stored || call.isNamed ? call.arguments.named(target.parameters) : call.arguments
        var body = target.body.map { $0.rewritten { $0.mapped { $0.moved(by: base, arguments: arguments) } }.renumbered(by: base) }
        // A method works on the row that it is called on.
        while let first = body.first, case .read(let read) = first.kind, let stand = read.standsFor {
            let row: Value? = if case .parameter(let index) = stand { index < arguments.count ? arguments[index] : nil } else { call.receiver }
            guard let row else { break }
            body = body.dropFirst().map { $0.rewritten { $0.mapped { $0 == .outcome(first.id, .row) ? row : $0 } } }
        }
        if runsTexts { body = body.runningTexts(from: &routine.nextStep) }
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
    fileprivate func named(_ parameters: [String]) -> [Value] {
        guard case .object(let fields, let rest)? = last else { return self }
        return parameters.enumerated().map { at, name in
            at < count - 1 ? self[at] : fields.last { $0.name.lowercased() == name.lowercased() }?.value ?? (rest == nil ? .literal(.null) : .unknown)
        }
    }
}

extension [Step] {
    /// The transactions and locks in which a function of this name is called, and what it is given; nil where it is not.
    fileprivate func held(until name: String, into held: inout [Step]) -> Value? {
        for step in self {
            switch step.kind {
            case .call(let call) where call.callee == name: return call.arguments.first ?? .unknown
            case .begin, .lock: held.append(step)
            case .read(let read) where read.lock != nil: held.append(step)
            case .end: if let last = held.lastIndex(where: { if case .begin = $0.kind { true } else { false } }) { held.remove(at: last) }
            case .unlock: if let last = held.lastIndex(where: { if case .lock = $0.kind { true } else { false } }) { held.remove(at: last) }
            default:
                for body in step.bodies { if let found = body.held(until: name, into: &held) { return found } }
            }
        }
        return nil
    }

    /// The step that calls a function by this name.
    fileprivate func call(of name: String) -> StepID? {
        guard !name.isEmpty else { return nil }
        var found: StepID?
        visit { step in if found == nil, case .call(let call) = step.kind, call.callee == name { found = step.id } }
        return found
    }

    /// The same steps without the arms that a known condition rules out.
    fileprivate var folded: [Step] {
        flatMap { step -> [Step] in
            if case .branch(let condition, let then, let otherwise) = step.kind, let truth = condition.truth { return truth ? then.folded : otherwise.folded }
            return [step.withBodies(\.folded)]
        }
    }

    /// The same steps with other steps in the place of one.
    fileprivate func replacing(_ id: StepID, with others: [Step]) -> [Step] {
        flatMap { $0.id == id ? others : [$0.withBodies { $0.replacing(id, with: others) }] }
    }
}

extension Value {
    /// Outermost first: the value of a call is written as an operation on its outcome and its arguments, and what the
    /// callee gives back takes the place of the whole.
    fileprivate func replacing(_ results: [StepID: Value]) -> Value {
        if case .operation(.call, let operands) = self, case .outcome(let step, .result)? = operands.first, let value = results[step] { return value }
        switch self {
        case .outcome(let step, .result): return results[step] ?? self
        case .literal, .outcome, .parameter, .input, .column, .name, .unknown: return self
        case .member(let base, let name): return base.replacing(results).member(name)
        case .operation(let op, let operands): return .operation(op, operands.map { $0.replacing(results) })
        case .object(let fields, let rest): return .object(fields.map { Field($0.name, $0.value.replacing(results)) }, rest: rest?.replacing(results))
        case .list(let items): return .list(items.map { $0.replacing(results) })
        case .either(let items): return .merge(items.map { $0.replacing(results) })
        }
    }

    fileprivate func moved(by base: StepID, arguments: [Value]) -> Value {
        switch self {
        case .outcome(let step, let facet): .outcome(step + base, facet)
        case .parameter(let index, _): index < arguments.count ? arguments[index] : .literal(.null)
        default: self
        }
    }
}
