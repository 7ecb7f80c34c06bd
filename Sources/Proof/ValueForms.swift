import Flow

// What a value is made of, as far as playing it depends on that.
extension Value {
    /// Made of constants alone.
    var isFixed: Bool {
        switch self {
        case .literal: true
        case .operation(let op, let parts): (op.isComparison || op == .conditional || op == .oneOf || op == .notOneOf) && parts.allSatisfy(\.isFixed)
        case .list(let items): items.allSatisfy(\.isFixed)
        default: false
        }
    }

    /// What a condition can be made of.
    var isLogic: Bool {
        switch self {
        case .operation(let op, _): op == .and || op == .or || op == .not || op.isComparison
        default: false
        }
    }

    /// The column that it is of a row which a step found. What stands inside a column, or in the row that it leads to, is taken for
    /// a column of its own: `event.extra.conditional`, `member.organisation.plan`.
    var columnPath: (step: StepID, path: String)? {
        guard case .member(let base, let name) = self, name != "length" else { return nil }
        if case .outcome(let step, .row) = base { return (step, name) }
        return base.columnPath.map { ($0.step, $0.path + "." + name) }
    }

    /// `event.attendees.length`, `_count.attendees`
    var relatedCount: (step: StepID, relation: String)? {
        guard case .member(.member(.outcome(let step, .row), let outer), let name) = self else { return nil }
        if name == "length" { return (step, outer) }
        return outer == "_count" ? (step, name) : nil
    }

    /// Made of constants and of what a statement gave back, so that whoever sees the same rows has the same.
    var isSeen: Bool {
        if columnPath != nil || isConstant { return true }
        switch self {
        case .outcome(_, .count), .outcome(_, .rowCount): return true
        case .operation(.call, _): return converted?.isSeen ?? false
        case .operation(let op, let parts): return (op.isArithmetic || op == .coalesce || op == .or) && parts.allSatisfy(\.isSeen)
        default: return false
        }
    }

    /// The answer of a service that was asked to make something: `stripe.customers.create(…)`.
    var isMadeElsewhere: Bool {
        guard case .operation(.call(let name), let parts) = self, parts.first?.isCallResult == true, let verb = name.nameWords.first else { return false }
        return ["create", "generate", "issue", "mint", "register"].contains(verb)
    }
}
