import Flow

extension Rule {
    /// A number or the absence of a row is read, a branch decides on it, and a row is inserted that makes the answer
    /// wrong for everyone who read it at the same time.
    package static let countThenInsert = Rule(
        id: "count-then-insert", summary: "A cap or a uniqueness test is read first and acted on later", severity: .error
    ) { paths, project in
        paths.acts.compactMap { act in
            guard act.write.operation != .delete else { return nil }
            let checks = paths.facts(of: act).compactMap { Check($0, act, paths, project) }
            return Check.best(of: paths.askedOnce(checks, before: act), act, paths)?.finding(act, paths)
        } + paths.insertsFromSelect()
    }
}

/// What an insert was decided on.
struct Check {
    let fact: Fact
    let read: Read
    let span: Span
    let kind: Kind
    var confidence: Confidence
    /// Why the schema does not help, where that is known.
    var reason = ""
    /// Moments of the routine are set back to midnight (`day.setHours(0, 0, 0, 0)`), and to the beginning of nothing longer.
    let isSetToMidnight: Bool
    /// The column through which rows pass by the key that stands there already.
    var nullColumn: String?

    enum Kind {
        case cap(limit: Value), absence, flag(column: String)
        /// A number on another row, which goes down to nothing or up to a limit.
        case quantity(column: String, isCountedUp: Bool)
    }

    init?(_ fact: Fact, _ act: Act, _ paths: Paths, _ project: Project) {
        guard let span = paths.steps[fact.step]?.span, var read = paths.steps[fact.step]?.kind.asked(by: fact) else { return nil }
        read.filters += fact.asked
        self.fact = fact
        isSetToMidnight = paths.setsBackToMidnight
        self.read = read
        self.span = span
        let counted =
            fact.relation.map { relation in read.table.flatMap { project.schema.table($0)?.relations[relation.lowercased()] } ?? relation }
            ?? read.counted(besides: act.write.table) ?? read.table
        let sameTable = Naming.sameRows(counted, act.write.table) || project.isSame(counted, act.write.table)
        if sameTable, act.write.contradicts(read.filters) { return nil }
        // A row that is moved among those that were counted is one more of them.
        if act.write.operation == .update {
            switch fact.meaning {
            case .below: guard sameTable || fact.relation != nil, paths.joins(act, read, fact) else { return nil }
            case .absent: guard sameTable, act.write.takes(read) else { return nil }
            default: return nil
            }
        }
        switch fact.meaning {
        case .below(let limit):
            guard !act.write.isLimited else { return nil }
            kind = .cap(limit: limit)
            // The rows that grow are those that were counted; where another statement adds to them, that one is the act.
            if !sameTable, paths.writesTable(counted, besides: act) || act.write.table.map(Naming.isJournal) == true { return nil }
            confidence =
                sameTable || act.write.operation == .update
                ? .high : read.aggregate.isNumber && fact.relation == nil && paths.sharesParent(read, act) ? .medium : .low
        case .absent:
            guard sameTable, act.write.operation != .upsert, act.write.conflict == nil else { return nil }
            // What nobody else can be asking for: a key that was made a moment ago.
            if read.filters.contains(where: { $0.comparison == .equal && ($0.value.isFresh || $0.value.isReckonedFromNow) }) { return nil }
            kind = .absence
            confidence = .medium
            guard judgeKeys(act, paths, project) else { return nil }
            if act.write.operation == .update, act.write.isRefused(by: act.write.table.flatMap { project.schema.table($0) }, taking: read) { confidence = .low }
            // The one row of a table that has only one: whoever reads it takes the first.
            if read.filters.isEmpty, !read.isPartlyUnknown, act.write.table.map(Naming.isPeople) != true { confidence = .low }
            // The latest row says something else: its successor is written, and both stay.
            if fact.isOfLatest(read) { confidence = .low }
            // Several rows are made where none was: there is not meant to be one.
            if paths.fills(act, where: read) { confidence = .low }
        case .column(_, let op, _) where op?.isOrdering != true && sameTable && read.aggregate == .rows:
            // A list was searched for a row in a certain state, and none was there.
            guard act.write.operation == .insert, act.write.conflict == nil, fact.decision.leaving != .not else { return nil }
            kind = .absence
            confidence = .medium
            guard judgeKeys(act, paths, project) else { return nil }
        case .column(let column, let op, _) where op?.isOrdering != true:
            // The flag that should have been claimed first is set by another statement of this path.
            guard !sameTable, act.write.operation == .insert, act.write.conflict == nil, act.write.table.map(Naming.isJournal) != true,
                paths.setsLater(column, of: read.table), !paths.isOnce(act, project)
            else { return nil }
            kind = .flag(column: column)
            confidence = .medium
        case .column(let column, let op, let other):
            guard let op, op.isOrdering, Naming.isQuantity(column), !Naming.isTime(column), other?.isClock != true else { return nil }
            // A count is held against it: that is what changes, and it is kept.
            if let counted = other.flatMap({ paths.countedStep($0) }), paths.protection(of: counted, act) != nil { return nil }
            let isUsedUp = other.map { paths.usesUp(column, of: read, fact.step, below: $0, act, project) } ?? false
            if act.write.operation == .upsert {
                guard sameTable, act.write.conflict?.filters.isEmpty != false, !act.write.isForAnother(than: read, of: fact.step) else { return nil }
                confidence = .high
            } else {
                guard !sameTable, other?.isConstant != true || isUsedUp || fact.decision.condition.computesWith(column),
                    act.write.table.map(Naming.isJournal) != true
                else { return nil }
                confidence = .medium
            }
            // A few wrong passwords more change nothing.
            if Naming.countsAttempts(column) { confidence = .low }
            // A key that refuses the second, and is listened to, is a claim and not what is given out.
            if act.write.operation == .insert, paths.claimsKey(act, project) { return nil }
            kind = .quantity(column: column, isCountedUp: (op == .less || op == .lessOrEqual) && !fact.decision.condition.computesWith(column))
        case .above(let minimum):
            // What is left of a sum must cover what this row takes away.
            guard read.sums, sameTable, !minimum.isConstant, act.write.operation == .insert else { return nil }
            kind = .cap(limit: minimum)
            confidence = .medium
        // `UPDATE … WHERE owner = ? AND key = ?` found nothing to change, so the row is inserted.
        case .changed:
            guard sameTable, act.write.operation == .insert, act.write.conflict == nil, act.write.repeats(read.filters) else { return nil }
            kind = .absence
            confidence = .medium
            guard judgeKeys(act, paths, project) else { return nil }
            // Whoever counts what was changed thinks of others, and may have a key for the rest.
            if act.write.table.flatMap({ project.schema.table($0) }) == nil { confidence = .low }
        case .present: return nil
        }
        if paths.isOwnParent(read, of: act) { return nil }
        if let table = act.write.table.flatMap({ project.schema.table($0) }), table.guardsInserts { return nil }
        if paths.protection(of: fact.step, act) != nil { return nil }
        if paths.blocks(fact.step, act) { confidence = .low }
        // A brake on guessing is no cap: a few guesses more at once change nothing.
        if act.write.table.map(Naming.brakesGuessing) == true { confidence = .low }
    }

    static func best(of checks: [Check], _ act: Act, _ paths: Paths) -> Check? {
        checks.enumerated().max { a, b in
            (a.element.confidence, a.element.rank, paths.closeness(of: a.element.fact.step, to: act.step), -a.offset)
                < (b.element.confidence, b.element.rank, paths.closeness(of: b.element.fact.step, to: act.step), -b.offset)
        }?.element
    }

    /// Of two checks of equal confidence, the number speaks before the absence, and that before a flag.
    private var rank: Int {
        switch kind {
        case .cap: 3
        case .quantity: 2
        case .absence: 1
        case .flag: 0
        }
    }
}

extension Paths {
    /// `INSERT … SELECT … WHERE (SELECT count(*) …) < cap`: one statement, but at READ COMMITTED two of them read the same count.
    fileprivate func insertsFromSelect() -> [Finding] {
        acts.compactMap { act -> Finding? in
            guard act.write.operation == .insert, act.write.conflict == nil, let source = act.write.source, let nested = source.nested.first,
                Naming.same(nested.table, act.write.table), act.write.api?.dialect == .postgres, act.context.locks.isEmpty,
                act.context.transaction.map({ $0.isolation == .serializable }) != true, !claimsFirst(act),
                !act.earlier.contains(where: { if case .read(let read) = $0.kind { read.lock == .update } else { false } })
            else { return nil }
            let target = Wording.table(act.write.table)
            return Rule.countThenInsert.finding(
                .medium, nil, act, self,
                message: "Two copies of this statement can run their sub-select on \(target) at the same time, before either has inserted, and both insert.",
                help: "Claim the slot with INSERT … ON CONFLICT DO UPDATE … WHERE count < cap RETURNING, or add a unique key and ON CONFLICT DO NOTHING.",
                remedy: Wording.tested(
                    "INSERT INTO \(spelled(act.write.table)) (…) VALUES (…)\nON CONFLICT (…) DO NOTHING", act.write.api?.dialect,
                    otherwise: "somebody else was first"),
                evidence: [Evidence(.act, act.step.span, "reads and inserts in one statement, at READ COMMITTED", step: act.step.id)],
                timeline: [
                    Moment(.first, "evaluates the sub-select"), Moment(.second, "evaluates the sub-select"), Moment(.first, "inserts", evidence: 0),
                    Moment(.second, "inserts", evidence: 0), Moment(.both, "\(target) holds one row too many"),
                ])
        }
    }
}

extension Fact {
    /// Besides being there, the row must say the same as what is about to be written, in more than one column that it was
    /// not looked for by.
    fileprivate func isOfLatest(_ read: Read) -> Bool {
        let compared = decision.condition.conjuncts.flatMap { part -> [String] in
            switch part {
            case .operation(.equal, let sides) where sides.count == 2 && sides.allSatisfy({ !$0.isConstant }):
                // `row.until?.getTime() === until?.getTime()`
                sides.firstMapped { side in side.columns(ofRow: step).first.map { [$0] } } ?? []
            // What a long condition began with.
            case .operation(.call(Value.elided), let items): items.flatMap { $0.columns(ofRow: step) }
            default: []
            }
        }
        return Set(compared).count { column in !read.filters.contains { Naming.same($0.column, column) } } > 1
    }
}

extension Value {
    fileprivate func columns(ofRow step: StepID) -> [String] {
        parts.compactMap { if case .member(.outcome(step, .row), let column) = $0 { column } else { nil } }
    }

    /// What must all hold, or, where the whole was refused, may each have failed.
    fileprivate var conjuncts: [Value] {
        switch self {
        case .operation(.and, let parts), .operation(.not, let parts): parts.flatMap(\.conjuncts)
        default: [self]
        }
    }
}

extension Step.Kind {
    /// What a decision asks the database: a statement's own question, or whether an update has found its row.
    fileprivate func asked(by fact: Fact) -> Read? {
        switch self {
        case .read(let read): return read
        case .write(let write):
            guard case .changed = fact.meaning, write.operation == .update, fact.decision.findsNothing(of: fact.step) else { return nil }
            return Read(changedBy: write)
        default: return nil
        }
    }
}

extension Decision {
    /// It leads on where the statement has changed no row: `if (count === 0)`, `if (!updated)`.
    fileprivate func findsNothing(of step: StepID) -> Bool {
        var value = condition, holds = holds
        while case .operation(.not, let inner) = value, let first = inner.first { (value, holds) = (first, !holds) }
        if case .operation(let op, let parts) = value, parts.count == 2, parts[0].steps.contains(step) {
            switch (op, parts[1]) {
            case (.equal, .literal(.number("0"))), (.lessOrEqual, .literal(.number("0"))), (.less, .literal(.number("1"))): return holds
            case (.notEqual, .literal(.number("0"))), (.greater, .literal(.number("0"))), (.greaterOrEqual, .literal(.number("1"))): return !holds
            case (.equal, .literal(.null)): return holds
            case (.notEqual, .literal(.null)): return !holds
            default: return false
            }
        }
        if case .outcome(step, _) = value { return !holds }
        return false
    }
}

extension Read {
    /// Another row may be asked for, but by the same columns.
    fileprivate func asksLike(_ other: Read) -> Bool {
        Naming.same(table, other.table) && Set(filters.map { $0.column.lowercased() }) == Set(other.filters.map { $0.column.lowercased() })
    }

    fileprivate var sums: Bool { aggregate == .sum || columns.contains { $0.aggregate == .sum } }
}

extension Value {
    /// It came with the request, or stands in the row that the request asked for.
    fileprivate var isBrought: Bool {
        switch self {
        case .parameter, .input: true
        case .member(let base, _): base.isBrought
        case .outcome(_, .row): true
        case .operation(.or, let parts), .operation(.coalesce, let parts), .either(let parts): parts.allSatisfy { $0.isBrought }
        case .operation(.conditional, let parts) where parts.count == 3: parts[1].isBrought && parts[2].isBrought
        default: false
        }
    }

    /// The step that read the row whose key this is, or which it is as a whole.
    fileprivate var keyOf: StepID? {
        switch self {
        case .outcome(let step, .row): step
        case .member(let base, let name): name == "id" || name == "pk" || name == "_id" ? base.keyOf : nil
        case .object(_, let rest?): rest.keyOf
        case .operation(.conditional, let parts) where parts.count == 3: parts[1].keyOf ?? parts[2].keyOf
        case .operation(.coalesce, let parts), .operation(.or, let parts): parts.first?.keyOf
        default: nil
        }
    }

    /// The column is added to or subtracted from something: `balance - price < 0` compares two numbers.
    fileprivate func computesWith(_ column: String) -> Bool {
        parts.contains { part in
            guard case .operation(let op, let operands) = part, op == .add || op == .subtract else { return false }
            return operands.contains { $0.parts.contains { if case .member(_, column) = $0 { true } else { false } } }
        }
    }
}

extension Read {
    /// `SELECT e.capacity, count(s.id) FROM events e LEFT JOIN seats s …`: what is counted are the rows of the other table.
    func counted(besides written: String?) -> String? {
        guard !Naming.sameRows(table, written) else { return nil }
        let counts = columns.filter { $0.aggregate == .count || $0.aggregate == .sum }
        // Beside columns of the row to which they belong, or taken from one; a count alone is one of the first table, whatever is joined to it.
        let isGrouped = counts.contains { !$0.isOfRelations } && columns.contains { $0.aggregate == nil || $0.isRemainder }
        let tables = (isGrouped ? joined : []) + (counts.contains(where: \.isOfRelations) ? nested.compactMap(\.table) : [])
        return tables.first { Naming.sameRows($0, written) }
    }
}

extension Write {
    /// The new row is none of those that were looked for: it says something else where they were asked for a constant.
    fileprivate func contradicts(_ filters: [Predicate]) -> Bool {
        filters.contains { filter in
            guard filter.comparison == .equal, filter.through == nil, filter.value.isConstant,
                let own = assignments.last(where: { Naming.same($0.column, filter.column) })?.value
            else { return false }
            return own.isConstant && own != filter.value
        }
    }

    /// The new row is one of those that were looked for.
    fileprivate func repeats(_ filters: [Predicate]) -> Bool {
        let asked = filters.filter { $0.comparison == .equal && !$0.value.isConstant && $0.value != .unknown }
        return !asked.isEmpty && asked.allSatisfy { filter in assignments.contains { Naming.same($0.column, filter.column) && $0.value == filter.value } }
    }

    /// A row of another key gets what was looked for, and found with nobody: a name, an address.
    fileprivate func takes(_ read: Read) -> Bool {
        !taken(from: read).isEmpty && !isOfRow(askedFor: read)
            && !read.filters.contains { filter in
                filter.comparison == .equal && filters.contains { Naming.same($0.column, filter.column) && $0.value == filter.value && !$0.value.isConstant }
                    && ["id", "pk"].contains(filter.column.lowercased())
            }
    }

    /// What says which row is written was asked for too: it is its own value that was looked at.
    private func isOfRow(askedFor read: Read) -> Bool {
        let chosen = filters.filter { $0.comparison == .equal }
        return !chosen.isEmpty && chosen.allSatisfy { own in read.filters.contains { Naming.same($0.column, own.column) && $0.value == own.value } }
    }

    private func taken(from read: Read) -> [String] {
        read.filters.filter { filter in
            filter.comparison == .equal && filter.through == nil && !filter.value.isConstant && filter.value != .unknown
                && assignments.contains { Naming.same($0.column, filter.column) && $0.value == filter.value }
        }.map(\.column)
    }

    /// Some key is over what is taken, alone or with columns that the row has already.
    fileprivate func isRefused(by table: Schema.Table?, taking read: Read) -> Bool {
        guard let table else { return false }
        let columns = taken(from: read).map { table.column($0) }
        return table.keys.contains { key in key.condition == nil && key.columns.contains { columns.contains($0) } }
    }

    /// The statement carries its own limit: a counter raised under a condition, or a conflict that does nothing.
    fileprivate var isLimited: Bool { conflict.map { !$0.filters.isEmpty } ?? false }
}

extension Paths {
    /// The update gives its row the key by which the counted ones were chosen: `user.team_id = team.id` after `len(team.members)`.
    fileprivate func joins(_ act: Act, _ read: Read, _ fact: Fact) -> Bool {
        act.write.assignments.contains { assignment in
            guard let row = assignment.value.keyOf else { return false }
            if fact.relation != nil { return row == fact.step }
            return read.filters.contains { filter in
                filter.value == assignment.value && Naming.same(filter.column, assignment.column)
                    || filter.value.steps.contains { $0 == row || leads(from: row, to: $0) }
            }
        }
    }

    /// A row was looked up with what stands in another: the profile of a project's owner.
    private func leads(from row: StepID, to step: StepID) -> Bool {
        guard case .read(let read)? = steps[step]?.kind else { return false }
        return read.filters.contains { $0.value.steps.contains(row) }
    }

    /// The insert gives a unique key values that the request brought along, and something catches its failure.
    fileprivate func claimsKey(_ act: Act, _ project: Project) -> Bool {
        uses.attempts.contains(act.step.id) && isOnce(act, project)
    }

    /// A key of the table refuses what a second request would insert.
    fileprivate func isOnce(_ act: Act, _ project: Project) -> Bool {
        guard let table = act.write.table.flatMap({ project.schema.table($0) }) else { return false }
        let given = act.write.assignments.filter { $0.value.isBrought || $0.value.isConstant && $0.value != .literal(.null) }.map { table.column($0.column) }
        return table.keys.contains { key in key.condition == nil && !key.columns.isEmpty && key.columns.allSatisfy { given.contains($0) } }
    }

    /// "Sold out" is asked of a number that the project counts down elsewhere, and the new row belongs to the one that holds it.
    fileprivate func usesUp(_ column: String, of read: Read, _ step: StepID, below other: Value, _ act: Act, _ project: Project) -> Bool {
        guard [.literal(.number("0")), .literal(.number("1"))].contains(other), let table = read.table,
            project.changed[ColumnName(table, column)] != nil
        else { return false }
        return act.write.assignments.contains { $0.value.keyOf == step || sharesKey($0.value, read) }
    }

    private func sharesKey(_ value: Value, _ read: Read) -> Bool { !value.isConstant && value != .unknown && read.filters.contains { $0.value == value } }

    /// Another statement of the routine sets the column by key, after it was tested.
    fileprivate func setsLater(_ column: String, of table: String?) -> Bool {
        acts.contains { act in
            act.write.operation == .update && Naming.same(act.write.table, table) && (Naming.isStatus(column) || Naming.isConsumption(column))
                && act.write.assignments.contains { Naming.same($0.column, column) } && conditions(of: act.write).isEmpty
        }
    }

    /// The routine inserts into the table that was counted elsewhere: that insert is the act.
    fileprivate func writesTable(_ table: String?, besides act: Act) -> Bool {
        acts.contains { $0.step.id != act.step.id && Naming.same($0.write.table, table) && ($0.write.operation == .insert || $0.write.operation == .upsert) }
    }

    /// What chose the counted rows stands in the new row too: both belong to the same parent.
    fileprivate func sharesParent(_ read: Read, _ act: Act) -> Bool {
        let chosen = read.filters.map(\.value).filter { !$0.isConstant && $0 != .unknown }
        return act.write.assignments.contains { chosen.contains($0.value) }
    }

    /// The rows that were counted belong to a parent which this request has just created.
    fileprivate func isOwnParent(_ read: Read, of act: Act) -> Bool {
        read.filters.contains { filter in
            filter.value.steps.contains { id in
                if case .write(let write)? = steps[id]?.kind { write.operation == .insert } else { false }
            }
        }
    }

    /// Another row that was looked for is inserted beside this one.
    fileprivate func fills(_ act: Act, where read: Read) -> Bool {
        let asked = read.filters.filter { $0.comparison == .equal }
        return !asked.isEmpty
            && acts.contains { other in
                other.step.id != act.step.id && other.step.span != act.step.span && other.write.operation == .insert
                    && Naming.same(other.write.table, act.write.table)
                    && (act.earlier.contains { $0.id == other.step.id } || other.earlier.contains { $0.id == act.step.id })
                    && asked.allSatisfy { filter in
                        other.write.assignments.contains { Naming.same($0.column, filter.column) && $0.value == filter.value }
                    }
            }
    }

    /// Those that are not asked once more where nothing can come between: there the first answer only spares the way.
    fileprivate func askedOnce(_ checks: [Check], before act: Act) -> [Check] {
        guard !checks.isEmpty else { return [] }
        let guarded = facts(of: act).compactMap { fact -> (StepID, Read)? in
            guard case .read(let read)? = steps[fact.step]?.kind, checks.contains(where: { $0.fact.step != fact.step && $0.read.asksLike(read) }),
                protection(of: fact.step, act) != nil
            else { return nil }
            return (fact.step, read)
        }
        return checks.filter { check in !guarded.contains { $0.0 != check.fact.step && check.read.asksLike($0.1) } }
    }

    /// The insert's error is looked at, or something around it catches.
    func looksAtFailure(of act: Act) -> Bool { uses.failures.contains(act.step.id) || uses.caught.contains(act.step.id) }
}
