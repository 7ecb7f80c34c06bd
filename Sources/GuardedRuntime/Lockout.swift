public import Foundation
public import Logging
import Migrations

/// A lock for each account, beside the limit for each address.
///
/// Attempts are counted before the secret is looked at, in a transaction of their own: 64 requests at once get 10 looks at the
/// secret and not 64, and a login that is rolled back stays counted. Incident: 6,200 attempts in a day on one account from 60
/// networks, none of which made more than four an hour.
///
/// The window slides: no 30 minutes, wherever they begin, hold more than the threshold, and fewer are never refused. A lock ends
/// when the oldest attempt of the window is as old as the window. Refused attempts do not count, so hammering cannot make a lock
/// longer than one window.
public struct Lockout: Sendable {
    /// What is counted, in which table, and how much of it is too much.
    public struct Policy: Hashable, Sendable {
        let table: String
        /// Attempts in a window; at least 1.
        public var threshold: Int
        /// The length of the window in seconds.
        public var window: Int
        /// Attempts in 24 hours, refused ones too, at which the alarm is raised, once.
        public var alarm = 5_000

        private init(_ table: String, _ threshold: Int, minutes: Int) { (self.table, self.threshold, window) = (table, threshold, minutes * 60) }

        /// A policy of your own.
        /// - Parameters:
        ///   - table: The table of its counts; two more begin with its name.
        ///   - threshold: Attempts in a window; at least 1.
        ///   - minutes: The length of the window.
        /// - Throws: ``GuardedError/invalidKey(_:)`` for a name that no database takes, ``GuardedError/invalidCap(_:)`` for numbers below 1.
        public init(table: String, threshold: Int, minutes: Int) throws(GuardedError) {
            _ = (try Keys.identifier(table), try Keys.cap(threshold), try Keys.cap(minutes))
            self.init(table, threshold, minutes: min(minutes, 527_040))
        }

        /// Passwords: 10 in 30 minutes, in `pw_failures`.
        public static let password = Policy("pw_failures", 10, minutes: 30)
        /// PINs: 10 in 30 minutes, in `pin_failures`.
        public static let pin = Policy("pin_failures", 10, minutes: 30)
        /// Magic links that are sent: 5 in 15 minutes, in `magic_link_sends`.
        public static let magicLink = Policy("magic_link_sends", 5, minutes: 15)
        /// One-time codes: 10 in 30 minutes, in `otp_failures`.
        public static let oneTimeCode = Policy("otp_failures", 10, minutes: 30)
        /// Recovery codes: 10 in 30 minutes, in `recovery_failures`.
        public static let recoveryCode = Policy("recovery_failures", 10, minutes: 30)
        /// Client secrets at an OAuth token endpoint: 10 in 30 minutes, in `oauth_failures`.
        public static let oauth = Policy("oauth_failures", 10, minutes: 30)
    }

    /// Whether an attempt may go on to the secret.
    public enum Decision: Hashable, Sendable {
        /// It may, and it counts. `left` more may follow it.
        case proceed(left: Int)
        /// It may not. Answer 429 `account_locked_30min` with ``Lockout/message(until:now:language:)``.
        case locked(until: Date)
    }

    /// How a login ended.
    public enum Login<Subject: Sendable>: Sendable {
        case success(Subject)
        /// A wrong secret or an unknown account: the answer must not tell which.
        case failure(left: Int)
        case locked(until: Date)
    }

    /// What is counted for an account, for support staff.
    public struct State: Hashable, Sendable {
        public var attempts: Int, attemptsToday: Int
        public var lockedUntil: Date?

        package init(attempts: Int, attemptsToday: Int, lockedUntil: Date?) {
            (self.attempts, self.attemptsToday, self.lockedUntil) = (attempts, attemptsToday, lockedUntil)
        }
    }

    public let policy: Policy
    private let plan: Blueprint, store: GuardedStore, log: Logger

    /// - Throws: ``GuardedError/invalidCap(_:)`` for a threshold, a window or an alarm below 1.
    public init(_ policy: Policy, store: GuardedStore, log: Logger = Logger(label: "guarded.lockout")) throws(GuardedError) {
        _ = (try Keys.cap(policy.threshold), try Keys.cap(policy.window), try Keys.cap(policy.alarm))
        var tables = LockoutTables(table: .init(own: policy.table), scope: .init(own: "tenant"), account: .init(own: "account"))
        (tables.threshold, tables.windowSeconds) = (policy.threshold, policy.window)
        do { plan = try tables.blueprint() } catch { throw .invalidCap(policy.threshold) }
        (self.policy, self.store, self.log) = (policy, store, log)
    }

    /// Counts an attempt. Call it before the secret is compared, or before a link is sent, and outside of any transaction.
    /// - Parameters:
    ///   - account: Who tries to get in.
    ///   - tenant: The restaurant, organisation or site that the account belongs to; `-` where there is one only.
    /// - Throws: ``GuardedError/clockWentBackwards(newest:)`` when the clock stands a minute or more before the last attempt, and what the
    ///   database ran into. Refuse the login then: a limit that cannot be asked is no limit.
    public func attempt(_ account: Account, tenant: String = "-") async throws(GuardedError) -> Decision {
        let arguments = [
            "scope": try Keys.checked(tenant), "account": .text(account.key), "threshold": .integer(policy.threshold), "window": .integer(policy.window),
        ]
        guard let row = try await store.run(plan["attempt"], of: plan, arguments).first, let first = row.date("window_start") else {
            throw .clockWentBackwards(newest: "the last attempt of this account")
        }
        if row.integer("day_attempts") == policy.alarm {
            log.critical(
                "account under attack",
                metadata: ["event": "lockout_alarm", "surface": "\(policy.table)", "tenant": "\(tenant)", "attempts_24h": "\(policy.alarm)"])
        }
        if row.integer("allowed") == 1 { return .proceed(left: policy.threshold - (row.integer("attempts") ?? policy.threshold)) }
        return .locked(until: first.addingTimeInterval(Double(policy.window)))
    }

    /// Forgets the failures of an account whose secret was right. The attempts of its day stay, for the alarm.
    public func clear(_ account: Account, tenant: String = "-") async throws(GuardedError) {
        _ = try await store.run(plan["clear"], of: plan, ["scope": try Keys.checked(tenant), "account": .text(account.key)])
    }

    /// A whole login: the lock, then the secret, then the lock again.
    ///
    /// An unknown account takes the same way as a known one, with the same statements and one comparison, against `decoy`:
    /// neither the answer nor its time tells whether the account exists.
    /// - Parameters:
    ///   - account: Who tries to get in.
    ///   - tenant: The restaurant, organisation or site that the account belongs to; `-` where there is one only.
    ///   - find: Looks the account up: who it is, and the stored hash.
    ///   - decoy: A hash of nothing in particular, made with the same cost as the stored ones.
    ///   - verify: Compares the given secret with a hash, as `bcrypt.verify` does.
    public func login<Subject: Sendable>(
        _ account: Account, tenant: String = "-", find: () async throws -> (subject: Subject, hash: String)?, decoy: String,
        verify: (_ hash: String) async throws -> Bool
    ) async throws -> Login<Subject> {
        switch try await attempt(account, tenant: tenant) {
        case .locked(let until): return .locked(until: until)
        case .proceed(let left):
            let found = try await find()
            let isRight = try await verify(found?.hash ?? decoy)
            guard let found, isRight else { return .failure(left: left) }
            try await clear(account, tenant: tenant)
            return .success(found.subject)
        }
    }

    /// What is counted now. It decides nothing.
    public func state(_ account: Account, tenant: String = "-") async throws(GuardedError) -> State {
        let arguments = ["scope": try Keys.checked(tenant), "account": .text(account.key), "window": .integer(policy.window)]
        let row = try await store.run(plan["state"], of: plan, arguments).first
        let attempts = row?.integer("attempts") ?? 0
        let until = attempts >= policy.threshold ? row?.date("window_start")?.addingTimeInterval(Double(policy.window)) : nil
        return State(attempts: attempts, attemptsToday: row?.integer("day_attempts") ?? 0, lockedUntil: until)
    }

    /// Removes accounts that nobody tried for so many days.
    /// - Parameter days: At least 2, and more than a window, so that no lock and no alarm is forgotten.
    public func prune(olderThanDays days: Int = 60) async throws(GuardedError) -> Int {
        try await store.prune(plan, olderThanDays: days)
    }
}

extension Lockout: Migrating {
    public var design: GuardDesign { GuardDesign(blueprint: plan) }
}

extension Lockout {
    /// What to tell a person whose account is locked, in their language.
    /// - Parameters:
    ///   - now: The time now.
    ///   - until: When the lock ends.
    ///   - language: A tag as in `Accept-Language`: `tr`, `de-AT`, `fr-CH, fr;q=0.9`. English where none is known.
    public static func message(until: Date, now: Date = Date(), language: String) -> String {
        let minutes = max(1, Int((until.timeIntervalSince(now) / 60).rounded(.up)))
        let tags = language.split { $0 == "," || $0 == " " }.map { $0.prefix { $0.isLetter }.lowercased() }
        let text = tags.lazy.compactMap { messages[$0] }.first ?? messages["en"] ?? ""
        return text.replacing("{minutes}", with: String(minutes))
    }

    /// The languages that ``message(until:now:language:)`` speaks.
    public static var languages: [String] { messages.keys.sorted() }

    // Every sentence works for one minute as for many.
    private static let messages = [
        "en": "Too many attempts. For your protection this account is locked; try again in {minutes} min.",
        "tr": "Çok fazla deneme yapıldı. Güvenliğiniz için bu hesap kilitlendi; {minutes} dk sonra tekrar deneyin.",
        "de": "Zu viele Versuche. Zu Ihrem Schutz ist dieses Konto gesperrt; versuchen Sie es in {minutes} Min. erneut.",
        "fr": "Trop de tentatives. Pour votre sécurité, ce compte est verrouillé ; réessayez dans {minutes} min.",
        "es": "Demasiados intentos. Por su seguridad, esta cuenta está bloqueada; inténtelo de nuevo en {minutes} min.",
        "it": "Troppi tentativi. Per la tua sicurezza questo account è bloccato; riprova tra {minutes} min.",
        "nl": "Te veel pogingen. Voor uw veiligheid is dit account geblokkeerd; probeer het over {minutes} min. opnieuw.",
        "pt": "Demasiadas tentativas. Para sua segurança, esta conta está bloqueada; tente novamente dentro de {minutes} min.",
    ]
}
