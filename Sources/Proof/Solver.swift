import Flow

/// Finds what must stand in the database for a condition to hold, or not to: by trying values where it looks there.
struct Solver {
    let plan: Plan
    let stage: Stage
    /// The states that the project knows of a column.
    let states: (_ table: String, _ column: String) -> [String]

    /// The changes that make `value` come out as wanted; nil where none was found.
    func solve(_ value: Value, _ wanted: Bool, _ evaluator: Evaluator, depth: Int = 0) -> [(Leaf, Datum)]? {
        if evaluator.truth(value) == wanted || depth > 40 { return [] }
        switch value {
        case .operation(.not, let parts) where parts.count == 1: return solve(parts[0], !wanted, evaluator, depth: depth + 1)
        case .operation(.and, let parts) where wanted, .operation(.or, let parts) where !wanted:
            // All of them; what only the request decides is left to it.
            var all: [(Leaf, Datum)] = []
            for part in parts where evaluator.truth(part) != nil || leaves(of: part).contains(where: { $0.step != nil }) {
                guard let found = solve(part, wanted, evaluator, depth: depth + 1) else { return nil }
                all += found
            }
            return all
        case .operation(.and, let parts), .operation(.or, let parts):
            for part in parts { if let found = solve(part, wanted, evaluator, depth: depth + 1), !found.isEmpty { return found } }
            return nil
        case .operation(.conditional, let parts) where parts.count == 3:
            // Either arm may come out so, under its own condition.
            let isTaken = evaluator.truth(parts[0]) ?? true
            for (flag, arm) in [(isTaken, parts[isTaken ? 1 : 2]), (!isTaken, parts[isTaken ? 2 : 1])] {
                if arm.truth.map({ $0 != wanted }) == true { continue }
                guard let way = solve(parts[0], flag, evaluator, depth: depth + 1), let end = solve(arm, wanted, evaluator, depth: depth + 1),
                    !(way + end).isEmpty
                else { continue }
                return way + end
            }
            return search(value, wanted, evaluator)
        default: return search(value, wanted, evaluator)
        }
    }

    private func search(_ value: Value, _ wanted: Bool, _ evaluator: Evaluator) -> [(Leaf, Datum)]? {
        let leaves = leaves(of: value)
        // What only the request decides is left to it.
        if leaves.allSatisfy({ $0.step == nil }), evaluator.truth(value) == nil { return [] }
        // The rows are mended before what the request brings is.
        let stored = leaves.filter { $0.step != nil }
        return search(value, wanted, evaluator, stored) ?? (stored.count < leaves.count ? search(value, wanted, evaluator, leaves) : nil)
    }

    /// One change, or two, among these places.
    private func search(_ value: Value, _ wanted: Bool, _ evaluator: Evaluator, _ leaves: [Leaf]) -> [(Leaf, Datum)]? {
        var trial = evaluator, tries = 0
        let candidates = leaves.map { self.candidates(for: $0, in: value, evaluator) }
        // Less than nothing is tried last.
        for isNegative in [false, true] {
            for (leaf, values) in zip(leaves, candidates) {
                for candidate in values where (candidate.number.map { $0 < 0 } ?? false) == isNegative {
                    trial.supposed = [leaf: candidate]
                    if trial.truth(value) == wanted { return [(leaf, candidate)] }
                }
            }
        }
        for one in leaves.indices {
            for other in leaves.indices.dropFirst(one + 1) {
                for a in candidates[one] {
                    for b in candidates[other] {
                        tries += 1
                        if tries > 4_000 { return nil }
                        trial.supposed = [leaves[one]: a, leaves[other]: b]
                        if trial.truth(value) == wanted { return [(leaves[one], a), (leaves[other], b)] }
                    }
                }
            }
        }
        return nil
    }

    /// Where a condition looks at the database.
    func leaves(of value: Value) -> [Leaf] {
        var found: [Leaf] = []
        func note(_ leaf: Leaf) { if !found.contains(leaf) { found.append(leaf) } }
        func walk(_ value: Value) {
            if let (step, relation) = value.relatedCount, read(step) != nil { return note(.related(step, relation)) }
            switch value {
            case .outcome(let step, let facet):
                guard let read = read(step) else { return }
                switch facet {
                case .row: note(read.aggregate.isNumber ? .number(step) : .presence(step))
                case .rows, .rowCount: note(.number(step))
                case .count: note(.number(step))
                case .affected, .result, .failure: return
                }
            case .member where value.columnPath != nil:
                guard let (step, name) = value.columnPath, let read = read(step) else { return }
                if read.aggregate.isNumber || read.columns.contains(where: { $0.alias.folded == name.folded && $0.aggregate != nil }) {
                    return note(.number(step))
                }
                note(.column(step, name.folded))
                note(.presence(step))
            case _ where value.isGiven: note(.given(value))
            default: value.children.forEach(walk)
            }
        }
        walk(value)
        // Counts first: they say where the boundary is.
        return found.sorted { rank($0) < rank($1) }
    }

    private func rank(_ leaf: Leaf) -> Int {
        switch leaf {
        case .number, .related: 0
        case .column: 1
        case .presence: 2
        case .given: 3
        }
    }

    private func read(_ step: StepID) -> Read? { if case .read(let read)? = plan.steps[step]?.kind { read } else { nil } }

    /// What is worth trying: what the condition itself names, and what stands beside it.
    func candidates(for leaf: Leaf, in value: Value, _ evaluator: Evaluator) -> [Datum] {
        var named: [Datum] = []
        for part in value.parts {
            switch part {
            case .literal, .parameter, .input, .name, .member: named.append(evaluator.datum(part))
            case .list(let items): named += items.map { evaluator.datum($0) }
            case .operation(let op, _) where op.isArithmetic || part.isMoment: named.append(evaluator.datum(part))
            case .operation(.call, _): if case .text(let text) = evaluator.datum(part) { named.append(.text(text)) }
            default: break
            }
        }
        let numbers = named.compactMap { datum -> Double? in if case .number(let number) = datum { number } else { nil } }.filter { $0.magnitude < 1e7 }
        let counts: [Double] = numbers.flatMap { [$0 - 1, $0, $0 + 1] } + [1, 0, 2, 3, 10, 100]
        switch leaf {
        case .presence: return [.boolean(true), .boolean(false)]
        case .given:
            // Nobody brings less than nothing where it does not have to be.
            let plain = named.filter { $0 != .null && $0.number.map { $0 >= 0 } != false }
            return unique(plain + [.boolean(true), .boolean(false), .number(0), .null])
        case .number, .related: return unique(counts.filter { $0 >= 0 }.map { .number($0) })
        case .column(let step, let name):
            guard let read = read(step), let table = stage[read.table] else { return [] }
            let own = read.columns.first { $0.alias.folded == name }?.column ?? name, column = table.column(own)
            if column?.isRequired == true, column?.kind == .moment { return [.moment(86_400), .moment(-86_400), .moment(0)] }
            switch column?.kind ?? .text {
            case .number where named.contains(where: { if case .moment = $0 { true } else { false } }):
                let now = Double(Clock.seconds)
                return unique([.number(now + 86_400), .number(now - 86_400), .null, .number(now)] + counts.map { .number($0) })
            case .number: return unique(counts.map { .number($0) } + [.null, .number(-1), .number(1_000_000)])
            case .boolean: return [.boolean(true), .boolean(false), .null]
            case .moment: return [.moment(86_400), .moment(-86_400), .null, .moment(0)]
            case .text:
                if let column, !column.states.isEmpty {
                    let fitting = named.filter { if case .text(let text) = $0 { column.states.contains(text) } else { false } }
                    let unsaid = column.states.filter { state in !fitting.contains(.text(state)) }
                    return unique(unsaid.map { .text($0) } + fitting + (column.isRequired ? [] : [.null]))
                }
                let known = states(read.table ?? "", own).map { Datum.text($0) }
                return unique(named.filter { if case .text = $0 { true } else { false } } + known + [.null, .text("other")])
            }
        }
    }

    private func unique(_ values: [Datum]) -> [Datum] {
        var seen: Set<Datum> = []
        return values.filter { seen.insert($0).inserted }
    }
}
