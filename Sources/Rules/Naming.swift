import Flow

/// What the names of columns and tables tell. They are evidence, never proof: a rule that leans on a name alone
/// says so with its confidence.
enum Naming {
    /// A name without case and underscores: drivers and ORMs change both.
    static func fold(_ name: String) -> String {
        var name = name
        return name.withUTF8 { text in
            String(unsafeUninitializedCapacity: text.count) { out in
                var count = 0
                for byte in text where byte != underscore {
                    out[count] = lower(byte)
                    count += 1
                }
                return count
            }
        }
    }

    // NB: asked for every pair of steps of a routine, so it makes no strings.
    static func same(_ a: String, _ b: String) -> Bool {
        if a == b { return true }
        var one = a, other = b
        return one.withUTF8 { one in
            other.withUTF8 { other in
                var at = 0, there = 0
                while true {
                    while at < one.count, one[at] == underscore { at += 1 }
                    while there < other.count, other[there] == underscore { there += 1 }
                    guard at < one.count, there < other.count else { return at == one.count && there == other.count }
                    guard lower(one[at]) == lower(other[there]) else { return false }
                    at += 1
                    there += 1
                }
            }
        }
    }

    static func same(_ a: String?, _ b: String?) -> Bool {
        guard let a, let b else { return false }
        return same(a, b)
    }

    /// Names of one table, in the singular or the plural: `passkeys` and `Passkey`.
    static func sameRows(_ a: String?, _ b: String?) -> Bool {
        guard let a, let b else { return false }
        // A plural differs at the end only.
        guard let first = a.utf8.first(where: { $0 != underscore }), let other = b.utf8.first(where: { $0 != underscore }), lower(first) == lower(other)
        else { return same(a, b) }
        let one = fold(a), another = fold(b)
        return one == another || one + "s" == another || one == another + "s" || singular(one) == singular(another)
    }

    private static let underscore = UInt8(ascii: "_")

    private static func lower(_ byte: UInt8) -> UInt8 { byte >= 65 && byte <= 90 ? byte | 0x20 : byte }

    static func singular(_ name: String) -> String {
        if name.hasSuffix("ies") { return name.dropLast(3) + "y" }
        if name.hasSuffix("ses") || name.hasSuffix("xes") || name.hasSuffix("ches") { return String(name.dropLast(2)) }
        return name.hasSuffix("s") && !name.hasSuffix("ss") ? String(name.dropLast()) : name
    }

    static func words(_ name: String) -> [String] { name.nameWords }

    /// A column that says where a row stands in its life.
    static func isStatus(_ column: String) -> Bool {
        let words = words(column)
        // Whether somebody is there changes back and forth.
        guard let last = words.last, !words.contains(where: { ["connection", "presence", "online", "network"].contains($0) }) else { return false }
        return ["status", "state", "stage", "phase"].contains(last)
    }

    private static let consumed: Set<String> = [
        "used", "redeemed", "claimed", "consumed", "spent", "scanned", "accepted", "paid", "processed", "sent", "converted", "applied", "settled", "captured",
        "refunded", "registered", "admitted", "cancelled", "canceled", "revoked", "completed", "fulfilled", "checked", "checkout", "verified", "confirmed",
        "approved", "rejected",
        "released",
        "withdrawn", "charged", "credited", "awarded", "granted", "issued", "locked", "assigned", "closed", "started", "finished", "published", "delivered",
        "taken", "sold", "reserved", "booked", "occupied", "rewarded", "activated", "attended", "uses", "downloaded", "requested", "executed", "finalized",
        "posted", "triggered",
    ]

    /// Where something ends up, as against what somebody gets for it: `closed`, `is_finished`, `verified_at`.
    static func isFinal(_ column: String) -> Bool {
        let words = Set(words(column))
        return !words.isDisjoint(with: [
            "closed", "completed", "finished", "started", "cancelled", "canceled", "published", "verified", "revoked", "locked", "finalized", "archived",
            "done", "confirmed",
        ])
    }

    /// How far a job has come.
    static func isProgress(_ state: String) -> Bool {
        [
            "started", "running", "processing", "in_progress", "inprogress", "building", "ready", "complete", "completed", "finished", "success", "succeeded",
            "failure", "failed", "error", "errored", "done", "revoked", "indexing", "queued",
        ]
        .contains(state.lowercased())
    }

    /// What a worker does, as against what people ask for.
    static func isWork(_ name: String) -> Bool {
        words(name).contains {
            ["task", "tasks", "job", "jobs", "worker", "import", "imports", "export", "exports", "build", "bundle", "backup", "sync", "index", "crawl", "scan"]
                .contains($0)
        }
    }

    /// A table of those who may sign in: the first of them is often told to be the administrator.
    static func isPeople(_ table: String) -> Bool {
        words(table).contains { ["user", "users", "account", "accounts", "admin", "admins", "member", "members"].contains($0) }
    }

    /// In which order rows are shown, or what can be computed again: it harms nobody when it is wrong for a while.
    static func isOrder(_ column: String) -> Bool {
        let words = words(column)
        if words.contains("cache") || words.contains("cached") { return true }
        return ["position", "ordering", "sort", "sortorder", "rank", "index", "idx"].contains(words.last ?? "") || words == ["order"]
            || words.suffix(2) == ["sort", "order"]
            || words.suffix(2) == ["display", "order"]
    }

    /// A column that is set once, when something is used up: `used_at`, `is_redeemed`, `claimed_by`.
    static func isConsumption(_ column: String) -> Bool {
        let words = words(column)
        // `lastUsedAt` only tells.
        return words.first != "last" && words.contains { consumed.contains($0) }
    }

    /// A column that keeps which secret was used last, so that it does not work again: `last_used_code`, `used_nonce`.
    static func remembersUse(_ column: String) -> Bool {
        let words = words(column)
        return words.contains("used") && words.contains { ["code", "otp", "totp", "token", "nonce", "counter", "challenge"].contains($0) }
    }

    /// What somebody has set for themselves or their own, one part at a time: `ui_settings`, `preferences`.
    static func isSetting(_ name: String) -> Bool {
        words(name).contains { ["setting", "settings", "preference", "preferences", "prefs", "config", "configuration", "options"].contains($0) }
    }

    /// A column whose number only grows, by offers or by uses: `bid`, `counter`, `sequence`.
    static func isOutdone(_ column: String) -> Bool {
        isQuantity(column) || words(column).contains { ["counter", "sequence", "seq", "nonce", "bid", "price", "offer", "score"].contains($0) }
    }

    /// A column that tells when: comparing it with the clock is no check on what others do.
    static func isTime(_ column: String) -> Bool {
        let words = words(column)
        if words.contains(where: { ["expires", "expiry", "expiration", "expired", "expire", "deadline", "until", "valid"].contains($0) }) { return true }
        guard let last = words.last else { return false }
        return ["date", "time", "timestamp", "deadline", "until", "start", "end", "starts", "ends", "ttl"].contains(last)
    }

    /// A column that tells when something was done or begins.
    static func isMoment(_ column: String) -> Bool { isTime(column) || ["at", "on", "day", "since", "created", "updated"].contains(words(column).last) }

    private static let quantities: Set<String> = [
        "available", "remaining", "left", "stock", "balance", "credit", "credits", "quota", "seats", "spots", "slots", "inventory", "points", "uses", "used",
        "count",
        "sold", "taken", "capacity", "quantity", "pending", "tickets", "limit", "registered", "enrolled", "booked", "redemptions", "usage", "attempts", "total",
        "coins",
        "tokens", "wallet", "amount", "funds", "num",
    ]

    /// A column that counts what others take from: comparing it and then acting is a cap.
    static func isQuantity(_ column: String) -> Bool {
        let words = words(column)
        if let first = words.first, ["min", "max", "minimum", "maximum", "price", "unit", "track", "allow", "has", "is"].contains(first) { return false }
        // A bound or a switch is no stock, whatever it is a bound of.
        if let last = words.last, words.count > 1, ["threshold", "setting", "settings", "enabled"].contains(last) { return false }
        return words.contains { quantities.contains($0) }
    }

    private static let lives: Set<String> = [
        "payout", "order", "refund", "invitation", "invite", "job", "booking", "subscription", "dispute", "ticket", "payment", "transaction", "transfer",
        "withdrawal",
        "reservation", "request", "application", "task", "claim", "commission", "invoice", "session", "appointment", "leave", "coupon", "voucher", "redemption",
        "campaign", "post", "message", "email", "delivery", "shipment", "return", "loan", "bid", "auction", "contract", "document", "approval", "registration",
        "enrollment", "membership", "purchase", "deposit", "settlement", "schedule", "event", "submission", "proposal", "quote", "token", "code", "game",
        "match",
        "room", "referral", "affiliate", "report", "upload", "run", "queue", "lead", "listing", "waitlist", "checkin", "verification", "consent", "item",
        "deal",
    ]

    /// A table of things that come into being, change and end.
    static func hasLife(_ table: String) -> Bool {
        words(table).contains {
            lives.contains($0) || ($0.hasSuffix("s") && lives.contains(String($0.dropLast()))) || ($0.hasSuffix("ies") && lives.contains($0.dropLast(3) + "y"))
                || ($0.hasSuffix("es") && lives.contains(String($0.dropLast(2))))
        }
    }

    private static let opposites: [String: [String]] = [
        "approved": ["rejected", "declined", "cancelled"], "rejected": ["approved", "accepted", "paid"],
        "accepted": ["revoked", "declined", "rejected", "cancelled"],
        "revoked": ["accepted", "used"], "cancelled": ["paid", "completed", "confirmed", "shipped", "used"], "paid": ["cancelled", "refunded", "failed"],
        "confirmed": ["cancelled"], "completed": ["cancelled", "failed"], "failed": ["completed", "done", "paid"],
        "used": ["cancelled", "refunded", "expired"],
        "refunded": ["used", "paid"], "processing": ["cancelled", "done"], "active": ["cancelled", "suspended"], "published": ["archived", "draft"],
    ]

    /// What somebody pays with, as against what there is of something.
    static func isPaidWith(_ column: String) -> Bool {
        words(column).contains { ["balance", "credit", "credits", "funds", "coins", "points", "money", "wallet", "minutes", "cents"].contains($0) }
    }

    /// Both are called what stages of a life are called, whatever the column is called that holds them.
    static func areStates(_ one: Value?, _ other: Value?) -> Bool {
        guard let one = one?.stringLiteral?.lowercased(), let other = other?.stringLiteral?.lowercased() else { return false }
        return one != other && [one, other].allSatisfy { beginnings.contains($0) || ends.contains($0) }
    }

    private static let ends: Set<String> = Set(opposites.keys).union(opposites.values.joined()).union([
        "canceled", "past_due", "trialing", "expired", "closed", "shipped", "delivered", "sent", "settled", "locked", "frozen", "paused", "withdrawn",
    ]).subtracting(["active", "suspended", "archived"])

    /// Of these states one rules out another: what is approved is not rejected.
    static func endSeveralWays(_ states: Set<String>) -> Bool {
        let states = Set(states.map { $0.lowercased() })
        return states.contains { state in opposites[state]?.contains(where: states.contains) == true && !beginnings.contains(state) && !marks.contains(state) }
    }

    /// The state among several that a reader would least want to see overwritten by this one.
    static func opposite(of state: String?, among states: [String]) -> String? {
        let wanted = state.flatMap { opposites[$0.lowercased()] } ?? []
        return wanted.first { states.contains($0) } ?? states.first { $0.lowercased() != state?.lowercased() && !beginnings.contains($0.lowercased()) }
    }

    /// States in which rows begin: nobody writes them over another.
    private static let beginnings: Set<String> = [
        "pending", "new", "draft", "created", "requested", "queued", "open", "scheduled", "waiting", "initial", "started",
    ]

    private static let marks: Set<String> = [
        "read", "unread", "replied", "archived", "deleted", "banned", "suspended", "inactive", "disabled", "enabled", "hidden", "visible", "blocked",
        "dismissed", "muted", "online", "offline", "away", "starred", "seen", "removed", "trashed",
    ]

    /// A state that somebody sets on a thing as on a switch: setting it twice, or back, harms nobody.
    static func isMark(_ state: String) -> Bool { marks.contains(state.lowercased()) }

    /// `deletedAt`, `archived`, `lastUsedAt`: a column for such states, or one that only tells when something last happened.
    static func isMark(column: String) -> Bool {
        let words = words(column)
        return words.first == "last" || words.contains { marks.contains($0) }
    }

    private static let journals: Set<String> = [
        "notification", "notifications", "log", "logs", "audit", "audits", "activity", "activities", "history", "analytics", "metrics", "journal",
        "stats", "statistics",
    ]

    /// A table of things said about what was done elsewhere.
    static func isJournal(_ table: String) -> Bool { words(table).contains { journals.contains($0) } }

    private static let valuables: Set<String> = [
        "payout", "refund", "payment", "withdrawal", "transfer", "dispute", "commission", "settlement", "invoice", "deposit", "redemption",
    ]

    /// A table whose rows move money when their status changes.
    static func movesMoney(_ table: String) -> Bool {
        words(table).contains { valuables.contains($0) || ($0.hasSuffix("s") && valuables.contains(String($0.dropLast()))) }
    }

    /// A state in which money has changed hands.
    static func isPaid(_ state: String) -> Bool {
        words(state).contains { ["paid", "refunded", "settled", "captured", "charged", "redeemed", "credited", "withdrawn"].contains($0) }
    }

    private static let secrets: Set<String> = [
        "token", "code", "otp", "nonce", "challenge", "verification", "magic", "reset", "invite", "invitation", "grant", "ticket", "voucher", "coupon", "link",
    ]

    /// A column that holds what its bearer may use once.
    static func isSecret(_ column: String) -> Bool { words(column).contains { secrets.contains($0) } }

    /// A column whose secret is replaced with every use, as against a code under which a thing is known.
    static func worksOnce(_ column: String) -> Bool { words(column).contains { ["otp", "token", "nonce", "challenge"].contains($0) } }

    /// A table of things that work once.
    static func isSingleUse(_ table: String) -> Bool {
        words(table).contains { secrets.contains($0) || ($0.hasSuffix("s") && secrets.contains(String($0.dropLast()))) }
    }
}

extension Schema.Table {
    /// Whether it has a column that code calls so.
    func holds(_ name: String) -> Bool { columns.contains(column(name)) || columns.contains { Naming.same($0, name) } }
}
