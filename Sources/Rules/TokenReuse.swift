import Flow

extension Rule {
    /// A token comes a second time, and all that it gave stays good.
    package static let tokenReuseWithoutRevocation = Rule(
        id: "token-reuse-without-revocation", summary: "A token that is used twice does not revoke its family", severity: .warning,
        .surfaces(in: { paths, project in Reuse.all(in: paths) }, judged: { surfaces, _ in surfaces.compactMap(\.finding) }))
}

/// A place that notices that a token has been used before.
private enum Reuse {
    static func all(in paths: Paths) -> [Surface] {
        guard paths.tables.contains(where: Naming.rotates) else { return [] }
        var found: [Surface] = []
        visit(paths.routine.body) { step, arm in
            guard let (table, column) = noticed(step, paths, arm.isUsed), arm.steps.alwaysLeaves else { return }
            var surface = Surface(
                .token, paths.spelled(table), step.span, routine: paths.routine.name, guardian: arm.steps.revokes ? .init("revokes the family", step.span) : nil
            )
            if surface.guardian == nil { surface.finding = finding(step, table, column, paths) }
            found.append(surface)
        }
        var seen: Set<String> = []
        return found.filter { seen.insert($0.name).inserted }
    }

    private struct Arm {
        let steps: [Step]
        /// The condition holds in it.
        let isUsed: Bool
    }

    private static func visit(_ body: [Step], _ look: (Step, Arm) -> Void) {
        body.visit { step in
            guard case .branch(_, let then, let otherwise) = step.kind else { return }
            look(step, Arm(steps: then, isUsed: true))
            look(step, Arm(steps: otherwise, isUsed: false))
        }
    }

    /// The table and the column by which an arm knows that the token was used: `if (row.used_at)`, or no row was changed.
    private static func noticed(_ step: Step, _ paths: Paths, _ holds: Bool) -> (String, String)? {
        guard case .branch(let condition, _, _) = step.kind else { return nil }
        let decision = Decision(number: -1, condition: condition, holds: holds, span: step.span, leaving: .not)
        for fact in paths.facts(of: decision) {
            guard let earlier = paths.steps[fact.step] else { continue }
            switch (earlier.kind, fact.meaning) {
            case (.read(let read), .column(let column, let op, let other)):
                guard let table = read.table, Naming.rotates(table), Naming.isConsumption(column) || Naming.words(column).contains("revoked"),
                    Naming.words(column).first != "last"
                else { continue }
                let isUsed = op == nil || op == .isNotNull || op == .notEqual && other == .literal(.null) || op == .equal && other == .literal(.boolean(true))
                if isUsed { return (table, column) }
            default: continue
            }
        }
        return nil
    }

    private static func finding(_ step: Step, _ table: String, _ column: String, _ paths: Paths) -> Finding {
        let name = paths.spelled(table)
        return Rule.tokenReuseWithoutRevocation.finding(
            .high, nil, at: step.span, paths,
            message:
                "A second use of a row of `\(name)` is noticed (`\(column)`) and only refused: whoever stole it and was first keeps the tokens that it gave.",
            help: "Revoke every token of the same grant in that branch, and write down that it happened (RFC 6749 section 4.1.2, RFC 9700 section 4.14.2).",
            remedy: "UPDATE \(name) SET revoked_at = CURRENT_TIMESTAMP WHERE family_id = :family_id AND revoked_at IS NULL;"
                + Wording.migration("token", [("table", "auth")], nil),
            evidence: [Evidence(.check, step.span, "notices that the token was used before", step: step.id)],
            timeline: [
                Moment(.first, "a thief redeems the token first", evidence: 0), Moment(.second, "its owner comes second and is refused", evidence: 0),
                Moment(.both, "the thief's tokens stay good, and nobody looks"),
            ])
    }
}

extension [Step] {
    /// Something is taken back in it.
    fileprivate var revokes: Bool {
        var found = false
        visit { step in
            switch step.kind {
            case .write(let write): found = found || write.operation == .update || write.operation == .delete
            case .call(let call):
                found = found || Naming.words(call.callee).contains { $0.hasPrefix("revoke") || $0.hasPrefix("invalidat") || $0 == "logout" || $0 == "destroy" }
            default: return
            }
        }
        return found
    }
}

extension Naming {
    /// A table of tokens from which others come: authorization codes, refresh tokens.
    fileprivate static func rotates(_ table: String) -> Bool {
        let words = words(table)
        return words.contains { ["refresh", "oauth", "authorization", "grant", "grants", "authcode"].contains($0) }
            && words.contains { ["token", "tokens", "code", "codes", "grant", "grants"].contains($0) || $0.hasSuffix("tokens") || $0.hasSuffix("token") }
    }
}
