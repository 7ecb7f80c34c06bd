import Flow
import SQL

// Conditions that Django's models write as keywords: `Q(balance__gte=0) | ~Q(kind="credit")`.
extension Notation {
    /// The condition, as a value that asks it of the columns of a row; a part of an unknown form is unknown.
    var condition: Value {
        switch self {
        case .joined("~", let parts): return .operation(.not, parts.map(\.condition))
        case .joined(let sign, let parts): return .operation(sign == "|" ? .or : .and, parts.map(\.condition))
        case .chain(let chain):
            guard let call = chain.calls.last, call.name == "Q" else { return .unknown }
            let own = call.arguments.filter { $0.fields == nil }.map(\.condition)
            let asked = own + (call.arguments.last?.fields ?? []).map { Self.asked($0.name, $0.value) }
            return asked.count == 1 ? asked[0] : .operation(.and, asked)
        default: return .unknown
        }
    }

    /// https://docs.djangoproject.com/en/stable/ref/models/querysets/#field-lookups
    private static func asked(_ name: String, _ written: Notation) -> Value {
        let parts = name.replacing("__", with: "\u{1}").split(separator: "\u{1}").map(String.init)
        guard let field = parts.first else { return .unknown }
        let column = Value.column(field.lowercased())
        guard parts.count < 3 else { return .operation(.equal, [column, .unknown]) }
        let value = written.operand
        switch parts.count == 2 ? parts[1] : "exact" {
        case "exact": return .operation(.equal, [column, value])
        case "gt": return .operation(.greater, [column, value])
        case "gte": return .operation(.greaterOrEqual, [column, value])
        case "lt": return .operation(.less, [column, value])
        case "lte": return .operation(.lessOrEqual, [column, value])
        case "in": return .operation(.oneOf, [column, .list((written.items ?? []).map(\.operand))])
        case "range":
            guard let ends = written.items, ends.count == 2 else { return .operation(.equal, [column, .unknown]) }
            return .operation(.and, [.operation(.greaterOrEqual, [column, ends[0].operand]), .operation(.lessOrEqual, [column, ends[1].operand])])
        case "isnull":
            guard let flag = written.flag else { return .operation(.equal, [column, .unknown]) }
            return .operation(flag ? .isNull : .isNotNull, [column])
        default: return .operation(.equal, [column, .unknown])
        }
    }

    private var operand: Value {
        if let literal { return .literal(literal) }
        guard let call = chain?.calls.last, call.name == "F", let name = call.arguments.first?.text else { return .unknown }
        return .column(name.lowercased())
    }
}
