package import Flow

/// What the calls of one database library mean. Read from `apis/<name>.yml`; adding a library needs no Swift.
package struct DatabaseAPI: Sendable {
    package let name: String
    package let language: Family
    package internal(set) var dialect: Flow.API.Dialect
    /// It speaks to its database through another library, whose dialect is then its own.
    let isDriven: Bool
    /// A schema of its own says to which database it speaks.
    let isDeclared: Bool
    /// Module specifiers (or their beginnings) whose import says that the file uses this library.
    package let imports: [String]
    /// When the calls are taken for this library's in a file that does not import it itself.
    package let recognised: Recognition
    /// Its calls block the process, so that two requests of one process cannot come between them.
    package let blocking: Bool
    /// The calls that make an engine or open a connection, where an argument can ask for an isolation level for good.
    package let engines: [String]
    package var sessions = Sessions()
    package internal(set) var links: [String: Link]
    /// Its client begins a transaction with the lock for writing, for whatever is driven by it as well.
    let lendsTransactions: Bool
    /// What a name means behind others, where it does not mean what it means at the beginning of a chain.
    package let chained: [String: Link]
    /// What the methods of a row that was read do: `order.save()`.
    package let instances: [String: Link]
    /// What the client is called where the table follows it as a property: `prisma` in `prisma.user.findMany()`.
    package let receivers: Set<String>
    /// Properties of classes that are managers of their rows: `objects` in `Order.objects.count()`.
    package let managers: Set<String>
    /// Its tables are handed from file to file, under their own names.
    package let handsOnTables: Bool
    /// Classes whose objects are tables, on which statements begin: `rooms.select()`.
    package let tables: Set<String>
    package let phrases: Phrases
    /// Fields of a value under which rows of another table are created along with this one.
    package let nested: Set<String>
    /// Saving a row compares the version column of its model.
    package let versioned: Bool
    package let hooks: Hooks
    let advice: [Flow.API.Advice: String]
    /// The dialect of `interlock migrate`, where it is not that of the library; `none` where there is none.
    let migrates: String?
    /// The modules whose import says which database it speaks to.
    let speaks: [(dialect: Flow.API.Dialect, modules: [String])]
    let beginsItself: Bool
    /// What is set in a row is written when the transaction ends, whoever ends it.
    package let writesPending: Bool
    /// What the methods and properties of a statement's result give: `fetchone`, `rowcount`.
    package let results: [String: Shape]

    /// The languages from which it is called.
    package enum Family: String, Sendable { case javascript, python }

    package enum Recognition: String, Sendable {
        /// Its calls look like nobody else's.
        case always
        /// Where the call is awaited.
        case awaited
        /// Only in files that import it.
        case imported
        /// In every file of a project in which some file imports it.
        case present
    }

    /// Whether a module specifier names this library.
    package func isImported(by specifier: String) -> Bool { Self.isImported(imports, by: specifier) }

    static func isImported(_ imports: [String], by specifier: String) -> Bool {
        let specifier = specifier.utf8
        return imports.contains { name in
            guard specifier.starts(with: name.utf8) else { return false }
            guard let next = specifier.dropFirst(name.utf8.count).first, let last = name.utf8.last else { return true }
            return [next, last].contains(UInt8(ascii: "/")) || next == UInt8(ascii: ".") || last == UInt8(ascii: ":")
        }
    }

    /// Its rows are objects that know their table.
    package var keepsRows: Bool { writesPending || instances.values.contains { $0.role == .save } }

    /// What writes the rows that were changed, and no more.
    package var flushing: Link? { links.filter { $0.value.role == .save && !$0.value.ends }.min { $0.key < $1.key }?.value }

    /// A method of a chain that has begun.
    package func link(_ name: String) -> Link? { chained[name] ?? links[name] }

    package var flow: Flow.API {
        var api = Flow.API(name: name, dialect: dialect, blocking: blocking, advice: advice)
        api.beginsItself = beginsItself || sessions.beginThemselves
        if let migrates { api.migrates = migrates == "none" ? nil : migrates }
        api.isolation = sessions.isolation
        api.unplacedIsolation = sessions.unplaced
        return api
    }
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
    package internal(set) var isolation: Isolation
    /// What each argument carries, for libraries whose calls say everything with their arguments.
    package let arguments: [Slot]
    /// What the fields of an object in an `options` slot carry.
    package let fields: [String: Slot]
    /// A chain can begin with it.
    package let opens: Bool
    /// Where the table's name comes from, if no argument carries it.
    package let table: TableSource?
    package let aggregate: Read.Aggregate?
    /// What an insert does when a key is taken.
    package let conflict: Conflict.Action?
    /// It fails with an exception where no row matches.
    package let failsWhenMissing: Bool
    /// What the object of arguments with names carries; without it that object is an argument like others.
    package let keywords: Slot?
    /// What the arguments beyond `arguments` carry.
    package let rest: Slot?
    /// The result is asked of the object that ran the statement: `cursor.execute(…)`, then `cursor.fetchone()`.
    package let keeps: Bool
    /// Whether an object that is saved is a new row, where the call says so itself.
    package let creates: Bool?
    /// An insert that first looks whether the row is there, and gives back the one that it finds.
    package let finds: Bool
    /// Of such a call: the row that it finds is changed.
    package let updates: Bool
    /// The row that is given, or whose method it is, is read anew.
    package let refreshes: Bool
    /// The transaction writes what was set in rows before it commits.
    package let flushes: Bool
    /// The transaction ends with it, and so do the locks of its rows.
    package let ends: Bool
    /// Saving a row writes all of its columns.
    package let whole: Bool
    /// No list, dictionary or client has a method of this name.
    package let isDistinctive: Bool

    package enum Role: String, Sendable {
        /// Chains of a query builder.
        case table, read, insert, update, upsert, delete, filter, filters, one, orNone = "or-none", returning, lock
        /// Adds what its arguments say to the statement.
        case add
        /// An object goes back to where it came from: as a new row, or over the one that was read. Without arguments,
        /// every row that was changed since it was read.
        case save
        /// SQL text.
        case sql, tag, parameters, run
        /// Runs the statement that an argument has built.
        case statement
        /// A stored function.
        case routine
        /// Several statements at once, in one transaction.
        case batch
        case transaction
        /// A step that changes nothing that matters here. With values: an object for a row that is not written yet.
        case skip
        /// Undoes the transaction and leaves by an exception.
        case leave

        /// Whether rows can change through it, by what it is called alone.
        var mayWrite: Bool {
            switch self {
            case .insert, .update, .upsert, .delete, .save, .sql, .tag, .routine, .batch, .statement: true
            case .table, .read, .filter, .filters, .one, .orNone, .returning, .lock, .add, .parameters, .run, .transaction, .skip, .leave: false
            }
        }

        /// Whether a chain can begin with it.
        package var opens: Bool {
            switch self {
            case .table, .sql, .tag, .routine, .batch, .transaction, .statement, .leave: true
            case .read, .insert, .update, .upsert, .delete, .filter, .filters, .one, .orNone, .returning, .lock, .parameters, .run, .skip, .add, .save: false
            }
        }
    }

    package enum Option: String, Sendable { case count, conflict, ignore }

    /// What an argument, or a field of one, carries.
    package enum Slot: String, Sendable {
        /// A class of rows, a column of one, or what is computed over them: `select(Order)`, `select(Order.id)`, `select(func.count())`.
        case entity
        case table, columns, values
        /// What becomes of the row that stands there already.
        case changes
        case filters, lock, returning, conflict, ignore, options, skip
        /// Conditions that rows must not meet.
        case excluded
        /// The value of the primary key.
        case key
        /// A condition spread over all arguments: an object, `column, value`, `column, operator, value`, or SQL text.
        case condition
        /// The values that an upsert inserts.
        case created
        /// A column to which the next argument is added, or from which it is taken away.
        case raised, lowered
        /// Rows of other tables that come along.
        case relations
        /// The transaction in which the statement runs.
        case within
    }

    package enum TableSource: String, Sendable {
        /// The last property before the call: `prisma.user.findMany()`.
        case receiver
        /// A class of the model: `User.findOne()`.
        case type = "class"
        /// What a repository is for, by its declared type or its name: `this.userRepository.save()`.
        case repository
        /// The class before the manager, or the relation that is one: `Order.objects.filter()`, `user.order_set.count()`.
        case manager
    }
}

/// The form of a call's result: facets of the statement, in the objects and lists that the library wraps around them.
package indirect enum Shape: Sendable {
    case facet(Facet)
    /// Row or rows, as the statement says.
    case result
    /// The column that the first argument names, or the row without an argument.
    case column
    /// The first value of the row: the number of an aggregate, or the only column.
    case scalar
    /// The row, or its only value where that is computed over many rows.
    case value
    /// This column of the row.
    case named(String)
    case nothing
    case object([String: Shape], rest: Shape?)
    case list([Shape])
}
