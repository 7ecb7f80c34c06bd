import Flow

// What names tell about accounts, and about what counts for them.
extension Naming {
    /// `failed_attempts`, `login_failures`, `invalidLoginAttempts`
    static func countsAttempts(_ name: String) -> Bool {
        words(name).contains {
            ["attempt", "attempts", "failure", "failures", "failed", "fails", "tries", "lockout", "lockouts", "throttle", "bruteforce"].contains($0)
        }
            || name.hasWords("ratelimit") || name.hasWords("ratelimits") || name.hasWords("tokenbucket") || name.hasWords("tokenbuckets")
    }

    /// A table of failures to prove who one is, and not of attempts at something that has a cap, such as an exam.
    static func brakesGuessing(_ table: String) -> Bool {
        let words = words(table)
        if words.contains(where: { ["failure", "failures", "lockout", "lockouts"].contains($0) }) { return true }
        return words.contains { $0 == "attempt" || $0 == "attempts" }
            && words.contains { ["login", "signin", "password", "pw", "pin", "otp", "auth", "verification", "code", "mfa"].contains($0) }
    }

    /// What proves who somebody is, or what is kept of it.
    static func isPassword(_ column: String) -> Bool { words(column).contains { ["password", "passwd", "pwd", "passphrase", "passhash"].contains($0) } }

    /// `locked_until`, `lockUntil`, `isLocked`
    static func isLocked(_ column: String) -> Bool { words(column).contains { ["locked", "lock", "lockout", "blocked"].contains($0) } }

    private static let accounts: Set<String> = [
        "email", "mail", "user", "username", "userid", "uid", "account", "login", "identifier", "phone", "mobile", "handle", "member", "customer", "employee",
        "slug",
        "id", "recipient",
    ]

    /// What names one account, whoever asks.
    static func isAccount(_ name: String) -> Bool { words(name).contains { accounts.contains($0) } && !isAddress(name) }

    /// Where the request comes from.
    static func isAddress(_ name: String) -> Bool {
        words(name).contains {
            [
                "ip", "ips", "ipaddress", "forwarded", "forwardedfor", "remoteaddress", "remoteaddr", "req", "request", "headers", "ctx", "context",
                "fingerprint",
            ].contains($0)
        }
            || name.hasWords("remoteaddr") || name.hasWords("remoteaddress")
    }

    /// `newPassword`: not what proves who somebody is.
    static func isNewSecret(_ name: String) -> Bool { words(name).contains("new") }

    /// A service elsewhere verifies, and counts.
    static func isHosted(_ callee: String) -> Bool {
        ["workos", "clerk", "cognito", "auth0", "firebase", "stytch", "supabase", "usermanagement", "authenticatewith", "signinwith"].contains {
            callee.hasWords($0)
        }
    }

    /// A constant that stands for a secret, and is none.
    static func isPlaceholder(_ name: String) -> Bool {
        words(name).contains { ["placeholder", "mask", "masked", "empty", "default", "dummy", "hidden", "redacted", "type", "provider"].contains($0) }
    }

    /// What a program made and nobody can guess: `apiKey`, `resetToken`.
    static func isLongSecret(_ name: String) -> Bool {
        words(name).contains { ["token", "apikey", "key", "signature", "hmac", "nonce", "session", "rt", "jwt", "refresh", "csrf"].contains($0) }
    }

    static func isOldSecret(_ name: String) -> Bool { words(name).contains { ["current", "old", "existing", "previous"].contains($0) } }

    /// A column that says that a second factor is in use: `two_factor_enabled`.
    static func isSecondFactor(_ column: String) -> Bool {
        ["twofactor", "totp", "mfa", "2fa", "otp"].contains { column.hasWords($0) }
            && words(column).contains { ["enabled", "active", "verified", "confirmed", "on"].contains($0) }
    }

    private static let issuers: Set<String> = ["otp", "otc", "otps", "verification", "verifications", "login", "mfa", "2fa", "auth", "signin", "totp", "pin"]

    /// A column of a table of one account's short secrets.
    static func shortSecret(_ column: String, of table: String) -> Secret? {
        guard let last = words(column).last else { return nil }
        switch last {
        case "otp", "otc", "passcode": return .code
        case "pin": return .pin
        case "password": return .password
        case "code": return words(table).contains { issuers.contains($0) } || words(column).contains { issuers.contains($0) } ? .code : nil
        default: return nil
        }
    }
}
