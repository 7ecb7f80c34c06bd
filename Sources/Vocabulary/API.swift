package import Flow

/// What the calls of one database library mean. Read from `apis/<name>.yml`; adding a library needs no Swift.
package struct DatabaseAPI: Sendable {
    package let name: String
    package let dialect: Flow.API.Dialect
    /// Module specifiers (or their beginnings) whose import says that the file uses this library.
    package let imports: [String]
    /// When the calls are taken for this library's in a file that does not import it itself.
    package let recognised: Recognition
    /// Its calls block the process, so that two requests of one process cannot come between them.
    package let blocking: Bool
    package let links: [String: Link]

    package enum Recognition: String, Sendable {
        /// Its calls look like nobody else's.
        case always
        /// Where the call is awaited.
        case awaited
        /// Only in files that import it.
        case imported
    }

    /// Whether a module specifier names this library.
    package func isImported(by specifier: String) -> Bool {
        imports.contains { name in
            specifier == name || specifier.hasPrefix(name + "/") || ((name.hasSuffix("/") || name.hasSuffix(":")) && specifier.hasPrefix(name))
        }
    }

    package var flow: Flow.API { Flow.API(name: name, dialect: dialect, blocking: blocking) }
}

/// One method of a call chain.
package struct Link: Sendable {
    package let role: Role
    /// Which argument carries the table, the SQL text, the columns, the values or the filtered column.
    package let at: Int
    /// Which argument carries the value of a filter.
    package let value: Int
    /// Which argument names the comparison of a filter, where it is not fixed.
    package let comparing: Int?
    package let comparison: Predicate.Comparison
    package let negated: Bool
    /// Which argument carries the parameters of SQL text; with `spread`, all from that one on.
    package let parameters: Int?
    package let spread: Bool
    /// Where an object stands for the SQL text: the names of its fields `text` and `parameters`.
    package let object: [String: String]
    /// Options inside an object argument and what they mean.
    package let options: [String: Option]
    /// The call runs the statement at once.
    package let runs: Bool
    package let returns: Shape?
    /// The isolation of the transaction that the call opens.
    package let isolation: Isolation

    package enum Role: String, Sendable {
        /// Chains of a query builder.
        case table, read, insert, update, upsert, delete, filter, filters, one, orNone = "or-none", returning, lock
        /// SQL text.
        case sql, tag, parameters, run
        /// A stored function.
        case routine
        /// Several statements at once, in one transaction.
        case batch
        case transaction
        /// A step that changes nothing that matters here.
        case skip

        /// Whether a chain can begin with it.
        package var opens: Bool {
            switch self {
            case .table, .sql, .tag, .routine, .batch, .transaction: true
            case .read, .insert, .update, .upsert, .delete, .filter, .filters, .one, .orNone, .returning, .lock, .parameters, .run, .skip: false
            }
        }
    }

    package enum Option: String, Sendable { case count, conflict, ignore }
}

/// The form of a call's result: facets of the statement, in the objects and lists that the library wraps around them.
package indirect enum Shape: Sendable {
    case facet(Facet)
    /// Row or rows, as the statement says.
    case result
    /// The column that the first argument names, or the row without an argument.
    case column
    /// This column of the row.
    case named(String)
    case nothing
    case object([String: Shape], rest: Shape?)
    case list([Shape])
}
