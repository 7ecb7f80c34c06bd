package typealias StepID = Int32

/// One thing that a routine does, in the order in which it does it.
package struct Step: Hashable, Sendable {
    package var id: StepID
    package var span: Span
    package var kind: Kind

    package init(id: StepID, span: Span, kind: Kind) {
        self.id = id
        self.span = span
        self.kind = kind
    }

    package indirect enum Kind: Hashable, Sendable {
        case read(Read)
        case write(Write)
        /// `condition` decides which arm runs.
        case branch(condition: Value, then: [Step], otherwise: [Step])
        case loop([Step])
        /// A body with exits of its own: a callback, or a callee that was linked in.
        case scope([Step])
        /// `handler` is nil where nothing catches, so that failures go on outwards after `cleanup`.
        case attempt([Step], handler: [Step]?, cleanup: [Step])
        /// `asking` is what the level depends on, as long as nobody knows what it holds.
        case begin(Isolation, asking: Value? = nil)
        case end
        case lock(Lock)
        case unlock
        case effect(Effect)
        case call(Call)
        case exit(Exit)
        case opaque
    }
}

package struct Read: Hashable, Sendable {
    package var table: String?
    package var joined: [String] = []
    package var columns: [Selection] = []
    /// Its rows come to one number.
    package var isAggregated: Bool { aggregate.isNumber || columns.contains { $0.aggregate != nil && !$0.isOfRelations } }
    package var aggregate: Aggregate
    package var filters: [Predicate] = []
    package var lock: RowLock?
    /// The call says in which transaction it runs.
    package var isWithin = false
    /// What the lock depends on, as long as no caller is known: `find(id, forUpdate)`.
    package var lockedIf: Value?
    /// Reads inside the statement's own conditions.
    package var nested: [Read] = []
    /// Objects whose fields are conditions too, once it is known what they hold.
    package var openFilters: [Value] = []
    /// Some of its conditions could not be read.
    package var partlyUnknown = false
    /// The row that a caller has read, as long as nobody knows which: inside a caller it is the caller's.
    package var standsFor: Stand?
    package var api: API?

    package init(table: String?, aggregate: Aggregate) {
        self.table = table
        self.aggregate = aggregate
    }

    package enum Aggregate: String, Hashable, Sendable {
        case count, sum, maximum, exists, row, rows

        /// Computed over many rows, so that there always is one.
        package var isNumber: Bool {
            switch self {
            case .count, .sum, .maximum, .exists: true
            case .row, .rows: false
            }
        }
    }

    package enum Stand: Hashable, Sendable {
        /// The row whose method the routine is.
        case receiver
        /// A parameter that is declared to be a row.
        case parameter(Int)
        /// One that came with another row, from the session or from a caller, and was read by no statement that is seen.
        case given
    }

    /// One item of the select list, under the name by which the caller sees it.
    package struct Selection: Hashable, Sendable {
        package var alias: String
        package var column: String?
        package var aggregate: Aggregate?

        /// It is computed over what belongs to each row, not over the rows: `_count: { select: { seats: true } }`.
        package var isOfRelations = false
        /// `capacity - count(*)`: what is counted was subtracted from something.
        package var isRemainder = false

        package init(alias: String, column: String? = nil, aggregate: Aggregate? = nil) {
            self.alias = alias
            self.column = column
            self.aggregate = aggregate
        }
    }
    package enum RowLock: String, Hashable, Sendable { case update, share, skipLocked }
}

extension Read {
    /// A rule must not rely on what its conditions leave out.
    package var isPartlyUnknown: Bool { partlyUnknown || !openFilters.isEmpty }
}

package struct Write: Hashable, Sendable {
    package var operation: Operation
    package var table: String?
    package var assignments: [Assignment] = []
    package var filters: [Predicate] = []
    package var conflict: Conflict?
    /// INSERT … SELECT, UPDATE … FROM: what the statement itself reads.
    package var source: Read?
    /// Whether the changed rows come back.
    package var returning = false
    /// The call reports an error when no row matched, so that looking at the error is looking at the result.
    package var throwsWhenMissing = false
    /// The call fails with an exception when no row matched, so that going on is having looked.
    package var failsWhenMissing = false
    /// The library compares the version column that the model declares, if it declares one, and fails where it has changed.
    package var checksVersion = false
    /// Some of its conditions or values could not be read; a rule must not rely on their absence.
    package var partlyUnknown = false
    /// Objects whose fields are assignments too, once it is known what they hold.
    package var openValues: [Value] = []
    /// The class of such an object, where it is declared: `data: OrderIn`.
    package var openType: String?
    /// Objects whose fields are conditions too.
    package var openFilters: [Value] = []
    /// The row that is written, where its table is known only once it is known who read it.
    package var row: Value?
    /// The table through whose relation the rows are written, as long as `table` is the name of that relation.
    package var relationOf: String?
    /// A key that refuses the row is not the end: the library then asks for the row that stands there.
    package var findsOnConflict = false
    /// Every column of the row is written, those too that nobody has touched.
    package var isWhole = false
    package var api: API?

    package init(_ operation: Operation, table: String?) {
        self.operation = operation
        self.table = table
    }

    package enum Operation: String, Hashable, Sendable { case insert, update, delete, upsert }

    /// It stands where a trigger lets its row pass, whatever statement has brought it.
    package var letsPass: Bool { openValues == [.newRow] }

    package var isPartlyUnknown: Bool { partlyUnknown || !openValues.isEmpty || !openFilters.isEmpty }
}

/// What is known of the way a statement reaches the database.
package struct API: Hashable, Sendable {
    package var name: String
    package var dialect: Dialect
    /// The call blocks the whole process, so that two requests of one process cannot interleave around it.
    package var blocking: Bool
    /// How the remedies are written with this library: `{table}` and `{column}` stand for the names at hand.
    package var advice: [Advice: String]
    /// What `interlock migrate --dialect` is told for a database that is reached so; nil where it has nothing for it.
    package var migrates: String?
    /// Its rows hold other rows, and it has no SQL.
    package var keepsDocuments: Bool { dialect == .any && migrates == nil }
    /// Its statements are in a transaction from the first to the commit, without anybody saying so.
    package var beginsItself = false
    /// The level of every transaction of the project through this library that asks for none.
    package var isolation = Isolation.standard
    /// A stricter one, of transactions of which nobody knows whether they go through this library.
    package var unplacedIsolation: Isolation?

    package init(name: String, dialect: Dialect, blocking: Bool, advice: [Advice: String] = [:]) {
        self.name = name
        self.dialect = dialect
        self.blocking = blocking
        self.advice = advice
        migrates = dialect.migrates
    }

    package enum Advice: String, Hashable, Sendable {
        /// A change under a condition, whose result tells who was first.
        case claim
        /// A change that the database computes from the value in the row.
        case relative
        /// A change of a part of a list or an object.
        case document
        /// A row that a unique key lets in once.
        case insert
        /// A lock on the row that holds a cap.
        case lock
        /// The unique key in a model: `{quoted}`, `{stored}` (as the database calls them), `{columns}`, `{fields}`, `{pairs}` and `{tuples}` stand for its columns, `{name}` for its name.
        case unique
    }

    package enum Dialect: String, Hashable, Sendable, CaseIterable {
        case sqlite, postgres, mysql, any

        fileprivate var migrates: String? {
            switch self {
            case .sqlite, .postgres: rawValue
            case .mysql: nil
            case .any: "DIALECT"
            }
        }
    }
}

package struct Assignment: Hashable, Sendable {
    package let column: String
    package let value: Value

    package init(_ column: String, _ value: Value) {
        self.column = column
        self.value = value
    }

    /// Computed by the database from the row as it is now, as in `SET n = n + 1`.
    package var isRelative: Bool {
        value.parts.contains { part in
            switch part {
            case .column: true
            case .operation(.subquery, _): true
            default: false
            }
        }
    }
}

/// A condition of a WHERE on one column.
package struct Predicate: Hashable, Sendable {
    package let column: String
    package let comparison: Comparison
    package let value: Value
    /// Above or below a number or another column of the row.
    package var isBound: Bool {
        guard [.less, .lessOrEqual, .greater, .greaterOrEqual].contains(comparison) else { return false }
        return switch value {
        case .literal(.number), .column: true
        default: false
        }
    }

    /// The function through which the column is seen: `date` in `DATE(claimed_at) = ?`.
    package let through: String?

    /// What `through` says where the column is reckoned with: `-delta > 100`.
    package static let reckoned = "="

    package init(_ column: String, _ comparison: Comparison, _ value: Value, through: String? = nil) {
        self.column = column
        self.comparison = comparison
        self.value = value
        self.through = through
    }

    package enum Comparison: String, Hashable, Sendable {
        case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, isNull, isNotNull, oneOf, notOneOf, like, other
        /// Unlike it, where NULL is a value as any other: IS DISTINCT FROM.
        case distinct
    }
}

/// What an insert does when a key is taken.
package struct Conflict: Hashable, Sendable {
    package var columns: [String]
    package var action: Action
    package var assignments: [Assignment] = []
    package var filters: [Predicate] = []

    package init(columns: [String], action: Action) {
        self.columns = columns
        self.action = action
    }

    package enum Action: String, Hashable, Sendable { case nothing, update, replace }
}

package struct Lock: Hashable, Sendable {
    package var kind: Kind
    package var key: Value

    package init(_ kind: Kind, key: Value) {
        self.kind = kind
        self.key = key
    }

    package enum Kind: String, Hashable, Sendable { case advisory, mutex, distributed, table }
}

package enum Exit: Hashable, Sendable {
    case `return`(Value)
    case `throw`
    case next
}
