import Flow

extension Rule {
    /// A code that gives something away is good as often as somebody types it.
    package static let uncappedCode = Rule(
        id: "uncapped-code", summary: "A promo, coupon or invite code has no limit of redemptions", severity: .warning,
        .surfaces(in: { paths, project in Code.all(in: paths, project) }, judged: { surfaces, project in Code.judged(surfaces, project) }))
}

/// A code that a request redeems.
private enum Code {
    static func all(in paths: Paths, _ project: Project) -> [Surface] {
        guard paths.tables.contains(where: { Naming.isCode($0) || Naming.isInvitation($0) }),
            !paths.acts.isEmpty || paths.surfaces.contains(where: \.step.kind.movesMoney)
        else { return [] }
        var found: [Surface] = []
        paths.routine.body.visit { step in
            guard case .read(let read) = step.kind, let table = read.table, Naming.isCode(table) || Naming.isInvitation(table),
                read.aggregate == .row || read.aggregate == .rows,
                let code = read.filters.first(where: { $0.comparison == .equal && Naming.words($0.column).contains("code") }), !code.value.isConstant,
                let columns = project.schema.table(table)?.spelledColumns, columns.contains(where: Naming.isCodeColumn),
                // An invitation is somebody's, unless it says itself how many may use it.
                Naming.isCode(table) || columns.contains(where: Naming.caps),
                columns.contains(where: Naming.gives), !paths.makes(table)
            else { return }
            let limit = columns.first(where: Naming.caps) ?? columns.first(where: Naming.limitsUses)
            let isEnforced = limit != nil && enforces(table, project)
            var surface = Surface(
                .cap, paths.spelled(table), step.span, routine: paths.routine.name, guardian: isEnforced ? limit.map { .init($0, step.span) } : nil)
            if !isEnforced, limit != nil || !project.countsRedemptions(of: table) {
                let given = paths.acts.first { $0.earlier.contains { $0.id == step.id } && !Naming.sameRows($0.write.table, table) }
                surface.finding = finding(
                    at: step.span, paths.spelled(table), limit, columns.first(where: Naming.countsUses), routine: paths.routine.name,
                    [Evidence(.check, step.span, "finds the code, and takes that for enough", step: step.id)]
                        + (given.map { [Evidence(.act, $0.step.span, "gives what the code is good for", step: $0.step.id)] } ?? []))
            }
            found.append(surface)
        }
        return found
    }

    /// Some statement or decision of the project looks at a column that limits. To raise a number is not yet to look at it.
    private static func enforces(_ table: String, _ project: Project) -> Bool {
        project.routines.contains { routine in
            var looks = false
            routine.body.visit { step in
                guard !looks else { return }
                switch step.kind {
                case .branch(let condition, _, _):
                    looks = condition.parts.contains { if case .member(_, let name) = $0 { Naming.limitsUses(name) } else { false } }
                case .read(let read): looks = Naming.sameRows(read.table, table) && read.filters.contains(where: limits)
                case .write(let write):
                    looks =
                        Naming.sameRows(write.table, table)
                        && (write.filters.contains { limits($0) || write.lowers($0) }
                            || write.assignments.contains { Naming.limitsUses($0.column) && !$0.isRelative })
                default: break
                }
            }
            return looks
        }
    }

    /// `used < max_uses`, in whichever way it is written.
    private static func limits(_ filter: Predicate) -> Bool {
        Naming.limitsUses(filter.column) || filter.value.parts.contains { if case .column(let name) = $0 { Naming.limitsUses(name) } else { false } }
    }

    static func judged(_ surfaces: [Surface], _ project: Project) -> [Finding] {
        // A table, one finding: where it is declared, or first redeemed.
        var seen: Set<String> = [], findings: [Finding] = []
        for declaration in project.declarations
        where !declaration.isRequest && Naming.isCode(declaration.name) && declaration.fields.contains(where: Naming.isCodeColumn) {
            let columns = Set(declaration.fields + (project.schema.table(declaration.name)?.spelledColumns ?? []))
            guard declaration.fields.contains(where: Naming.gives), !columns.contains(where: Naming.limitsUses),
                !project.countsRedemptions(of: declaration.name),
                seen.insert(Naming.singular(Naming.fold(declaration.name))).inserted
            else { continue }
            findings.append(
                finding(
                    at: declaration.span, declaration.name, nil, nil, routine: declaration.name,
                    [Evidence(.check, declaration.span, "has a code and what it gives, and no limit")]))
        }
        for surface in surfaces.sorted(by: { $0.span < $1.span }) {
            if let finding = surface.finding, seen.insert(Naming.singular(Naming.fold(surface.name))).inserted { findings.append(finding) }
        }
        return findings
    }

    /// - Parameters:
    ///   - limit: the column that would limit how often, where there is one.
    ///   - counted: the column that counts how often, where there is one.
    private static func finding(at span: Span, _ name: String, _ limit: String?, _ counted: String?, routine: String, _ evidence: [Evidence]) -> Finding {
        let lack = limit.map { "has `\($0)`, which nothing tests or counts" } ?? "has no column that limits how often a code is redeemed"
        let (help, remedy) = cure(name, limit, counted)
        return Finding(
            rule: Rule.uncappedCode.id, severity: .warning, confidence: .high,
            message: "`\(name)` \(lack), so one code that gets about is redeemed without end.", help: help, remedy: remedy,
            span: span, evidence: evidence,
            timeline: [
                Moment(.first, "redeems the code", evidence: 0), Moment(.second, "redeems it too, and so does everybody who was told", evidence: 0),
                Moment(.both, "a code for one hundred per cent gives everything away"),
            ], routine: routine, table: name)
    }

    private static func cure(_ name: String, _ limit: String?, _ counted: String?) -> (help: String, remedy: String) {
        let decide = "decide whether three tickets use it three times, and whether giving one back gives the use back."
        let counted = counted ?? limit.flatMap { Naming.countsUses($0) ? $0 : nil }
        let limit = limit.flatMap { Naming.countsUses($0) ? nil : $0 }
        if let limit, !Naming.caps(limit) {
            // What is left of it goes down.
            if Naming.words(limit).contains(where: { ["remaining", "left", "balance"].contains($0) }) {
                return (
                    "Take from `\(limit)` in the statement that redeems, and refuse when no row was changed; \(decide)",
                    "UPDATE \(name) SET \(limit) = \(limit) - :quantity\nWHERE code = :code AND \(limit) >= :quantity\nRETURNING \(limit);  -- no row: exhausted"
                )
            }
            // Used or not; `single_use` says how often it may be, not that it was.
            let isMoment = limit.hasSuffix("_at") || limit.hasSuffix("At"), used = isMoment ? limit : "used_at"
            return (
                "\(isMoment ? "Set" : "Add `used_at` and set") `\(used)` in the statement that redeems, and refuse when no row was changed; \(decide)",
                (isMoment ? "" : "ALTER TABLE \(name) ADD COLUMN used_at TIMESTAMP;\n")
                    + "UPDATE \(name) SET \(used) = CURRENT_TIMESTAMP\nWHERE code = :code AND \(used) IS NULL\nRETURNING *;  -- no row: used already"
            )
        }
        let cap = limit ?? "max_uses", used = counted ?? "used"
        let added = [limit == nil ? "ADD COLUMN \(cap) INTEGER" : nil, counted == nil ? "ADD COLUMN \(used) INTEGER NOT NULL DEFAULT 0" : nil]
        let what = [limit == nil ? "`\(cap)` (NULL for no limit)" : nil, counted == nil ? "`\(used)`" : nil].compactMap(\.self).joined(separator: " and ")
        return (
            "\(what.isEmpty ? "Raise" : "Add \(what), raise") `\(used)` in the statement that redeems, and refuse when no row was changed; \(decide)",
            (what.isEmpty ? "" : "ALTER TABLE \(name) \(added.compactMap(\.self).joined(separator: ", "));\n") + """
                UPDATE \(name) SET \(used) = \(used) + :quantity
                WHERE code = :code AND (\(cap) IS NULL OR \(used) + :quantity <= \(cap))
                RETURNING \(used);  -- no row: exhausted
                """ + (limit == nil ? Wording.migration("promo", [("table", "promo")], nil) : "")
        )
    }
}

extension Write {
    /// `SET left = left - 1 WHERE left > 0`
    fileprivate func lowers(_ filter: Predicate) -> Bool {
        [.greater, .greaterOrEqual, .less, .lessOrEqual].contains(filter.comparison)
            && assignments.contains { $0.isRelative && Naming.same($0.column, filter.column) }
    }
}

extension Paths {
    /// Such codes come into being here.
    fileprivate func makes(_ table: String) -> Bool {
        acts.contains { $0.write.operation == .insert && Naming.sameRows($0.write.table, table) }
    }
}

extension Project {
    /// Redemptions of such codes stand in a table of their own.
    fileprivate func countsRedemptions(of table: String) -> Bool {
        let subject = Naming.words(table).filter { !["code", "codes"].contains($0) }.map { Naming.singular($0) }
        return schema.tables.keys.contains { name in
            let words = Naming.words(name)
            return words.contains { ["usage", "usages", "uses", "redemption", "redemptions", "claim", "claims"].contains($0) }
                && subject.allSatisfy { part in words.contains { Naming.singular($0) == part } }
        }
    }
}

extension Naming {
    fileprivate static func isCodeColumn(_ column: String) -> Bool { words(column).contains { ["code", "promocode", "coupon", "voucher"].contains($0) } }

    /// A column that says what a code is good for.
    fileprivate static func gives(_ column: String) -> Bool {
        words(column).contains {
            [
                "discount", "percent", "percentage", "amount", "value", "credit", "credits", "reward", "off", "free", "months", "days", "price", "plan",
                "benefit", "balance", "active", "role",
            ].contains($0)
        }
    }

    /// A table of codes that give something away.
    fileprivate static func isCode(_ table: String) -> Bool {
        let words = words(table)
        let gives = words.contains {
            [
                "promo", "promos", "promocode", "promocodes", "promotion", "promotions", "coupon", "coupons", "voucher", "vouchers", "discount", "discounts",
                "gift", "giftcard", "giftcards", "referral",
            ].contains($0)
        }
        return gives
            && !words.contains {
                ["usage", "usages", "use", "uses", "redemption", "redemptions", "claim", "claims", "order", "orders", "log", "history", "item", "items"]
                    .contains($0)
            }
            || words.contains { $0 == "invite" || $0 == "invitation" } && words.contains { $0 == "code" || $0 == "codes" }
    }

    /// A table of what lets somebody in.
    fileprivate static func isInvitation(_ table: String) -> Bool { words(table).contains { ["invite", "invites", "invitation", "invitations"].contains($0) } }

    /// A column that limits how often something is used: `max_uses`, `usage_limit`, `single_use`, `redeemed_at`.
    fileprivate static func limitsUses(_ column: String) -> Bool {
        let words = words(column)
        if words.contains(where: {
            ["redeemed", "used", "claimed", "uses", "usage", "redemptions", "redemption", "remaining", "claims", "consumed", "spent", "balance"].contains($0)
        }) {
            return true
        }
        return caps(column) || column.hasWords("singleuse") || column.hasWords("onetime") || column.hasWords("timesused")
    }

    /// How often at most: `max_uses`, `usage_limit`.
    fileprivate static func caps(_ column: String) -> Bool {
        let words = words(column)
        return words.contains { ["limit", "max", "quota"].contains($0) }
            && (words.contains { ["uses", "usage", "redemptions"].contains($0) }
                || !words.contains { ["amount", "discount", "value", "price", "order"].contains($0) })
    }

    /// How often until now: `used`, `times_redeemed`.
    fileprivate static func countsUses(_ column: String) -> Bool {
        let words = words(column)
        return words.contains { ["used", "uses", "usage", "redeemed", "redemptions", "claims"].contains($0) }
            && !words.contains {
                ["max", "limit", "quota", "at", "on", "last", "by", "is", "single", "remaining", "left", "available", "per"].contains($0)
            }
    }
}
