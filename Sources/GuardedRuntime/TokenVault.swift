import Crypto
public import Foundation
public import Logging
import Migrations

/// Tokens that work once: authorization codes, refresh tokens, one-time codes, magic links.
///
/// Of two requests with one token, one is answered ``Redemption/consumed(subject:family:)`` and the other
/// ``Redemption/replayed(family:)``; then somebody else holds it, and everything that came from the same login is revoked (RFC 6749
/// §4.1.2; RFC 9700 §4.14.2). The database holds keyed hashes, never a token. Incident: an authorization code that two parallel
/// requests both redeemed, since it was selected first and updated then.
public struct TokenVault: Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        case authorizationCode, refreshToken, accessToken, oneTimeCode, magicLink

        /// In seconds. An authorization code lives 10 minutes at most (RFC 6749 §4.1.2); it need not live that long.
        public var lifetime: Int {
            switch self {
            case .authorizationCode: 60
            case .refreshToken: 30 * 86_400
            case .accessToken: 900
            case .oneTimeCode: 300
            case .magicLink: 900
            }
        }
    }

    /// What came of one login; when one of its tokens is replayed, all of them fall.
    public struct Family: Hashable, Sendable {
        public let id: String

        /// A family that a login opens.
        public init() { id = UUID().uuidString.lowercased() }
        init(id: String) { self.id = id }
    }

    /// A token that was just made. This is the only time that its text can be seen.
    public struct Issued: Hashable, Sendable {
        public var token: String
        public var family: Family
    }

    /// What became of a token that was handed in.
    public enum Redemption: Hashable, Sendable {
        /// It was good, and now it is used.
        case consumed(subject: String, family: Family)
        /// It had been used before. Its family is revoked: answer 400 `invalid_grant`.
        case replayed(family: Family)
        /// Its family was revoked before it was used.
        case revoked
        case expired
        /// It was handed in by somebody else than it was made for: another client, another redirect URI, a wrong PKCE verifier.
        case mismatch
        case unknown
    }

    private let plan: Blueprint, store: GuardedStore, key: SymmetricKey, log: Logger

    /// - Parameters:
    ///   - log: Where what is worth a look is written.
    ///   - store: The database.
    ///   - pepper: A secret of at least 16 bytes that is not in the database: without it, the hash of a six-digit code is guessed at once.
    ///   - prefix: What its tables begin with.
    /// - Throws: ``GuardedError/invalidKey(_:)`` for a pepper that is too short or a prefix that no database takes.
    public init(pepper: [UInt8], prefix: String = "auth", store: GuardedStore, log: Logger = Logger(label: "guarded.tokens")) throws(GuardedError) {
        guard pepper.count >= 16 else { throw .invalidKey("the pepper of a token vault") }
        let name = try Keys.identifier(prefix)
        (plan, self.store, key, self.log) = (TokenTables(prefix: name).blueprint(), store, SymmetricKey(data: pepper), log)
    }

    /// Makes a token of 256 random bits.
    /// - Parameters:
    ///   - kind: What it is for.
    ///   - subject: Whose it is.
    ///   - family: The login that it comes from; a new one by default.
    ///   - grant: What must be shown again when it is used.
    ///   - lifetime: In seconds; at least 1.
    /// - Throws: ``GuardedError/familyRevoked`` when a replay was noticed meanwhile.
    public func issue(_ kind: Kind, for subject: String, in family: Family = Family(), bound grant: Grant? = nil, lifetime: Int? = nil)
        async throws(GuardedError) -> Issued
    {
        let token = Data(SymmetricKey(size: .bits256).withUnsafeBytes(Array.init)).base64URL
        guard try await store(token, kind, subject, family, grant, lifetime) == "issued" else { throw .familyRevoked }
        return Issued(token: token, family: family)
    }

    /// Makes a code of digits, which is good for its subject only and ends the subject's older ones. Limit its attempts with ``Lockout/Policy/oneTimeCode``.
    /// - Parameters:
    ///   - lifetime: In seconds; at least 1.
    ///   - subject: Whose it is.
    ///   - digits: 6 to 12.
    public func issueCode(for subject: String, digits: Int = 6, lifetime: Int? = nil) async throws(GuardedError) -> Issued {
        guard (6...12).contains(digits) else { throw .invalidQuantity(digits) }
        // Another code of the subject may be the same by chance and still be remembered.
        for _ in 0..<8 {
            let code = (0..<digits).map { _ in String(Int.random(in: 0...9)) }.joined(), family = Family()
            switch try await store(code, .oneTimeCode, subject, family, nil, lifetime) {
            case "issued": return Issued(token: code, family: family)
            case "duplicate": continue
            default: throw .familyRevoked
            }
        }
        throw .notApplied("eight codes in a row were in use; use more digits")
    }

    /// Uses a token.
    /// - Parameters:
    ///   - kind: What it is for.
    ///   - token: What was handed in.
    ///   - subject: For a one-time code, whose it must be.
    ///   - proof: What the grant of ``issue(_:for:in:bound:lifetime:)`` demands.
    ///   - attempt: The name of this request, made by the server. After ``GuardedError/outcomeUnknown(_:)`` call again with the same name, and the answer is
    ///     as it would have been; another name would be a replay.
    public func redeem(_ token: String, _ kind: Kind, for subject: String? = nil, proof: Grant.Proof? = nil, attempt: String = UUID().uuidString)
        async throws(GuardedError) -> Redemption
    {
        guard token.utf8.count <= 1_000 else { return .unknown }
        return redemption(try await store.run(plan["consume"], of: plan, arguments(token, kind, subject, proof, attempt)).first, kind)
    }

    private func arguments(_ token: String, _ kind: Kind, _ subject: String?, _ proof: Grant.Proof?, _ attempt: String) throws(GuardedError) -> [String:
        Argument]
    {
        [
            "hash": .text(hash(token, kind, subject)), "kind": .text(kind.rawValue), "binding": .text(proof?.binding ?? ""),
            "attempt": try Keys.checked(attempt),
        ]
    }

    private func redemption(_ row: Row?, _ kind: Kind) -> Redemption {
        guard let row, let owner = row.text("subject"), let id = row.text("family_id") else { return .unknown }
        switch row.text("outcome") {
        case "consumed": return .consumed(subject: owner, family: Family(id: id))
        case "replayed":
            // Once for each family: a thief who hammers must not fill the log.
            guard row.integer("is_first_replay") == 1 else { return .replayed(family: Family(id: id)) }
            log.warning("token replayed; its family is revoked", metadata: ["event": "token_replayed", "kind": "\(kind.rawValue)", "family": "\(id)"])
            return .replayed(family: Family(id: id))
        case "revoked": return .revoked
        case "expired": return .expired
        default: return .mismatch
        }
    }

    /// Exchanges a refresh token for the next one of its family (RFC 9700 §4.14.2, refresh token rotation).
    /// - Returns: What became of the old one, and the new one if it was good.
    ///
    /// Both are one transaction: a rotation that fails has used nothing up. The next token is made from the old one, the attempt and
    /// the pepper, so that the same attempt gives the same token again after a lost answer.
    public func rotate(_ token: String, proof: Grant.Proof? = nil, bound grant: Grant? = nil, attempt: String = UUID().uuidString)
        async throws(GuardedError) -> (Redemption, Issued?)
    {
        guard token.utf8.count <= 1_000 else { return (.unknown, nil) }
        let seed = HMAC<SHA256>.authenticationCode(for: Array("rotation|\(attempt.utf8.count):\(attempt)|\(token)".utf8), using: key)
        let next = Data(seed).base64URL
        var arguments = try arguments(token, .refreshToken, nil, proof, attempt)
        arguments["next"] = .text(hash(next, .refreshToken, nil))
        arguments["next_binding"] = .text(grant?.binding ?? "")
        arguments["lifetime"] = .integer(Kind.refreshToken.lifetime)
        let result = redemption(try await store.run(plan["rotate"], of: plan, arguments).first, .refreshToken)
        guard case .consumed(_, let family) = result else { return (result, nil) }
        return (result, Issued(token: next, family: family))
    }

    /// Whom a token that may be used often belongs to; `nil` where it is expired, revoked or unknown.
    public func subject(of token: String, _ kind: Kind = .accessToken) async throws(GuardedError) -> String? {
        guard token.utf8.count <= 1_000 else { return nil }
        let arguments: [String: Argument] = ["hash": .text(hash(token, kind, nil)), "kind": .text(kind.rawValue)]
        return try await store.run(plan["check"], of: plan, arguments).first?.text("subject")
    }

    /// Revokes every token of a login, as when the user logs out.
    /// - Returns: Whether it was not revoked before.
    public func revoke(_ family: Family, reason: String = "logout") async throws(GuardedError) -> Bool {
        try await !store.run(plan["revoke"], of: plan, ["family": .text(family.id), "reason": try Keys.checked(reason)]).isEmpty
    }

    /// Removes tokens that expired so many days ago. Until then their second use is noticed.
    public func prune(olderThanDays days: Int = 60) async throws(GuardedError) -> Int {
        try await store.prune(plan, olderThanDays: days)
    }

    private func store(_ token: String, _ kind: Kind, _ subject: String, _ family: Family, _ grant: Grant?, _ lifetime: Int?) async throws(GuardedError)
        -> String?
    {
        let arguments: [String: Argument] = [
            "hash": .text(hash(token, kind, kind == .oneTimeCode ? subject : nil)), "kind": .text(kind.rawValue), "family": .text(family.id),
            "subject": try Keys.checked(subject), "binding": .text(grant?.binding ?? ""), "voids": .integer(kind == .oneTimeCode ? 1 : 0),
            "lifetime": .integer(try Keys.cap(lifetime ?? kind.lifetime)),
        ]
        return try await store.run(plan["issue"], of: plan, arguments).first?.text("outcome")
    }

    /// One-time codes are short, so that two people may hold the same one: it is good for one of them.
    private func hash(_ token: String, _ kind: Kind, _ subject: String?) -> String {
        let text = [kind.rawValue, subject ?? "", token].map { "\($0.utf8.count):\($0)" }.joined(separator: "|")
        return HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}

extension TokenVault: Migrating {
    public var design: GuardDesign { GuardDesign(blueprint: plan) }
}

/// What an authorization code is bound to: the client, its redirect URI (RFC 6749 §4.1.3) and the PKCE challenge (RFC 7636).
public struct Grant: Hashable, Sendable {
    let binding: String

    /// - Parameters:
    ///   - client: The client that the code is for.
    ///   - redirectURI: Where the code is sent, as in the request (RFC 6749 §4.1.3).
    ///   - challenge: `code_challenge` of method `S256`; `plain` is not offered (RFC 9700 §2.1.1).
    public init(client: String, redirectURI: String, challenge: String) { binding = Grant.joined(client, redirectURI, challenge) }

    /// What the client shows when it redeems the code.
    public struct Proof: Hashable, Sendable {
        let binding: String

        /// - Parameters:
        ///   - client: The client that the code is for.
        ///   - redirectURI: Where the code is sent, as in the request (RFC 6749 §4.1.3).
        ///   - verifier: `code_verifier`, 43 to 128 characters of `A-Z a-z 0-9 - . _ ~` (RFC 7636 §4.1).
        /// - Throws: ``GuardedError/invalidKey(_:)`` for another length or other characters.
        public init(client: String, redirectURI: String, verifier: String) throws(GuardedError) {
            let isAllowed = verifier.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || [0x2D, 0x2E, 0x5F, 0x7E].contains($0)
            }
            guard (43...128).contains(verifier.utf8.count), isAllowed else { throw .invalidKey("code_verifier") }
            binding = Grant.joined(client, redirectURI, Data(SHA256.hash(data: Array(verifier.utf8))).base64URL)
        }
    }

    private static func joined(_ parts: String...) -> String { parts.map { "\($0.utf8.count):\($0)" }.joined(separator: "|") }
}

extension Data {
    /// RFC 4648 §5, without padding.
    var base64URL: String { String(base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").prefix { $0 != "=" }) }
}
