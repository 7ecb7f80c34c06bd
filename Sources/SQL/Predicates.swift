package import Flow

extension Value {
    /// The conditions of a WHERE, flattened over AND; a disjunction keeps its columns under `.other`.
    package var predicates: [Predicate] {
        switch self {
        case .operation(.and, let parts): return parts.flatMap(\.predicates)
        case .operation(.not, let parts):
            let denied = parts.flatMap(\.predicates)
            // Of several conditions it is not known which one does not hold.
            return denied.map { Predicate($0.column, denied.count == 1 ? $0.comparison.negated : .other, $0.value) }
        case .operation(.or, let parts):
            return parts.flatMap(\.predicates).map { Predicate($0.column, .other, $0.value) }
        case .operation(let op, let operands):
            guard let comparison = Predicate.Comparison(op) else { return columns.map { Predicate($0, .other, self) } }
            let right = operands.count > 1 ? operands[1] : .literal(.null)
            if case .column(let column) = operands[0] { return [Predicate(column, comparison, right)] }
            if case .column(let column) = right { return [Predicate(column, comparison.flipped, operands[0])] }
            // What is computed from a column may equal something although the column does not.
            let kept = comparison == .equal && !operands[0].isView ? .other : comparison
            let left = operands[0].columns, other = left.isEmpty ? right.columns : []
            // What a function says of no column at all is not known.
            if left.isEmpty, other.isEmpty { return operands[0].isCall || right.isCall ? [Predicate("", .other, self)] : [] }
            return left.map { Predicate($0, kept, right, through: operands[0].function) } + other.map { Predicate($0, .other, operands[0]) }
        case .column(let column): return [Predicate(column, .equal, .literal(.boolean(true)))]
        case .literal, .outcome, .member, .parameter, .input, .name, .object, .list, .either, .unknown: return []
        }
    }

    /// A function of one column that rows share as they share the column: `lower(email)`, `date(claimed_at)`.
    private var isView: Bool {
        guard case .operation(.call(let name), let arguments) = self else { return false }
        return !["mod", "abs", "round", "length", "subscript", "operator"].contains(name) && arguments.contains { !$0.columns.isEmpty }
    }

    /// By what a column is seen: a function, or else something that is reckoned from it.
    private var function: String { if case .operation(.call(let name), _) = self { name } else { Predicate.reckoned } }

    private var isCall: Bool { if case .operation(.call, _) = self { true } else { false } }

    private var columns: [String] { parts.compactMap { if case .column(let name) = $0 { name } else { nil } } }
}

extension Predicate.Comparison {
    /// The comparison as seen from the other side.
    var flipped: Self {
        switch self {
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        case .equal, .notEqual, .isNull, .isNotNull, .oneOf, .notOneOf, .like, .other, .distinct: self
        }
    }
}
