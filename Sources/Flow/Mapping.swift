// Rewriting steps: the same structure with other numbers, or with every value passed through `change`.

extension Step {
    /// The same step around other bodies.
    package func withBodies(_ change: ([Step]) -> [Step]) -> Step {
        var copy = self
        switch kind {
        case .branch(let condition, let then, let otherwise): copy.kind = .branch(condition: condition, then: change(then), otherwise: change(otherwise))
        case .loop(let body): copy.kind = .loop(change(body))
        case .scope(let body): copy.kind = .scope(change(body))
        case .attempt(let body, let handler, let cleanup): copy.kind = .attempt(change(body), handler: handler.map(change), cleanup: change(cleanup))
        case .read, .write, .begin, .end, .lock, .unlock, .effect, .call, .exit, .opaque: break
        }
        return copy
    }

    /// The step with its own values passed through `change`; the steps inside it stay as they are.
    package func withValues(_ change: (Value) -> Value) -> Step {
        var copy = self
        switch kind {
        case .read(let read): copy.kind = .read(read.rewritten(change))
        case .write(let write): copy.kind = .write(write.rewritten(change))
        case .branch(let condition, let then, let otherwise): copy.kind = .branch(condition: change(condition).bounded, then: then, otherwise: otherwise)
        case .lock(let lock): copy.kind = .lock(Lock(lock.kind, key: change(lock.key)))
        case .call(var call):
            call.arguments = call.arguments.map { change($0).bounded }
            call.receiver = call.receiver.map { change($0).bounded }
            copy.kind = .call(call)
        case .exit(.return(let value)): copy.kind = .exit(.return(change(value).bounded))
        case .effect(var effect):
            effect.arguments = effect.arguments.map { change($0).held }
            copy.kind = .effect(effect)
        case .begin(let promised, let options?): copy.kind = .begin(promised, options: change(options))
        case .loop, .scope, .attempt, .begin, .end, .unlock, .exit, .opaque: break
        }
        return copy
    }

    package func rewritten(_ change: (Value) -> Value) -> Step { withValues(change).withBodies { $0.map { $0.rewritten(change) } } }

    package func renumbered(by base: StepID) -> Step {
        var copy = withBodies { $0.map { $0.renumbered(by: base) } }
        copy.id += base
        return copy
    }
}

extension Read {
    package func rewritten(_ change: (Value) -> Value) -> Read {
        var copy = self
        copy.filters = filters.map { $0.rewritten(change) }
        copy.nested = nested.map { $0.rewritten(change) }
        let conditions = openFilters.map(change).unfolded()
        copy.filters += conditions.filters
        copy.openFilters = conditions.open
        copy.partlyUnknown = partlyUnknown || conditions.isPartlyUnknown
        copy.lockedIf = lockedIf.map(change)
        if let isLocked = copy.lockedIf?.truth {
            copy.lockedIf = nil
            if !isLocked { copy.lock = nil }
        }
        return copy
    }
}

extension Write {
    package func rewritten(_ change: (Value) -> Value) -> Write {
        var copy = self
        copy.assignments = assignments.map { Assignment($0.column, change($0.value).bounded) }
        copy.filters = filters.map { $0.rewritten(change) }
        copy.source = source?.rewritten(change)
        copy.row = row.map(change)
        let conditions = openFilters.map(change).unfolded()
        copy.filters += conditions.filters
        copy.openFilters = conditions.open
        copy.partlyUnknown = partlyUnknown || conditions.isPartlyUnknown
        copy.openValues = []
        for value in openValues {
            change(value).joined.unfold { field in
                if !copy.assignments.contains(where: { $0.column == field.name }) { copy.assignments.append(Assignment(field.name, field.value.bounded)) }
            } rest: {
                copy.openValues.append($0)
            }
        }
        copy.conflict?.assignments = conflict?.assignments.map { Assignment($0.column, change($0.value)) } ?? []
        copy.conflict?.filters = conflict?.filters.map { $0.rewritten(change) } ?? []
        return copy
    }
}

extension Predicate {
    package func rewritten(_ change: (Value) -> Value) -> Predicate { Predicate(column, comparison, change(value).bounded, through: through) }
}

extension [Value] {
    /// The conditions in objects that have become known, what is still open, and whether something cannot be said as conditions.
    fileprivate func unfolded() -> (filters: [Predicate], open: [Value], isPartlyUnknown: Bool) {
        var filters: [Predicate] = [], open: [Value] = [], unknown = false
        for value in self {
            value.unfold { field in
                if field.joinsConditions { unknown = true } else { filters.append(Predicate(field.name, field.comparison, field.value)) }
            } rest: {
                open.append($0)
            }
        }
        return (filters, open, unknown)
    }
}

extension Value.Field {
    /// `OR: […]`, `$and: […]`: no column.
    fileprivate var joinsConditions: Bool {
        if name.hasPrefix("$") { return true }
        if case .list = value { return name.utf8.allSatisfy { (65...90).contains($0) } }
        return false
    }

    /// What a field says as a condition.
    fileprivate var comparison: Predicate.Comparison {
        switch value {
        case .literal(.null): .isNull
        case .object, .list: .other
        default: .equal
        }
    }
}

extension Value {
    /// Hands out the fields of an object that has become known, and what of it is still open.
    fileprivate func unfold(_ field: (Field) -> Void, rest: (Value) -> Void) {
        switch self {
        case .object(let fields, let more):
            fields.forEach(field)
            more?.unfold(field, rest: rest)
        case .literal: return
        case .operation(.coalesce, let parts), .operation(.or, let parts): parts.first?.unfold(field, rest: rest)
        case .operation(.call(let name), let operands) where name.hasPrefix("new "):
            for operand in operands { if case .object = operand { operand.unfold(field, rest: rest) } }
        default: rest(self)
        }
    }

    /// One of several objects as one object: the fields that each of them has, and the rest unknown where some has others.
    fileprivate var joined: Value {
        let items: [Value]
        switch self {
        case .either(let several) where several.count > 1: items = several
        case .operation(.conditional, let parts) where parts.count == 3: items = [parts[1], parts[2]]
        default: return self
        }
        var alternatives: [[Field]] = [], isWhole = true
        for item in items {
            var fields: [Field] = []
            item.unfold { field in
                if !fields.contains(where: { $0.name == field.name }) { fields.append(field) }
            } rest: { _ in
                isWhole = false
            }
            alternatives.append(fields)
        }
        let common = alternatives[0].compactMap { first -> Field? in
            let values = alternatives.compactMap { fields in fields.first { $0.name == first.name }?.value }
            return values.count == items.count ? Field(first.name, .merge(values)) : nil
        }
        guard !common.isEmpty else { return self }
        isWhole = isWhole && alternatives.allSatisfy { $0.count == common.count }
        return .object(common, rest: isWhole ? nil : .unknown)
    }

    /// Whether linking may tell what the value holds.
    package var isOpen: Bool {
        switch self {
        case .parameter, .outcome(_, .result): true
        case .member(let base, _): base.isOpen
        case .operation(.call, let operands): operands.first?.isOpen ?? false
        case .operation(.coalesce, let operands), .operation(.or, let operands): operands.first?.isOpen ?? false
        case .object, .literal, .input, .column, .name, .operation, .list, .either, .outcome, .unknown: false
        }
    }
}
