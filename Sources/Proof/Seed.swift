import Flow

/// The rows that stand in the database before the requests arrive.
struct Seed: Hashable {
    private(set) var rows: [String: [Datum.Row]] = [:]
    private var made = 0

    /// Somebody must not have to wait for a seed.
    private static let rowLimit = 20_000

    // MARK: What must be there

    /// Changes the rows so that a condition sees what it is to see. False where that cannot be had.
    mutating func mend(_ leaf: Leaf, _ datum: Datum, _ plan: Plan, _ evaluator: Evaluator, _ stage: Stage) -> Bool {
        guard let step = leaf.step, case .read(let read)? = plan.steps[step]?.kind, let table = stage[read.table] else { return false }
        let key = stage.key(of: read.table ?? ""), asked = conditions(of: read, table, evaluator)
        let matching = { (seed: Seed) in seed.rows[key, default: []].indices.filter { at in asked.allSatisfy { $0.matches(seed.rows[key, default: []][at]) } } }
        switch leaf {
        case .given: return false
        case .presence:
            if datum == .boolean(true) { return matching(self).isEmpty ? add(1, to: key, table, asked) : false }
            return remove(matching(self), from: key)
        case .number:
            guard let number = datum.number, number.isFinite else { return false }
            let isSum = read.aggregate == .sum || read.aggregate == .maximum || read.columns.contains { $0.aggregate == .sum || $0.aggregate == .maximum }
            if isSum {
                guard let column = plan.summedColumn(of: read, step).flatMap({ table.column($0) }) else { return false }
                _ = remove(matching(self), from: key)
                if number == 0 { return true }
                guard add(1, to: key, table, asked), let at = matching(self).last else { return false }
                rows[key]?[at].values[column.name.folded] = .number(number)
                return true
            }
            let wanted = max(0, Int(min(number, 1e7))), present = matching(self)
            guard wanted <= Self.rowLimit else { return false }
            if wanted > present.count { return add(wanted - present.count, to: key, table, asked) }
            let named = present.filter { rows[key]?[$0].isNamed == true }, others = present.filter { rows[key]?[$0].isNamed != true }
            return remove((named + others).suffix(present.count - wanted), from: key)
        case .column(_, let name):
            let own = read.columns.first { $0.alias.folded == name }?.column ?? name
            guard let column = table.column(own) else { return false }
            let isMissing = matching(self).isEmpty
            if isMissing, !add(1, to: key, table, asked) { return false }
            guard let at = matching(self).first, let old = rows[key]?[at] else { return false }
            let value = datum.converted(to: column.kind ?? .text)
            // What the row is looked for by says what it is.
            if asked.contains(where: { $0.column == column.name && $0.comparison == .equal }) { return isMissing }
            guard old.value(column.name) != value else { return isMissing }
            rows[key]?[at].values[column.name.folded] = value
            return true
        case .related(let step, let relation):
            guard let number = datum.number, let link = stage.link(relation, of: read, step, in: plan) else { return false }
            if matching(self).isEmpty, !add(1, to: key, table, asked) { return false }
            guard let at = matching(self).first, let parent = rows[key]?[at].value(link.parent) else { return false }
            let condition = Condition(column: link.key, kind: link.table.kind(link.key), comparison: .equal, values: [parent])
            let child = stage.key(of: link.table.name), present = rows[child, default: []].count { condition.matches($0) }
            let wanted = max(0, Int(min(number, 1e7)))
            guard wanted <= Self.rowLimit, wanted != present else { return false }
            if wanted > present { return add(wanted - present, to: child, link.table, [condition]) }
            rows[child]?.removeAll { condition.matches($0) }
            return wanted == 0 || add(wanted, to: child, link.table, [condition])
        }
    }

    /// The value of a column in the rows that a read finds.
    mutating func set(_ name: String, _ value: Datum, of read: Read, _ evaluator: Evaluator, _ stage: Stage) {
        guard let table = stage[read.table], let column = table.column(name) else { return }
        let key = stage.key(of: read.table ?? ""), asked = conditions(of: read, table, evaluator)
        for at in rows[key, default: []].indices where asked.allSatisfy({ $0.matches(rows[key, default: []][at]) }) {
            rows[key]?[at].values[column.name.folded] = value.converted(to: column.kind ?? .text)
        }
    }

    /// A status of which nothing was asked is one in which rows begin.
    mutating func begin(_ name: String, of write: Write, in state: String, _ stage: Stage) {
        guard let table = stage[write.table], let column = table.column(name), column.kind == .text else { return }
        guard column.states.isEmpty || column.states.contains(state) else { return }
        let key = stage.key(of: write.table ?? "")
        for at in rows[key, default: []].indices where rows[key]?[at].value(column.name) == .null { rows[key]?[at].values[column.name.folded] = .text(state) }
    }

    /// A row that the conditions of a write find, where no read has asked for one.
    mutating func add(for write: Write, _ evaluator: Evaluator, _ stage: Stage) -> Bool {
        var read = Read(table: write.table, aggregate: .row)
        read.filters = write.filters
        guard let table = stage[write.table] else { return false }
        let asked = conditions(of: read, table, evaluator), key = stage.key(of: write.table ?? "")
        guard !rows[key, default: []].contains(where: { row in asked.allSatisfy { $0.matches(row) } }) else { return false }
        guard add(1, to: key, table, asked) else { return false }
        if let last = rows[key]?.indices.last { rows[key]?[last].isNamed = true }
        return true
    }

    private mutating func remove(_ places: some Sequence<Int>, from key: String) -> Bool {
        let gone = Set(places)
        rows[key] = rows[key, default: []].enumerated().filter { !gone.contains($0.offset) }.map(\.element)
        return !gone.isEmpty
    }

    private mutating func add(_ count: Int, to key: String, _ table: Stage.Table, _ asked: [Condition]) -> Bool {
        let fixed = Set(asked.filter { $0.comparison == .equal }.map(\.column.folded))
        var present = rows.removeValue(forKey: key) ?? []
        var keys = table.keys.filter { $0.condition == nil }.map { unique in
            Taken(unique.columns.compactMap { table.column($0)?.name.folded }, isWhole: unique.columns.allSatisfy { table.column($0) != nil }, present)
        }
        present.reserveCapacity(present.count + count)
        for _ in 0..<count {
            made += 1
            var row = Datum.Row()
            for column in table.columns { row.values[column.name.folded] = Self.initial(column, made) }
            for condition in asked { row.values[condition.column.folded] = condition.satisfied(made) }
            for column in table.columns where !column.states.isEmpty { row.choose(of: column, asked) }
            // The row is there under its key, and says something else: it is made to say this. There is no second one.
            if let known = keys.firstMapped({ $0.isNamed(by: fixed) ? $0.place(of: row) : nil }) {
                for condition in asked { present[known].values[condition.column.folded] = condition.satisfied(made) }
                break
            }
            for unique in keys {
                // What was asked for by name cannot be another; the rest of the key can.
                guard let free = unique.columns.last(where: { !fixed.contains($0) }), unique.refuses(row) else { continue }
                row.values[free] = Self.fresh(table.column(free), free, made)
            }
            for at in keys.indices { keys[at].note(row, at: present.count) }
            present.append(row)
        }
        rows[key] = present
        return count > 0
    }

    /// What rows have under a unique key, so that thousands of them are not gone through for each new one.
    private struct Taken {
        let columns: [String]
        /// All columns of the key are columns of the table.
        let isWhole: Bool
        private var places: [[Datum]: Int] = [:]

        init(_ columns: [String], isWhole: Bool, _ rows: [Datum.Row]) {
            self.columns = columns
            self.isWhole = isWhole
            for (at, row) in rows.enumerated() { note(row, at: at) }
        }

        private func values(of row: Datum.Row) -> [Datum] { columns.map { row.value($0) } }

        mutating func note(_ row: Datum.Row, at place: Int) {
            let values = values(of: row)
            if places[values] == nil { places[values] = place }
        }

        func isNamed(by fixed: Set<String>) -> Bool { isWhole && !columns.isEmpty && columns.allSatisfy(fixed.contains) }

        func place(of row: Datum.Row) -> Int? { places[values(of: row)] }

        /// NULL is never the same as NULL.
        func refuses(_ row: Datum.Row) -> Bool {
            let values = values(of: row)
            return !values.contains(.null) && places[values] != nil
        }
    }

    private static func fresh(_ column: Stage.Table.Column?, _ name: String, _ number: Int) -> Datum {
        switch column?.kind ?? .text {
        case .text: return .text("\(name)-\(number + 100)")
        case .number:
            guard let column, let greatest = column.greatest, greatest >= column.least else { return .number(Double(number + 100)) }
            return .number(column.least + Double(number - 1).truncatingRemainder(dividingBy: greatest - column.least + 1))
        case .boolean: return .boolean(false)
        case .moment: return .moment(-number * 60)
        }
    }

    /// What is paid for something, or asked for it: nobody sells for nothing.
    private static let prices: Set<String> = ["price", "amount", "fee", "cost"]

    private static func initial(_ column: Stage.Table.Column, _ number: Int) -> Datum {
        let words = column.name.nameWords
        if column.name.namesRow { return column.kind == .number ? .number(Double(number + 100)) : .text("\(column.name)-\(number + 100)") }
        switch column.kind ?? .text {
        case .boolean: return .boolean(false)
        case .moment: return !column.isRequired ? .null : .moment(column.name.namesEnd ? 86_400 : -86_400)
        // A moment in seconds: it has not come yet.
        case .number where words.last == "at" && words.count > 1 && !column.isRequired: return .null
        case .number: return .number(max(column.least, words.contains(where: Self.prices.contains) ? 10 : 0))
        case .text:
            return ["uuid", "key", "code", "token", "email", "slug", "name", "hash"].contains(words.last) ? .text("\(column.name)-\(number + 100)") : .null
        }
    }

    private func conditions(of read: Read, _ table: Stage.Table, _ evaluator: Evaluator) -> [Condition] {
        read.filters.compactMap { filter in
            guard let column = table.column(filter.column), filter.comparison != .other else { return nil }
            if filter.value.parts.contains(where: { if case .column = $0 { true } else { false } }) { return nil }
            let kind = column.kind ?? .text
            let value = filter.value == .unknown ? Datum.text("\(column.name)-1") : evaluator.written(filter.value)
            let values: [Datum] = if case .list(let items) = value { items.map { $0.converted(to: kind) } } else { [value.converted(to: kind)] }
            let comparison = if filter.comparison == .equal, case .list = filter.value { Predicate.Comparison.oneOf } else { filter.comparison }
            return Condition(column: column.name, kind: kind, comparison: comparison, values: values, isOfDay: filter.isOfDay)
        }
    }

    // MARK: As statements

    func inserts(_ stage: Stage) -> [Statement] {
        rows.sorted { $0.key < $1.key }.flatMap { key, rows -> [Statement] in
            guard let table = stage.tables[key] else { return [] }
            return stride(from: 0, to: rows.count, by: 200).map { start in
                var statement = Statement(
                    .other, "INSERT INTO \(quoted(table.name)) (\(table.columnList)) VALUES ")
                for (at, row) in rows[start..<min(rows.count, start + 200)].enumerated() {
                    statement += at == 0 ? "(" : ", ("
                    for (place, column) in table.columns.enumerated() {
                        if place > 0 { statement += ", " }
                        statement.bind(row.value(column.name), as: column.kind ?? .text)
                    }
                    statement += ")"
                }
                return statement
            }
        }
    }

    /// The rows as a reader is told of them.
    func described(_ stage: Stage) -> [String] {
        rows.sorted { $0.key < $1.key }.compactMap { key, rows in
            guard let table = stage.tables[key], let first = rows.first else { return nil }
            let values = table.columns.compactMap { column in
                let value = first.value(column.name)
                return value == .null || value == .unknown ? nil : "\(column.name) \(value.literal)"
            }
            return
                "\(rows.count) row\(rows.count == 1 ? "" : "s") in \(table.name)\(rows.count == 1 ? ": " : ", such as ")\(values.prefix(8).joined(separator: ", "))"
        }
    }
}

extension Datum.Row {
    /// A state that the schema allows, in place of one that it does not, or of none where there must be one.
    fileprivate mutating func choose(of column: Stage.Table.Column, _ asked: [Condition]) {
        let own = value(column.name), conditions = asked.filter { $0.column == column.name }
        if case .text(let text) = own, column.states.contains(text) { return }
        if own == .null, !column.isRequired || conditions.contains(where: { $0.comparison == .isNull }) { return }
        let fitting = column.states.filter { state in
            var row = self
            row.values[column.name.folded] = .text(state)
            return conditions.allSatisfy { $0.matches(row) }
        }
        guard let state = fitting.first(where: { Play.beginnings.contains($0.folded) }) ?? fitting.first else { return }
        values[column.name.folded] = .text(state)
    }
}

extension String {
    /// It holds the key of a row: `user_id`, `userId`, and in lower case `userid`.
    fileprivate var namesRow: Bool {
        let words = nameWords
        if ["id", "pk"].contains(words.last) { return true }
        return words.count == 1 && hasSuffix("id") && count > 4
            && !["paid", "valid", "invalid", "void", "avoid", "unpaid", "prepaid", "grid", "android"].contains(self)
    }
}
