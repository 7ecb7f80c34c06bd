import Flow

// What lasts beyond a call: context managers, dependencies that yield, decorators.
extension Linker {
    /// Decorators, with the function inside each that runs what it decorates.
    static func wrappers(in routines: [Routine], _ files: [Int], _ calls: [[StepID: Int]]) -> [Int: Int] {
        var decorators: Set<Int> = []
        for (at, routine) in routines.enumerated() {
            for step in routine.body {
                if case .call(let call) = step.kind, call.context == .wraps, let target = calls[at][step.id] { decorators.insert(target) }
            }
        }
        var found: [Int: Int] = [:]
        for decorator in decorators {
            // The functions inside one stand behind it.
            for at in routines.indices.dropFirst(decorator + 1).prefix(7) where files[at] == files[decorator] {
                guard routines[at].name.hasPrefix(routines[decorator].name + "."), let given = routines[decorator].parameters.first,
                    routines[at].body.call(of: given) != nil
                else { continue }
                found[decorator] = at
                break
            }
        }
        return found
    }
}

extension Expansion {
    /// A context manager, a dependency that yields or a decorator: what it holds where its user's code runs is held in place.
    mutating func holds(_ call: Call, _ step: Step, _ out: inout [Step]) -> Bool {
        if call.context == .closes {
            for kind in closing[call.callee]?.popLast() ?? [] {
                out.append(Step(id: routine.nextStep, span: step.span, kind: kind))
                routine.nextStep += 1
            }
            return true
        }
        let isDecorator = call.context == .wraps
        guard let found = calls[step.id] ?? recursive[step.id], let at = isDecorator ? linker.wrappers[found] : found else { return isDecorator }
        let target = done[at]
        var held: [Step] = []
        guard let given = target.body.held(until: isDecorator ? done[found].parameters.first ?? "" : Call.yield, into: &held), fits(target)
        else { return isDecorator }
        let base = routine.nextStep, arguments = call.isNamed ? call.arguments.named(target.parameters) : call.arguments
        out += takingIn(held, of: target, arguments)
        results[step.id] = given.mapped { $0.moved(by: base, arguments: arguments) }
        closing[call.callee, default: []].append(
            held.reversed().compactMap { step in
                switch step.kind {
                case .begin: .end
                case .lock: .unlock
                default: nil
                }
            })
        takenIn.insert(at)
        return true
    }
}

extension [Step] {
    /// The transactions and locks in which a function of this name is called, and what it is given; nil where it is not.
    func held(until name: String, into held: inout [Step]) -> Value? {
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
}
