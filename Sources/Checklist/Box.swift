import Flow

/// One question of the pull-request checklist.
package enum Box: String, CaseIterable, Sendable {
    case urlSweep = "url-sweep"
    case lockout
    case raceGuard = "race-guard"
    case cap
    case singleUseToken = "single-use-token"
    case payments

    /// What the box says where the project has no words of its own.
    package var text: String {
        switch self {
        case .urlSweep: "URL sweep: every URL field that is stored or shown lets only http, https, mailto and tel pass"
        case .lockout: "Lockout: every password, PIN and code is counted per account and locked after too many failures"
        case .raceGuard: "Race guard: what is decided and what is written are one statement, or stand under one lock"
        case .cap: "Cap: every limit holds when two requests arrive at once, and every code has one"
        case .singleUseToken: "Single-use token: consumed in the statement that tests it; a second use revokes its family"
        case .payments: "Payments: the amount is the server's, the payment the caller's, the webhook signed"
        }
    }

    /// What a change has to touch for the question to arise, and what that is called.
    var surfaces: Set<Surface.Kind> {
        switch self {
        case .urlSweep: [.url]
        case .lockout: [.auth]
        case .raceGuard: [.status, .cap, .token]
        case .cap: [.cap]
        case .singleUseToken: [.token]
        case .payments: [.payment]
        }
    }

    var subject: String {
        switch self {
        case .urlSweep: "URL field"
        case .lockout: "login, PIN or code"
        case .raceGuard: "status, cap or token"
        case .cap: "cap"
        case .singleUseToken: "token"
        case .payments: "payment"
        }
    }

    /// The rules whose findings say that it does not hold.
    var rules: Set<String> {
        switch self {
        case .urlSweep: ["unsafe-url-field"]
        case .lockout: ["auth-without-lockout"]
        case .raceGuard: ["count-then-insert", "select-then-update", "unguarded-status-write"]
        case .cap: ["count-then-insert", "uncapped-code", "unbounded-counter"]
        case .singleUseToken: ["token-reuse-without-revocation"]
        case .payments: ["client-set-amount", "unowned-payment"]
        }
    }

    /// How a box is called; nothing but its own words may stand behind.
    private var names: [String] {
        switch self {
        case .urlSweep: ["url sweep", "urls", "url fields", "url schemes"]
        case .lockout: ["lockout", "lockouts", "account lockout", "brute force", "bruteforce"]
        case .raceGuard: ["race guard", "race guards", "race free", "races", "race conditions", "race condition", "toctou", "concurrency"]
        case .cap: ["cap", "caps", "caps and limits", "quotas", "limits"]
        case .singleUseToken: ["single use token", "single use tokens", "one time token", "one time tokens", "one time links", "one time codes"]
        case .payments: ["payments", "payment", "refunds", "payouts"]
        }
    }

    /// Words of which one of each group must stand in a wording of the project's own.
    private var words: [[String]] {
        switch self {
        case .urlSweep: [["url", "urls", "href", "link", "links"], ["scheme", "schemes", "javascript", "safehref", "xss"]]
        case .lockout:
            [
                ["lockout", "lockouts", "bruteforce", "brute"],
                ["account", "login", "logins", "password", "passwords", "pin", "failures", "attempts", "locked", "force"],
            ]
        case .raceGuard:
            [
                ["race", "races", "toctou", "concurrent", "concurrently", "atomic", "atomically"],
                ["condition", "conditions", "check", "checked", "update", "updates", "write", "writes", "act", "read", "requests", "guard", "guarded", "free"],
            ]
        case .cap:
            [
                ["cap", "caps", "capped", "quota", "quotas", "limit", "limits"],
                ["hold", "holds", "exceed", "exceeded", "concurrent", "concurrently", "race", "races", "requests", "overrun"],
            ]
        case .singleUseToken:
            [
                ["token", "tokens", "link", "links", "code", "codes"], ["single", "singleuse", "one", "onetime", "replay", "replayed", "reused", "twice"],
                ["use", "time", "singleuse", "onetime", "replay", "replayed", "reused", "twice"],
            ]
        case .payments:
            [
                ["payment", "payments", "refund", "refunds", "payout", "payouts", "charge", "charges", "amount", "amounts", "price", "prices", "webhook"],
                ["server", "owner", "owned", "signed", "signature", "bounded", "computed", "verified", "trusted", "caller"],
            ]
        }
    }

    /// How well a line fits, as far as its words tell: 0 not at all.
    func fit(_ line: String, own: String?) -> Int {
        let label = line.withoutComments
        let given = Self.words(of: label)
        guard let first = given.first else { return 0 }
        for wording in [own, text].compactMap({ $0 }) {
            let wanted = Self.words(of: wording)
            if !wanted.isEmpty, given == wanted { return 1_000 }
            // Somebody has shortened it, or added to it.
            let telling = Set(wanted).subtracting(Self.stopWords), common = telling.intersection(given).count
            if telling.count > 2, common * 10 >= telling.count * 6 { return 100 + common }
        }
        // The author speaks of what was done, of what is there, or of what is not: that is no promise about the change.
        if ["i", "we", "my", "our", "yes", "there", "this", "these", "does", "is", "has", "are", "did", "not"].contains(first) { return 0 }
        let head = given.first == "no" ? Array(given.dropFirst()) : given
        for name in names {
            let parts = name.split(separator: " ").map(String.init)
            guard head.starts(with: parts) else { continue }
            // A name alone, or one with an explanation behind a mark.
            if head.count == parts.count || label.isMarked(behind: parts.count + (given.count - head.count)) { return 50 + parts.count }
        }
        let known = Set(given)
        return words.allSatisfy { !known.isDisjoint(with: $0) } ? words.count : 0
    }

    private static let stopWords: Set<String> = [
        "a", "an", "and", "are", "as", "at", "be", "by", "for", "has", "have", "in", "into", "is", "it", "its", "lets", "no", "not", "of", "on", "one", "only",
        "or", "pass",
        "s", "stand", "that", "the", "this", "to", "too", "under", "what", "when", "with", "every", "all",
    ]

    /// In lower case, without marks.
    static func words(of text: String) -> [String] {
        text.lowercased().split { !($0.isLetter || $0.isNumber) }.map(String.init)
    }
}

extension String {
    /// What a reader of the page sees.
    fileprivate var withoutComments: String {
        var out = "", rest = self[...]
        while !rest.isEmpty {
            if rest.hasPrefix("<!--") {
                while !rest.isEmpty, !rest.hasPrefix("-->") { rest = rest.dropFirst() }
                rest = rest.dropFirst(3)
            } else {
                out.append(rest.removeFirst())
            }
        }
        return out
    }

    /// Whether behind so many words comes a mark that ends a name: a colon, a dash, a bracket, a full stop.
    fileprivate func isMarked(behind count: Int) -> Bool {
        var words = 0, isWord = false, rest = self[...]
        while let next = rest.first, words < count || isWord {
            let letter = next.isLetter || next.isNumber
            if isWord, !letter, words == count { break }
            if letter, !isWord { words += 1 }
            isWord = letter
            rest = rest.dropFirst()
        }
        guard let mark = rest.first(where: { !" *_`".contains($0) }) else { return true }
        return ":–—-(.,;".contains(mark)
    }
}
