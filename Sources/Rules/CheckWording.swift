import Flow

// What a count-then-insert finding says.
extension Check {
    func finding(_ act: Act, _ paths: Paths) -> Finding {
        let target = Wording.table(act.write.table), source = Wording.table(read.table)
        var evidence = [
            Evidence(.check, span, "reads \(subject) from \(source)", step: fact.step),
            Evidence(.decision, fact.decision.span, "decides on what was read"),
            Evidence(
                .act, act.step.span,
                act.write.operation == .update
                    ? "moves a row of \(target) among those that were counted"
                    : act.write.operation == .upsert ? "writes to \(target)" : act.write.letsPass ? "lets the row into \(target)" : "inserts into \(target)",
                step: act.step.id),
        ]
        let effect = paths.sideEffect(after: act)
        if let effect, case .effect(let what) = effect.kind { evidence.append(Evidence(.effect, effect.span, "then calls \(what.name)")) }
        return Rule.countThenInsert.finding(
            confidence, isAbsence ? .warning : .error, act, paths, promise, message: message(target, source, act), help: help(target, act),
            remedy: remedy(act, paths),
            evidence: evidence,
            timeline: timeline(target))
    }

    /// A row too many is an annoyance where a number too many is money.
    private var isAbsence: Bool { if case .absence = kind { true } else { false } }

    private var promise: Course.Promise {
        switch kind {
        case .cap: .cap
        case .absence: .absence
        case .quantity(let column): .supply(column: column)
        case .flag(let column): .once(column: column)
        }
    }

    private var subject: String {
        switch kind {
        case .cap: read.aggregate == .sum ? "a sum" : read.aggregate == .maximum ? "a maximum" : "a count"
        case .absence: "whether a row exists"
        case .quantity(let column), .flag(let column): "`\(column)`"
        }
    }

    private func message(_ target: String, _ source: String, _ act: Act) -> String {
        switch kind {
        case .cap(let limit):
            let cap = if case .literal(.number(let number)) = limit { "the cap of \(number)" } else { "the cap" }
            return
                "Two requests can both read \(subject) of \(source) below \(cap) and both \(act.write.operation == .update ? "move a row" : "insert") into \(target), so that \(cap) is exceeded."
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

    private func help(_ target: String, _ act: Act) -> String {
        switch kind {
        case .cap where act.write.letsPass:
            "Lock the row to which those of \(target) belong before counting them, so that the second insert waits and then counts the first."
        case .cap: "Claim the slot in one statement before inserting into \(target), and go on only when a row comes back." + Wording.advice(.lock, act)
        case .absence:
            "Let a unique key decide: insert with ON CONFLICT DO NOTHING and test whether a row was inserted; where no key can say it, lock the parent row before the check."
                + Wording.advice(.insert, act)
        case .quantity(let column):
            "Take from `\(column)` with a conditional UPDATE first, and insert into \(target) only when it changed a row."
        case .flag(let column): "Set `\(column)` with a conditional UPDATE first, and insert into \(target) only when it changed a row."
        }
    }

    private func remedy(_ act: Act, _ paths: Paths) -> String {
        let api = act.write.api, dialect = api?.dialect, plain = paths.spelled(act.write.table), keys = Wording.keys(read.filters)
        let table = paths.quoted(act.write.table, api), source = paths.quoted(read.table, api)
        switch kind {
        case .cap where act.write.letsPass:
            let parent = read.filters.first { $0.comparison == .equal }.map { Wording.value($0.value) } ?? ":parent"
            return "PERFORM 1 FROM … WHERE id = \(parent) FOR UPDATE;  -- the row that holds the cap\n-- now count, and RETURN NEW or RAISE"
        case .cap(let limit):
            let cap = if case .literal(.number(let number)) = limit { number } else { ":cap" }
            let scope = Wording.scope(read.filters)
            return claim(of: "\(plain)_count", scope: scope, cap, api) + migration("\(plain)_count", scope, cap, act.write.api)
        case .absence:
            let isRange = read.filters.contains {
                [.less, .lessOrEqual, .greater, .greaterOrEqual, .notEqual, .oneOf, .notOneOf, .other].contains($0.comparison)
            }
            guard !isRange, !keys.isEmpty else {
                return "BEGIN;\nSELECT 1 FROM … WHERE id = :parent FOR UPDATE;  -- the row to which the new one belongs\n-- now check and insert\nCOMMIT;"
            }
            // Rows whose column is NULL never collide: a partial index says for which rows the key counts.
            // So it does where the check asks for a constant.
            let some = read.filters.filter { $0.comparison == .isNull || ($0.comparison == .equal && $0.value.isConstant) }
            let present = keys.filter { key in !some.contains { $0.column == key } }
            let own = present.isEmpty ? keys : present
            let key = own.map { Wording.name($0, api) }.joined(separator: ", ")
            let rows = present.isEmpty || some.isEmpty ? "" : " WHERE " + Wording.conditions(some, api)
            if rows.isEmpty, nullColumn == nil, let unique = Wording.unique(over: own, act) { return unique }
            if dialect == .mysql {
                return "ALTER TABLE \(table) ADD UNIQUE KEY (\(key));\n"
                    + Wording.tested("INSERT IGNORE INTO \(table) (\(key), …) VALUES (…)", dialect, otherwise: "somebody else was first")
            }
            return
                "CREATE UNIQUE INDEX \(Wording.keyName(plain, own)) ON \(table) (\(key))\(rows.isEmpty && nullColumn != nil && dialect != .sqlite ? " NULLS NOT DISTINCT" : "")\(rows);\n"
                + Wording.tested(
                    "INSERT INTO \(table) (\(key), …) VALUES (…)\nON CONFLICT (\(key))\(rows) DO NOTHING", dialect, otherwise: "somebody else was first")
        case .quantity(let name):
            let column = Wording.name(name, api)
            return Wording.tested(
                "UPDATE \(source) SET \(column) = \(column) - :quantity\nWHERE \(Wording.identity(read.filters, api)) AND \(column) >= :quantity",
                returning: column, dialect, otherwise: "not enough left, stop here")
        case .flag(let name):
            let column = Wording.name(name, api)
            return Wording.tested(
                "UPDATE \(source) SET \(column) = :new_\(name)\nWHERE \(Wording.identity(read.filters, api)) AND \(column) = :expected_\(name)",
                dialect,
                otherwise: "somebody else was first, stop here")
        }
    }

    /// A counter has one column that it is for, and its period.
    private func migration(_ counter: String, _ scope: [String], _ cap: String, _ api: API?) -> String {
        let columns = scope.filter { $0 != "ymd" }
        guard columns.count == 1 else { return "" }
        let options = [("table", counter), ("scope", columns[0])] + (cap == ":cap" ? [] : [("cap", cap)])
        return Wording.migration("counter", options + (scope.count == 1 ? [("period", "forever")] : []), api)
    }

    /// The slot counter's one statement; MySQL, which has no RETURNING, makes the row first and then counts under a condition.
    private func claim(of counter: String, scope: [String], _ cap: String, _ api: API?) -> String {
        let dialect = api?.dialect, counter = Wording.name(counter, api), columns = scope.map { Wording.name($0, api) }.joined(separator: ", "),
            values = scope.map { ":" + $0 }.joined(separator: ", ")
        if dialect == .mysql {
            return "INSERT IGNORE INTO \(counter) (\(columns), count) VALUES (\(values), 0);\n"
                + Wording.tested(
                    "UPDATE \(counter) SET count = count + 1\nWHERE \(scope.map { "\(Wording.name($0, api)) = :\($0)" }.joined(separator: " AND ")) AND count < \(cap)",
                    dialect,
                    otherwise: "the cap is reached, stop here")
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
            let cap =
                if case .literal(.number(let text)) = limit, let number = Int(text), number > 0 {
                    (now: "\(number - 1)", end: "\(number + 1) of \(number)")
                } else { (now: "cap − 1", end: "cap + 1") }
            return [
                Moment(.first, "reads \(subject): \(cap.now)", evidence: 0), Moment(.second, "reads \(subject): \(cap.now)", evidence: 0),
                Moment(.first, "below the cap, goes on", evidence: 1), Moment(.second, "below the cap, goes on", evidence: 1),
                Moment(.first, "inserts into \(target)", evidence: 2), Moment(.second, "inserts into \(target)", evidence: 2),
                Moment(.both, "\(target) now holds \(cap.end)"),
            ]
        case .absence:
            return [
                Moment(.first, "finds no row", evidence: 0), Moment(.second, "finds no row", evidence: 0),
                Moment(.first, "inserts into \(target)", evidence: 2),
                Moment(.second, "inserts into \(target)", evidence: 2), Moment(.both, "\(target) now holds the row twice"),
            ]
        case .quantity(let column):
            return [
                Moment(.first, "reads `\(column)`: enough for one", evidence: 0), Moment(.second, "reads `\(column)`: enough for one", evidence: 0),
                Moment(.first, "inserts into \(target)", evidence: 2), Moment(.second, "inserts into \(target)", evidence: 2),
                Moment(.both, "one more is given out than there was"),
            ]
        case .flag(let column):
            return [
                Moment(.first, "reads `\(column)`: not yet set", evidence: 0), Moment(.second, "reads `\(column)`: not yet set", evidence: 0),
                Moment(.first, "inserts into \(target)", evidence: 2), Moment(.second, "inserts into \(target)", evidence: 2),
                Moment(.both, "it was done twice"),
            ]
        }
    }
}
