import Flow

// What a select-then-update finding says.
extension Stale {
    func finding(_ act: Act, _ paths: Paths) -> Finding {
        let table = Wording.table(act.write.table)
        var evidence = [Evidence(.check, span, isRecount ? "counts \(Wording.table(read.table))" : "reads \(table)\(columnText)", step: check)]
        if let decision { evidence.append(Evidence(.decision, decision.span, "decides on what was read")) }
        var before: String?
        if let effect = paths.sideEffect(before: act, after: check), case .effect(let what) = effect.kind {
            before = what.name
            evidence.append(Evidence(.effect, effect.span, "calls \(what.name) before the row is claimed", step: effect.id))
        }
        evidence.append(Evidence(.act, act.step.span, actText(table, act), step: act.step.id))
        if let effect = paths.sideEffect(after: act), case .effect(let what) = effect.kind {
            evidence.append(Evidence(.effect, effect.span, "then calls \(what.name)", step: effect.id))
        }
        return Rule.selectThenUpdate.finding(
            confidence, isRecount ? .warning : .error, act, paths, promise, cure: cure(act), message: message(table, act),
            help: help(table, act, calling: before),
            remedy: remedy(act, paths),
            evidence: evidence,
            timeline: timeline(table, act))
    }

    private var promise: Course.Promise {
        switch kind {
        case .condition(let column), .ignored(let column), .late(let column): .once(column: column)
        case .computed(let column), .merged(let column), .recounted(let column), .carried(let column): .value(column: column)
        case .consumed: .use
        case .lastOne: .remainder
        }
    }

    private func cure(_ act: Act) -> Cure? {
        switch kind {
        case .condition: .condition(allowed)
        case .consumed: .condition(asked(act))
        default: nil
        }
    }

    /// What the read asks of the row beside its key, such as that it has not expired: the DELETE that comes first asks it, too.
    private func asked(_ act: Act) -> [Predicate] {
        read.filters.filter { filter in
            ![.like, .other, .distinct].contains(filter.comparison) && (filter.value.isConstant || filter.value.isMoment)
                && !act.write.filters.contains { Naming.same($0.column, filter.column) }
        }
    }

    private var columnText: String {
        switch kind {
        case .condition(let column), .computed(let column), .merged(let column), .ignored(let column), .late(let column), .carried(let column):
            ", `\(column)` among it"
        case .consumed, .recounted, .lastOne: ""
        }
    }

    private var isRecount: Bool { if case .recounted = kind { true } else { false } }

    private func actText(_ table: String, _ act: Act) -> String {
        switch kind {
        case .condition(let column): "\(act.write.operation == .delete ? "deletes from" : "updates") \(table) without asking for `\(column)` again"
        case .computed(let column): "writes `\(column)` as computed from the old value"
        case .merged(let column): "writes `\(column)` back with its own change"
        case .recounted(let column): "writes the count as `\(column)`"
        case .carried(let column): "writes the whole row, `\(column)` as it was"
        case .ignored: "updates \(table), and nobody looks at how many rows changed"
        case .late: "claims the row in \(table), too late"
        case .consumed: "deletes the row by its key"
        case .lastOne: "takes one row of those that were counted"
        }
    }

    private func message(_ table: String, _ act: Act) -> String {
        switch kind {
        case .condition(let column):
            "Two requests can both read \(table) while `\(column)` still allows it, and both go on: the \(act.write.operation == .delete ? "DELETE" : "UPDATE") does not repeat the condition."
        case .computed(let column):
            "Two requests can both read `\(column)` of \(table) and both write a value computed from it, so that one change is lost."
        case .merged(let column):
            "Two requests can both read `\(column)` of \(table) and both write it back with a part of it changed, so that one change is lost."
        case .recounted(let column):
            "Two requests can both count \(Wording.table(read.table)) and write the number as `\(column)` of \(table) in either order, so that the older count stays."
        case .carried(let column):
            "The whole row of \(table) is written back as it was read, so that what another request has added to `\(column)` meanwhile is lost."
        case .ignored(let column):
            "The UPDATE of \(table) tests `\(column)`, but nothing looks at whether it changed a row, so the loser of a race goes on as if it had won."
        case .late(let column):
            "Two requests can both read `\(column)` of \(table) and both make the payment call, before the UPDATE lets one of them win."
        case .lastOne:
            "Two requests can both count enough rows in \(table) and each take another one away, so that fewer are left than the check demands."
        case .consumed:
            "Two requests can both find the row in \(table) before either deletes it, and both use it."
        }
    }

    /// - Parameter early: what is called before the row is claimed.
    private func help(_ table: String, _ act: Act, calling early: String?) -> String {
        let then = early.map { ": call `\($0)` behind it, not before" } ?? ""
        return switch kind {
        case .condition(let column) where allowed.isEmpty:
            "Lock the row before its `\(column)` is read, so that the second request reads what the first has left."
        case .condition(let column):
            "Repeat the condition on `\(column)` in the WHERE, and go on only when a row was changed\(then)." + Wording.advice(.claim, act, column: column)
        case .computed(let column):
            "Let the database compute `\(column)` from its current value, or lock the row before reading it."
                + (act.write.operation == .update ? Wording.advice(.relative, act, column: column) : "")
        case .merged(let column):
            "Lock the row before reading `\(column)`, or let the database change the one part of it." + Wording.advice(.document, act, column: column)
        case .recounted(let column): "Change `\(column)` relatively with each row that is added, or count inside the UPDATE while the row is locked."
        case .carried(let column):
            "Write only the columns that change, so that `\(column)` stays what others have made of it." + Wording.advice(.claim, act, column: column)
        case .ignored: "Test the number of changed rows, and stop when it is zero."
        case .late: "Claim the row first, and make the payment call only when the UPDATE changed it, with an idempotency key."
        case .lastOne: "Lock the parent row before counting, so that the second request counts what the first has left."
        case .consumed: "Delete first with RETURNING, and go on only with the row that comes back."
        }
    }

    /// Nobody comes between reading and writing; SQLite locks no rows, but whoever begins to write.
    private static func locked(_ reading: String, then remark: String, _ writing: String, _ dialect: API.Dialect?) -> String {
        dialect == .sqlite
            ? "BEGIN IMMEDIATE;  -- before it is read\n\(writing);\nCOMMIT;"
            : "BEGIN;\n\(reading) FOR UPDATE;\n-- \(remark)\n\(writing);\nCOMMIT;"
    }

    private func remedy(_ act: Act, _ paths: Paths) -> String {
        let api = act.write.api, dialect = api?.dialect, table = paths.quoted(act.write.table, api)
        let write = paths.stored(act.write)
        // Which row an upsert changes, its key says.
        let key = write.filters.isEmpty ? write.conflict?.columns.map { paths.stored($0, of: act.write.table) } : nil
        let identity = Wording.identity(
            key?.map { column in Predicate(column, .equal, write.assignments.last { Naming.same($0.column, column) }?.value ?? .unknown) } ?? write.filters, api
        )
        let set = write.assignments.prefix(4).map { "\(Wording.name($0.column, api)) = \(Wording.sql($0.value, $0.column, api))" }
            .joined(separator: ", ")
        let statement = act.write.operation == .delete ? "DELETE FROM \(table)" : "UPDATE \(table) SET \(set)"
        switch kind {
        case .ignored, .late:
            return Wording.tested("\(statement)\nWHERE \(Wording.conditions(write.filters, api))", dialect, otherwise: "somebody else was first, stop here")
        case .condition(let name) where allowed.isEmpty:
            let column = Wording.name(paths.stored(name, of: act.write.table), api)
            return Self.locked(
                "SELECT * FROM \(table) WHERE \(identity)", then: "ask here what is asked of \(column)", "\(statement) WHERE \(identity)", dialect)
        case .condition:
            return Wording.tested(
                "\(statement)\nWHERE \(([identity] + allowed.map { Wording.demanded(paths.stored($0, of: act.write.table), api) }).joined(separator: " AND "))",
                dialect,
                otherwise: "somebody else was first, stop here")
        case .computed(let name):
            let column = Wording.name(paths.stored(name, of: act.write.table), api)
            if let key {
                let sign = isDecrease(of: name, act) ? "-" : "+", insert = "INSERT INTO \(table) (…) VALUES (…)\n"
                if dialect == .mysql { return insert + "ON DUPLICATE KEY UPDATE \(column) = \(column) \(sign) :amount;" }
                let target = key.map { Wording.name($0, api) }.joined(separator: ", ")
                return insert + "ON CONFLICT (\(target.isEmpty ? "…" : target)) DO UPDATE SET \(column) = \(table).\(column) \(sign) :amount;"
            }
            if isDecrease(of: name, act) {
                return Wording.tested(
                    "UPDATE \(table) SET \(column) = \(column) - :amount\nWHERE \(identity) AND \(column) >= :amount", returning: column, dialect,
                    otherwise: "not enough left")
            }
            if let bound = act.decisions.firstMapped({ $0.bound(of: name, readBy: check) }),
                [.less, .lessOrEqual].contains(bound.comparison)
            {
                let limit =
                    if case .column(let other) = bound.value { Wording.name(paths.stored(other, of: act.write.table), api) } else {
                        Wording.sql(bound.value, "limit", api)
                    }
                return Wording.tested(
                    "UPDATE \(table) SET \(column) = \(column) + :amount\nWHERE \(identity) AND \(column) \(bound.comparison == .less ? "<" : "<=") \(limit)",
                    returning: column, dialect, otherwise: "the limit is reached, stop here")
            }
            return "UPDATE \(table) SET \(column) = \(column) + :amount\nWHERE \(identity);"
        case .merged(let name):
            let column = Wording.name(paths.stored(name, of: act.write.table), api)
            return Self.locked(
                "SELECT \(column) FROM \(table) WHERE \(identity)", then: "change what was read here",
                "UPDATE \(table) SET \(column) = :changed WHERE \(identity)",
                dialect)
        case .carried: return "\(statement)\nWHERE \(identity);  -- and no other column"
        case .recounted(let name):
            let column = Wording.name(paths.stored(name, of: act.write.table), api), source = paths.quoted(read.table, api)
            return
                "SELECT 1 FROM \(table) WHERE \(identity) FOR UPDATE;\nUPDATE \(table) SET \(column) = (SELECT count(*) FROM \(source) WHERE …)\nWHERE \(identity);  -- in one transaction"
        case .lastOne:
            return "BEGIN;\nSELECT 1 FROM … WHERE id = :parent FOR UPDATE;  -- the row to which those of \(table) belong\n-- now count, and write\nCOMMIT;"
        case .consumed:
            let asked = Wording.conditions(asked(act).map { paths.stored($0, of: act.write.table) }, api)
            return Wording.tested("DELETE FROM \(table)\nWHERE \(identity)\(asked.isEmpty ? "" : " AND " + asked)", dialect, otherwise: "already used")
        }
    }

    /// Whether the written value is smaller than the one it was computed from.
    private func isDecrease(of column: String, _ act: Act) -> Bool {
        (act.write.assignments + (act.write.conflict?.assignments ?? [])).last { $0.column == column }?.value.parts.contains { part in
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
                Moment(.first, "reads `\(column)`: 100", evidence: 0), Moment(.second, "reads `\(column)`: 100", evidence: 0),
                Moment(.first, "writes 100 \(sign) = \(after)", evidence: index),
                Moment(.second, "writes 100 \(sign) = \(after)", evidence: index), Moment(.both, "`\(column)` is \(after) where it should be \(right)"),
            ]
        case .merged(let column):
            return [
                Moment(.first, "reads `\(column)`", evidence: 0), Moment(.second, "reads `\(column)`", evidence: 0),
                Moment(.first, "writes it back with its change", evidence: index),
                Moment(.second, "writes it back with its own, and without that of the first", evidence: index),
                Moment(.both, "`\(column)` holds one change where it should hold two"),
            ]
        case .carried(let column):
            return [
                Moment(.first, "reads \(table): `\(column)` is 7", evidence: 0), Moment(.second, "makes `\(column)` 8"),
                Moment(.first, "writes the whole row", evidence: index), Moment(.both, "`\(column)` is 7 where it should be 8"),
            ]
        case .recounted(let column):
            return [
                Moment(.first, "counts 7", evidence: 0), Moment(.second, "adds a row and counts 8", evidence: 0), Moment(.second, "writes 8", evidence: index),
                Moment(.first, "writes 7", evidence: index), Moment(.both, "`\(column)` is 7 where it should be 8"),
            ]
        case .ignored(let column):
            return [
                Moment(.first, "reads \(table): `\(column)` allows it", evidence: 0), Moment(.second, "reads \(table): `\(column)` allows it", evidence: 0),
                Moment(.first, "changes 1 row", evidence: index), Moment(.second, "changes 0 rows, and does not notice", evidence: index),
                Moment(.both, "both go on as the only one"),
            ]
        case .late(let column):
            return [
                Moment(.first, "reads \(table): `\(column)` allows it", evidence: 0), Moment(.second, "reads \(table): `\(column)` allows it", evidence: 0),
                Moment(.first, "makes the payment call"), Moment(.second, "makes the payment call"), Moment(.first, "claims the row", evidence: index),
                Moment(.both, "request B learns that it has lost after it has paid"),
            ]
        case .lastOne:
            return [
                Moment(.first, "counts 2", evidence: 0), Moment(.second, "counts 2", evidence: 0), Moment(.first, "takes one away", evidence: index),
                Moment(.second, "takes the other away", evidence: index), Moment(.both, "none is left in \(table)"),
            ]
        case .consumed:
            return [
                Moment(.first, "finds the row in \(table)", evidence: 0), Moment(.second, "finds the row in \(table)", evidence: 0),
                Moment(.first, "deletes it", evidence: index),
                Moment(.second, "deletes nothing, and does not notice", evidence: index), Moment(.both, "the row was used twice"),
            ]
        }
    }
}
