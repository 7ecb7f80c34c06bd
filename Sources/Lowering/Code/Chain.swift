import Flow
import SQL
import Vocabulary

/// A database statement that a chain of calls is building, before anything runs it.
struct Chain {
    /// The APIs that know every link so far, by index.
    var candidates: [Int]
    /// From the verb (or the SQL text) to the end of the last link.
    var span: Span
    var returns: Shape?
    var form: Form
    /// A link has run the statement: settling it again does nothing.
    var isRunning = false

    indirect enum Form {
        case builder(Builder)
        case text(statements: [Statement], parameters: [Value], host: HostText)
        case routine(name: String, arguments: [Value])
    }

    struct Builder {
        var table: String?
        var verb: Verb?
        var columns: [Read.Selection] = []
        var values: Value = .unknown
        var filters: [Predicate] = []
        var conflict: Conflict?
        var single: Single = .many
        var counts = false
        var returning = false
        var lock: Read.RowLock?
        var lockedIf: Value?
        var isWithin = false
        var aggregate: Read.Aggregate?
        var assignments: [Assignment] = []
        /// What only a new row gets, in an upsert.
        var created: [Assignment] = []
        var failsWhenMissing = false
        var finds = false
        var updates = false
        var checksVersion = false
        /// Some of its conditions or values could not be read.
        var partlyUnknown = false
        var openValues: [Value] = []
        var openFilters: [Value] = []

        enum Verb { case read, insert, update, upsert, delete }
        enum Single { case many, one, orNone }
    }
}

extension Chain {
    /// `if (lock) query = query.forUpdate()`: where one of two arms locks the rows, they are locked if that is the one.
    func locked(as one: Builder, if condition: Value, otherwise other: Builder) -> Chain {
        guard (one.lock == nil) != (other.lock == nil), case .builder(var builder) = form else { return self }
        builder.lock = one.lock ?? other.lock
        builder.lockedIf = one.lock == nil ? .operation(.not, [condition]) : condition
        var copy = self
        copy.form = .builder(builder)
        return copy
    }
}
