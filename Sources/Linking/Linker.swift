package import Flow

/// [Unit] → Project: a call of a routine that the project knows is replaced by what that routine does, so that a rule
/// sees check and act in one body wherever they were written.
///
/// Callees are looked up in the caller's own file. Calls into other files stay calls.
package struct Linker {
    private let routines: [Routine]
    private let index: [String: Int]
    private var linked: [Int: Routine] = [:]
    private var open: Set<Int> = []
    private var called: Set<Int> = []

    /// Beyond this many steps a body is no longer read together with its caller's.
    private static let stepLimit = 1_500

    package static func link(_ units: [Unit]) -> Project {
        var routines: [Routine] = []
        for unit in units { routines.append(contentsOf: linkFile(unit.routines)) }
        return Project(routines: routines, schema: Schema.after(units.flatMap(\.schema.changes)))
    }

    /// The routines of one file, linked with each other.
    package static func linkFile(_ routines: [Routine]) -> [Routine] {
        var linker = Linker(routines)
        let all = routines.indices.map { linker.link($0) }
        // A helper that only its own file calls is seen inside its callers, with their guards.
        return zip(routines.indices, all).filter { at, routine in
            !linker.called.contains(at) || routine.isExported || routine.entry != .none
        }.map(\.1)
    }

    private init(_ routines: [Routine]) {
        self.routines = routines
        var index: [String: Int] = [:], ambiguous: Set<String> = []
        for (at, routine) in routines.enumerated() {
            if index.updateValue(at, forKey: routine.name) != nil { ambiguous.insert(routine.name) }
        }
        for name in ambiguous { index[name] = nil }
        self.index = index
    }

    private mutating func link(_ at: Int) -> Routine {
        if let done = linked[at] { return done }
        guard open.insert(at).inserted else { return routines[at] }
        var routine = routines[at]
        var results: [StepID: Value] = [:]
        routine.body = expanded(routine.body, in: routine, next: &routine.nextStep, results: &results)
        if !results.isEmpty { routine.body = routine.body.map { $0.rewritten { $0.replacing(results) } } }
        open.remove(at)
        linked[at] = routine
        return routine
    }

    private mutating func expanded(_ steps: [Step], in routine: Routine, next: inout StepID, results: inout [StepID: Value]) -> [Step] {
        var out: [Step] = []
        for var step in steps {
            switch step.kind {
            case .call(let call):
                guard let (body, result) = callee(call, step, in: routine, next: &next) else { break }
                step.kind = .scope(body)
                results[step.id] = result
            case .branch(let condition, let then, let otherwise):
                step.kind = .branch(
                    condition: condition, then: expanded(then, in: routine, next: &next, results: &results),
                    otherwise: expanded(otherwise, in: routine, next: &next, results: &results))
            case .loop(let body): step.kind = .loop(expanded(body, in: routine, next: &next, results: &results))
            case .scope(let body): step.kind = .scope(expanded(body, in: routine, next: &next, results: &results))
            case .attempt(let body, let handler, let cleanup):
                step.kind = .attempt(
                    expanded(body, in: routine, next: &next, results: &results),
                    handler: handler.map { expanded($0, in: routine, next: &next, results: &results) },
                    cleanup: expanded(cleanup, in: routine, next: &next, results: &results))
            case .read, .write, .begin, .end, .lock, .unlock, .effect, .exit, .opaque: break
            }
            out.append(step)
        }
        return out
    }

    /// What the called routine does and gives back, in the caller's terms.
    private mutating func callee(_ call: Call, _ step: Step, in routine: Routine, next: inout StepID) -> ([Step], Value)? {
        guard let at = resolve(call.callee, from: routine.name), !open.contains(at) else { return nil }
        let target = link(at)
        guard target.nextStep + next < Self.stepLimit, !target.body.isEmpty else { return nil }
        called.insert(at)
        let base = next
        next += target.nextStep
        let body = target.body.map { $0.rewritten { $0.mapped { $0.moved(by: base, arguments: call.arguments) } }.renumbered(by: base) }
        return (body, body.result ?? .unknown)
    }

    /// A plain name means the nearest function of that name around the caller; `this.m` a method of the same class.
    private func resolve(_ callee: String, from caller: String) -> Int? {
        var name = callee
        if name.hasPrefix("this.") {
            guard let dot = caller.firstIndex(of: ".") else { return nil }
            name = String(caller[..<dot]) + name.dropFirst(4)
            return index[name]
        }
        var scope = caller[...]
        while true {
            if let at = index["\(scope).\(name)"] { return at }
            guard let dot = scope.lastIndex(of: ".") else { break }
            scope = scope[..<dot]
        }
        return index[name]
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
        case .parameter(let index, _): index < arguments.count ? arguments[index] : .unknown
        default: self
        }
    }
}
