import Flow

// What a request asks, in words.
extension Evaluator {
    /// A condition with what its parts were.
    func told(_ condition: Value) -> String { told(condition, depth: 0) }

    private func told(_ value: Value, depth: Int) -> String {
        guard depth < 5 else { return "…" }
        switch value {
        case .operation(.not, let parts) where parts.count == 1: return presence(of: parts[0], true) ?? "not " + told(parts[0], depth: depth + 1)
        case .operation(.and, let parts), .operation(.or, let parts):
            let isAnd = if case .operation(.and, _) = value { true } else { false }
            return "(" + parts.map { told($0, depth: depth + 1) }.joined(separator: isAnd ? " and " : " or ") + ")"
        case .operation(let op, let parts) where op.isComparison && parts.count == 2:
            if op == .equal || op == .notEqual, parts[1] == .literal(.null), let told = presence(of: parts[0], op == .equal) { return told }
            return "\(named(parts[0])) \(op.sign) \(named(parts[1]))"
        case .operation(.conditional, let parts) where parts.count == 3:
            return "(\(told(parts[0], depth: depth + 1)) ? \(told(parts[1], depth: depth + 1)) : \(told(parts[2], depth: depth + 1)))"
        default: return presence(of: value, false) ?? named(value)
        }
    }

    /// A row, or an error, of which it is asked whether there is one.
    private func presence(of value: Value, _ isAbsence: Bool) -> String? {
        switch value.bare {
        case .outcome(_, .row): isAbsence ? "there is no row" : "there is a row"
        case .outcome(_, .failure): isAbsence ? "there was no error" : "there was an error"
        default: nil
        }
    }

    private func named(_ value: Value) -> String {
        let known = datum(value)
        switch value.bare {
        case .outcome(_, .row): return known == .null ? "no row" : "the row"
        case .outcome(_, .failure): return known == .null ? "no error" : "the error"
        case .member where value.bare.columnPath != nil: return "\(value.bare.columnPath?.path ?? "") (\(known.literal))"
        case .operation(.call(let name), _) where !known.isKnown: return "\(name)(…)"
        default: return known.isKnown ? known.literal : value.label
        }
    }
}

extension Operator {
    fileprivate var sign: String {
        switch self {
        case .equal: "="
        case .notEqual: "<>"
        case .less: "<"
        case .lessOrEqual: "<="
        case .greater: ">"
        default: ">="
        }
    }
}
