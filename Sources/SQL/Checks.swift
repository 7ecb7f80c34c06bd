package import Flow

extension Schema.Check {
    /// What a condition asks, with its columns in lower case.
    package init(name: String?, asking condition: Value) {
        let bounds = condition.unlessNull.predicates.filter { $0.isBound && $0.through == nil }
        self.init(
            name: name, condition.mapped { if case .column(let column) = $0 { .column(column.lowercased()) } else { $0 } },
            bounds: bounds.map { Predicate($0.column.lowercased(), $0.comparison, $0.value) })
    }
}

extension Value {
    /// `max_uses IS NULL OR max_uses > 0` asks what `max_uses > 0` does, for a CHECK lets NULL pass.
    fileprivate var unlessNull: Value {
        guard case .operation(.or, let parts) = self, parts.count == 2, case .operation(.isNull, let tested) = parts[0], let column = tested.first,
            parts[1].parts.contains(column)
        else { return self }
        return parts[1]
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
