import Flow

// What the code calls by the fields of its models, as the database calls it: for corrected SQL.
extension Paths {
    func stored(_ column: String, of table: String?) -> String {
        guard let table = table.flatMap({ schema.table($0) }) else { return column }
        let own = table.column(column)
        return table.columns.contains(own) ? table.spelled(own) : column
    }

    /// - Parameter isWritten: the values are for a reader of SQL too, as the database has them.
    func stored(_ predicate: Predicate, of table: String?, isWritten: Bool = true) -> Predicate {
        let value = isWritten ? spelled(predicate.value, in: predicate.column, of: table) : predicate.value
        return Predicate(
            predicate.column.isEmpty ? "" : stored(predicate.column, of: table), predicate.comparison, stored(value, of: table), through: predicate.through)
    }

    /// The states of a column whose database has names of its own for them.
    func spelled(_ value: Value, in column: String, of table: String?) -> Value {
        guard let table = table.flatMap({ schema.table($0) }), let names = table.stored[table.column(column)] else { return value }
        return value.mapped { if case .literal(.string(let text)) = $0, let own = names[text] { .literal(.string(own)) } else { $0 } }
    }

    func stored(_ write: Write) -> Write {
        var copy = write
        copy.assignments = write.assignments.map {
            Assignment(stored($0.column, of: write.table), stored(spelled($0.value, in: $0.column, of: write.table), of: write.table))
        }
        copy.filters = write.filters.map { stored($0, of: write.table) }
        return copy
    }

    private func stored(_ value: Value, of table: String?) -> Value {
        value.mapped { if case .column(let name) = $0 { .column(stored(name, of: table)) } else { $0 } }
    }
}
