import Flow
import SQL
import Syntax
import Vocabulary

// From a finished chain to its steps, and to its result in the library's shape.
extension RoutineLowering {
    /// Runs a statement: writes its steps and gives back its result in the library's shape.
    mutating func settle(_ chain: Chain, awaited: Bool) -> Value {
        let api = source.vocabulary.apis[likeliest(chain.candidates, awaited: awaited)].flow
        switch chain.form {
        case .builder(let builder): return settle(builder, chain, api)
        case .text(let statements, let parameters, let host): return settle(statements, parameters, host, chain, api)
        case .routine(let name, let arguments):
            let id = emit(.call(Call("rpc:\(name)", arguments)), chain.span)
            return result(.object([.init("data", .outcome(id, .result))], rest: nil), chain, id)
        }
    }

    private func result(_ fallback: Value, _ chain: Chain, _ id: StepID) -> Value {
        guard case .object(let shapes, _) = chain.returns else { return fallback }
        return .object(shapes.keys.sorted().map { .init($0, $0 == "error" ? .outcome(id, .failure) : .outcome(id, .result)) }, rest: nil)
    }

    private mutating func settle(_ statements: [Statement], _ parameters: [Value], _ host: HostText, _ chain: Chain, _ api: Flow.API) -> Value {
        var last: Step?, called: Value?
        for statement in statements {
            let span = hostSpan([statement], host) ?? chain.span
            var numbers: [Int: StepID] = [:]
            for (number, operation) in statement.bound(to: parameters, holes: host.holes).operations.enumerated() {
                guard let kind = Step.Kind(operation, api, holes: host.holes) else { continue }
                var id: StepID = 0
                let inner = collecting { id = $0.emit(kind, span) }
                if let feeder = statement.feeds[number].flatMap({ numbers[$0] }) {
                    emit(
                        .branch(condition: .operation(.greater, [.outcome(feeder, .affected), .literal(.number("0"))]), then: inner, otherwise: []), span)
                } else {
                    steps += inner
                }
                numbers[number] = id
                last = Step(id: id, span: span, kind: kind)
                // The row of a function that gives one value holds it under the function's name.
                called =
                    if case .call(_, _, let column) = operation { column.map { .object([.init($0, .outcome(id, .result))], rest: .outcome(id, .result)) } } else
                    { nil }
            }
        }
        guard let last else { return .unknown }
        noteResult(last, chain)
        if let called { return value(of: chain.returns ?? .facet(.row), calling: called) }
        // A result whose methods are asked is the whole of it.
        guard let shape = chain.returns else { return .outcome(last.id, ran[last.id] == nil ? .row : .rows) }
        return value(of: shape, step: last)
    }

    /// What a function gave, in the library's shape.
    private func value(of shape: Shape, calling row: Value) -> Value {
        switch shape {
        case .facet(.rows): .list([row])
        case .facet(.affected), .facet(.count), .facet(.rowCount), .scalar, .value: row.fields?.first?.value ?? row
        case .facet, .result, .column: row
        case .named(let name): row.member(name)
        case .nothing: .unknown
        case .list(let shapes): .list(shapes.map { value(of: $0, calling: row) })
        case .object(let fields, let rest):
            .object(fields.keys.sorted().map { .init($0, value(of: fields[$0]!, calling: row)) }, rest: rest.map { value(of: $0, calling: row) })
        }
    }

    private mutating func settle(_ original: Chain.Builder, _ chain: Chain, _ api: Flow.API) -> Value {
        var builder = original
        guard let verb = builder.verb else { return .unknown }
        let kind: Step.Kind
        switch verb {
        case .read:
            let computed = builder.columns.isEmpty || builder.columns.contains { $0.aggregate == nil || $0.isOfRelations } ? nil : builder.columns[0].aggregate
            var read = Read(
                table: builder.table, aggregate: computed ?? builder.aggregate ?? (builder.counts ? .count : (builder.single == .many ? .rows : .row)))
            read.columns = builder.columns
            read.filters = builder.filters
            read.openFilters = builder.openFilters
            read.partlyUnknown = builder.partlyUnknown
            read.lock = builder.lock
            read.lockedIf = builder.lockedIf
            read.isWithin = builder.isWithin
            read.api = api
            kind = .read(read)
        case .insert, .update, .upsert, .delete:
            let operation: Write.Operation =
                switch verb {
                case .insert: .insert
                case .update: .update
                case .upsert: .upsert
                case .delete, .read: .delete
                }
            var write = Write(builder.conflict?.action == .nothing ? .insert : operation, table: builder.table)
            if builder.values != .unknown || (builder.assignments.isEmpty && builder.openValues.isEmpty && builder.created.isEmpty && !builder.partlyUnknown) {
                (write.assignments, write.partlyUnknown) = assignments(builder.values, isDelete: verb == .delete)
                if case .object(_, let rest?) = builder.values, rest.isOpen { (write.openValues, write.partlyUnknown) = ([rest], false) }
                if builder.values.isOpen { (write.openValues, write.partlyUnknown) = ([builder.values], false) }
            } else {
                write.assignments = builder.assignments
                write.partlyUnknown = builder.partlyUnknown
                write.openValues = builder.openValues
            }
            write.openFilters = builder.openFilters
            if operation == .upsert, !builder.created.isEmpty {
                write.assignments = builder.created
                builder.conflict?.columns = builder.filters.map(\.column)
                builder.conflict?.assignments = builder.assignments
            }
            write.filters = builder.filters
            write.conflict = builder.conflict
            write.returning = builder.returning || builder.counts
            write.failsWhenMissing = builder.failsWhenMissing
            write.throwsWhenMissing = builder.single == .one && builder.returning
            write.checksVersion = builder.checksVersion
            write.api = api
            kind = .write(write)
        }
        if builder.finds, case .write(let write) = kind { return findOrInsert(write, builder, chain) }
        let id = emit(kind, chain.span)
        let step = Step(id: id, span: chain.span, kind: kind)
        noteResult(step, chain)
        if let table = builder.table { sources[id] = (table, chain.candidates[0]) }
        if case .write(let write) = kind { emitNested(write, source.vocabulary.apis[chain.candidates[0]], chain.span) }
        return chain.returns.map { value(of: $0, step: step, single: builder.single != .many) } ?? .outcome(id, .rows)
    }

    /// `get_or_create(code=code, defaults={…})`: a read, and an insert where it finds nothing.
    private mutating func findOrInsert(_ write: Write, _ builder: Chain.Builder, _ chain: Chain) -> Value {
        var read = Read(table: write.table, aggregate: .row), builder = builder, write = write
        // `name__iexact=name`
        if let separator = source.vocabulary.apis[chain.candidates[0]].phrases.lookup {
            builder.assignments = builder.assignments.map { Assignment($0.column.components(parted: separator)[0], $0.value) }
            write.assignments = builder.assignments
        }
        read.filters = builder.assignments.map { Predicate($0.column, .equal, $0.value) }
        read.api = write.api
        let id = emit(.read(read), chain.span)
        if let table = builder.table { sources[id] = (table, chain.candidates[0]) }
        var insert = write
        insert.operation = .insert
        insert.conflict = nil
        insert.findsOnConflict = true
        insert.assignments += builder.created
        let inner = collecting { _ = $0.emit(.write(insert), chain.span) }
        var otherwise: [Step] = []
        if builder.updates {
            var update = write
            update.operation = .update
            update.filters = read.filters
            update.assignments = builder.created
            otherwise = collecting { _ = $0.emit(.write(update), chain.span) }
        }
        emit(.branch(condition: .operation(.isNull, [.outcome(id, .row)]), then: inner, otherwise: otherwise), chain.span)
        return .list([.outcome(id, .row), .unknown])
    }

    /// `data: {items: {create: {…}}}`: rows of another table that the statement inserts as well.
    private mutating func emitNested(_ write: Write, _ api: DatabaseAPI, _ span: Span) {
        guard !api.nested.isEmpty else { return }
        for assignment in write.assignments {
            guard case .object(let fields, _) = assignment.value, let inner = fields.first(where: { api.nested.contains($0.name) }) else { continue }
            var changes = Changes(api.phrases)
            changes.add(inner.value)
            var nested = Write(.insert, table: assignment.column)
            nested.assignments = changes.assignments
            nested.partlyUnknown = changes.partlyUnknown
            nested.api = write.api
            nested.relationOf = write.table
            emit(.write(nested), span)
        }
    }

    private func assignments(_ value: Value, isDelete: Bool) -> ([Assignment], Bool) {
        switch value {
        case .object(let fields, let rest):
            var latest: [String: Int] = [:]
            for (index, field) in fields.enumerated() { latest[field.name] = index }
            let kept = fields.enumerated().filter { latest[$1.name] == $0 }.map { Assignment($1.name, $1.value) }
            return (kept, rest != nil)
        case .list(let items): return items.first.map { assignments($0, isDelete: isDelete) } ?? ([], true)
        case .either(let items):
            let all = items.map { assignments($0, isDelete: isDelete) }
            return (all.max { $0.0.count < $1.0.count }?.0 ?? [], true)
        default: return ([], !isDelete)
        }
    }

    // MARK: Results

    func value(of shape: Shape, step: Step, single: Bool = false) -> Value {
        switch shape {
        case .facet(let facet): return .outcome(step.id, adapted(facet, to: step))
        case .nothing: return .unknown
        case .column: return .outcome(step.id, .row)
        case .scalar: return step.scalar
        case .value: return step.value
        case .named(let column): return Value.outcome(step.id, .row).member(column)
        case .result:
            switch step.kind {
            case .write(let write): return write.returning ? .outcome(step.id, single ? .row : .rows) : .literal(.null)
            default: return .outcome(step.id, single ? .row : .rows)
            }
        case .list(let shapes): return .list(shapes.map { value(of: $0, step: step, single: single) })
        case .object(let fields, let rest):
            return .object(
                fields.keys.sorted().map { .init($0, value(of: fields[$0]!, step: step, single: single)) },
                rest: rest.map { value(of: $0, step: step, single: single) })
        }
    }

    /// "Affected" of a read is the number of its rows.
    private func adapted(_ facet: Facet, to step: Step) -> Facet {
        guard case .read = step.kind, facet == .affected else { return facet }
        return .rowCount
    }
}
