extension Value {
    /// What a column of a row that a step read must be, compared with a limit, where the condition came out as `holds`:
    /// `used < max_uses` of `if (row.used >= row.max_uses) return`.
    package func bound(of column: String, readBy step: StepID, holds: Bool) -> Predicate? {
        switch self {
        case .operation(.not, let parts): return parts.first?.bound(of: column, readBy: step, holds: !holds)
        case .operation(.and, let parts) where holds, .operation(.or, let parts) where !holds:
            return parts.firstMapped { $0.bound(of: column, readBy: step, holds: holds) }
        case .operation(let op, let parts) where op.isOrdering && parts.count == 2:
            return Inequality(parts[0], holds ? op : op.negated, parts[1], of: step)?.solved(for: column)
        default: return nil
        }
    }

    /// `row.used`, `Number(row.used)`, `row.used ?? 0`
    fileprivate func isColumn(_ column: String, of step: StepID) -> Bool {
        switch self {
        case .member(.outcome(step, .row), let name): Schema.foldColumn(name) == Schema.foldColumn(column)
        case .operation(.call, let parts) where parts.count == 1: parts[0].isColumn(column, of: step)
        case .operation(.coalesce, let parts), .operation(.or, let parts): parts.first?.isColumn(column, of: step) ?? false
        default: false
        }
    }

    /// Neither a column of the row nor a number.
    fileprivate func isBrought(beside step: StepID) -> Bool {
        switch limit(of: step) {
        case .column, .literal, nil: false
        default: true
        }
    }

    /// A limit as a statement can name it: another column of the row, or what is known without the row.
    fileprivate func limit(of step: StepID) -> Value? {
        if case .member(.outcome(step, .row), let name) = self { return .column(name) }
        if case .operation(.call, let parts) = self, parts.count == 1, let inner = parts[0].limit(of: step), case .column = inner { return inner }
        return self == .unknown || steps.contains(step) ? nil : self
    }
}

/// A sum of columns of a row, numbers and what the request brings, compared with nothing: `max_uses - uses > 0`.
private struct Inequality {
    private var terms: [(isAdded: Bool, value: Value)] = []
    private let op: Operator
    private let step: StepID

    init?(_ left: Value, _ op: Operator, _ right: Value, of step: StepID) {
        (self.op, self.step) = (op, step)
        guard add(left, true), add(right, false) else { return nil }
    }

    private mutating func add(_ value: Value, _ isAdded: Bool, depth: Int = 0) -> Bool {
        guard depth < 8, terms.count < 8 else { return false }
        switch value {
        case .operation(.add, let parts) where parts.count == 2: return add(parts[0], isAdded, depth: depth + 1) && add(parts[1], isAdded, depth: depth + 1)
        case .operation(.subtract, let parts) where parts.count == 2:
            return add(parts[0], isAdded, depth: depth + 1) && add(parts[1], !isAdded, depth: depth + 1)
        default:
            terms.append((isAdded, value))
            return true
        }
    }

    /// The column alone on its side; nil where it stands there more than once, or beside what no statement can name.
    func solved(for column: String) -> Predicate? {
        let own = terms.indices.filter { terms[$0].value.isColumn(column, of: step) }
        guard own.count == 1, let place = own.first else { return nil }
        let isAdded = terms[place].isAdded
        var limit: Value?, sum = 0.0
        let others = terms.indices.filter { $0 != place }.map { (isAdded: terms[$0].isAdded != isAdded, value: terms[$0].value) }
        // A statement has one name for what a request brings.
        guard others.count(where: { $0.value.isBrought(beside: step) }) < 2 else { return nil }
        for (isPlus, value) in others.sorted(by: { $0.isAdded && !$1.isAdded }) {
            guard let named = value.limit(of: step) else { return nil }
            if case .literal(.number(let text)) = named, let number = Double(text), number.isFinite, others.count > 1 {
                sum += isPlus ? number : -number
            } else if let before = limit {
                limit = .operation(isPlus ? .add : .subtract, [before, named])
            } else {
                limit = isPlus ? named : .operation(.subtract, [.literal(.number("0")), named])
            }
        }
        if sum != 0 || limit == nil {
            let amount = Value.literal(.number(sum.magnitude.spelled))
            limit = limit.map { .operation(sum > 0 ? .add : .subtract, [$0, amount]) } ?? .literal(.number(sum.spelled))
        }
        return limit.map { Predicate(column, .init(isAdded ? op : op.flipped) ?? .other, $0) }
    }
}

extension Double {
    /// Without a fraction where it has none.
    package var spelled: String { self == rounded() && magnitude < 1e15 ? String(Int(self)) : String(self) }
}

extension Predicate.Comparison {
    private static let operators: [(comparison: Self, op: Operator)] = [
        (.equal, .equal), (.notEqual, .notEqual), (.less, .less), (.lessOrEqual, .lessOrEqual), (.greater, .greater), (.greaterOrEqual, .greaterOrEqual),
        (.isNull, .isNull), (.isNotNull, .isNotNull), (.oneOf, .oneOf), (.notOneOf, .notOneOf), (.like, .like),
    ]

    package init?(_ op: Operator) {
        guard let pair = Self.operators.first(where: { $0.op == op }) else { return nil }
        self = pair.comparison
    }

    /// The operator that it is in an expression; nil where no single one is.
    package var op: Operator? { Self.operators.first { $0.comparison == self }?.op }

    /// What holds where it does not; `.other` where no comparison says so.
    package var negated: Self {
        if self == .distinct { return .equal }
        guard self != .like, let op else { return .other }
        return Self(op.negated) ?? .other
    }
}
