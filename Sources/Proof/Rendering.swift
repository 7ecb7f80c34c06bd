import Flow

/// Why something cannot be played, in words that follow "not executable:".
struct Obstacle: Error, Hashable {
    let reason: String
    let place: Span?

    init(_ reason: String, at place: Span? = nil) {
        self.reason = reason
        self.place = place
    }
}

/// The statements that a library issues for what the code asks of it, made anew from the flow.
struct Rendering {
    let stage: Stage
    let engine: Proof.Engine
    /// What the database fills into new rows of the act's table.
    let filled: [String: Value]

    // MARK: Reads

    /// - Parameters:
    ///   - used: the columns that the code looks at.
    ///   - summed: the column that is added up, where one is.
    func read(_ read: Read, _ evaluator: Evaluator, used: [String], summed: String?) throws(Obstacle) -> Statement {
        guard let table = stage[read.table] else { throw Obstacle("the table that is read is not known") }
        guard !read.columns.contains(where: \.isRemainder) else { throw Obstacle("what is left is computed by the statement that counts") }
        var statement = Statement(.read, "SELECT ")
        switch read.aggregate {
        case .count:
            statement += "count(*)"
            statement.results = ["count"]
        case .exists:
            statement += "count(*)"
            statement.results = ["exists"]
        case .sum, .maximum:
            guard let name = summed, let column = table.column(name) else {
                throw Obstacle("which column is added up is not known")
            }
            statement += "coalesce(\(read.aggregate == .sum ? "sum" : "max")(\(quoted(column.name))), 0)"
            statement.results = ["number"]
        case .row, .rows:
            if let item = read.columns.first(where: { $0.aggregate != nil && !$0.isOfRelations }) {
                let column = (item.column ?? summed).flatMap { table.column($0) }
                switch item.aggregate {
                case .sum?, .maximum?:
                    guard let column else { throw Obstacle("which column is added up is not known") }
                    statement += "coalesce(\(item.aggregate == .sum ? "sum" : "max")(\(quoted(column.name))), 0)"
                default: statement += "count(*)"
                }
                statement.results = [item.alias.folded]
                break
            }
            var items = read.columns.compactMap { item in item.column.flatMap { table.column($0) }.map { (item.alias, $0.name) } }
            // What the code then uses must be there, whatever the library was asked for.
            for name in used where !items.contains(where: { $0.0.folded == name.folded }) {
                if let column = table.column(name) { items.append((name, column.name)) }
            }
            if let identity = table.identity, !items.contains(where: { $0.1 == identity }) { items.insert((identity, identity), at: 0) }
            statement += items.map { $0.0.folded == $0.1.folded ? quoted($0.1) : "\(quoted($0.1)) AS \(quoted($0.0))" }.joined(separator: ", ")
            statement.results = items.map { $0.0.folded }
        }
        statement += " FROM \(quoted(table.name))"
        try restrict(&statement, by: read.filters, table, evaluator)
        guard !read.isAggregated else {
            guard read.lock == nil else { throw Obstacle("what a lock on counted rows holds differs from one database to the other") }
            return statement
        }
        if let identity = table.identity { statement += " ORDER BY \(quoted(identity))" }
        if read.aggregate == .row { statement += " LIMIT 1" }
        if let lock = read.lock {
            guard engine == .postgres else { throw Obstacle("SQLite has no row locks; run it with --engine postgres") }
            statement += lock == .update ? " FOR UPDATE" : lock == .share ? " FOR SHARE" : " FOR UPDATE SKIP LOCKED"
        }
        return statement
    }

    /// The rows of a relation, which a library fetches with a statement of its own.
    func related(_ table: Stage.Table, by key: String, _ value: Datum) -> Statement {
        var statement = table.allRows
        statement += " WHERE \(quoted(key)) = "
        statement.bind(value, as: table.kind(key))
        return statement
    }

    // MARK: Writes

    func write(_ write: Write, _ evaluator: Evaluator, identity: Datum, isAct: Bool) throws(Obstacle) -> Statement {
        guard let table = stage[write.table] else { throw Obstacle("the table that is written is not known") }
        switch write.operation {
        case .insert: return try insert(write, table, evaluator, identity, isAct)
        case .upsert where write.conflict != nil || write.filters.isEmpty: return try insert(write, table, evaluator, identity, isAct)
        case .upsert: return try upsert(write, table, evaluator, identity, isAct)
        case .update:
            if write.partlyUnknown, write.filters.isEmpty { throw Obstacle("which rows the UPDATE of \(table.name) changes is not known") }
            var statement = Statement(.write, "UPDATE \(quoted(table.name)) SET ")
            try set(&statement, write.assignments + untouched(write, table, evaluator), table, evaluator)
            return try restricted(statement, write, table, evaluator)
        case .delete: return try restricted(Statement(.write, "DELETE FROM \(quoted(table.name))"), write, table, evaluator)
        }
    }

    /// The columns that are written back as they were read, where a library writes all of a row.
    private func untouched(_ write: Write, _ table: Stage.Table, _ evaluator: Evaluator) -> [Assignment] {
        guard let step = write.savedRow else { return [] }
        let written = Set(write.assignments.compactMap { table.column($0.column)?.name })
        return table.columns.filter { $0.name != table.identity && !written.contains($0.name) }.compactMap { column in
            let value = Value.member(.outcome(step, .row), column.name)
            return evaluator.datum(value).isKnown ? Assignment(column.name, value) : nil
        }
    }

    private func restricted(_ statement: Statement, _ write: Write, _ table: Stage.Table, _ evaluator: Evaluator) throws(Obstacle) -> Statement {
        guard write.openFilters.isEmpty else {
            throw Obstacle(
                "a condition of the \(write.operation == .delete ? "DELETE from" : "UPDATE of") \(table.name) is given by a caller that is not known")
        }
        guard !write.filters.isEmpty else { throw Obstacle("which row of \(table.name) is written is not known") }
        var statement = statement
        try restrict(&statement, by: write.filters, table, evaluator)
        return returning(statement, table)
    }

    private func set(_ statement: inout Statement, _ assignments: [Assignment], _ table: Stage.Table, _ evaluator: Evaluator) throws(Obstacle) {
        let known = assignments.reduce(into: [(Stage.Table.Column, Value)]()) { known, assignment in
            guard let column = table.column(assignment.column) else { return }
            known.removeAll { $0.0.name == column.name }
            known.append((column, assignment.value))
        }
        guard !known.isEmpty else { throw Obstacle("what is written to \(table.name) is not known") }
        for (at, (column, value)) in known.enumerated() {
            statement += "\(at > 0 ? ", " : "")\(quoted(column.name)) = "
            try add(value, to: &statement, column.kind ?? .text, table, evaluator)
        }
    }

    private func insert(_ write: Write, _ table: Stage.Table, _ evaluator: Evaluator, _ identity: Datum, _ isAct: Bool) throws(Obstacle) -> Statement {
        var values: [(Stage.Table.Column, Datum)] = [], doubts: [String] = []
        for assignment in write.assignments {
            guard let column = table.column(assignment.column), !values.contains(where: { $0.0.name == column.name }) else { continue }
            let isUnique = table.keys.contains { key in key.columns.contains { $0.folded == column.name.folded } }
            if assignment.value == .unknown, isUnique {
                doubts.append(column.name)
                values.append((column, .text("\(column.name)-1")))
            } else {
                // What somebody else answers may be new each time.
                if isUnique, evaluator.given.isOnePerson, assignment.value.isAnswer { doubts.append(column.name) }
                values.append((column, evaluator.written(assignment.value)))
            }
        }
        // What the database fills in: of defaults only the present moment is known.
        for column in table.columns
        where column.kind == .moment && table.filled.contains(column.name.folded) && !values.contains(where: { $0.0.name == column.name }) {
            values.append((column, .moment(0)))
        }
        if isAct {
            for column in table.columns where !values.contains(where: { $0.0.name == column.name }) {
                if let value = filled[column.name.folded] {
                    var written = evaluator.written(value)
                    if case .list(let items) = written { written = items.first ?? .null }
                    values.append((column, written))
                }
            }
        }
        if let id = table.identity.flatMap({ table.column($0) }), !values.contains(where: { $0.0.name == id.name }) { values.insert((id, identity), at: 0) }
        var statement = Statement(.write, "INSERT INTO \(quoted(table.name)) (\(values.map { quoted($0.0.name) }.joined(separator: ", "))) VALUES (")
        statement.doubts = doubts
        for (at, (column, value)) in values.enumerated() {
            if at > 0 { statement += ", " }
            statement.bind(value, as: column.kind ?? .text)
        }
        statement += ")"
        if let conflict = write.conflict {
            try resolve(conflict, write, &statement, table, evaluator)
        } else if write.operation == .upsert {
            try resolve(Conflict(columns: [], action: .update), write, &statement, table, evaluator)
        } else if write.findsOnConflict {
            statement += " ON CONFLICT DO NOTHING"
        }
        return returning(statement, table)
    }

    private func resolve(_ conflict: Conflict, _ write: Write, _ statement: inout Statement, _ table: Stage.Table, _ evaluator: Evaluator) throws(Obstacle) {
        var columns = conflict.columns.compactMap { table.column($0)?.name }
        if columns.isEmpty, conflict.action != .nothing {
            let written = Set(write.assignments.map(\.column.folded))
            let key = table.keys.first { $0.condition == nil && $0.columns.allSatisfy { written.contains($0.folded) } }
            guard let key else { throw Obstacle("which key of \(table.name) decides between insert and update is not known") }
            columns = key.columns.compactMap { table.column($0)?.name }
        }
        let isKey = columns.isEmpty || table.keys.contains { Set($0.columns.map(\.folded)) == Set(columns.map(\.folded)) }
        guard isKey else { throw Obstacle("the schema has no unique key over \(table.name) (\(columns.joined(separator: ", "))), which ON CONFLICT needs") }
        statement += " ON CONFLICT" + (columns.isEmpty ? "" : " (\(columns.map(quoted).joined(separator: ", ")))")
        guard conflict.action != .nothing else { statement += " DO NOTHING"; return }
        statement += " DO UPDATE SET "
        let assignments =
            conflict.assignments.isEmpty ? write.assignments.filter { one in !columns.contains { $0.folded == one.column.folded } } : conflict.assignments
        try set(&statement, assignments, table, evaluator)
        var filtered = Statement(.other)
        try restrict(&filtered, by: conflict.filters, table, evaluator)
        statement += filtered
    }

    /// `upsert({where, …})`: changed where it is there, inserted where it is not.
    private func upsert(_ write: Write, _ table: Stage.Table, _ evaluator: Evaluator, _ identity: Datum, _ isAct: Bool) throws(Obstacle) -> Statement {
        let columns = write.filters.filter { $0.comparison == .equal }.map(\.column)
        var whole = write
        whole.assignments = write.filters.filter { $0.comparison == .equal }.map { Assignment($0.column, $0.value) } + write.assignments
        whole.conflict = Conflict(columns: columns, action: .update)
        whole.conflict?.assignments = write.assignments
        whole.filters = []
        return try insert(whole, table, evaluator, identity, isAct)
    }

    /// Libraries hand the written row to the code in one way or another.
    private func returning(_ statement: Statement, _ table: Stage.Table) -> Statement {
        var statement = statement
        statement.results = table.columns.map(\.name.folded)
        statement += " RETURNING \(table.columnList)"
        return statement
    }
}

extension Write {
    /// What a column gets.
    func value(of column: String) -> Value? { assignments.last { $0.column.folded == column.folded }?.value }
}

extension Statement {
    /// As a reader would type it, without the list of what comes back with a write.
    var shown: String {
        let words = text.split { $0 == "\n" || $0 == " " }.joined(separator: " ")
        return kind == .write ? String(words.split(separator: " RETURNING ", maxSplits: 1)[0]) : words
    }
}

extension Value {
    /// Came back from a call of which nothing more is known.
    fileprivate var isAnswer: Bool {
        switch self {
        case .outcome(_, .result): true
        case .member(let base, _): base.isAnswer
        case .operation(_, let parts): parts.contains(where: \.isAnswer)
        default: false
        }
    }
}
