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

    /// Words by which a box of the project's own wording is known: one of each group.
    private var words: [[String]] {
        switch self {
        case .urlSweep: [["url", "urls", "href", "link", "links"], ["scheme", "schemes", "sweep", "javascript", "safehref", "xss", "sanitized", "sanitised", "sanitize", "allowlist"]]
        case .lockout: [["lockout", "lockouts", "bruteforce", "locked"]]
        case .raceGuard: [["race", "races", "toctou", "concurrent", "concurrency", "atomic", "atomically"]]
        case .cap: [["cap", "caps", "capped", "quota", "quotas", "limit", "limits"]]
        case .singleUseToken: [["token", "tokens", "link", "links", "code", "codes"], ["singleuse", "onetime", "once", "replay", "replayed"]]
        case .payments: [["payment", "payments", "refund", "refunds", "payout", "payouts", "charge", "amount"]]
        }
    }

    /// How well a line fits, as far as its words tell: 0 not at all.
    func fit(_ line: String, own: String?) -> Int {
        let given = Self.words(of: line)
        for wording in [own, text].compactMap({ $0 }) {
            let wanted = Self.words(of: wording)
            if !wanted.isEmpty, given == wanted { return 1_000 }
            // Somebody has shortened it, or added to it.
            let common = Set(given).intersection(wanted).count
            if common * 10 >= Set(wanted).count * 6 { return 100 + common }
        }
        let known = Set(given)
        return words.allSatisfy { !known.isDisjoint(with: $0) } ? words.count : 0
    }

    /// In lower case, without marks; what a hyphen joins is one word.
    private static func words(of text: String) -> [String] {
        var words: [String] = [], word = ""
        for scalar in text.lowercased().unicodeScalars {
            if scalar.properties.isAlphabetic || scalar.properties.numericType != nil { word.unicodeScalars.append(scalar); continue }
            if scalar == "-" || scalar == "'" { continue }
            if !word.isEmpty { words.append(word) }
            word = ""
        }
        if !word.isEmpty { words.append(word) }
        // `single use`, `brute force`, `one time`: written in one or two.
        for (first, second) in zip(words, words.dropFirst()) where ["single", "brute", "one", "lock", "allow"].contains(first) { words.append(first + second) }
        return words
    }
}
