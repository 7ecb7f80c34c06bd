import Flow

// Numbers that have passed their limit, or are not what they count.
extension Scene {
    func supply(_ column: String) -> Damage {
        guard let read, let table = stage[read.table], let known = table.column(column)?.name else {
            return Damage(untold: "the column is not known.")
        }
        return passed(known, table)
    }

    /// A column that must not pass another of its row, or else must not fall below nothing.
    func passed(_ known: String, _ table: Stage.Table) -> Damage {
        guard let check = course.check else { return below(known, table) }
        for (step, condition) in conditions {
            guard let needed = plan.needed[step] else { continue }
            if let bound = bound(in: condition, holds: needed, check, known, table) { return exceeding(known, bound, table) }
            if let asked = condition.bound(of: known, readBy: check, holds: needed) { return crossed(asked, table) ?? below(known, table) }
        }
        let isAsked = conditions.contains { $0.1.parts.contains { $0.columnPath.map { $0.step == check && $0.path.folded == known.folded } ?? false } }
        let keepsStock = known.nameWords.contains {
            ["balance", "stock", "credits", "credit", "quantity", "remaining", "left", "available", "inventory"].contains($0)
        }
        guard isAsked || keepsStock else {
            return Damage(untold: "a change of `\(known)` that was lost leaves no trace. A row for each change would tell.")
        }
        return below(known, table)
    }

    /// Rows on the other side of what the code asks of the number; nil where that is nothing.
    private func crossed(_ asked: Predicate, _ table: Stage.Table) -> Damage? {
        // What the request brings comes to the number, and is no part of the limit.
        let columns = asked.value.parts.compactMap { part in if case .column(let name) = part { table.column(name)?.name } else { nil } }
        guard asked.comparison == .less || asked.comparison == .lessOrEqual else {
            if case .column = asked.value { return nil }
            return columns.first.map { Damage(untold: "`\(asked.column)` may fall below nothing, as far as `\($0)` lets it.") }
        }
        switch asked.value {
        case .literal(.number(let text)):
            guard let number = Double(text) else { return nil }
            let limit = (asked.comparison == .less ? number : number + 1).spelled
            return above(asked.column, limit, table, text: "is above \(limit)")
        case .column: return columns.first.map { exceeding(asked.column, $0, table) }
        case .operation(.subtract, let parts):
            if columns.count == 1, case .column? = parts.first { return exceeding(asked.column, columns[0], table) }
        default: break
        }
        return Damage(untold: "the limit of `\(asked.column)` stands in no column of \(table.name).")
    }

    func bound(in value: Value, holds: Bool, _ check: StepID, _ column: String, _ table: Stage.Table) -> String? {
        switch value {
        case .operation(.not, let parts) where parts.count == 1: return bound(in: parts[0], holds: !holds, check, column, table)
        case .operation(.and, let parts), .operation(.or, let parts): return parts.firstMapped { bound(in: $0, holds: holds, check, column, table) }
        case .operation(let op, let parts) where op.isOrdering && parts.count == 2:
            guard let one = parts[0].bare.columnPath, let other = parts[1].bare.columnPath, one.step == check, other.step == check else { return nil }
            let isFirst = one.path.folded == column.folded
            guard isFirst || other.path.folded == column.folded else { return nil }
            let seen = isFirst ? op : op.flipped, needed = holds ? seen : seen.negated
            guard needed == .less || needed == .lessOrEqual else { return nil }
            return table.column(isFirst ? other.path : one.path)?.name
        default: return nil
        }
    }

    func value(_ column: String) -> Damage {
        guard let table = stage[write.table], let known = table.column(column)?.name else {
            return Damage(untold: "the column is not known.")
        }
        if case .read(let counted)? = course.check.flatMap({ plan.steps[$0]?.kind }), counted.aggregate == .count, let source = stage[counted.table],
            source.name != table.name
        {
            return recounted(known, table, counted, source)
        }
        guard table.kind(known) == .number else {
            return Damage(untold: "a change of `\(known)` that was lost leaves no trace. A row for each change would tell.")
        }
        return passed(known, table)
    }

    func exceeding(_ column: String, _ bound: String, _ table: Stage.Table) -> Damage {
        above(column, name(bound), beside: [name(bound)], table, text: "has passed its `\(bound)`")
    }

    /// - Parameter limit: as SQL.
    private func above(_ column: String, _ limit: String, beside shown: [String] = [], _ table: Stage.Table, text: String) -> Damage {
        let own = name(column)
        return Damage(
            [
                "SELECT \((key(of: table) + [own] + shown + ["\(own) - \(limit) AS over_the_cap"]).joined(separator: ", "))",
                "FROM \(project.schema.source(table.name))", "WHERE \(own) > \(limit)", "ORDER BY over_the_cap DESC",
            ], text: "Each row of \(table.name) whose `\(column)` \(text), and by how much.")
    }

    func below(_ column: String, _ table: Stage.Table) -> Damage {
        let key = key(of: table)
        let lines = [
            "SELECT \((key + [name(column)]).joined(separator: ", "))", "FROM \(project.schema.source(table.name))", "WHERE \(name(column)) < 0",
            "ORDER BY \(name(column))",
        ]
        return Damage(
            lines,
            text:
                "Each row of \(table.name) whose `\(column)` has fallen below nothing. A change that was lost without that leaves no trace; a row for each change would tell."
        )
    }

    /// A number that is kept beside the rows that it counts.
    func recounted(_ column: String, _ table: Stage.Table, _ counted: Read, _ source: Stage.Table) -> Damage {
        let link = counted.filters.first { filter in
            write.filters.contains { $0.value == filter.value && $0.comparison == .equal } && filter.comparison == .equal
        }
        guard let link, let key = source.column(link.column)?.name,
            let own = write.filters.first(where: { $0.value == link.value }).flatMap({ table.column($0.column)?.name })
        else {
            return Damage(untold: "by which column the rows of \(source.name) belong to one of \(table.name) is not known.")
        }
        let conditions = ["c.\(name(key)) = t.\(name(own))"] + Scope(counted.filters.filter { $0.column != link.column }, source).conditions("c")
        let count = "(SELECT count(*) FROM \(project.schema.source(source.name)) AS c WHERE \(conditions.joined(separator: " AND ")))"
        let lines = [
            "SELECT t.\(name(own)), t.\(name(column)), \(count) AS counted", "FROM \(project.schema.source(table.name)) AS t",
            "WHERE t.\(name(column)) <> \(count)",
        ]
        return Damage(lines, text: "Each row of \(table.name) whose `\(column)` is not the number of its rows in \(source.name).")
    }
}
