extension Operator {
    package var isOrdering: Bool {
        switch self {
        case .less, .lessOrEqual, .greater, .greaterOrEqual: true
        default: false
        }
    }

    package var isArithmetic: Bool {
        switch self {
        case .add, .subtract, .multiply, .divide: true
        default: false
        }
    }

    package var isComparison: Bool {
        switch self {
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .isNull, .isNotNull: true
        case .add, .subtract, .multiply, .divide, .and, .or, .not, .coalesce, .conditional, .oneOf, .notOneOf, .like, .subquery, .text, .call: false
        }
    }

    /// What holds where it does not.
    package var negated: Operator {
        switch self {
        case .equal: .notEqual
        case .notEqual: .equal
        case .less: .greaterOrEqual
        case .lessOrEqual: .greater
        case .greater: .lessOrEqual
        case .greaterOrEqual: .less
        case .isNull: .isNotNull
        case .isNotNull: .isNull
        case .oneOf: .notOneOf
        case .notOneOf: .oneOf
        case .add, .subtract, .multiply, .divide, .and, .or, .not, .coalesce, .conditional, .like, .subquery, .text, .call: self
        }
    }

    /// The same comparison with its sides exchanged.
    package var flipped: Operator {
        switch self {
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        default: self
        }
    }
}
