package import Flow

/// A question to the user's own database: has it happened already, and to whom? It reads, and changes nothing.
package struct Damage: Hashable, Sendable {
    /// One statement, with the user's own names; nil where the schema cannot tell.
    package var query: String?
    /// What its rows are, in one sentence; or which column is missing.
    package var text: String

    /// Rows that a query gives back would be more than one can look at.
    static let limit = 1_000
}

/// Writes such questions for findings.
package struct Auditor {
    let project: Project
    let wanted: Proof.Engine?

    /// - Parameter engine: in whose SQL; by default what the code speaks.
    package init(_ project: Project, engine: Proof.Engine? = nil) {
        self.project = project
        wanted = engine
    }

    package func damage(of finding: Finding) -> Damage {
        if let course = finding.course, project.routines.indices.contains(course.routine) {
            do throws(Obstacle) {
                let scene = try Scene(course, project, wanted)
                return scene.damage()
            } catch { return Damage(query: nil, text: "It cannot be told: \(error.reason).") }
        }
        let schema = SchemaDamage(project.schema, wanted ?? .postgres)
        return switch finding.rule {
        case "unsafe-url-field": schema.urls(finding.table, finding.column)
        case "auth-without-lockout": schema.bursts()
        case "unowned-payment", "client-set-amount": schema.refunds()
        case "uncapped-code": schema.codes(finding.table)
        case "count-then-insert": Damage(query: nil, text: "It cannot be told: what is counted stands inside the statement itself.")
        default: Damage(query: nil, text: "Nothing stays behind in the database from which it could be told.")
        }
    }
}

/// A finding of a race with what its statements say about tables and columns.
struct Scene {
    let course: Course
    let project: Project
    let plan: Plan
    let stage: Stage
    let write: Write
    let read: Read?
    let engine: Proof.Engine

    init(_ course: Course, _ project: Project, _ wanted: Proof.Engine?) throws(Obstacle) {
        (self.course, self.project) = (course, project)
        let routine = project.routines[course.routine]
        plan = try Plan(routine, to: course.act, by: course.check)
        stage = Stage(for: [routine], project.schema)
        guard case .write(let write)? = plan.steps[course.act]?.kind, stage[write.table] != nil else {
            throw Obstacle("the table that is written is not known")
        }
        self.write = write
        if let check = course.check, case .read(let read)? = plan.steps[check]?.kind { self.read = read } else { read = nil }
        engine = wanted ?? (write.api?.dialect == .sqlite ? .sqlite : .postgres)
    }

    func name(_ text: String) -> String { spelled(text) }

    func day(_ column: String) -> String { "date(\(name(column)))" }

    func damage() -> Damage {
        switch course.promise {
        case .cap: cap()
        case .absence: duplicates()
        case .supply(let column): supply(column)
        case .value(let column): value(column)
        case .once(let column): once(column)
        case .use: reuse()
        case .state(let column): statuses(column)
        case .remainder: Damage(query: nil, text: "It cannot be told: who was the last one is not kept anywhere.")
        }
    }

    // MARK: Too many

    private func cap() -> Damage {
        guard let check = course.check, let read, let table = stage[read.table] else {
            return Damage(query: nil, text: "It cannot be told: the table that is counted is not known.")
        }
        let scope = Scope(read.filters, table)
        if let doubt = doubt(read, table, scope) { return doubt }
        let alias = "t"
        guard let limit = limit(of: check) else {
            return Damage(query: nil, text: "It cannot be told: how many are allowed is not known; it would be the number of rows for each \(scope.told).")
        }
        let measure = summed.map { "sum(\(alias).\(name($0)))" } ?? "count(*)"
        var lines: [String], cap: String, more: [String] = []
        var from = "FROM \(name(table.name)) AS \(alias)"
        switch limit {
        case .number(let number): cap = number.spelled
        case .parameter(let label): cap = ":" + label
        case .column(let parent, let column, let own, let key):
            from += "\nJOIN \(name(parent)) AS p ON p.\(name(own)) = \(alias).\(name(key))"
            cap = "p.\(name(column))"
            more = [cap]
        }
        let keys = scope.groups(alias) + more
        lines = ["SELECT \((scope.items(alias) + more + ["\(measure) AS taken", "\(measure) - \(cap) AS over_the_cap"]).joined(separator: ", "))", from]
        if !scope.conditions(alias).isEmpty { lines.append("WHERE \(scope.conditions(alias).joined(separator: " AND "))") }
        if !keys.isEmpty { lines.append("GROUP BY \(keys.joined(separator: ", "))") }
        lines.append("HAVING \(measure) > \(cap)")
        lines.append("ORDER BY over_the_cap DESC")
        return Damage(query: finished(lines), text: "Each \(scope.told) with more than \(limit.told) in \(table.name), and by how much.")
    }

    private var isSum: Bool { read.map { $0.aggregate == .sum || $0.columns.contains { $0.aggregate == .sum } } ?? false }

    private var summed: String? {
        guard isSum, let read, let check = course.check, let table = stage[read.table] else { return nil }
        return plan.summedColumn(of: read, check).flatMap { table.column($0)?.name }
    }

    /// A question that leaves out a part of what the code asks would name people to whom nothing has happened.
    private func doubt(_ read: Read, _ table: Stage.Table, _ scope: Scope) -> Damage? {
        if scope.leavesOut || read.isPartlyUnknown {
            return Damage(query: nil, text: "It cannot be told: a condition of the check is of a form that is not known.")
        }
        if !read.joined.isEmpty { return Damage(query: nil, text: "It cannot be told: the check asks several tables at once.") }
        if scope.slides {
            return Damage(
                query: nil, text: "It cannot be told by one query: the check counts in a window that moves with the clock. A row for each period would tell.")
        }
        if case .cap = course.promise {
            if isSum, summed == nil { return Damage(query: nil, text: "It cannot be told: which column is added up is not known.") }
            let isCounted = read.aggregate.isNumber || read.aggregate == .rows || read.columns.contains { $0.aggregate != nil }
            if !isCounted { return Damage(query: nil, text: "It cannot be told: the rows are counted through another table.") }
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

    private func limit(of check: StepID) -> Limit? {
        for (step, condition) in conditions where condition.steps.contains(check) {
            guard let needed = plan.needed[step] else { continue }
            if let limit = limit(in: condition, holds: needed, check) { return limit }
        }
        return nil
    }

    /// The branches of the routine, the one that the finding names first.
    private var conditions: [(StepID, Value)] {
        var found: [(StepID, Value, Bool)] = []
        plan.routine.body.visit { step in if case .branch(let condition, _, _) = step.kind { found.append((step.id, condition, step.span == course.decision)) }
        }
        return (found.filter(\.2) + found.filter { !$0.2 }).map { ($0.0, $0.1) }
    }

    private func limit(in value: Value, holds: Bool, _ check: StepID) -> Limit? {
        switch value {
        case .operation(.not, let parts) where parts.count == 1: return limit(in: parts[0], holds: !holds, check)
        case .operation(.and, let parts), .operation(.or, let parts): return parts.lazy.compactMap { limit(in: $0, holds: holds, check) }.first
        case .operation(let op, let parts) where op.isOrdering && parts.count == 2:
            let isLeft = parts[0].steps.contains(check), subject = parts[isLeft ? 0 : 1].bare, other = parts[isLeft ? 1 : 0].bare
            guard parts[isLeft ? 0 : 1].steps.contains(check), !subject.isArithmetic else { return nil }
            // As `count op other`, and as it must be for the code to go on.
            let seen = isLeft ? op : op.turned, needed = holds ? seen : seen.opposite
            let isStrict: Bool
            switch needed {
            case .less: isStrict = true
            case .lessOrEqual: isStrict = false
            default: return nil
            }
            switch other {
            // `count < 50` lets the fiftieth in; `count <= 50` the one behind it.
            case .literal(.number(let text)): return Double(text).map { .number(isStrict ? $0 : $0 + 1) }
            case .member where other.columnPath != nil: return isStrict ? parent(of: other) : nil
            case .name(let label): return isStrict ? .parameter(label.parameterName) : nil
            default: return other.isGiven && isStrict ? .parameter(other.label.parameterName) : nil
            }
        default: return nil
        }
    }

    private func parent(of value: Value) -> Limit? {
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

    // MARK: Twice

    private func duplicates() -> Damage {
        guard let read, let table = stage[read.table] else { return Damage(query: nil, text: "It cannot be told: the table that is asked is not known.") }
        let scope = Scope(read.filters, table)
        if let doubt = doubt(read, table, scope) { return doubt }
        guard !scope.groups("t").isEmpty else { return Damage(query: nil, text: "It cannot be told: by which columns the row is looked for is not known.") }
        var lines = ["SELECT \((scope.items("t") + ["count(*) AS copies"]).joined(separator: ", "))", "FROM \(name(table.name)) AS t"]
        let conditions = scope.conditions("t") + scope.columns.map { "t.\(name($0)) IS NOT NULL" }
        if !conditions.isEmpty { lines.append("WHERE \(conditions.joined(separator: " AND "))") }
        lines += ["GROUP BY \(scope.groups("t").joined(separator: ", "))", "HAVING count(*) > 1", "ORDER BY copies DESC"]
        return Damage(query: finished(lines), text: "Each \(scope.told) that stands in \(table.name) more than once.")
    }

    /// Where what was given for the row is kept, with the row's key: more than one of them is a victim.
    private func once(_ column: String) -> Damage {
        let isNumber = write.assignments.contains { $0.column.folded == column.folded && ($0.isRelative || $0.value.isArithmetic) }
        if isNumber, let table = stage[read?.table ?? write.table], table.kind(column) == .number, read != nil { return supply(column) }
        if let found = given() { return found }
        guard let table = stage[read?.table ?? write.table] else { return Damage(query: nil, text: "It cannot be told: the table is not known.") }
        if let audit = audited(table, column) { return audit }
        return Damage(
            query: nil,
            text:
                "It cannot be told: `\(column)` of \(table.name) says that it was done, not how often. A row for each time, with `\(table.key)` in it, would tell."
        )
    }

    private func reuse() -> Damage {
        if let found = given() { return found }
        let table = stage[write.table]?.name ?? "the table"
        return Damage(query: nil, text: "It cannot be told: the rows of \(table) are gone. A row for each use, with the key of what was used, would tell.")
    }

    /// Rows that the routine inserts with the key of the row that was to be used once.
    private func given() -> Damage? {
        let rowKeys = rowKeys
        for step in plan.steps.values.sorted(by: { $0.id < $1.id }) {
            guard case .write(let other) = step.kind, other.operation == .insert, let table = stage[other.table], let used = stage[read?.table ?? write.table],
                table.name != used.name, !table.isJournal
            else {
                continue
            }
            guard let assignment = other.assignments.first(where: { rowKeys.contains($0.value) || isKey($0.value, of: used) }),
                let key = table.column(assignment.column)?.name,
                !table.keys.contains(where: { $0.columns.count == 1 && $0.columns[0].folded == key.folded })
            else { continue }
            let lines = [
                "SELECT \(name(key)), count(*) AS times", "FROM \(name(table.name))", "WHERE \(name(key)) IS NOT NULL", "GROUP BY \(name(key))",
                "HAVING count(*) > 1", "ORDER BY times DESC",
            ]
            return Damage(query: finished(lines), text: "Each row of \(used.name) for which \(table.name) holds more than one row.")
        }
        return nil
    }

    /// The values by which the row is looked for, where they name it.
    private var rowKeys: [Value] {
        let filters = (read?.filters ?? []) + write.filters
        return filters.filter {
            $0.comparison == .equal && !$0.value.isConstant && $0.value != .unknown
                && ["id", "code", "token", "hash", "key"].contains($0.column.nameWords.last ?? "")
        }.map(\.value)
    }

    private func isKey(_ value: Value, of table: Stage.Table) -> Bool {
        guard let check = course.check, let (step, path) = value.bare.columnPath, step == check else { return false }
        return path.folded == table.identity?.folded
    }

    // MARK: Numbers

    private func supply(_ column: String) -> Damage {
        guard let read, let table = stage[read.table], let known = table.column(column)?.name else {
            return Damage(query: nil, text: "It cannot be told: the column is not known.")
        }
        // A column that must not pass another of its row.
        if let check = course.check {
            for (step, condition) in conditions {
                guard let needed = plan.needed[step], let bound = bound(in: condition, holds: needed, check, known, table) else { continue }
                return exceeding(known, bound, table)
            }
        }
        return below(known, table)
    }

    private func bound(in value: Value, holds: Bool, _ check: StepID, _ column: String, _ table: Stage.Table) -> String? {
        switch value {
        case .operation(.not, let parts) where parts.count == 1: return bound(in: parts[0], holds: !holds, check, column, table)
        case .operation(.and, let parts), .operation(.or, let parts): return parts.lazy.compactMap { bound(in: $0, holds: holds, check, column, table) }.first
        case .operation(let op, let parts) where op.isOrdering && parts.count == 2:
            guard let one = parts[0].bare.columnPath, let other = parts[1].bare.columnPath, one.step == check, other.step == check else { return nil }
            let isFirst = one.path.folded == column.folded
            guard isFirst || other.path.folded == column.folded else { return nil }
            let seen = isFirst ? op : op.turned, needed = holds ? seen : seen.opposite
            guard needed == .less || needed == .lessOrEqual else { return nil }
            return table.column(isFirst ? other.path : one.path)?.name
        default: return nil
        }
    }

    private func value(_ column: String) -> Damage {
        guard let table = stage[write.table], let known = table.column(column)?.name else {
            return Damage(query: nil, text: "It cannot be told: the column is not known.")
        }
        if case .read(let counted)? = course.check.flatMap({ plan.steps[$0]?.kind }), counted.aggregate == .count, let source = stage[counted.table],
            source.name != table.name
        {
            return recounted(known, table, counted, source)
        }
        guard table.kind(known) == .number else {
            return Damage(query: nil, text: "It cannot be told: a change of `\(known)` that was lost leaves no trace. A row for each change would tell.")
        }
        if let check = course.check {
            for (step, condition) in conditions {
                guard let needed = plan.needed[step], let bound = bound(in: condition, holds: needed, check, known, table) else { continue }
                return exceeding(known, bound, table)
            }
        }
        return below(known, table)
    }

    private func exceeding(_ column: String, _ bound: String, _ table: Stage.Table) -> Damage {
        let key = table.identity.map { [name($0)] } ?? []
        let lines = [
            "SELECT \((key + [name(column), name(bound), "\(name(column)) - \(name(bound)) AS over_the_cap"]).joined(separator: ", "))",
            "FROM \(name(table.name))",
            "WHERE \(name(column)) > \(name(bound))", "ORDER BY over_the_cap DESC",
        ]
        return Damage(query: finished(lines), text: "Each row of \(table.name) whose `\(column)` has passed its `\(bound)`, and by how much.")
    }

    private func below(_ column: String, _ table: Stage.Table) -> Damage {
        let key = table.identity.map { [name($0)] } ?? []
        let lines = [
            "SELECT \((key + [name(column)]).joined(separator: ", "))", "FROM \(name(table.name))", "WHERE \(name(column)) < 0", "ORDER BY \(name(column))",
        ]
        return Damage(
            query: finished(lines),
            text:
                "Each row of \(table.name) whose `\(column)` has fallen below nothing. A change that was lost without that leaves no trace; a row for each change would tell."
        )
    }

    /// A number that is kept beside the rows that it counts.
    private func recounted(_ column: String, _ table: Stage.Table, _ counted: Read, _ source: Stage.Table) -> Damage {
        let link = counted.filters.first { filter in
            write.filters.contains { $0.value == filter.value && $0.comparison == .equal } && filter.comparison == .equal
        }
        guard let link, let key = source.column(link.column)?.name,
            let own = write.filters.first(where: { $0.value == link.value }).flatMap({ table.column($0.column)?.name })
        else {
            return Damage(query: nil, text: "It cannot be told: by which column the rows of \(source.name) belong to one of \(table.name) is not known.")
        }
        let conditions = ["c.\(name(key)) = t.\(name(own))"] + Scope(counted.filters.filter { $0.column != link.column }, source).conditions("c")
        let count = "(SELECT count(*) FROM \(name(source.name)) AS c WHERE \(conditions.joined(separator: " AND ")))"
        let lines = ["SELECT t.\(name(own)), t.\(name(column)), \(count) AS counted", "FROM \(name(table.name)) AS t", "WHERE t.\(name(column)) <> \(count)"]
        return Damage(query: finished(lines), text: "Each row of \(table.name) whose `\(column)` is not the number of its rows in \(source.name).")
    }

    // MARK: States

    private func statuses(_ column: String) -> Damage {
        guard let table = stage[write.table] else { return Damage(query: nil, text: "It cannot be told: the table is not known.") }
        return audited(table, column)
            ?? Damage(
                query: nil,
                text:
                    "It cannot be told: \(table.name) keeps the last `\(column)` only. A table with a row for each change (`\(table.key)`, `\(column)`, the time) would tell; `interlock migrate status` writes one."
            )
    }

    /// A table that keeps what happened to these rows.
    private func audited(_ table: Stage.Table, _ column: String) -> Damage? {
        let stem = Schema.fold(table.name)
        for (key, known) in project.schema.tables.sorted(by: { $0.key < $1.key }) where key != stage.key(of: table.name) {
            guard
                key.nameWords.contains(where: {
                    ["audit", "audits", "log", "logs", "history", "histories", "event", "events", "transition", "transitions", "changes", "activity"].contains(
                        $0)
                }),
                let link = known.columns.first(where: { $0.folded == stem + "id" || $0.folded == "rowid" && key.folded.contains(stem) }),
                let status = known.columns.first(where: {
                    ["to\(column.folded)", "new\(column.folded)", "next\(column.folded)", column.folded, "next", "tostate"].contains($0.folded)
                })
            else { continue }
            let ends = contradictory(table, column)
            guard ends.count > 1 else { continue }
            let list = ends.map { "'\($0.replacing("'", with: "''"))'" }.joined(separator: ", ")
            let lines = [
                "SELECT \(name(link)), min(\(name(status))) AS one, max(\(name(status))) AS another, count(*) AS changes",
                "FROM \(name(known.spelling ?? key))",
                "WHERE \(name(status)) IN (\(list))", "GROUP BY \(name(link))", "HAVING count(DISTINCT \(name(status))) > 1",
            ]
            return Damage(
                query: finished(lines),
                text: "Each row of \(table.name) that was \(ends.joined(separator: " and "))\(ends.count > 2 ? ", more than one of them" : "").")
        }
        return nil
    }

    /// States of which a row may see one.
    private func contradictory(_ table: Stage.Table, _ column: String) -> [String] {
        let known = project.states(table.name, column).union(write.table.map { project.states($0, column) } ?? [])
        let pairs = [
            ["approved", "rejected"], ["approved", "declined"], ["accepted", "declined"], ["accepted", "revoked"], ["paid", "cancelled"], ["paid", "canceled"],
            ["confirmed", "cancelled"], ["completed", "cancelled"], ["completed", "failed"], ["paid", "failed"], ["used", "refunded"],
        ]
        let folded = Dictionary(known.map { ($0.folded, $0) }) { first, _ in first }
        return pairs.lazy.compactMap { pair in pair.allSatisfy { folded[$0] != nil } ? pair.compactMap { folded[$0] } : nil }.first ?? []
    }

    private func finished(_ lines: [String]) -> String { lines.joined(separator: "\n") + "\nLIMIT \(Damage.limit);" }
}

extension Stage.Table {
    /// Many rows for one are what it is for.
    fileprivate var isJournal: Bool {
        name.nameWords.contains {
            [
                "log", "logs", "audit", "audits", "metric", "metrics", "history", "event", "events", "action", "actions", "activity", "activities",
                "notification", "notifications", "message", "messages", "view", "views",
            ].contains($0)
        }
    }

    /// How another table speaks of a row.
    var key: String { (name.nameWords.joined(separator: "_").singular) + "_" + (identity ?? "id") }
}

/// By which columns rows belong together, and which rows are meant, as a WHERE says.
struct Scope {
    /// Columns that are compared with what a request brings.
    var columns: [String] = []
    /// Columns of time, which are compared with the present day.
    private var days: [String] = []
    private var fixed: [(column: String, text: String)] = []
    /// It compares with a moment that moves on, or with one that is kept as a number.
    private(set) var slides = false
    /// A condition of which nothing could be made.
    private(set) var leavesOut = false

    init(_ filters: [Predicate], _ table: Stage.Table) {
        for filter in filters {
            guard let column = table.column(filter.column) else {
                leavesOut = true
                continue
            }
            let name = column.name
            switch filter.comparison {
            case .isNull: fixed.append((name, "IS NULL"))
            case .isNotNull: fixed.append((name, "IS NOT NULL"))
            case .equal where filter.isOfDay:
                if column.kind == .number { slides = true } else if !days.contains(name) { days.append(name) }
            case .greater, .greaterOrEqual, .less, .lessOrEqual:
                if column.kind == .moment || filter.value.isClock {
                    if !filter.value.isDay || column.kind == .number { slides = true } else if !days.contains(name) { days.append(name) }
                    continue
                }
                guard filter.value.isConstant else {
                    leavesOut = true
                    continue
                }
                if case .literal(let literal) = filter.value, let sign = filter.comparison.sign { fixed.append((name, "\(sign) \(Datum(literal).literal)")) }
            case .equal, .notEqual, .like:
                if case .literal(let literal) = filter.value {
                    let sign = filter.comparison == .notEqual ? "<>" : "="
                    fixed.append(
                        (
                            name,
                            literal == .null
                                ? filter.comparison == .notEqual ? "IS NOT NULL" : "IS NULL"
                                : "\(sign) \(Datum(literal).converted(to: column.kind ?? .text).literal)"
                        ))
                } else if filter.comparison == .equal, !columns.contains(name) {
                    columns.append(name)
                }
            case .oneOf, .notOneOf:
                guard case .list(let items) = filter.value else {
                    leavesOut = true
                    continue
                }
                let known = items.compactMap { item -> String? in
                    if case .literal(let literal) = item { Datum(literal).converted(to: column.kind ?? .text).literal } else { nil }
                }
                if known.count == items.count, !known.isEmpty {
                    fixed.append((name, "\(filter.comparison == .oneOf ? "IN" : "NOT IN") (\(known.joined(separator: ", ")))"))
                }
            case .other: leavesOut = true
            }
        }
    }

    func groups(_ alias: String) -> [String] { columns.map { "\(alias).\(spelled($0))" } + days.map { "date(\(alias).\(spelled($0)))" } }

    func items(_ alias: String) -> [String] {
        columns.map { "\(alias).\(spelled($0))" }
            + days.map { "date(\(alias).\(spelled($0))) AS day_of_\($0.lowercased().filter { $0.isLetter || $0.isNumber || $0 == "_" })" }
    }

    func conditions(_ alias: String) -> [String] { fixed.map { "\(alias).\(spelled($0.column)) \($0.text)" } }

    var told: String {
        let names = columns + days.map { "day of \($0)" }
        return names.isEmpty ? "table" : names.joined(separator: ", ")
    }
}

/// As it must be written: in quotes where it is not a plain word in small letters.
func spelled(_ name: String) -> String {
    let isPlain = name.utf8.allSatisfy { $0 >= 97 && $0 <= 122 || $0 >= 48 && $0 <= 57 || $0 == 95 } && name.utf8.first.map { $0 > 57 } == true
    return isPlain && !reserved.contains(name) ? name : quoted(name)
}

/// Words that PostgreSQL or SQLite keep for themselves and people call tables and columns:
/// https://www.postgresql.org/docs/15/sql-keywords-appendix.html, https://sqlite.org/lang_keywords.html
private let reserved: Set<String> = [
    "all", "and", "any", "array", "as", "asc", "both", "case", "cast", "check", "collate", "column", "constraint", "create", "cross", "default", "desc",
    "distinct", "do", "else",
    "end", "except", "false", "for", "foreign", "freeze", "from", "full", "grant", "group", "having", "in", "index", "inner", "into", "is", "join", "key",
    "leading", "left",
    "like", "limit", "natural", "not", "null", "offset", "on", "only", "or", "order", "outer", "primary", "references", "right", "select", "session_user",
    "set", "some",
    "table", "then", "to", "trailing", "transaction", "true", "union", "unique", "user", "using", "values", "when", "where", "with",
]

extension Operator {
    /// The same comparison with its sides exchanged.
    var turned: Operator {
        switch self {
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        default: self
        }
    }

    /// What holds where it does not.
    var opposite: Operator {
        switch self {
        case .less: .greaterOrEqual
        case .lessOrEqual: .greater
        case .greater: .lessOrEqual
        case .greaterOrEqual: .less
        case .equal: .notEqual
        case .notEqual: .equal
        default: self
        }
    }
}

extension String {
    /// `process.env.MAX_SEATS` as the name of a parameter.
    fileprivate var parameterName: String {
        let last = split(separator: ".").last.map(String.init) ?? self,
            words = last.nameWords.joined(separator: "_").filter { $0.isLetter || $0.isNumber || $0 == "_" }
        return words.isEmpty ? "cap" : words
    }

    fileprivate var singular: String {
        if hasSuffix("ies") { return dropLast(3) + "y" }
        return hasSuffix("s") && !hasSuffix("ss") ? String(dropLast()) : self
    }
}
