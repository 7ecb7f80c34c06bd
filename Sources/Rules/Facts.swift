import Flow

/// What a decision says about one earlier step, once negations, defaults and conjunctions are taken apart.
struct Fact {
    let step: StepID
    let meaning: Meaning
    let decision: Decision
    /// The embedded relation whose rows were counted: `event.attendees.length`.
    var relation: String?
    /// What was asked of the rows once they were there, beside what the statement had asked.
    var asked: [Predicate] = []

    enum Meaning {
        /// The row, or at least one of the rows, exists.
        case present
        /// No such row exists.
        case absent
        /// A number read from the database is below what the other side allows.
        case below(limit: Value)
        /// A number read from the database is above what the other side asks for.
        case above(minimum: Value)
        /// A column of the row that was read was compared or tested.
        case column(String, Operator?, Value?)
        /// The count of rows that a write changed.
        case changed
    }
}

extension Paths {
    /// Everything that the decisions of an act say about earlier steps.
    func facts(of act: Act) -> [Fact] { facts[act.step.id] ?? [] }

    func facts(of decision: Decision) -> [Fact] {
        atoms(decision.condition, holds: decision.holds, depth: 0).flatMap { facts($0.value, holds: $0.holds, decision) }.map { fact in
            guard case .absent = fact.meaning, fact.asked.isEmpty else { return fact }
            var fact = fact
            fact.asked = decision.condition.asked(ofRow: fact.step)
            return fact
        }
    }

    // MARK: Taking conditions apart

    private func atoms(_ value: Value, holds: Bool, depth: Int) -> [(value: Value, holds: Bool)] {
        guard depth < 24 else { return [] }
        switch value {
        case .operation(.not, let parts): return parts.flatMap { atoms($0, holds: !holds, depth: depth + 1) }
        case .operation(.and, let parts), .operation(.or, let parts): return parts.flatMap { atoms($0, holds: holds, depth: depth + 1) }
        case .operation(.coalesce, let parts): return parts.first.map { atoms($0, holds: holds, depth: depth + 1) } ?? []
        case .operation(.call("Boolean"), let parts): return parts.flatMap { atoms($0, holds: holds, depth: depth + 1) }
        case .operation(.conditional, let parts) where parts.count == 3: return conditional(parts, holds, depth)
        case .operation(.equal, let parts) where parts.count == 2: return equality(value, parts, holds, depth)
        case .operation(.notEqual, let parts) where parts.count == 2: return equality(.operation(.equal, parts), parts, !holds, depth)
        case .either(let items): return items.flatMap { atoms($0, holds: holds, depth: depth + 1) }
        // `left < 1`, where a helper gives nothing or `most - taken`.
        case .operation(let op, let parts) where op.isOrdering && parts.count == 2:
            guard let at = parts.indices.first(where: { parts[$0].ways != nil }), let ways = parts[at].ways else { return [(value, holds)] }
            return ways.filter { $0 != .literal(.null) }.flatMap { way in
                var parts = parts
                parts[at] = way
                return atoms(.operation(op, parts), holds: holds, depth: depth + 1)
            }
        // An object is there, whatever its fields say: `{ name, ...row }` tells of the row alone.
        case .object(_, let rest?): return atoms(rest, holds: holds, depth: depth + 1)
        default: return [(value, holds)]
        }
    }

    /// `(c ? a : b)` is true: where an arm is plainly false, the condition went the other way.
    private func conditional(_ parts: [Value], _ holds: Bool, _ depth: Int) -> [(value: Value, holds: Bool)] {
        let yes = parts[1].truth, no = parts[2].truth
        var found: [(value: Value, holds: Bool)] = []
        if yes == !holds {
            found += atoms(parts[0], holds: false, depth: depth + 1)
        } else if no == !holds {
            found += atoms(parts[0], holds: true, depth: depth + 1)
        }
        if yes == nil { found += atoms(parts[1], holds: holds, depth: depth + 1) }
        if no == nil { found += atoms(parts[2], holds: holds, depth: depth + 1) }
        return found
    }

    /// `x === true`, `result.ok === false`, `(c ? 'full' : 'free') === 'full'`.
    private func equality(_ whole: Value, _ parts: [Value], _ holds: Bool, _ depth: Int) -> [(value: Value, holds: Bool)] {
        for (subject, other) in [(parts[0], parts[1]), (parts[1], parts[0])] {
            if case .literal(.boolean(let flag)) = other, case .operation = subject { return atoms(subject, holds: holds == flag, depth: depth + 1) }
            guard case .literal = other, case .operation(.conditional, let arms) = subject, arms.count == 3 else { continue }
            if arms[1] == other, arms[2].isConstant { return atoms(arms[0], holds: holds, depth: depth + 1) }
            if arms[2] == other, arms[1].isConstant { return atoms(arms[0], holds: !holds, depth: depth + 1) }
            return atoms(arms[0], holds: holds, depth: depth + 1)
        }
        return [(whole, holds)]
    }

    // MARK: Reading one condition

    private func facts(_ value: Value, holds: Bool, _ decision: Decision) -> [Fact] {
        if case .operation(let op, let parts) = value, op.isComparison {
            let right = parts.count > 1 ? parts[1] : .literal(.null)
            var found: [Fact] = []
            for (subject, other, seen) in [(parts[0], right, op), (right, parts[0], op.flipped)] {
                for part in subjects(of: subject) {
                    // `limit - used > 0`: what is subtracted is compared the other way round, with something else.
                    let sign = part.isNumber ? sign(of: part, in: subject) : nil
                    // `remaining === 0` turns away: there is something left.
                    if sign == false, other == .literal(.number("0")), (holds ? seen : seen.negated) == .notEqual {
                        found.append(Fact(step: part.step, meaning: .below(limit: .unknown), decision: decision, relation: part.relation))
                        continue
                    }
                    if let absence = presence(of: part, seen, other, holds) { found.append(Fact(step: part.step, meaning: absence, decision: decision)) }
                    if let meaning = meaning(of: part, sign == false ? seen.flipped : seen, sign == nil ? other : .unknown, holds) {
                        found.append(Fact(step: part.step, meaning: meaning, decision: decision, relation: part.relation))
                    }
                }
            }
            return found
        }
        if let (subject, list, isIn) = value.membership, list.rowStep == nil {
            var found = subjects(of: subject).compactMap { part in
                meaning(of: part, isIn ? .oneOf : .notOneOf, list, holds).map { Fact(step: part.step, meaning: $0, decision: decision) }
            }
            // `seen.has(event.id)`, where `seen` holds a column of the rows that were read.
            if let (step, column) = list.columnOfRows, case .read(let read)? = steps[step]?.kind, !read.aggregate.isNumber, subject.rowStep?.step != step {
                let asked = Predicate(read.columns.first { $0.alias == column }?.column ?? column, .equal, subject)
                found.append(Fact(step: step, meaning: isIn == holds ? .present : .absent, decision: decision, asked: [asked]))
            }
            // `NEXT[order.status].includes(next)`: what was read chooses the list.
            if !found.isEmpty { return found }
        }
        let parts = subjects(of: value)
        return parts.compactMap { part in
            let isTest = part.value == value
            if part.isNumber, sign(of: part, in: value) == false {
                return holds ? Fact(step: part.step, meaning: .below(limit: .unknown), decision: decision, relation: part.relation) : nil
            }
            guard isTest || part.column != nil || part.isNumber else { return nil }
            return meaning(of: part, isTest ? nil : .call(""), nil, holds).map { Fact(step: part.step, meaning: $0, decision: decision) }
        }
            + parts.filter { $0.value == value }.compactMap { part in
                presence(of: part, .notEqual, .literal(.null), holds).map { Fact(step: part.step, meaning: $0, decision: decision) }
            }
    }

    private struct Subject {
        let step: StepID
        let value: Value
        var column: String?
        var isNumber = false
        var isChange = false
        /// What is left of something, after the number was taken from it.
        var isRemainder = false
        var relation: String?
    }

    private func sign(of part: Subject, in value: Value) -> Bool? {
        let sign = value.sign(of: part.value)
        return part.isRemainder ? !(sign ?? true) : sign
    }

    /// The parts of an expression that a step gave, each taken as a whole: a column, a count, a row.
    private func subjects(of value: Value) -> [Subject] {
        switch value {
        case .outcome(let id, let facet):
            guard let step = steps[id] else { return [] }
            switch (step.kind, facet) {
            case (_, .failure): return []
            case (.write, _): return [Subject(step: id, value: value, isChange: true)]
            case (.call, _): return [Subject(step: id, value: value, isChange: true)]
            case (.read(let read), .count): return [Subject(step: id, value: value, isNumber: true, isRemainder: read.columns.first?.isRemainder == true)]
            case (.read, .rowCount): return [Subject(step: id, value: value, isNumber: true)]
            // An aggregate always gives its row: that it is there says nothing.
            case (.read(let read), .row), (.read(let read), .rows): return read.aggregate.isNumber ? [] : [Subject(step: id, value: value)]
            default: return []
            }
        case .member(let base, let name):
            guard let root = base.rowStep, let step = steps[root.step] else { return subjects(of: base) }
            switch step.kind {
            case .read(let read):
                if name == "length", let relation = root.column, case .member = base {
                    return [Subject(step: root.step, value: value, isNumber: true, relation: relation)]
                }
                // `_count.attendees`, `_sum.amount`: what was counted stands below.
                if let outer = root.column, let item = read.columns.first(where: { $0.alias == outer }), let aggregate = item.aggregate {
                    return [Subject(step: root.step, value: value, isNumber: true, relation: aggregate == .count ? name : nil)]
                }
                if let item = read.columns.first(where: { $0.alias.lowercased() == name.lowercased() })
                    ?? Int(name).flatMap({ read.columns.indices.contains($0) ? read.columns[$0] : nil })
                    ?? (read.columns.count == 1 && read.aggregate.isNumber ? read.columns[0] : nil)
                {
                    if item.aggregate != nil { return [Subject(step: root.step, value: value, isNumber: true, isRemainder: item.isRemainder)] }
                    return [Subject(step: root.step, value: value, column: root.column ?? item.column ?? name)]
                }
                return [Subject(step: root.step, value: value, column: root.column ?? name)]
            case .write, .call: return [Subject(step: root.step, value: value, isChange: true)]
            default: return []
            }
        case .operation(.call(let name), let parts) where ["some", "includes", "has"].contains(name):
            return searched(parts, value) ?? parts.flatMap { subjects(of: $0) }
        case .operation(_, let parts): return parts.flatMap { subjects(of: $0) }
        case .list(let items), .either(let items): return items.flatMap { subjects(of: $0) }
        case .object(let fields, let rest): return fields.flatMap { subjects(of: $0.value) } + (rest.map { subjects(of: $0) } ?? [])
        case .literal, .parameter, .input, .column, .name, .unknown: return []
        }
    }

    /// `rows.some(…)`, `order.refunds.some(…)`: whether a list holds such a row.
    private func searched(_ parts: [Value], _ whole: Value) -> [Subject]? {
        guard let list = parts.first(where: { !$0.isCallResult }), let root = list.rowStep, case .read? = steps[root.step]?.kind else { return nil }
        if case .outcome(_, .rows) = list { return [Subject(step: root.step, value: whole, isNumber: true)] }
        if case .member = list, let relation = root.column { return [Subject(step: root.step, value: whole, isNumber: true, relation: relation)] }
        return nil
    }

    /// `SELECT id INTO v_id …; IF v_id IS NULL`: the only column that was asked for stands for the row.
    private func presence(of subject: Subject, _ op: Operator, _ other: Value, _ holds: Bool) -> Fact.Meaning? {
        guard subject.column != nil, case .read(let read)? = steps[subject.step]?.kind, read.aggregate == .row || read.aggregate == .rows,
            read.columns.count == 1,
            read.columns[0].aggregate == nil
        else { return nil }
        switch (op, other) {
        case (.equal, .literal(.null)), (.isNull, _): return holds ? .absent : .present
        case (.notEqual, .literal(.null)), (.isNotNull, _): return holds ? .present : .absent
        default: return nil
        }
    }

    private func isSum(_ step: StepID) -> Bool {
        guard case .read(let read)? = steps[step]?.kind else { return false }
        return read.aggregate == .sum || read.aggregate == .maximum || read.columns.contains { $0.aggregate == .sum || $0.aggregate == .maximum }
    }

    private func meaning(of subject: Subject, _ op: Operator?, _ other: Value?, _ holds: Bool) -> Fact.Meaning? {
        if subject.isChange { return .changed }
        if let column = subject.column { return .column(column, op.map { holds ? $0 : $0.negated } ?? (holds ? nil : .not), other) }
        guard let op else { return holds ? .present : .absent }
        if subject.isNumber {
            guard let other else { return nil }
            let effective = holds ? op : op.negated
            switch (effective, other) {
            case (.equal, .literal(.number("0"))), (.lessOrEqual, .literal(.number("0"))), (.less, .literal(.number("1"))): return .absent
            case (.notEqual, .literal(.number("0"))), (.greater, .literal(.number("0"))), (.greaterOrEqual, .literal(.number("1"))): return .present
            case (.lessOrEqual, .literal(.number(let last))) where Int(last).map { $0 < Int.max } == true && !isSum(subject.step):
                return .below(limit: .literal(.number(String((Int(last) ?? 0) + 1))))
            case (.less, _), (.lessOrEqual, _): return .below(limit: other)
            case (.greater, _), (.greaterOrEqual, _): return .above(minimum: other)
            // "The last one stays": whoever is not the last may go.
            case (.notEqual, .literal(.number("1"))): return .above(minimum: other)
            case (.notEqual, .literal(.number)), (.notEqual, .name): return .below(limit: other)
            default: return nil
            }
        }
        // A row compared with null.
        switch (op, other) {
        case (.equal, .literal(.null)?), (.isNull, _): return holds ? .absent : .present
        case (.notEqual, .literal(.null)?), (.isNotNull, _): return holds ? .present : .absent
        default: return nil
        }
    }
}

extension Value {
    /// What a row of a list had to say to be the one: `rows.find((row) => row.kind === kind)`, `rows.some(…)`.
    fileprivate func asked(ofRow step: StepID) -> [Predicate] {
        for part in parts {
            switch part {
            case .operation(.conditional, let arms) where arms.count == 3 && arms[1] == .outcome(step, .row) && arms[2] == .literal(.null):
                return arms[0].equalities(ofRow: step)
            case .operation(.call("some"), let items) where items.first == .outcome(step, .rows) && items.count == 2:
                return items[1].equalities(ofRow: step)
            default: continue
            }
        }
        return []
    }

    private func equalities(ofRow step: StepID) -> [Predicate] {
        switch self {
        case .operation(.and, let items):
            // Of a part that cannot be read it is said that there is one.
            return items.flatMap { item in
                let own = item.equalities(ofRow: step)
                return own.isEmpty ? [Predicate("", .other, item)] : own
            }
        case .operation(.equal, let sides) where sides.count == 2:
            for (own, other) in [(sides[0], sides[1]), (sides[1], sides[0])] {
                if case .member(.outcome(step, .row), let column) = own, !other.steps.contains(step) { return [Predicate(column, .equal, other)] }
            }
            return []
        default: return []
        }
    }

    /// `list.includes(x)`, `set.has(x)`, `x in list`: what is looked for, where, and whether it has to be there.
    fileprivate var membership: (subject: Value, list: Value, isIn: Bool)? {
        switch self {
        case .operation(.oneOf, let parts) where parts.count == 2: return (parts[0], parts[1], true)
        case .operation(.notOneOf, let parts) where parts.count == 2: return (parts[0], parts[1], false)
        case .operation(.call("includes"), let parts), .operation(.call("has"), let parts):
            let known = parts.filter { !$0.isCallResult }
            return known.count == 2 ? (known[1], known[0], true) : nil
        default: return nil
        }
    }

    /// `rows.map((row) => row.event_id)`, as a list, a set, or nothing where there are no rows.
    fileprivate var columnOfRows: (step: StepID, column: String)? {
        switch self {
        case .list(let items):
            guard items.count == 1 else { return nil }
            // `new Map(rows.map((row) => [row.event_id, row]))`
            if case .list(let pair) = items[0] { return pair.count == 2 ? Value.list([pair[0]]).columnOfRows : nil }
            guard case .member(.outcome(let step, .row), let column) = items[0] else { return nil }
            return (step, column)
        case .operation(.or, let parts), .operation(.coalesce, let parts): return parts.first?.columnOfRows
        case .operation(.call(let name), let parts) where ["new Set", "new Map", "set", "dict", "frozenset", "list", "Array.from", "from"].contains(name):
            return parts.last { !$0.isCallResult }?.columnOfRows
        default: return nil
        }
    }

    /// What it may be, where that depends on the way that led here.
    fileprivate var ways: [Value]? {
        switch self {
        case .either(let items) where items.count <= 8: items
        case .operation(.conditional, let parts) where parts.count == 3: Array(parts.dropFirst())
        default: nil
        }
    }

    /// Whether a part is added (true) or subtracted (false) in this arithmetic; nil where it stands alone.
    fileprivate func sign(of part: Value, isAdded: Bool = true, depth: Int = 0) -> Bool? {
        if self == part { return depth == 0 ? nil : isAdded }
        guard case .operation(let op, let operands) = self else { return nil }
        switch op {
        case .add: return operands.firstMapped { $0.sign(of: part, isAdded: isAdded, depth: depth + 1) }
        case .subtract:
            for (index, operand) in operands.enumerated() {
                if let found = operand.sign(of: part, isAdded: index == 0 ? isAdded : !isAdded, depth: depth + 1) { return found }
            }
            return nil
        case .call(let name) where ["max", "min", "Number"].contains(name):
            return operands.firstMapped { $0.sign(of: part, isAdded: isAdded, depth: depth) }
        case .coalesce, .or: return operands.first?.sign(of: part, isAdded: isAdded, depth: depth)
        default: return nil
        }
    }

    /// The step and column of `outcome.member(column)…`, through nested objects of the row.
    fileprivate var rowStep: (step: StepID, column: String?)? {
        switch self {
        case .outcome(let step, let facet): facet == .failure ? nil : (step, nil)
        case .member(let base, let name):
            base.rowStep.map { root in (root.step, root.column ?? name) }
        case .operation(.coalesce, let parts), .operation(.or, let parts): parts.first?.rowStep
        default: nil
        }
    }
}
