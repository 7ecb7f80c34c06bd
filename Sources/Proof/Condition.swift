import Flow

/// A condition of a WHERE with what it compares with.
struct Condition: Hashable {
    let column: String
    let kind: ColumnKind
    let comparison: Predicate.Comparison
    let values: [Datum]
    var isOfDay = false

    func matches(_ row: Datum.Row) -> Bool {
        let own = isOfDay ? row.value(column).day : row.value(column), other = isOfDay ? (values.first ?? .null).day : values.first ?? .null
        switch comparison {
        case .isNull: return own == .null
        case .isNotNull: return own != .null
        case .equal, .like: return other == .null ? own == .null : own.isSame(as: other)
        case .notEqual: return own != .null && !own.isSame(as: other)
        case .distinct: return !own.isSame(as: other)
        case .oneOf: return values.contains { own.isSame(as: $0) }
        case .notOneOf: return own != .null && !values.contains { own.isSame(as: $0) }
        case .less: return own != .null && own.isBelow(other) == true
        case .lessOrEqual: return own != .null && other.isBelow(own) == false
        case .greater: return own != .null && other.isBelow(own) == true
        case .greaterOrEqual: return own != .null && own.isBelow(other) == false
        case .other: return true
        }
    }

    /// A value that it lets through.
    func satisfied(_ number: Int) -> Datum {
        let other = values.first ?? .null
        func shifted(_ by: Int) -> Datum {
            switch other {
            case .moment(let seconds): .moment(seconds + by * 3_600)
            case let datum: datum.number.map { .number($0 + Double(by)) } ?? .text("other-\(number)")
            }
        }
        switch comparison {
        case .equal, .like, .oneOf, .lessOrEqual, .greaterOrEqual: return other
        case .isNull: return .null
        case .isNotNull:
            return switch kind {
            case .text: .text("\(column)-\(number)")
            case .number: .number(1)
            case .boolean: .boolean(true)
            case .moment: .moment(-3_600)
            }
        case .notEqual, .notOneOf, .distinct:
            if kind == .boolean { return .boolean(other != .boolean(true)) }
            return kind == .number || kind == .moment ? shifted(1) : .text("other-\(number)")
        case .less: return shifted(-1)
        case .greater: return shifted(1)
        case .other: return .null
        }
    }
}

extension Datum {
    /// The day of a moment.
    fileprivate var day: Datum {
        switch self {
        case .moment(let seconds): .text(String(Clock.text(seconds).prefix(10)))
        case .text(let text): .text(String(text.prefix(10)))
        default: self
        }
    }
}
