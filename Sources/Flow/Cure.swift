/// What a finding offers in place of check and act: its remedy writes it down, and a proof plays it.
package enum Cure: Hashable, Sendable {
    /// A slot of a counter is claimed first.
    case counter(Counter)
    /// A key refuses the second row.
    case key(Key)
    /// What is given out is counted on the row that holds it: up to a limit, or down to nothing.
    case supply(isCountedUp: Bool)
    /// The write asks again for what the check has asked; where no statement can say that, the row is locked.
    case condition([Predicate])

    /// One row for each scope and period, claimed by one statement.
    package struct Counter: Hashable, Sendable {
        package var name: String
        /// The columns of the counted rows that say for what is counted, and what the request brings for them.
        package var scope: [Assignment]
        package var period: Period
        package var cap: Value
        /// What else is asked of the rows that are counted, all of it constant: by that the counter can begin with those that are
        /// there. nil where they cannot be told so.
        package var counted: [Predicate]?

        package init(name: String, scope: [Assignment], period: Period, cap: Value, counted: [Predicate]?) {
            (self.name, self.scope, self.period, self.cap, self.counted) = (name, scope, period, cap, counted)
        }

        package enum Period: String, Hashable, Sendable { case day, forever }

        /// The columns of its key, with their values: `interlock migrate counter` makes a table of these.
        package var key: [Assignment] {
            let period =
                switch period {
                case .day: Assignment("ymd", .name("ymd"))
                case .forever: Assignment("period", .literal(.string("always")))
                }
            return (scope.isEmpty ? [Assignment("scope", .literal(.string("all")))] : scope) + [period]
        }

        /// The one column that a migration can be written for.
        package var scopeColumn: String? { key.count == 2 ? key[0].column : nil }
    }

    package struct Key: Hashable, Sendable {
        package var columns: [String]
        /// The rows for which it counts, all of them where nothing is said.
        package var rows: [Predicate]
        /// A column in which a NULL is like any other.
        package var nullable: String?

        package init(columns: [String], rows: [Predicate], nullable: String?) {
            (self.columns, self.rows, self.nullable) = (columns, rows, nullable)
        }

        /// A name for it, which no other key of the database has.
        package static func name(on table: String, _ columns: [String]) -> String {
            String(([table] + columns + ["once"]).joined(separator: "_").asPlainName.prefix(60))
        }
    }
}
