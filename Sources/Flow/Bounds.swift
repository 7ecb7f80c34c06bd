extension Value {
    /// What a column of a row that a step read must be, compared with a limit, where the condition came out as `holds`:
    /// `used < max_uses` of `if (row.used >= row.max_uses) return`.
    package func bound(of column: String, readBy step: StepID, holds: Bool) -> Predicate? {
        switch self {
        case .operation(.not, let parts): return parts.first?.bound(of: column, readBy: step, holds: !holds)
        case .operation(.and, let parts) where holds, .operation(.or, let parts) where !holds:
            return parts.firstMapped { $0.bound(of: column, readBy: step, holds: holds) }
        case .operation(let op, let parts) where op.isOrdering && parts.count == 2:
            let asked = holds ? op : op.negated
            if parts[0].isColumn(column, of: step), let limit = parts[1].limit(of: step) { return Predicate(column, .init(asked) ?? .other, limit) }
            if parts[1].isColumn(column, of: step), let limit = parts[0].limit(of: step) { return Predicate(column, .init(asked.flipped) ?? .other, limit) }
            return nil
        default: return nil
        }
    }

    /// `row.used`, `Number(row.used)`, `row.used ?? 0`
    private func isColumn(_ column: String, of step: StepID) -> Bool {
        switch self {
        case .member(.outcome(step, .row), let name): name.lowercased() == column.lowercased()
        case .operation(.call, let parts) where parts.count == 1: parts[0].isColumn(column, of: step)
        case .operation(.coalesce, let parts), .operation(.or, let parts): parts.first?.isColumn(column, of: step) ?? false
        default: false
        }
    }

    /// A limit as a statement can name it: a number, another column of the row, or what the request brings.
    private func limit(of step: StepID) -> Value? {
        switch self {
        case .member(.outcome(step, .row), let name): .column(name)
        case .literal(.number): self
        case .parameter, .input, .name: self
        case .member(let base, _) where base.steps.isEmpty: self
        default: nil
        }
    }
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
