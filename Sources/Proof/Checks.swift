import Flow

extension Schema.Check {
    /// It asks something of columns that the code uses. Of lists of states the stage knows already.
    func bears(on table: Stage.Table) -> Bool {
        !condition.namesStates && columns.contains { table.column($0) != nil }
    }

    /// It is about numbers: of the rest each request, which passes alone, passes after the other too.
    func counts(in table: Stage.Table) -> Bool { columns.contains { table.column($0)?.kind == .number } }

    var columnList: String { columns.sorted().map { "`\($0)`" }.joined(separator: ", ") }

    var callsFunction: Bool { condition.parts.contains { if case .operation(.call(let name), _) = $0 { !Self.plain.contains(name) } else { false } } }

    /// Functions that look at nothing but what they are given.
    private static let plain: Set<String> = [
        "coalesce", "abs", "length", "char_length", "lower", "upper", "trim", "now", "date", "operator", "subscript", "mod", "round",
    ]
}

// What a CHECK asks, as SQL.
extension Value {
    /// `status IN ('a', 'b')`, `status = 'a' OR status = 'b'`: the states of one column.
    fileprivate var namesStates: Bool {
        switch self {
        case .operation(.or, let parts): parts.allSatisfy(\.namesStates)
        case .operation(.equal, let parts), .operation(.oneOf, let parts):
            parts.count == 2 && parts[0].isColumn && parts[1].parts.contains { $0.stringLiteral != nil }
        default: false
        }
    }

    private var isColumn: Bool { if case .column = self { true } else { false } }

    /// nil where a part is of a form that is not known, or compares what no database would.
    func asked(of table: Stage.Table) -> String? {
        guard let (text, kind) = computed(from: table), kind == .boolean else { return nil }
        return text.hasPrefix("(") ? String(text.dropFirst().dropLast()) : text
    }

    private func computed(from table: Stage.Table) -> (text: String, kind: ColumnKind)? {
        switch self {
        case .column(let name): return table.column(name).map { (quoted($0.name), $0.kind ?? .text) }
        case .literal(.number(let text)): return Double(text) == nil ? nil : (text, .number)
        case .literal(.string), .literal(.boolean):
            guard case .literal(let literal) = self else { return nil }
            return (Datum(literal).literal, stringLiteral == nil ? .boolean : .text)
        case .operation(let op, let parts): return computed(op, parts, from: table)
        default: return nil
        }
    }

    private func computed(_ op: Operator, _ operands: [Value], from table: Stage.Table) -> (text: String, kind: ColumnKind)? {
        // The list of `IN` is none that is computed.
        if op == .oneOf || op == .notOneOf {
            guard operands.count == 2, let one = operands[0].computed(from: table), case .list(let items) = operands[1] else { return nil }
            let texts = items.compactMap { $0.computed(from: table) }.filter { $0.kind == one.kind }
            guard !items.isEmpty, texts.count == items.count else { return nil }
            return ("(\(one.text) \(op == .oneOf ? "IN" : "NOT IN") (\(texts.map(\.text).joined(separator: ", "))))", .boolean)
        }
        let parts = operands.compactMap { $0.computed(from: table) }
        guard let first = parts.first, parts.count == operands.count else { return nil }
        let isAlike = parts.allSatisfy { $0.kind == first.kind }
        func joined(_ sign: String) -> String { "(" + parts.map(\.text).joined(separator: " \(sign) ") + ")" }
        switch op {
        case .and, .or: return isAlike && first.kind == .boolean ? (joined(op == .and ? "AND" : "OR"), .boolean) : nil
        case .not: return first.kind == .boolean ? ("(NOT \(first.text))", .boolean) : nil
        case .isNull, .isNotNull: return ("(\(first.text) IS \(op == .isNull ? "" : "NOT ")NULL)", .boolean)
        case .coalesce, .call("coalesce"): return isAlike ? ("coalesce(\(parts.map(\.text).joined(separator: ", ")))", first.kind) : nil
        case .add, .subtract, .multiply:
            guard isAlike, first.kind == .number, parts.count == 2 else { return nil }
            return (joined(op == .add ? "+" : op == .subtract ? "-" : "*"), .number)
        case .call("abs"): return first.kind == .number && parts.count == 1 ? ("abs(\(first.text))", .number) : nil
        default:
            guard op.isComparison, isAlike, parts.count == 2, let sign = Predicate.Comparison(op)?.sign else { return nil }
            return op == .like ? nil : (joined(sign), .boolean)
        }
    }
}

extension Write.Operation {
    /// What triggers know of it.
    var events: Set<Schema.Trigger.Event> {
        switch self {
        case .insert: [.insert]
        case .update: [.update]
        case .upsert: [.insert, .update]
        case .delete: [.delete]
        }
    }
}
