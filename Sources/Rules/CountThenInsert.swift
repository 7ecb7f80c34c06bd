import Flow

extension Rule {
    /// A number or the absence of a row is read, a branch decides on it, and a row is inserted that makes the answer
    /// wrong for everyone who read it at the same time.
    package static let countThenInsert = Rule(
        id: "count-then-insert", summary: "A cap or a uniqueness test is read first and acted on later", severity: .error
    ) { paths, project in
        paths.acts.compactMap { act in
            guard act.write.operation == .insert || act.write.operation == .upsert else { return nil }
            return Check.best(of: paths.facts(of: act).compactMap { Check($0, act, paths, project) })?.finding(act, paths)
        } + paths.insertsFromSelect()
    }
}

/// What an insert was decided on.
private struct Check {
    let fact: Fact
    let read: Read
    let span: Span
    let kind: Kind
    var confidence: Confidence
    /// Why the schema does not help, where that is known.
    var reason = ""

    enum Kind { case cap(limit: Value), absence, quantity(column: String), flag(column: String) }

    init?(_ fact: Fact, _ act: Act, _ paths: Paths, _ project: Project) {
        guard case .read(let read)? = paths.steps[fact.step]?.kind, let span = paths.steps[fact.step]?.span else { return nil }
        self.fact = fact
        self.read = read
        self.span = span
        let sameTable = Naming.same(read.table, act.write.table)
        switch fact.meaning {
        case .below(let limit):
            guard !act.write.isLimited else { return nil }
            kind = .cap(limit: limit)
            confidence = sameTable ? .high : paths.writesTable(read.table, besides: act) ? .low : .medium
            if !sameTable, read.aggregate == .rows || read.aggregate == .row { confidence = .low }
        case .absent:
            guard sameTable, act.write.operation == .insert, act.write.conflict == nil else { return nil }
            kind = .absence
            confidence = .medium
            guard judgeKeys(act, paths, project) else { return nil }
        case .column(let column, let op, _) where op?.isOrdering != true:
            // The flag that should have been claimed first is set by another statement of this path.
            guard !sameTable, act.write.operation == .insert, act.write.table.map(Naming.isJournal) != true, paths.setsLater(column, of: read.table) else { return nil }
            kind = .flag(column: column)
            confidence = .medium
        case .column(let column, let op, let other):
            guard let op, op.isOrdering, Naming.isQuantity(column), !Naming.isTime(column), other?.isClock != true else { return nil }
            if act.write.operation == .upsert {
                guard sameTable, act.write.conflict?.filters.isEmpty != false else { return nil }
                confidence = .high
            } else {
                guard !sameTable, other?.isConstant != true, act.write.table.map(Naming.isJournal) != true else { return nil }
                confidence = .medium
            }
            kind = .quantity(column: column)
        case .present, .above, .changed: return nil
        }
        if paths.isOwnParent(read, of: act) { return nil }
        if paths.protection(of: fact.step, act) != nil { return nil }
        if paths.blocks(fact.step, act) { confidence = .low }
    }

    /// What the schema's keys say about a check for absence; false where they make it safe.
    private mutating func judgeKeys(_ act: Act, _ paths: Paths, _ project: Project) -> Bool {
        let checked = Wording.keys(read.filters)
        let handlesConflict = paths.looksAtFailure(of: act)
        guard let name = act.write.table, let table = project.schema.table(name) else {
            if paths.namesUniqueViolation(act) { return false }
            reason = ""
            return true
        }
        let covering = table.keys.first { key in !key.columns.isEmpty && key.columns.allSatisfy { column in table.sources(of: column).allSatisfy { source in checked.contains { Naming.same($0, source) } } } }
        if covering != nil {
            guard !handlesConflict else { return false }
            confidence = .low
            reason = "the unique key makes the second insert fail, and nothing handles that"
            return true
        }
        // An expression index, or one over columns that the insert computes, may still cover the check.
        if paths.namesUniqueViolation(act) { return false }
        if !table.keys.isEmpty || !table.columns.isEmpty {
            confidence = .high
            reason = checked.isEmpty ? "no unique key stands behind it" : "no unique key on `\(name)` (\(checked.joined(separator: ", ")))"
        }
        return true
    }

    static func best(of checks: [Check]) -> Check? {
        checks.enumerated().max { a, b in (a.element.confidence, a.element.rank, -a.offset) < (b.element.confidence, b.element.rank, -b.offset) }?.element
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

    func finding(_ act: Act, _ paths: Paths) -> Finding {
        let target = Wording.table(act.write.table), source = Wording.table(read.table)
        var evidence = [
            Evidence(.check, span, "reads \(subject) from \(source)"),
            Evidence(.decision, fact.decision.span, "decides on what was read"),
            Evidence(.act, act.step.span, act.write.operation == .upsert ? "writes to \(target)" : "inserts into \(target)"),
        ]
        let effect = paths.sideEffect(after: act)
        if let effect, case .effect(let what) = effect.kind { evidence.append(Evidence(.effect, effect.span, "then calls \(what.name)")) }
        return Rule.countThenInsert.finding(
            confidence, act, paths, message: message(target, source), help: help(target), remedy: remedy(act), evidence: evidence,
            timeline: timeline(target))
    }

    private var subject: String {
        switch kind {
        case .cap: read.aggregate == .sum ? "a sum" : read.aggregate == .maximum ? "a maximum" : "a count"
        case .absence: "whether a row exists"
        case .quantity(let column), .flag(let column): "`\(column)`"
        }
    }

    private func message(_ target: String, _ source: String) -> String {
        switch kind {
        case .cap(let limit):
            let cap = if case .literal(.number(let number)) = limit { "the cap of \(number)" } else { "the cap" }
            return "Two requests can both read \(subject) of \(source) below \(cap) and both insert into \(target), so that \(cap) is exceeded."
        case .absence:
            let keys = Wording.keys(read.filters)
            let what = keys.isEmpty ? "" : " with the same \(Wording.columns(keys))"
            return "Two requests can both find no row\(what) in \(source) and both insert one\(reason.isEmpty ? "" : ": \(reason)")."
        case .quantity(let column):
            return "Two requests can both find `\(column)` of \(source) sufficient and both insert into \(target), so that more is given out than there is."
        case .flag(let column):
            return "Two requests can both read `\(column)` of \(source) before either has set it, and both insert into \(target)."
        }
    }

    private func help(_ target: String) -> String {
        switch kind {
        case .cap: "Claim the slot in one statement before inserting into \(target), and go on only when a row comes back."
        case .absence: "Let a unique key decide: insert with ON CONFLICT DO NOTHING and test whether a row was inserted; where no key can say it, lock the parent row before the check."
        case .quantity(let column): "Take from `\(column)` with a conditional UPDATE first, and insert into \(target) only when it changed a row."
        case .flag(let column): "Set `\(column)` with a conditional UPDATE first, and insert into \(target) only when it changed a row."
        }
    }

    private func remedy(_ act: Act) -> String {
        let table = act.write.table ?? "rows", keys = Wording.keys(read.filters), dialect = act.write.api?.dialect
        switch kind {
        case .cap(let limit):
            let cap = if case .literal(.number(let number)) = limit { number } else { ":cap" }
            return claim(of: "\(table)_count", scope: keys.isEmpty ? ["scope"] : keys, cap, dialect)
        case .absence:
            let isRange = read.filters.contains { [.less, .lessOrEqual, .greater, .greaterOrEqual, .notEqual, .oneOf, .notOneOf, .other].contains($0.comparison) }
            guard !isRange, !keys.isEmpty else {
                return "BEGIN;\nSELECT 1 FROM … WHERE id = :parent FOR UPDATE;  -- the row to which the new one belongs\n-- now check and insert\nCOMMIT;"
            }
            let key = keys.joined(separator: ", ")
            if dialect == .mysql {
                return "ALTER TABLE \(table) ADD UNIQUE KEY (\(key));\n" + Wording.tested("INSERT IGNORE INTO \(table) (\(key), …) VALUES (…)", dialect, otherwise: "somebody else was first")
            }
            return "CREATE UNIQUE INDEX ON \(table) (\(key));\n"
                + Wording.tested("INSERT INTO \(table) (\(key), …) VALUES (…)\nON CONFLICT (\(key)) DO NOTHING", dialect, otherwise: "somebody else was first")
        case .quantity(let column):
            return Wording.tested(
                "UPDATE \(read.table ?? "rows") SET \(column) = \(column) - :quantity\nWHERE \(Wording.identity(read.filters)) AND \(column) >= :quantity",
                returning: column, dialect, otherwise: "not enough left, stop here")
        case .flag(let column):
            return Wording.tested(
                "UPDATE \(read.table ?? "rows") SET \(column) = :new_\(column)\nWHERE \(Wording.identity(read.filters)) AND \(column) = :expected_\(column)", dialect,
                otherwise: "somebody else was first, stop here")
        }
    }

    /// The slot counter's one statement; MySQL, which has no RETURNING, makes the row first and then counts under a condition.
    private func claim(of counter: String, scope: [String], _ cap: String, _ dialect: API.Dialect?) -> String {
        let columns = scope.joined(separator: ", "), values = scope.map { ":" + $0 }.joined(separator: ", ")
        if dialect == .mysql {
            return "INSERT IGNORE INTO \(counter) (\(columns), count) VALUES (\(values), 0);\n"
                + Wording.tested("UPDATE \(counter) SET count = count + 1\nWHERE \(scope.map { "\($0) = :\($0)" }.joined(separator: " AND ")) AND count < \(cap)", dialect, otherwise: "the cap is reached, stop here")
        }
        return Wording.tested(
            """
            INSERT INTO \(counter) (\(columns), count)
            SELECT \(values), 1 WHERE \(cap) >= 1
            ON CONFLICT (\(columns)) DO UPDATE SET count = \(counter).count + 1
              WHERE \(counter).count < \(cap)
            """, returning: "count", dialect, otherwise: "the cap is reached, stop here")
    }

    private func timeline(_ target: String) -> [Moment] {
        switch kind {
        case .cap(let limit):
            let cap = if case .literal(.number(let text)) = limit, let number = Int(text), number > 0 { (now: "\(number - 1)", end: "\(number + 1) of \(number)") } else { (now: "cap − 1", end: "cap + 1") }
            return [
                Moment(.first, "reads \(subject): \(cap.now)", evidence: 0), Moment(.second, "reads \(subject): \(cap.now)", evidence: 0),
                Moment(.first, "below the cap, goes on", evidence: 1), Moment(.second, "below the cap, goes on", evidence: 1),
                Moment(.first, "inserts into \(target)", evidence: 2), Moment(.second, "inserts into \(target)", evidence: 2), Moment(.both, "\(target) now holds \(cap.end)"),
            ]
        case .absence:
            return [
                Moment(.first, "finds no row", evidence: 0), Moment(.second, "finds no row", evidence: 0), Moment(.first, "inserts into \(target)", evidence: 2),
                Moment(.second, "inserts into \(target)", evidence: 2), Moment(.both, "\(target) now holds the row twice"),
            ]
        case .quantity(let column):
            return [
                Moment(.first, "reads `\(column)`: enough for one", evidence: 0), Moment(.second, "reads `\(column)`: enough for one", evidence: 0),
                Moment(.first, "inserts into \(target)", evidence: 2), Moment(.second, "inserts into \(target)", evidence: 2), Moment(.both, "one more is given out than there was"),
            ]
        case .flag(let column):
            return [
                Moment(.first, "reads `\(column)`: not yet set", evidence: 0), Moment(.second, "reads `\(column)`: not yet set", evidence: 0),
                Moment(.first, "inserts into \(target)", evidence: 2), Moment(.second, "inserts into \(target)", evidence: 2), Moment(.both, "it was done twice"),
            ]
        }
    }
}

extension Paths {
    /// `INSERT … SELECT … WHERE (SELECT count(*) …) < cap`: one statement, but at READ COMMITTED two of them read the same count.
    fileprivate func insertsFromSelect() -> [Finding] {
        acts.compactMap { act in
            guard act.write.operation == .insert, act.write.conflict == nil, let source = act.write.source, let nested = source.nested.first,
                Naming.same(nested.table, act.write.table), act.write.api?.dialect == .postgres, act.context.locks.isEmpty,
                act.context.transaction.map({ $0.isolation == .serializable }) != true, !claimsFirst(act),
                !act.earlier.contains(where: { if case .read(let read) = $0.kind { read.lock == .update } else { false } })
            else { return nil }
            let target = Wording.table(act.write.table)
            return Rule.countThenInsert.finding(
                .medium, act, self,
                message: "Two copies of this statement can run their sub-select on \(target) at the same time, before either has inserted, and both insert.",
                help: "Claim the slot with INSERT … ON CONFLICT DO UPDATE … WHERE count < cap RETURNING, or add a unique key and ON CONFLICT DO NOTHING.",
                remedy: Wording.tested("INSERT INTO \(act.write.table ?? "rows") (…) VALUES (…)\nON CONFLICT (…) DO NOTHING", act.write.api?.dialect, otherwise: "somebody else was first"),
                evidence: [Evidence(.act, act.step.span, "reads and inserts in one statement, at READ COMMITTED")],
                timeline: [
                    Moment(.first, "evaluates the sub-select"), Moment(.second, "evaluates the sub-select"), Moment(.first, "inserts", evidence: 0),
                    Moment(.second, "inserts", evidence: 0), Moment(.both, "\(target) holds one row too many"),
                ])
        }
    }
}

extension Write {
    /// The statement carries its own limit: a counter raised under a condition, or a conflict that does nothing.
    fileprivate var isLimited: Bool { conflict.map { !$0.filters.isEmpty } ?? false }
}

extension Paths {
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

    /// The rows that were counted belong to a parent which this request has just created.
    fileprivate func isOwnParent(_ read: Read, of act: Act) -> Bool {
        read.filters.contains { filter in
            filter.value.steps.contains { id in
                if case .write(let write)? = steps[id]?.kind { write.operation == .insert } else { false }
            }
        }
    }

    /// The insert's error is looked at, or something around it catches.
    fileprivate func looksAtFailure(of act: Act) -> Bool { failureUses.contains(act.step.id) || caught.contains(act.step.id) }

    /// The routine knows the name of a unique violation.
    fileprivate func namesUniqueViolation(_ act: Act) -> Bool { namesUniqueViolation }
}

extension Operator {
    var isOrdering: Bool {
        switch self {
        case .less, .lessOrEqual, .greater, .greaterOrEqual: true
        default: false
        }
    }
}

extension Value {
    /// The present moment: comparisons with it tell nothing about other requests.
    var isClock: Bool {
        parts.contains { part in
            switch part {
            case .operation(.call("Date"), _), .operation(.call("now"), _): true
            default: false
            }
        }
    }
}
