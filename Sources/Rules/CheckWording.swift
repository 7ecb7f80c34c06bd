import Flow

// What a count-then-insert finding says.
extension Check {
    func finding(_ act: Act, _ paths: Paths) -> Finding {
        let target = Wording.table(act.write.table), source = Wording.table(read.counted(besides: act.write.table) ?? read.table)
        var evidence = [
            Evidence(.check, span, updatesFirst ? "updates \(source), where there is such a row" : "reads \(subject) from \(source)", step: fact.step),
            Evidence(.decision, fact.decision.span, "decides on what was read"),
            Evidence(
                .act, act.step.span,
                act.write.operation == .update
                    ? isAbsence ? "gives it to a row of \(target)" : "moves a row of \(target) among those that were counted"
                    : act.write.operation == .upsert ? "writes to \(target)" : act.write.letsPass ? "lets the row into \(target)" : "inserts into \(target)",
                step: act.step.id),
        ]
        let effect = paths.sideEffect(after: act)
        if let effect, case .effect(let what) = effect.kind { evidence.append(Evidence(.effect, effect.span, "then calls \(what.name)", step: effect.id)) }
        // Which two rows get the same is not for a schedule of one request beside itself to say.
        let isTaken = isAbsence && act.write.operation == .update
        return Rule.countThenInsert.finding(
            confidence, isAbsence ? .warning : .error, act, paths, isTaken ? nil : promise, cure: isTaken ? nil : cure(act, paths),
            message: message(target, source, act),
            help: help(target, act), remedy: remedy(act, paths),
            evidence: evidence,
            timeline: timeline(target, act))
    }

    /// A row too many is an annoyance where a number too many is money.
    private var isAbsence: Bool { if case .absence = kind { true } else { false } }

    /// The update itself was the question.
    private var updatesFirst: Bool { if case .changed = fact.meaning { true } else { false } }

    private var promise: Course.Promise {
        switch kind {
        case .cap: .cap
        case .absence: .absence
        case .quantity(let column, _): .supply(column: column)
        case .flag(let column): .once(column: column)
        }
    }

    private var subject: String {
        switch kind {
        case .cap: read.aggregate == .sum ? "a sum" : read.aggregate == .maximum ? "a maximum" : "a count"
        case .absence: "whether a row exists"
        case .quantity(let column, _), .flag(let column): "`\(column)`"
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
            return
                "Two requests can both find no row\(what) in \(source) and both \(act.write.operation == .update ? "give it to theirs" : "insert one")\(reason.isEmpty ? "" : ": \(reason)")."
        case .quantity(let column, let isCountedUp):
            return isCountedUp
                ? "Two requests can both find `\(column)` of \(source) below its limit and both insert into \(target), so that the limit is exceeded."
                : "Two requests can both find `\(column)` of \(source) sufficient and both insert into \(target), so that more is given out than there is."
        case .flag(let column):
            return "Two requests can both read `\(column)` of \(source) before either has set it, and both insert into \(target)."
        }
    }

    private func help(_ target: String, _ act: Act) -> String {
        switch kind {
        case .cap where act.write.letsPass || isUncountable:
            "Lock the row to which those of \(target) belong before \(adds ? "adding them up" : "counting them"), so that the second insert waits and then \(adds ? "adds" : "counts") the first."
        case .cap: "Claim the slot in one statement before inserting into \(target), and go on only when a row comes back." + Wording.advice(.lock, act)
        case .absence where act.write.operation == .update:
            "Let a unique key decide, and listen to its refusal of the UPDATE; where no key can say it, lock the parent row before the check."
        case .absence:
            "Let a unique key decide: insert with ON CONFLICT DO NOTHING and test whether a row was inserted; where no key can say it, lock the parent row before the check."
                + Wording.advice(.insert, act)
        case .quantity(let column, let isCountedUp):
            "\(isCountedUp ? "Raise" : "Take from") `\(column)` with a conditional UPDATE first, and insert into \(target) only when it changed a row."
        case .flag(let column): "Set `\(column)` with a conditional UPDATE first, and insert into \(target) only when it changed a row."
        }
    }

    private func timeline(_ target: String, _ act: Act) -> [Moment] {
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
                Moment(.first, act.write.operation == .update ? "writes it into its row" : "inserts into \(target)", evidence: 2),
                Moment(.second, act.write.operation == .update ? "writes it into its row" : "inserts into \(target)", evidence: 2),
                Moment(.both, act.write.operation == .update ? "two rows of \(target) now have the same" : "\(target) now holds the row twice"),
            ]
        case .quantity(let column, let isCountedUp):
            let room = isCountedUp ? "room for one" : "enough for one"
            return [
                Moment(.first, "reads `\(column)`: \(room)", evidence: 0), Moment(.second, "reads `\(column)`: \(room)", evidence: 0),
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
