import Flow

// Methods that are read like columns: `link.is_spent` is what the method of that name gives.
extension Linker {
    /// Such methods by name.
    static func properties(of units: [Unit], _ routines: [Routine], _ first: [Int]) -> [String: [Int]] {
        var found: [String: [Int]] = [:]
        for (file, unit) in units.enumerated() where !unit.interface.properties.isEmpty {
            for (at, routine) in unit.routines.enumerated() where unit.interface.properties.contains(routine.name) {
                found[String(routine.name.split(separator: ".").last ?? ""), default: []].append(first[file] + at)
            }
        }
        return found
    }
}

extension Expansion {
    /// Whether a property can be one of this row: its class is the row's, or its name says something and its class keeps no rows.
    func isProperty(_ target: Int, of base: Value) -> Bool {
        let parts = done[target].name.split(separator: ".")
        guard let type = parts.first, let name = parts.last else { return false }
        guard case .read(let own)? = linker.routines[target].body.first?.kind, own.standsFor == .receiver else {
            // Where only one class has it.
            return name.utf8.contains(UInt8(ascii: "_")) && linker.properties[String(name)]?.count == 1
        }
        if let row = base.rowRead { return tables[row].map { $0 == type } ?? false }
        return base.isCalled(after: type)
    }

    mutating func noteTables(in steps: [Step]) {
        guard !linker.properties.isEmpty else { return }
        steps.visit { if case .read(let read) = $0.kind, let table = read.table { tables[$0.id] = table } }
    }

    mutating func readingProperties(in steps: [Step]) -> [Step] {
        var out: [Step] = []
        out.reserveCapacity(steps.count)
        for step in steps {
            let read = readingProperties(step, &out)
            out.append(read.withBodies { readingProperties(in: $0) })
        }
        return out
    }

    /// `link.is_spent` is what the method of that name gives; what it reads stands before the step.
    mutating func readingProperties(_ step: Step, _ out: inout [Step]) -> Step {
        var step = step
        for _ in 0..<4 {
            var found: (value: Value, base: Value, target: Int)?
            _ = step.withValues { value in
                for part in value.parts where found == nil {
                    guard case .member(let base, let name) = part, let known = linker.properties[name], base.isRowLike || base.isNamed else { continue }
                    if let target = known.first(where: { isProperty($0, of: base) }) { found = (part, base, target) }
                }
                return value
            }
            guard let found, fits(done[found.target]), done[found.target].name != routine.name else { return step }
            let target = done[found.target]
            var body = takingIn(target.body, of: target, [])
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
}

extension Value {
    /// `self.registration`, `registration`: what somebody else has read, by its name.
    fileprivate var isNamed: Bool {
        switch self {
        case .member(.name("this"), _), .member(.outcome(_, .row), _), .parameter: true
        default: false
        }
    }

    /// The name is that of the class.
    fileprivate func isCalled(after type: Substring) -> Bool {
        let name: String
        switch self {
        case .member(_, let own): name = own
        case .parameter(_, let own): name = own
        default: return false
        }
        return name.utf8.filter { $0 != UInt8(ascii: "_") }.elementsEqual(type.utf8.map { (65...90).contains($0) ? $0 | 0x20 : $0 })
    }
}
