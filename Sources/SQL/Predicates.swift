import Flow

extension SQLReader {
    /// The conditions of a WHERE, flattened over AND; a disjunction keeps its columns under `.other`.
    func predicates(of condition: Value) -> [Predicate] {
        switch condition {
        case .operation(.and, let parts): return parts.flatMap { predicates(of: $0) }
        case .operation(.not, let parts):
            return parts.flatMap { predicates(of: $0) }.map { Predicate($0.column, $0.comparison.negated, $0.value) }
        case .operation(.or, let parts):
            return parts.flatMap { predicates(of: $0) }.map { Predicate($0.column, .other, $0.value) }
        case .operation(let op, let operands):
            guard let comparison = Predicate.Comparison(op) else { return columns(in: condition).map { Predicate($0, .other, condition) } }
            let right = operands.count > 1 ? operands[1] : .literal(.null)
            if case .column(let column) = operands[0] { return [Predicate(column, comparison, right)] }
            if case .column(let column) = right { return [Predicate(column, comparison.flipped, operands[0])] }
            // What is computed from a column may equal something although the column does not.
            let kept = comparison == .equal && !isView(operands[0]) ? .other : comparison
            return columns(in: operands[0]).map { Predicate($0, kept, right, through: function(of: operands[0])) }
                + (columns(in: operands[0]).isEmpty ? columns(in: right).map { Predicate($0, .other, operands[0]) } : [])
        case .column(let column): return [Predicate(column, .equal, .literal(.boolean(true)))]
        case .literal, .outcome, .member, .parameter, .input, .name, .object, .list, .either, .unknown: return []
        }
    }

    /// A function of one column that rows share as they share the column: `lower(email)`, `date(claimed_at)`.
    private func isView(_ value: Value) -> Bool {
        guard case .operation(.call(let name), let arguments) = value else { return false }
        return !["mod", "abs", "round", "length", "subscript", "operator"].contains(name) && arguments.contains { !columns(in: $0).isEmpty }
    }

    private func function(of value: Value) -> String? { if case .operation(.call(let name), _) = value { name } else { nil } }

    private func columns(in value: Value) -> [String] {
        value.parts.compactMap { if case .column(let name) = $0 { name } else { nil } }
    }
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
