import Flow

// More than are allowed.
extension Scene {
    func cap() -> Damage {
        guard let check = course.check, let read, let table = stage[read.table] else {
            return Damage(untold: "the table that is counted is not known.")
        }
        let scope = Scope(read.filters, table, isDaily: isDaily)
        if let doubt = doubt(read, table, scope) { return doubt }
        let alias = "t"
        guard let limit = limit(of: check) else {
            if isForSome(check) { return Damage(untold: "the limit holds for some only: the code asks something else with it.") }
            return Damage(
                untold: summed.map {
                    "how much is allowed, with the last row in it, is not known; it would be the sum of `\($0)` for each \(scope.told)."
                } ?? "how many are allowed is not known; it would be the number of rows for each \(scope.told).")
        }
        let measure = summed.map { "sum(\(alias).\(name($0)))" } ?? "count(*)"
        var lines: [String], cap: String, more: [String] = []
        var from = "FROM \(project.schema.source(table.name)) AS \(alias)"
        switch limit {
        case .number(let number): cap = number.spelled
        case .parameter(let label): cap = ":" + label
        case .column(let parent, let column, let own, let key):
            from += "\nJOIN \(project.schema.source(parent)) AS p ON p.\(name(own)) = \(alias).\(name(key))"
            cap = "p.\(name(column))"
            more = [cap]
        }
        let keys = scope.groups(alias) + more
        lines = ["SELECT \((scope.items(alias) + more + ["\(measure) AS taken", "\(measure) - \(cap) AS over_the_cap"]).joined(separator: ", "))", from]
        // What is asked with a value never meets a NULL.
        let asked = conditions(scope, table, alias) + scope.columns.filter { table.column($0)?.isRequired != true }.map { "\(alias).\(name($0)) IS NOT NULL" }
        if !asked.isEmpty { lines.append("WHERE \(asked.joined(separator: " AND "))") }
        if !keys.isEmpty { lines.append("GROUP BY \(keys.joined(separator: ", "))") }
        lines.append("HAVING \(measure) > \(cap)")
        lines.append("ORDER BY over_the_cap DESC")
        let what = summed.map { "whose sum of `\($0)` in \(table.name) is above \(limit.told)" } ?? "with more than \(limit.told) in \(table.name)"
        return Damage(lines, text: "Each \(scope.told) \(what), and by how much.")
    }

    /// The rule has found that it is days of the calendar by which the check counts.
    var isDaily: Bool { if case .counter(let counter)? = course.cure { counter.period == .day } else { false } }

    var isSum: Bool { read.map { $0.aggregate == .sum || $0.columns.contains { $0.aggregate == .sum } } ?? false }

    var summed: String? {
        guard isSum, let read, let check = course.check, let table = stage[read.table] else { return nil }
        return plan.summedColumn(of: read, check).flatMap { table.column($0)?.name }
    }

    /// A question that leaves out a part of what the code asks would name people to whom nothing has happened.
    func doubt(_ read: Read, _ table: Stage.Table, _ scope: Scope) -> Damage? {
        if scope.leavesOut || read.isPartlyUnknown {
            return Damage(untold: "a condition of the check is of a form that is not known.")
        }
        if !read.joined.isEmpty { return Damage(untold: "the check asks several tables at once.") }
        if scope.slides {
            return Damage(nothing: "It cannot be told by one query: the check counts in a window that moves with the clock. A row for each period would tell.")
        }
        if case .cap = course.promise {
            if isSum, summed == nil { return Damage(untold: "which column is added up is not known.") }
            let isCounted = read.isAggregated || read.aggregate == .rows
            if !isCounted { return Damage(untold: "the rows are counted through another table.") }
        }
        return nil
    }

    /// What a count is compared with.
    enum Limit {
        case number(Double)
        /// A constant that the code takes from elsewhere: to be filled in.
        case parameter(String)
        /// A column of the row to which the counted rows belong: its table, its column, its key, and the column that holds the key.
        case column(parent: String, String, own: String, key: String)

        var told: String {
            switch self {
            case .number(let number): number.spelled
            case .parameter(let label): "`\(label)` (put it in)"
            case .column(let parent, let column, _, _): "the `\(column)` of its row in \(parent)"
            }
        }
    }

    func limit(of check: StepID) -> Limit? {
        for (step, condition) in conditions where condition.steps.contains(check) {
            guard let needed = plan.needed[step] else { continue }
            if let limit = limit(in: condition, holds: needed, check) { return limit }
        }
        return nil
    }

    /// The branches of the routine, the one that the finding names first.
    var conditions: [(StepID, Value)] {
        var found: [(StepID, Value, Bool)] = []
        plan.routine.body.visit { step in if case .branch(let condition, _, _) = step.kind { found.append((step.id, condition, step.span == course.decision)) }
        }
        return (found.filter(\.2) + found.filter { !$0.2 }).map { ($0.0, $0.1) }
    }

    /// What is asked of the count is asked together with something else.
    private func isForSome(_ check: StepID) -> Bool {
        conditions.contains { step, condition in
            guard let needed = plan.needed[step], condition.steps.contains(check) else { return false }
            switch condition {
            case .operation(.and, let parts): return !needed && !condition.others(than: check, in: parts).isEmpty
            case .operation(.or, let parts): return needed && !condition.others(than: check, in: parts).isEmpty
            default: return false
            }
        }
    }

    func limit(in value: Value, holds: Bool, _ check: StepID) -> Limit? {
        switch value {
        case .operation(.not, let parts) where parts.count == 1: return limit(in: parts[0], holds: !holds, check)
        // `plan === "free" && taken >= 3` turns away some of those who are above it.
        case .operation(.and, let parts) where holds || value.others(than: check, in: parts).isEmpty,
            .operation(.or, let parts) where !holds || value.others(than: check, in: parts).isEmpty:
            return parts.firstMapped { limit(in: $0, holds: holds, check) }
        case .operation(let op, let parts) where op.isOrdering && parts.count == 2:
            let isLeft = parts[0].steps.contains(check), subject = parts[isLeft ? 0 : 1].bare, other = parts[isLeft ? 1 : 0].bare
            // `taken + wanted > allowed`: what comes is counted before it is there.
            let isAhead = if case .operation(.add, _) = subject { true } else { false }
            guard parts[isLeft ? 0 : 1].steps.contains(check), isAhead || !subject.isArithmetic else { return nil }
            // A sum that is tested without the last amount may be above its limit although all went well.
            guard isAhead || !isSum else { return nil }
            // As `count op other`, and as it must be for the code to go on.
            let seen = isLeft ? op : op.flipped, needed = holds ? seen : seen.negated
            let isStrict: Bool
            switch needed {
            case .less: isStrict = true
            case .lessOrEqual: isStrict = false
            default: return nil
            }
            switch other {
            // `count < 50` lets the fiftieth in; `count <= 50` the one behind it, and `count + 1 <= 50` does not.
            case .literal(.number(let text)):
                guard let number = Double(text), !(isSum && isStrict) else { return nil }
                return .number(number + (isStrict ? 0 : 1) - (isAhead ? 1 : 0))
            case .member where other.columnPath != nil: return isStrict != isAhead ? parent(of: other) : nil
            case .name(let label): return isStrict != isAhead ? .parameter(label.parameterName) : nil
            default: return other.isGiven && isStrict != isAhead ? .parameter(other.label.parameterName) : nil
            }
        default: return nil
        }
    }

    func parent(of value: Value) -> Limit? {
        guard let (step, column) = value.columnPath, case .read(let holder)? = plan.steps[step]?.kind, let parent = stage[holder.table], let read,
            let table = stage[read.table],
            let named = parent.column(column)?.name
        else { return nil }
        for filter in read.filters where filter.comparison == .equal {
            guard let key = table.column(filter.column)?.name else { continue }
            if let same = holder.filters.first(where: { $0.comparison == .equal && $0.value == filter.value }), let own = parent.column(same.column)?.name {
                return .column(parent: parent.name, named, own: own, key: key)
            }
            if let (from, path) = filter.value.bare.columnPath, from == step, let own = parent.column(path)?.name {
                return .column(parent: parent.name, named, own: own, key: key)
            }
        }
        return nil
    }
}

extension Value {
    /// What stands beside the question for a count, and is not only whether there is a limit at all.
    fileprivate func others(than check: StepID, in parts: [Value]) -> [Value] {
        let asked = parts.filter { $0.steps.contains(check) }
        return parts.filter { part in
            guard !asked.contains(part) else { return false }
            let subject: Value
            switch part {
            case .operation(.not, let inner) where inner.count == 1: subject = inner[0].bare
            case .operation(let op, let sides) where [.equal, .notEqual, .isNull, .isNotNull].contains(op) && sides.last?.isConstant != false:
                subject = sides[0].bare
            default: subject = part.bare
            }
            return !asked.contains { $0.parts.contains(subject) }
        }
    }
}
