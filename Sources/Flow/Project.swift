/// The whole of what is scanned: linked routines and the schema that they work on.
package struct Project: Sendable {
    package private(set) var routines: [Routine]
    package let schema: Schema
    /// For each table and column, the constants that any routine assigns to it or compares it with.
    package let states: [ColumnName: Set<String>]
    /// Columns that some statement of the project changes in rows that exist, each with the constants that it sets.
    package let changed: [ColumnName: Changes]

    package let declarations: [Declaration]
    /// Handlers of requests are known as such; where none is, any function may be one.
    package let servesRequests: Bool
    /// What the framework authenticates by counts failures for each account.
    package let locksAccounts: Bool
    /// Fields for URLs in schemas and models: those that only harmless schemes pass, and those that any does.
    package let validated: [String: Bool]
    /// The language of each file.
    private let languages: [Language]
    /// Fields under which the project hands out URLs of its own making, by their folded names.
    package let madeURLs: Set<String>
    /// The files whose pages are rendered by a library that refuses links which run code.
    package let refusingScriptLinks: Set<FileID>

    /// For each table, the columns that some statement computes from what stood in them.
    private let computed: [String: Set<String>]

    package func language(of file: FileID) -> Language? { languages.indices.contains(Int(file.index)) ? languages[Int(file.index)] : nil }

    /// The columns of a table that other statements count up or down.
    package func computedColumns(of table: String) -> Set<String> { computed[table.lowercased()] ?? [] }

    /// A few handlers may be all that the framework lets one see.
    private static let handlersEnough = 10

    package struct Changes: Sendable {
        /// The constants that are set.
        package var states: Set<String> = []
        /// Some statement sets what it is given, which may be any state.
        package var setsAny = false

        package init() {}
    }

    package init(
        routines: [Routine], schema: Schema, declarations: [Declaration] = [], validated: [[String: Bool]] = [], refusingScriptLinks: Set<FileID> = [],
        locksAccounts: Bool = false, madeURLs: Set<String> = [], languages: [Language] = []
    ) {
        self.languages = languages
        self.madeURLs = Set(madeURLs.map { Schema.foldColumn($0) })
        self.refusingScriptLinks = refusingScriptLinks
        self.declarations = declarations
        self.locksAccounts = locksAccounts
        var known: [String: Bool] = [:]
        for fields in validated { for (name, isSafe) in fields { known[Schema.foldColumn(name)] = (known[Schema.foldColumn(name)] ?? true) && isSafe } }
        self.validated = known
        let routines = routines.map { $0.namingRelations(by: schema) }
        self.routines = routines
        servesRequests = routines.count { $0.entry == .route || $0.entry == .action } >= Self.handlersEnough
        self.schema = schema
        let (reads, writes) = Self.statements(of: routines)
        self.states = Self.states(reads, writes)
        self.changed = Self.changes(writes)
        self.computed = Self.computedColumns(writes)
    }

    /// What is known of this project, asked of other routines.
    package func asking(of routines: [Routine]) -> Project {
        var copy = self
        copy.routines = routines.map { $0.namingRelations(by: schema) }
        return copy
    }

    package func states(_ table: String, _ column: String) -> Set<String> {
        var known = states[ColumnName(table, column)] ?? []
        known.formUnion(schema.table(table)?.states(of: column) ?? [])
        return known
    }

    /// Whether a statement works on no table at all: every model of its library is known, and this is none of them.
    package func isForeign(_ write: Write) -> Bool {
        guard let table = write.table, let api = write.api, schema.complete.contains(api.name) else { return false }
        return schema.name(of: table) == nil
    }

    /// Whether two names mean one table.
    package func isSame(_ a: String?, _ b: String?) -> Bool {
        guard let a, let b, let one = schema.name(of: a) else { return false }
        return one == schema.name(of: b)
    }

    /// The reads and writes of all routines, in order.
    private static func statements(of routines: [Routine]) -> (reads: [Read], writes: [Write]) {
        var reads: [Read] = [], writes: [Write] = []
        for routine in routines {
            routine.body.visit { step in
                switch step.kind {
                case .read(let read): reads.append(read)
                case .write(let write): writes.append(write)
                default: return
                }
            }
        }
        return (reads, writes)
    }

    private static func computedColumns(_ writes: [Write]) -> [String: Set<String>] {
        var found: [String: Set<String>] = [:]
        for write in writes where write.operation == .update {
            guard let table = write.table else { continue }
            for assignment in write.assignments where assignment.computesItself { found[table.lowercased(), default: []].insert(assignment.column) }
        }
        return found
    }

    private static func changes(_ writes: [Write]) -> [ColumnName: Changes] {
        var found: [ColumnName: Changes] = [:]
        for write in writes where write.operation == .update || write.operation == .upsert {
            guard let table = write.table else { continue }
            for assignment in write.assignments + (write.conflict?.assignments ?? []) {
                let own = assignment.value.possibleStrings, column = ColumnName(table, assignment.column)
                found[column, default: Changes()].states.formUnion(own)
                if own.isEmpty, !assignment.value.isConstant { found[column]?.setsAny = true }
            }
        }
        return found
    }

    private static func states(_ reads: [Read], _ writes: [Write]) -> [ColumnName: Set<String>] {
        var found: [ColumnName: Set<String>] = [:]
        for write in writes {
            guard let table = write.table else { continue }
            for assignment in write.assignments {
                guard let text = assignment.value.stringLiteral else { continue }
                found[ColumnName(table, assignment.column), default: []].insert(text)
            }
            collect(write.filters, of: table, into: &found)
        }
        for read in reads { if let table = read.table { collect(read.filters, of: table, into: &found) } }
        return found
    }

    private static func collect(_ filters: [Predicate], of table: String, into found: inout [ColumnName: Set<String>]) {
        for filter in filters {
            let values = if case .list(let items) = filter.value { items } else { [filter.value] }
            let states = values.flatMap(\.possibleStrings)
            if !states.isEmpty { found[ColumnName(table, filter.column), default: []].formUnion(states) }
        }
    }
}

package struct ColumnName: Hashable, Sendable {
    package let table: String
    package let column: String

    package init(_ table: String, _ column: String) {
        self.table = table.lowercased()
        self.column = column.lowercased()
    }
}

extension [Step] {
    /// Every step of the tree, in order.
    package func visit(_ look: (Step) -> Void) {
        for step in self {
            look(step)
            for body in step.bodies { body.visit(look) }
        }
    }
}

extension Step {
    package var bodies: [[Step]] {
        switch kind {
        case .branch(_, let then, let otherwise): [then, otherwise]
        case .loop(let body), .scope(let body): [body]
        case .attempt(let body, let handler, let cleanup): [body, handler ?? [], cleanup]
        case .read, .write, .begin, .end, .lock, .unlock, .effect, .call, .exit, .opaque: []
        }
    }
}

extension Array where Element == Step {
    /// Every way through these steps ends in an exit.
    package var alwaysLeaves: Bool {
        for step in self {
            switch step.kind {
            case .exit: return true
            case .branch(_, let then, let otherwise): if then.alwaysLeaves, otherwise.alwaysLeaves { return true }
            case .attempt(let body, let handler, let cleanup):
                if cleanup.alwaysLeaves || (body.alwaysLeaves && handler?.alwaysLeaves != false) { return true }
            case .scope(let body): if body.contains(where: { if case .exit(.throw) = $0.kind { true } else { false } }) { return true }
            case .read, .write, .loop, .begin, .end, .lock, .unlock, .effect, .call, .opaque: continue
            }
        }
        return false
    }

    /// The condition under which a loop that has no end of its own is left, where only one step of it does so.
    package func condition(thatEndsBy ends: Set<StepID>) -> Value? {
        var found: [Value] = []
        func leaves(_ arm: [Step]) -> Bool { arm.last.map { ends.contains($0.id) } ?? false }
        for step in self {
            guard case .branch(let condition, let then, let otherwise) = step.kind else { continue }
            if leaves(then) { found.append(condition) }
            if leaves(otherwise) { found.append(.operation(.not, [condition])) }
        }
        return found.count == 1 ? found[0] : nil
    }

    /// What a body gives back to its caller, with the conditions under which it gives what.
    package var result: Value? { self[...].result(before: nil) }
}

extension Routine {
    /// The same routine, with the table behind each relation through which rows are inserted.
    fileprivate func namingRelations(by schema: Schema) -> Routine {
        var isNeeded = false
        body.visit { if case .write(let write) = $0.kind, write.relationOf != nil { isNeeded = true } }
        guard isNeeded else { return self }
        var routine = self
        routine.body = body.map { $0.namingRelations(by: schema) }
        return routine
    }
}

extension Step {
    fileprivate func namingRelations(by schema: Schema) -> Step {
        var step = withBodies { $0.map { $0.namingRelations(by: schema) } }
        if case .write(var write) = step.kind, let parent = write.relationOf, let field = write.table,
            let table = schema.table(parent)?.relations[field.lowercased()]
        {
            write.table = schema.table(table)?.spelling ?? table
            step.kind = .write(write)
        }
        return step
    }
}

extension ArraySlice where Element == Step {
    /// - Parameter after: what comes out where the body is left at its end.
    fileprivate func result(before after: Value?) -> Value? {
        for index in indices {
            let rest = { self[(index + 1)...].result(before: after) }
            switch self[index].kind {
            case .exit(.return(let value)): return value
            case .exit: return nil
            case .branch(let condition, let then, let otherwise):
                guard then.returns || otherwise.returns else { continue }
                let after = rest(), yes = then[...].result(before: after), no = otherwise[...].result(before: after)
                return Value.operation(.conditional, [condition, yes ?? after ?? .unknown, no ?? after ?? .unknown]).bounded
            case .loop(let body):
                guard let value = body.result else { continue }
                return .merge([value, rest() ?? .unknown])
            case .attempt(let body, let handler, let cleanup):
                let values = [body.result, handler?.result, cleanup.result].compactMap { $0 }
                guard !values.isEmpty else { continue }
                return .merge(values + (body.alwaysLeaves ? [] : [rest() ?? .unknown]))
            case .read, .write, .scope, .begin, .end, .lock, .unlock, .effect, .call, .opaque: continue
            }
        }
        return after
    }
}

extension [Step] {
    /// Something in it may give a value back, not from inside a callee.
    fileprivate var returns: Bool {
        contains { step in
            switch step.kind {
            case .exit(.return): true
            case .branch(_, let then, let otherwise): then.returns || otherwise.returns
            case .loop(let body): body.returns
            case .attempt(let body, let handler, let cleanup): body.returns || handler?.returns == true || cleanup.returns
            case .read, .write, .scope, .begin, .end, .lock, .unlock, .effect, .call, .opaque, .exit: false
            }
        }
    }
}

extension Assignment {
    /// `n = n + 1`, by the database or with the value that was read.
    fileprivate var computesItself: Bool {
        value.parts.contains { part in
            guard case .operation(let op, let operands) = part, op == .add || op == .subtract else { return false }
            return operands.flatMap(\.parts).contains { operand in
                switch operand {
                case .column(let name), .member(_, let name): name == column
                default: false
                }
            }
        }
    }
}
