import Flow

// What the code calls by the fields of its models, as the database calls it: for corrected SQL.
extension Paths {
    func stored(_ column: String, of table: String?) -> String {
        guard let table = table.flatMap({ schema.table($0) }) else { return column }
        let own = table.column(column)
        return table.columns.contains(own) ? table.spelled(own) : column
    }

    func stored(_ predicate: Predicate, of table: String?) -> Predicate {
        Predicate(
            predicate.column.isEmpty ? "" : stored(predicate.column, of: table), predicate.comparison, stored(predicate.value, of: table),
            through: predicate.through)
    }

    func stored(_ write: Write) -> Write {
        var copy = write
        copy.assignments = write.assignments.map { Assignment(stored($0.column, of: write.table), stored($0.value, of: write.table)) }
        copy.filters = write.filters.map { stored($0, of: write.table) }
        return copy
    }

    private func stored(_ value: Value, of table: String?) -> Value {
        value.mapped { if case .column(let name) = $0 { .column(stored(name, of: table)) } else { $0 } }
    }
}
