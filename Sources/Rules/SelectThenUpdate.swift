import Flow

extension Rule {
    /// A row is read, a branch or a computation uses what it said, and the row is then written as if it still said so.
    package static let selectThenUpdate = Rule(
        id: "select-then-update", summary: "A row is checked or computed from, then written without repeating the condition", severity: .error
    ) { paths, project in
        paths.acts.compactMap { act in
            guard act.write.operation != .insert else { return nil }
            return Stale(act, paths, project)?.finding(act, paths)
        }
    }
}

/// What makes a write rest on a row that may have changed.
struct Stale {
    let check: StepID
    let read: Read
    let span: Span
    let decision: Decision?
    let kind: Kind
    var confidence: Confidence
    /// What the code demanded of the column, as a predicate.
    var allowed: String?
    var isExact = false

    enum Kind {
        /// A column was tested, and the write does not test it again.
        case condition(column: String)
        /// The written value was computed from the value that was read.
        case computed(column: String)
        /// The written number was counted over other rows a moment ago.
        case recounted(column: String)
        /// The write tests the column, but nobody asks whether it changed a row.
        case ignored(column: String)
        /// A single-use row was found, and is deleted by key.
        case consumed
    }

    init?(_ act: Act, _ paths: Paths, _ project: Project) {
        guard !paths.isOwnRow(act) else { return nil }
        let candidates = Self.computed(act, paths) + Self.conditions(act, paths) + Self.consumptions(act, paths)
        let open = candidates.filter { paths.protection(of: $0.check, act) == nil }
        guard var best = open.enumerated().max(by: { a, b in
            (a.element.confidence, a.element.isExact ? 1 : 0, -a.offset) < (b.element.confidence, b.element.isExact ? 1 : 0, -b.offset)
        })?.element else { return nil }
        if paths.blocks(best.check, act) { best.confidence = .low }
        self = best
    }

    private init?(_ check: StepID, _ decision: Decision?, _ kind: Kind, _ confidence: Confidence, _ paths: Paths) {
        guard case .read(let read)? = paths.steps[check]?.kind, let span = paths.steps[check]?.span else { return nil }
        self.check = check
        self.read = read
        self.span = span
        self.decision = decision
        self.kind = kind
        self.confidence = confidence
    }

    // MARK: A value computed from what was read

    private static func computed(_ act: Act, _ paths: Paths) -> [Stale] {
        guard act.write.operation == .update || act.write.operation == .upsert else { return [] }
        return act.write.assignments.compactMap { assignment in
            guard !assignment.isRelative else { return nil }
            guard let source = paths.source(of: assignment.value, in: act.write.table) else { return recounted(assignment, paths) }
            let isSameColumn = source.columns.contains { Naming.same($0, assignment.column) }
            guard isSameColumn || (source.isArithmetic && Naming.isQuantity(assignment.column)) else { return nil }
            // The value that was read stands in the WHERE: an optimistic lock.
            if let guarding = act.write.filters.first(where: { filter in source.columns.contains { Naming.same($0, filter.column) } || filter.column.lowercased() == "version" }) {
                return paths.usesOutcome(of: act) || act.write.partlyUnknown ? nil : Stale(source.step, nil, .ignored(column: guarding.column), .medium, paths)
            }
            let confidence: Confidence = source.isArithmetic && isSameColumn ? .high : source.isArithmetic ? .medium : .low
            return Stale(source.step, nil, .computed(column: assignment.column), confidence, paths)
        }
    }

    /// `SET attendees = (what was counted a moment ago)`: the count of other rows, written as a plain number.
    private static func recounted(_ assignment: Assignment, _ paths: Paths) -> Stale? {
        guard Naming.isQuantity(assignment.column), let check = paths.countedStep(assignment.value) else { return nil }
        return Stale(check, nil, .recounted(column: assignment.column), .medium, paths)
    }

    // MARK: A condition that is not repeated

    private static func conditions(_ act: Act, _ paths: Paths) -> [Stale] {
        var found: [Stale] = []
        let origins = paths.origins(of: act.write.filters.map(\.value), in: act.write.table)
        for fact in paths.facts(of: act) {
            guard case .read(let read)? = paths.steps[fact.step]?.kind, Naming.same(read.table, act.write.table), !read.aggregate.isNumber else { continue }
            // Where the written row is known to come from one read, what others said about other rows decides nothing.
            if !origins.isEmpty, !origins.contains(fact.step) { continue }
            switch fact.meaning {
            case .column(let column, let op, let other):
                if let stale = judge(column, op, other, fact.step, fact.decision, act, paths) { found.append(stale) }
            case .present:
                // What the query itself asked for was found: `… WHERE token = ? AND used_at IS NULL`.
                for filter in read.filters where !isIdentity(filter) {
                    if let stale = judge(filter.column, nil, filter.value, fact.step, fact.decision, act, paths) { found.append(stale) }
                }
            case .absent, .below, .above, .changed: continue
            }
        }
        // `for (const job of due) … WHERE id = job.id`: being in the list was the condition.
        for check in origins {
            guard case .read(let read)? = paths.steps[check]?.kind, !found.contains(where: { $0.check == check }) else { continue }
            for filter in read.filters where !isIdentity(filter) {
                if let stale = judge(filter.column, nil, filter.value, check, nil, act, paths) { found.append(stale) }
            }
        }
        return found
    }

    private static func judge(_ column: String, _ op: Operator?, _ other: Value?, _ check: StepID, _ decision: Decision?, _ act: Act, _ paths: Paths) -> Stale? {
        guard !Naming.isTime(column) || Naming.isConsumption(column), !column.isEmpty else { return nil }
        if op?.isOrdering == true, other?.isClock == true { return nil }
        let assignment = act.write.assignments.first { Naming.same($0.column, column) }
        let isWritten = assignment != nil
        let isLife = Naming.isStatus(column) || Naming.isConsumption(column) || (op?.isOrdering == true && Naming.isQuantity(column))
        // `if (row.name !== name) update({name})` writes what it compared with: nothing to lose.
        if let assignment, let other, assignment.value == other, !assignment.value.isConstant { return nil }
        let writesLife = act.write.assignments.contains { Naming.isStatus($0.column) || Naming.isConsumption($0.column) || $0.isRelative }
        guard isWritten || (isLife && (writesLife || act.write.operation == .delete)) else { return nil }
        // A number that this write leaves alone is no number that it uses up.
        if op?.isOrdering == true, !isWritten { return nil }
        if let relative = assignment, relative.isRelative, op?.isOrdering != true { return nil }
        let isRepeated = act.write.filters.contains { Naming.same($0.column, column) || $0.column.lowercased() == "version" }
        if isRepeated {
            let goesOn = paths.sideEffect(after: act) != nil || act.later.contains { if case .write = $0.kind { true } else { false } }
            guard !paths.usesOutcome(of: act), goesOn else { return nil }
            return Stale(check, decision, .ignored(column: column), isLife ? .high : .medium, paths)
        }
        // Another column of the same row is tested instead: as good, when the result is looked at, and no id-only write in any case.
        if !paths.conditions(of: act.write).isEmpty, paths.usesOutcome(of: act) || !isWritten { return nil }
        if act.write.partlyUnknown && act.write.filters.isEmpty { return nil }
        let isFilledOnce = isWritten && assignment?.value.isConstant == false && (op == .not || op == .isNull || (op == .equal && other == .literal(.null)))
        var stale = Stale(check, decision, .condition(column: column), confidence(isLife, isWritten, isFilledOnce, act, paths), paths)
        stale?.allowed = Wording.condition(column, op, other, writing: assignment?.value)
        // The test for the very state that is written is the one that matters.
        stale?.isExact = assignment.map { $0.value == other } ?? false
        // Clearing what is set ends the same however often it is done.
        if assignment?.value == .literal(.null), paths.sideEffect(after: act) == nil { stale?.confidence = .low }
        return stale
    }

    private static func confidence(_ isLife: Bool, _ isWritten: Bool, _ isFilledOnce: Bool, _ act: Act, _ paths: Paths) -> Confidence {
        let goesOn = paths.sideEffect(after: act) != nil || act.later.contains { if case .write = $0.kind { true } else { false } }
        if isLife, isWritten { return .high }
        if isLife || isFilledOnce { return .medium }
        return goesOn ? .medium : .low
    }

    /// A predicate that says which row, not in which state.
    private static func isIdentity(_ filter: Predicate) -> Bool {
        switch filter.comparison {
        case .equal, .oneOf: !filter.value.isConstant
        case .like, .other: true
        case .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .isNull, .isNotNull, .notOneOf: false
        }
    }

    // MARK: A row that works once

    private static func consumptions(_ act: Act, _ paths: Paths) -> [Stale] {
        guard act.write.operation == .delete, let table = act.write.table, Naming.isSingleUse(table), !paths.usesOutcome(of: act), !act.write.filters.isEmpty else { return [] }
        // Deleting is harmless in itself; the harm is what the holder of the row is given.
        let gives = act.later + act.earlier
        guard gives.contains(where: { step in
            switch step.kind {
            case .write(let write): return !Naming.same(write.table, table) && write.operation != .delete
            case .effect(let effect): return effect.kind == .token || effect.kind == .money
            default: return false
            }
        }) else { return [] }
        return paths.facts(of: act).compactMap { fact in
            guard case .present = fact.meaning, case .read(let read)? = paths.steps[fact.step]?.kind, Naming.same(read.table, table) else { return nil }
            return Stale(fact.step, fact.decision, .consumed, .medium, paths)
        }
    }
}

extension Stale {
    func finding(_ act: Act, _ paths: Paths) -> Finding {
        let table = Wording.table(act.write.table)
        var evidence = [Evidence(.check, span, isRecount ? "counts \(Wording.table(read.table))" : "reads \(table)\(columnText)")]
        if let decision { evidence.append(Evidence(.decision, decision.span, "decides on what was read")) }
        if let effect = paths.sideEffect(before: act, after: check), case .effect(let what) = effect.kind {
            evidence.append(Evidence(.effect, effect.span, "calls \(what.name) before the row is claimed"))
        }
        evidence.append(Evidence(.act, act.step.span, actText(table, act)))
        if let effect = paths.sideEffect(after: act), case .effect(let what) = effect.kind { evidence.append(Evidence(.effect, effect.span, "then calls \(what.name)")) }
        return Rule.selectThenUpdate.finding(
            confidence, act, paths, message: message(table, act), help: help(table, act), remedy: remedy(act), evidence: evidence,
            timeline: timeline(table, act))
    }

    private var columnText: String {
        switch kind {
        case .condition(let column), .computed(let column), .ignored(let column): ", `\(column)` among it"
        case .consumed, .recounted: ""
        }
    }

    private var isRecount: Bool { if case .recounted = kind { true } else { false } }

    private func actText(_ table: String, _ act: Act) -> String {
        switch kind {
        case .condition(let column): "\(act.write.operation == .delete ? "deletes from" : "updates") \(table) without asking for `\(column)` again"
        case .computed(let column): "writes `\(column)` as computed from the old value"
        case .recounted(let column): "writes the count as `\(column)`"
        case .ignored: "updates \(table), and nobody looks at how many rows changed"
        case .consumed: "deletes the row by its key"
        }
    }

    private func message(_ table: String, _ act: Act) -> String {
        switch kind {
        case .condition(let column):
            "Two requests can both read \(table) while `\(column)` still allows it, and both go on: the \(act.write.operation == .delete ? "DELETE" : "UPDATE") does not repeat the condition."
        case .computed(let column):
            "Two requests can both read `\(column)` of \(table) and both write a value computed from it, so that one change is lost."
        case .recounted(let column):
            "Two requests can both count \(Wording.table(read.table)) and write the number as `\(column)` of \(table) in either order, so that the older count stays."
        case .ignored(let column):
            "The UPDATE of \(table) tests `\(column)`, but nothing looks at whether it changed a row, so the loser of a race goes on as if it had won."
        case .consumed:
            "Two requests can both find the row in \(table) before either deletes it, and both use it."
        }
    }

    private func help(_ table: String, _ act: Act) -> String {
        switch kind {
        case .condition(let column): "Repeat the condition on `\(column)` in the WHERE, and go on only when a row was changed."
        case .computed(let column): "Let the database compute `\(column)` from its current value, or lock the row before reading it."
        case .recounted(let column): "Change `\(column)` relatively with each row that is added, or count inside the UPDATE while the row is locked."
        case .ignored: "Test the number of changed rows, and stop when it is zero."
        case .consumed: "Delete first with RETURNING, and go on only with the row that comes back."
        }
    }

    private func remedy(_ act: Act) -> String {
        let table = act.write.table ?? "rows", identity = Wording.identity(act.write.filters)
        let set = act.write.assignments.prefix(4).map { "\($0.column) = \($0.isRelative ? "…" : Wording.sql($0.value, $0.column))" }.joined(separator: ", ")
        let dialect = act.write.api?.dialect
        switch kind {
        case .condition, .ignored:
            let statement = act.write.operation == .delete ? "DELETE FROM \(table)" : "UPDATE \(table) SET \(set)"
            return Wording.tested("\(statement)\nWHERE \(([identity] + (allowed.map { [$0] } ?? [])).joined(separator: " AND "))", dialect, otherwise: "somebody else was first, stop here")
        case .computed(let column):
            if isDecrease(of: column, act) {
                return Wording.tested("UPDATE \(table) SET \(column) = \(column) - :amount\nWHERE \(identity) AND \(column) >= :amount", returning: column, dialect, otherwise: "not enough left")
            }
            return "UPDATE \(table) SET \(column) = \(column) + :amount\nWHERE \(identity);"
        case .recounted(let column):
            return "SELECT 1 FROM \(table) WHERE \(identity) FOR UPDATE;\nUPDATE \(table) SET \(column) = (SELECT count(*) FROM \(read.table ?? "rows") WHERE …)\nWHERE \(identity);  -- in one transaction"
        case .consumed: return Wording.tested("DELETE FROM \(table)\nWHERE \(identity)", dialect, otherwise: "already used")
        }
    }

    /// Whether the written value is smaller than the one it was computed from.
    private func isDecrease(of column: String, _ act: Act) -> Bool {
        act.write.assignments.first { $0.column == column }?.value.parts.contains { part in
            if case .operation(.subtract, let operands) = part { operands.first != .literal(.number("0")) } else { false }
        } ?? false
    }

    private func timeline(_ table: String, _ act: Act) -> [Moment] {
        let index = decision == nil ? 1 : 2
        switch kind {
        case .condition(let column):
            return [
                Moment(.first, "reads \(table): `\(column)` allows it", evidence: 0), Moment(.second, "reads \(table): `\(column)` allows it", evidence: 0),
                Moment(.first, "writes the row", evidence: index), Moment(.second, "writes the row again", evidence: index),
                Moment(.both, "both go on as the only one"),
            ]
        case .computed(let column):
            let (sign, after, right) = isDecrease(of: column, act) ? ("− 10", 90, 80) : ("+ 10", 110, 120)
            return [
                Moment(.first, "reads `\(column)`: 100", evidence: 0), Moment(.second, "reads `\(column)`: 100", evidence: 0), Moment(.first, "writes 100 \(sign) = \(after)", evidence: index),
                Moment(.second, "writes 100 \(sign) = \(after)", evidence: index), Moment(.both, "`\(column)` is \(after) where it should be \(right)"),
            ]
        case .recounted(let column):
            return [
                Moment(.first, "counts 7", evidence: 0), Moment(.second, "adds a row and counts 8", evidence: 0), Moment(.second, "writes 8", evidence: index),
                Moment(.first, "writes 7", evidence: index), Moment(.both, "`\(column)` is 7 where it should be 8"),
            ]
        case .ignored(let column):
            return [
                Moment(.first, "reads \(table): `\(column)` allows it", evidence: 0), Moment(.second, "reads \(table): `\(column)` allows it", evidence: 0),
                Moment(.first, "changes 1 row", evidence: index), Moment(.second, "changes 0 rows, and does not notice", evidence: index), Moment(.both, "both go on as the only one"),
            ]
        case .consumed:
            return [
                Moment(.first, "finds the row in \(table)", evidence: 0), Moment(.second, "finds the row in \(table)", evidence: 0), Moment(.first, "deletes it", evidence: index),
                Moment(.second, "deletes nothing, and does not notice", evidence: index), Moment(.both, "the row was used twice"),
            ]
        }
    }
}

extension Paths {
    /// Which read of the written table an assigned value comes from, through which columns, and whether it was computed with.
    fileprivate func source(of value: Value, in table: String?) -> (step: StepID, columns: [String], isArithmetic: Bool)? {
        var columns: [String] = [], origin: StepID?, arithmetic = false
        func look(_ value: Value, computing: Bool) {
            switch value {
            case .member(let base, let name):
                guard case .outcome(let id, let facet) = base.root, facet == .row || facet == .rows, case .read(let read)? = steps[id]?.kind, Naming.same(read.table, table) else {
                    return look(base, computing: computing)
                }
                let column = base.firstColumn ?? name
                origin = origin ?? id
                columns.append(read.columns.first { $0.alias == column }?.column ?? column)
                if computing { arithmetic = true }
            case .operation(let op, let parts):
                switch op {
                case .add, .subtract, .multiply, .divide: parts.forEach { look($0, computing: true) }
                case .not: parts.forEach { look($0, computing: true) }
                case .coalesce, .or, .and: parts.forEach { look($0, computing: computing) }
                case .conditional: parts.dropFirst().forEach { look($0, computing: computing) }
                case .call(let name): if ["max", "min", "round", "floor", "ceil", "Number", "parseInt", "parseFloat", "String", "toFixed", "stringify", "abs", "toString"].contains(name) { parts.forEach { look($0, computing: computing) } }
                case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .isNull, .isNotNull, .oneOf, .notOneOf, .like, .subquery, .text: return
                }
            case .object(let fields, let rest):
                fields.forEach { look($0.value, computing: computing) }
                if let rest { look(rest, computing: computing) }
            case .list(let items), .either(let items): items.forEach { look($0, computing: computing) }
            case .literal, .outcome, .parameter, .input, .column, .name, .unknown: return
            }
        }
        look(value, computing: false)
        return origin.map { ($0, columns, arithmetic) }
    }
}

extension Paths {
    /// The reads of a table whose rows these values were taken from.
    func origins(of values: [Value], in table: String?) -> [StepID] {
        values.flatMap(\.steps).filter { id in if case .read(let read)? = steps[id]?.kind { Naming.same(read.table, table) } else { false } }
    }

    /// The read whose count or number of rows a value is, through defaults and conversions.
    fileprivate func countedStep(_ value: Value) -> StepID? {
        switch value {
        case .outcome(let id, .count), .outcome(let id, .rowCount): id
        case .member(let base, let name):
            if case .outcome(let id, .row) = base.root, case .read(let read)? = steps[id]?.kind, read.columns.contains(where: { $0.alias == name && $0.aggregate != nil }) { id } else { nil }
        case .operation(let op, let parts):
            switch op {
            case .coalesce, .or, .add, .subtract: parts.lazy.compactMap { countedStep($0) }.first
            case .call(let name) where ["Number", "parseInt"].contains(name): parts.lazy.compactMap { countedStep($0) }.first
            case .conditional: parts.dropFirst().lazy.compactMap { countedStep($0) }.first
            default: nil
            }
        default: nil
        }
    }
}

extension Value {
    fileprivate var root: Value {
        switch self {
        case .member(let base, _): base.root
        case .operation(.coalesce, let parts), .operation(.or, let parts): parts.first?.root ?? self
        default: self
        }
    }

    /// The column in `row.column.property…`.
    fileprivate var firstColumn: String? {
        switch self {
        case .member(let base, let name): base.firstColumn ?? name
        case .operation(.coalesce, let parts), .operation(.or, let parts): parts.first?.firstColumn
        default: nil
        }
    }
}
