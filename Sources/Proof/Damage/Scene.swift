import Flow

/// A finding of a race with what its statements say about tables and columns.
struct Scene {
    let course: Course
    let project: Project
    let plan: Plan
    let stage: Stage
    let write: Write
    let read: Read?
    let engine: Proof.Engine
    /// The column by which the library leaves out rows that are deleted, by table.
    private let isDeletedSoftly: [String: String]

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
        isDeletedSoftly = Dictionary(
            stage.tables.sorted { $0.key < $1.key }.compactMap { key, table in project.schema.tables[key]?.deletedSoftly.map { (table.name, $0) } }
        ) { first, _ in first }
    }

    func name(_ text: String) -> String { spelled(text) }

    /// What the code asks of the rows, and what its library asks besides.
    func conditions(_ scope: Scope, _ table: Stage.Table, _ alias: String) -> [String] {
        scope.conditions(alias) + (isDeletedSoftly[table.name].map { ["\(alias).\(name($0)) IS NULL"] } ?? [])
    }

    /// The columns by which a row of the table can be told from others: its `id`, or its primary key.
    func key(of table: Stage.Table) -> [String] {
        guard let known = project.schema.table(table.name), !known.columns.isEmpty, !known.columns.contains("id"),
            !known.keys.contains(where: { $0.columns == ["id"] })
        else { return table.identity.map { [name($0)] } ?? [] }
        if let primary = known.keys.first(where: \.isPrimary) { return primary.columns.map { name(known.spelled($0)) } }
        // Object mappers add their own.
        return known.isCreated ? [] : table.identity.map { [name($0)] } ?? []
    }

    func damage() -> Damage {
        switch course.promise {
        case .cap: cap()
        case .absence: duplicates()
        case .supply(let column): supply(column)
        case .value(let column): value(column)
        case .once(let column): once(column)
        case .use: reuse()
        case .state(let column): statuses(column)
        case .remainder: Damage(untold: "who was the last one is not kept anywhere.")
        }
    }

    func duplicates() -> Damage {
        guard let read, let table = stage[read.table] else { return Damage(untold: "the table that is asked is not known.") }
        let scope = Scope(read.filters, table, isDaily: isDaily)
        if let doubt = doubt(read, table, scope) { return doubt }
        guard !scope.groups("t").isEmpty else { return Damage(untold: "by which columns the row is looked for is not known.") }
        var lines = ["SELECT \((scope.items("t") + ["count(*) AS copies"]).joined(separator: ", "))", "FROM \(project.schema.source(table.name)) AS t"]
        let conditions = conditions(scope, table, "t") + scope.columns.map { "t.\(name($0)) IS NOT NULL" }
        if !conditions.isEmpty { lines.append("WHERE \(conditions.joined(separator: " AND "))") }
        lines += ["GROUP BY \(scope.groups("t").joined(separator: ", "))", "HAVING count(*) > 1", "ORDER BY copies DESC"]
        return Damage(lines, text: "Each \(scope.told) that stands in \(table.name) more than once.")
    }

    /// Where what was given for the row is kept, with the row's key: more than one of them is a victim.
    func once(_ column: String) -> Damage {
        let isNumber = write.assignments.contains { $0.column.folded == column.folded && ($0.isRelative || $0.value.isArithmetic) }
        if isNumber, let table = stage[read?.table ?? write.table], table.kind(column) == .number, read != nil { return supply(column) }
        if let found = given() { return found }
        guard let table = stage[read?.table ?? write.table] else { return Damage(untold: "the table is not known.") }
        if let audit = audited(table, column) { return audit }
        return Damage(
            untold: "`\(column)` of \(table.name) says that it was done, not how often. A row for each time, with `\(table.key)` in it, would tell."
        )
    }

    func reuse() -> Damage {
        if let found = given() { return found }
        let table = stage[write.table]?.name ?? "the table"
        return Damage(untold: "the rows of \(table) are gone. A row for each use, with the key of what was used, would tell.")
    }

    /// Rows that the routine inserts with the key of the row that was to be used once.
    func given() -> Damage? {
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
                "SELECT \(name(key)), count(*) AS times", "FROM \(project.schema.source(table.name))", "WHERE \(name(key)) IS NOT NULL",
                "GROUP BY \(name(key))",
                "HAVING count(*) > 1", "ORDER BY times DESC",
            ]
            return Damage(lines, text: "Each row of \(used.name) for which \(table.name) holds more than one row.")
        }
        return nil
    }

    /// The values by which the row is looked for, where they name it.
    var rowKeys: [Value] {
        let filters = (read?.filters ?? []) + write.filters
        return filters.filter {
            $0.comparison == .equal && !$0.value.isConstant && $0.value != .unknown
                && ["id", "code", "token", "hash", "key"].contains($0.column.nameWords.last ?? "")
        }.map(\.value)
    }

    func isKey(_ value: Value, of table: Stage.Table) -> Bool {
        guard let check = course.check, let (step, path) = value.bare.columnPath, step == check else { return false }
        return path.folded == table.identity?.folded
    }

    func statuses(_ column: String) -> Damage {
        guard let table = stage[write.table] else { return Damage(untold: "the table is not known.") }
        return audited(table, column)
            ?? Damage(
                untold:
                    "\(table.name) keeps the last `\(column)` only. A table with a row for each change (`\(table.key)`, `\(column)`, the time) would tell; `interlock migrate status` writes one."
            )
    }

    /// A table that keeps what happened to these rows.
    func audited(_ table: Stage.Table, _ column: String) -> Damage? {
        let stem = Schema.fold(table.name), own = stage.key(of: table.name).folded
        for (key, known) in project.schema.tables.sorted(by: { $0.key < $1.key }) where key != stage.key(of: table.name) {
            guard
                (known.spelling ?? key).nameWords.contains(where: {
                    ["audit", "audits", "log", "logs", "history", "histories", "event", "events", "transition", "transitions", "changes", "activity"].contains(
                        $0)
                }),
                let link = known.spelledColumns.first(where: {
                    [stem + "id", own + "id", Schema.fold(own) + "id"].contains($0.folded) || $0.folded == "rowid" && key.folded.hasPrefix(own)
                }),
                let status = known.spelledColumns.first(where: {
                    ["to\(column.folded)", "new\(column.folded)", "next\(column.folded)", column.folded, "next", "tostate"].contains($0.folded)
                })
            else { continue }
            let ends = contradictory(table, column)
            guard ends.count > 1 else { continue }
            let list = ends.map { "'\($0.replacing("'", with: "''"))'" }.joined(separator: ", ")
            let lines = [
                "SELECT \(name(link)), min(\(name(status))) AS one, max(\(name(status))) AS another, count(*) AS changes",
                "FROM \(project.schema.source(known.spelling ?? key))",
                "WHERE \(name(status)) IN (\(list))", "GROUP BY \(name(link))", "HAVING count(DISTINCT \(name(status))) > 1",
            ]
            return Damage(
                lines,
                text: "Each row of \(table.name) that was \(ends.joined(separator: " and "))\(ends.count > 2 ? ", more than one of them" : "").")
        }
        return nil
    }

    /// States of which a row may see one.
    func contradictory(_ table: Stage.Table, _ column: String) -> [String] {
        let known = project.states(table.name, column).union(write.table.map { project.states($0, column) } ?? [])
        let pairs = [
            ["approved", "rejected"], ["approved", "declined"], ["accepted", "declined"], ["accepted", "revoked"], ["paid", "cancelled"], ["paid", "canceled"],
            ["confirmed", "cancelled"], ["completed", "cancelled"], ["completed", "failed"], ["paid", "failed"], ["used", "refunded"],
        ]
        let folded = Dictionary(known.map { ($0.folded, $0) }) { first, _ in first }
        return pairs.firstMapped { pair in pair.allSatisfy { folded[$0] != nil } ? pair.compactMap { folded[$0] } : nil } ?? []
    }
}

extension Stage.Table {
    /// Many rows for one are what it is for.
    var isJournal: Bool {
        name.nameWords.contains {
            [
                "log", "logs", "audit", "audits", "metric", "metrics", "history", "event", "events", "action", "actions", "activity", "activities",
                "notification", "notifications", "message", "messages", "view", "views",
            ].contains($0)
        }
    }

    /// How another table speaks of a row.
    var key: String { (name.underscored.singular) + "_" + (identity ?? "id") }
}

extension String {
    /// `process.env.MAX_SEATS` as the name of a parameter.
    var parameterName: String {
        let last = split(separator: ".").last.map(String.init) ?? self,
            words = last.underscored.filter { $0.isLetter || $0.isNumber || $0 == "_" }
        return words.isEmpty ? "cap" : words
    }

    var singular: String {
        if hasSuffix("ies") { return dropLast(3) + "y" }
        return hasSuffix("s") && !hasSuffix("ss") ? String(dropLast()) : self
    }
}
