import Flow

// What a statement asks of the rows that it reads or changes.
extension Rendering {
    /// WHERE and what follows, for a statement that is put together elsewhere; nothing where nothing is asked.
    func conditions(_ filters: [Predicate], _ table: Stage.Table, _ evaluator: Evaluator) throws(Obstacle) -> Statement {
        var statement = Statement(.other)
        try restrict(&statement, by: filters, table, evaluator)
        return statement
    }

    func restrict(_ statement: inout Statement, by filters: [Predicate], _ table: Stage.Table, _ evaluator: Evaluator) throws(Obstacle) {
        var isFirst = true
        for filter in filters {
            guard let column = table.column(filter.column) else {
                if filter.column.isEmpty { continue }
                // `members: { some: { userId } }` asks for rows of another table; those to begin with are such as it finds.
                if statement.kind == .read, filter.value.fields != nil { continue }
                throw Obstacle("which column of \(table.name) `\(filter.column)` is is not known")
            }
            // Of what a read asks for, this is left out: the rows to begin with are those that it finds.
            if filter.comparison == .other || filter.isDisguised, statement.kind == .read { continue }
            statement += isFirst ? " WHERE " : " AND "
            isFirst = false
            try restrict(&statement, to: filter, column, table, evaluator)
        }
    }

    private func restrict(_ statement: inout Statement, to filter: Predicate, _ column: Stage.Table.Column, _ table: Stage.Table, _ evaluator: Evaluator)
        throws(Obstacle)
    {
        let kind = column.kind ?? .text, isOfDay = filter.isOfDay
        // Libraries take a list for "one of these".
        if filter.comparison == .equal, case .list = filter.value {
            return try restrict(&statement, to: Predicate(filter.column, .oneOf, filter.value), column, table, evaluator)
        }
        let view = isOfDay ? View("date(", ")") : view(of: filter, kind), name = view.map { $0.of(quoted(column.name)) } ?? quoted(column.name)
        if filter.isDisguised || view == nil && filter.isOfTime && kind == .moment {
            throw Obstacle("a condition on `\(column.name)` is of a form that is not known")
        }
        switch filter.comparison {
        case .isNull: statement += "\(name) IS NULL"
        case .isNotNull: statement += "\(name) IS NOT NULL"
        case .oneOf, .notOneOf:
            let items: [Datum] =
                switch evaluator.datum(filter.value) {
                case .list(let items): items
                case .rows(let rows): rows.map { .row($0) }
                case let item: [item]
                }
            guard !items.isEmpty else { statement += filter.comparison == .oneOf ? "1 = 0" : "1 = 1"; return }
            statement += "\(name) \(filter.comparison == .oneOf ? "IN" : "NOT IN") ("
            for (at, item) in items.enumerated() {
                if at > 0 { statement += ", " }
                statement.bind(item, as: view == nil || isOfDay ? kind : .number)
            }
            statement += ")"
        case .other: throw Obstacle("a condition on `\(column.name)` is of a form that is not known")
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .like, .distinct:
            let sign = filter.comparison == .distinct ? engine == .sqlite ? "IS NOT" : "IS DISTINCT FROM" : filter.comparison.sign ?? "="
            if let expression = try self.expression(filter.value, kind, table, isQualified: false, evaluator) {
                statement += "\(name) \(sign) "
                statement += expression
                return
            }
            let value = filter.value == .unknown ? Datum.text("\(column.name)-1") : evaluator.written(filter.value)
            if value == .null {
                statement += filter.comparison == .equal ? "\(name) IS NULL" : filter.comparison == .notEqual ? "\(name) IS NOT NULL" : "\(name) \(sign) NULL"
                return
            }
            statement += "\(name) \(sign) "
            // `created__month=3` asks for a number, `created__month=now.month` for what is seen of a moment.
            let isMoment = if case .moment = value { true } else { false }
            guard let view, isOfDay || isMoment else { return statement.bind(value, as: view == nil ? kind : .number) }
            statement += view.before
            statement.bind(value, as: isOfDay ? kind : .moment)
            statement += view.after
        }
    }

    /// What a function sees of a column: SQL before and behind it.
    private struct View {
        let before: String, after: String

        init(_ before: String, _ after: String) { (self.before, self.after) = (before, after) }

        func of(_ text: String) -> String { before + text + after }
    }

    /// `created__month`, `date_trunc('month', created)`; nil where the column is seen as it is.
    private func view(of filter: Predicate, _ kind: ColumnKind) -> View? {
        guard let function = filter.through?.lowercased(), kind == .moment else { return nil }
        let fields = ["year": "%Y", "month": "%m", "day": "%d", "hour": "%H", "minute": "%M", "second": "%S"]
        if let format = fields[function] {
            return engine == .postgres ? View("extract(\(function) FROM ", ")") : View("CAST(strftime('\(format)', ", ") AS integer)")
        }
        guard case .operation(.call(let name), let operands) = filter.value, name.lowercased() == function, let form = operands.firstMapped(\.stringLiteral)
        else { return nil }
        if function == "extract", engine == .postgres, fields[form] != nil { return View("extract(\(form) FROM ", ")") }
        let text = Datum.text(form).literal
        switch (function, engine) {
        case ("date_trunc", .postgres), ("strftime", .sqlite): return View("\(function)(\(text), ", ")")
        case ("to_char", .postgres): return View("to_char(", ", \(text))")
        default: return nil
        }
    }
}
