package import Flow

extension Schema.Check {
    /// What a condition asks, with its columns in lower case.
    package init(name: String?, asking condition: Value) {
        let bounds = condition.bounds
        self.init(
            name: name, condition.mapped { if case .column(let column) = $0 { .column(column.lowercased()) } else { $0 } },
            bounds: bounds.map { Predicate($0.column.lowercased(), $0.comparison, $0.value) })
    }
}

extension Value {
    /// What a condition asks of single columns, where it asks it of every row: `max_uses IS NULL OR max_uses > 0` asks what
    /// `max_uses > 0` does, for a CHECK lets NULL pass.
    fileprivate var bounds: [Predicate] {
        switch self {
        case .operation(.and, let parts): return parts.flatMap(\.bounds)
        case .operation(.or, let parts):
            guard parts.count == 2, case .operation(.isNull, let tested) = parts[0], case .column(let name)? = tested.first else { return [] }
            return parts[1].bounds.filter { $0.column == name }
        case .operation(let op, let operands):
            guard op.isComparison, operands.count == 2 else { return [] }
            switch (operands[0], operands[1]) {
            case (.column, _), (_, .column): return predicates.filter(\.isBound)
            default: return []
            }
        default: return []
        }
    }
}

extension SchemaChange.TableDefinition {
    /// A CHECK that a model writes down as SQL.
    package mutating func add(check text: String, named name: String?) {
        guard text.utf8.count < 4_000 else { return }
        for statement in SQLReader.statements(in: Array("CREATE TABLE t (CHECK (\(text)))".utf8)) {
            for case .schema(.createTable(let read)) in statement.operations {
                checks += read.checks.map { check in Schema.Check(name: name, check.condition, bounds: check.bounds) }
                states.merge(read.states) { $0.union($1) }
                urls.formUnion(read.urls)
            }
        }
    }
}
