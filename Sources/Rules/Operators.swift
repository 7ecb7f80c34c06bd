import Flow

extension Operator {
    var isComparison: Bool {
        switch self {
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .isNull, .isNotNull: true
        case .add, .subtract, .multiply, .divide, .and, .or, .not, .coalesce, .conditional, .oneOf, .notOneOf, .like, .subquery, .text, .call: false
        }
    }

    var negated: Operator {
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

    var flipped: Operator {
        switch self {
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        default: self
        }
    }
}
