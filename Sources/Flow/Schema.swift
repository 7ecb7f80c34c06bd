/// What migrations and models say about tables. Names are compared without case.
package struct Schema: Hashable, Sendable {
    /// Changes in the order in which their file states them; applied in path order, which is migration order.
    package var changes: [SchemaChange] = []
    package private(set) var tables: [String: Table] = [:]

    package init() {}

    package func table(_ name: String) -> Table? { tables[name.lowercased()] }

    package struct Table: Hashable, Sendable {
        package var columns: [String] = []
        package var keys: [UniqueKey] = []
        /// The values that an enum or a CHECK allows in a column.
        package var states: [String: Set<String>] = [:]

        /// Generated columns, and the columns that they are computed from.
        package var generated: [String: [String]] = [:]

        package init() {}

        /// The columns that decide a column's value: itself, unless it is generated.
        package func sources(of column: String) -> [String] { generated[column] ?? [column] }
    }

    /// A primary key, a UNIQUE constraint or a unique index.
    package struct UniqueKey: Hashable, Sendable {
        package var name: String?
        package var columns: [String]
        /// The columns that the WHERE of a partial index tests.
        package var condition: [Predicate]?
        /// An index over expressions: its columns are those the expressions use.
        package var isExpression = false

        package init(name: String?, columns: [String], condition: [Predicate]? = nil) {
            self.name = name?.lowercased()
            self.columns = columns.map { $0.lowercased() }
            self.condition = condition
        }
    }

    /// Plays the changes of every file, in order.
    package mutating func apply(_ changes: [SchemaChange], enums: [String: Set<String>]) {
        for change in changes {
            switch change {
            case .createTable(let name, let columns, let keys, let states):
                var table = Table()
                table.keys = keys
                table.states = states
                for column in columns {
                    table.columns.append(column.name)
                    if !column.sources.isEmpty { table.generated[column.name] = column.sources }
                    if let allowed = enums[column.type] { table.states[column.name, default: []].formUnion(allowed) }
                }
                if tables[name] == nil { tables[name] = table } else { tables[name]?.keys.append(contentsOf: keys) }
            case .addKey(let name, let key):
                tables[name, default: Table()].keys.append(key)
            case .addColumn(let name, let column, let states):
                tables[name, default: Table()].columns.append(column.name)
                if !column.sources.isEmpty { tables[name]?.generated[column.name] = column.sources }
                let allowed = states.union(enums[column.type] ?? [])
                if !allowed.isEmpty { tables[name]?.states[column.name, default: []].formUnion(allowed) }
            case .addStates(let name, let column, let states):
                tables[name, default: Table()].states[column, default: []].formUnion(states)
            case .dropKey(let key):
                for name in tables.keys { tables[name]?.keys.removeAll { $0.name == key } }
            case .dropTable(let name):
                tables[name] = nil
            case .renameTable(let old, let new):
                if let table = tables.removeValue(forKey: old) { tables[new] = table }
            case .createEnum:
                continue
            }
        }
    }

    /// The schema after every change of every file, given in path order.
    package static func after(_ changes: [SchemaChange]) -> Schema {
        var enums: [String: Set<String>] = [:]
        for case .createEnum(let name, let values) in changes { enums[name, default: []].formUnion(values) }
        var schema = Schema()
        schema.apply(changes, enums: enums)
        return schema
    }
}

/// One statement of a migration; all names in lower case.
package enum SchemaChange: Hashable, Sendable {
    case createTable(String, columns: [Column], keys: [Schema.UniqueKey], states: [String: Set<String>])
    case addColumn(String, Column, states: Set<String>)
    case addKey(String, Schema.UniqueKey)
    case addStates(String, column: String, Set<String>)
    case dropKey(String)
    case dropTable(String)
    case renameTable(String, to: String)
    case createEnum(String, Set<String>)

    package struct Column: Hashable, Sendable {
        package let name: String
        package let type: String
        /// The columns that a GENERATED column is computed from.
        package var sources: [String] = []

        package init(name: String, type: String) {
            self.name = name.lowercased()
            self.type = type.lowercased()
        }
    }
}
