import Flow

// Values that the database computes.
extension Rendering {
    /// A value, computed by the database or brought by the code.
    func add(
        _ value: Value, to statement: inout Statement, _ kind: ColumnKind, _ table: Stage.Table?, isQualified: Bool = true, _ evaluator: Evaluator
    ) throws(Obstacle) {
        if let inner = try expression(value, kind, table, isQualified: isQualified, evaluator) {
            statement += inner
        } else {
            statement.bind(evaluator.written(value), as: kind)
        }
    }

    /// What the database computes from the row itself; nil where the value comes from the code.
    ///
    /// - Parameter isQualified: columns bear the name of their table, as an upsert must tell the row from the one that comes.
    func expression(_ value: Value, _ kind: ColumnKind, _ table: Stage.Table?, isQualified: Bool = true, _ evaluator: Evaluator)
        throws(Obstacle) -> Statement?
    {
        guard value.parts.contains(where: \.isOfRow) else { return nil }
        var statement = Statement(.other)
        switch value {
        case .column(let name): statement += (isQualified ? table.map { quoted($0.name) + "." } ?? "" : "") + quoted(table?.column(name)?.name ?? name)
        case .operation(let op, let operands) where op.isArithmetic && operands.count == 2:
            let signs: [Operator: String] = [.add: "+", .subtract: "-", .multiply: "*", .divide: "/"]
            for (at, operand) in operands.enumerated() {
                if at > 0 { statement += " \(signs[op] ?? "+") " }
                let isNested = if case .operation(let inner, _) = operand { inner.isArithmetic } else { false }
                if isNested { statement += "(" }
                try add(operand, to: &statement, kind, table, isQualified: isQualified, evaluator)
                if isNested { statement += ")" }
            }
        case .operation(let op, let operands) where function(op) != nil:
            statement += (function(op) ?? "") + "("
            for (at, operand) in operands.enumerated() {
                if at > 0 { statement += ", " }
                try add(operand, to: &statement, kind, table, isQualified: isQualified, evaluator)
            }
            statement += ")"
        case .operation(.call, let operands) where operands.count == 1: return try expression(operands[0], kind, table, isQualified: isQualified, evaluator)
        default: throw Obstacle("a value that the database computes is of a form that is not known")
        }
        return statement
    }

    /// The function of the database that an operation on columns comes to, as SQL and as Django name it.
    private func function(_ op: Operator) -> String? {
        if op == .coalesce { return "coalesce" }
        guard case .call(let name) = op else { return nil }
        switch name.split(separator: " ").last?.lowercased() {
        case "coalesce": return "coalesce"
        case "least": return engine == .postgres ? "least" : "min"
        case "greatest": return engine == .postgres ? "greatest" : "max"
        default: return nil
        }
    }
}

extension Value {
    fileprivate var isOfRow: Bool {
        switch self {
        case .column: true
        case .operation(.subquery, _): true
        default: false
        }
    }
}
