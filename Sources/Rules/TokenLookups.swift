import Flow

// Rows that are found by a secret which the request brings, for the inventory: links that sign in, codes by mail, keys of an API.
extension Rule {
    /// - Parameter known: the places that the rule for lockouts has noted.
    static func lookups(in paths: Paths, beyond known: Set<Span>) -> [Surface] {
        guard [.route, .action, .none].contains(paths.routine.entry) else { return [] }
        var found: [Surface] = [], seen: Set<Span> = []
        // Of very many statements nobody limits the attempts.
        let asksLimits = paths.acts.count < 50
        paths.routine.body.visit { step in
            guard case .read(let read) = step.kind, !known.contains(step.span), let table = read.table,
                let filter = read.filters.first(where: { $0.comparison == .equal && Naming.provesBearer($0.column, of: table) && $0.value.dependsOnClient })
            else { return }
            guard seen.insert(step.span).inserted else { return }
            let limit = asksLimits ? paths.limit(before: step.id) : nil
            var surface = Surface(
                .auth, "\(paths.spelled(table)).\(filter.column)", step.span, routine: paths.routine.name,
                guardian: limit.map { .init($0.text, $0.span) })
            surface.writes = paths.calls(to: step.id).suffix(1).map { .init($0, isGuarded: limit != nil) }
            found.append(surface)
        }
        return found
    }
}

extension Paths {
    /// What counts attempts for the account before a step.
    fileprivate func limit(before step: StepID) -> Limit? {
        guard let act = acts.first(where: { $0.earlier.contains { $0.id == step } }) else { return nil }
        return limits(before: act.reached).first { $0.key == .account }
    }
}

extension Naming {
    /// What a code is for, where it proves something: `verification_code`, and not `country_code`.
    private static let codes: Set<String> = [
        "verification", "verify", "reset", "otp", "login", "auth", "access", "confirm", "confirmation", "backup", "recovery", "invite", "invitation", "magic",
        "security", "sms", "email", "validation", "activation", "factor",
    ]
    private static let proofs: Set<String> = ["verification", "validation", "otp", "reset", "challenge", "magic", "login", "token", "code"]

    /// Whoever has it is believed: `reset_token`, `verification_code`, `apiKey`.
    fileprivate static func provesBearer(_ column: String, of table: String) -> Bool {
        let words = words(column)
        // `code` alone is how many a row is called.
        if words == ["code"] || words == ["key"] { return isSingleUse(table) && table.nameWords.contains { proofs.contains(Self.singular($0)) } }
        guard let last = words.last else { return false }
        if words.suffix(2) == ["api", "key"] || fold(column) == "apikey" { return true }
        if last == "code" { return words.contains { codes.contains($0) } }
        return ["token", "otp", "pin", "secret", "nonce", "magic"].contains(last) && !words.contains { ["device", "push", "quote", "language"].contains($0) }
    }
}
