import Foundation

/// Whom failures are counted for. Two spellings of one mailbox are one account: `A.n.n.a+x@GMail.com` is `anna@gmail.com`.
public struct Account: Hashable, Sendable {
    /// The text that is counted under.
    public let key: String

    /// An account by something that is no address: a user name, a device, a table. Case and outer spaces do not matter.
    /// - Throws: ``GuardedError/invalidKey(_:)``.
    public init(name: String) throws(GuardedError) {
        key = name.trimmed.precomposedStringWithCompatibilityMapping.lowercased()
        _ = try Keys.checked(key)
    }

    /// An account by its e-mail address.
    ///
    /// Case does not matter, nor does how an accent is written (Unicode NFKC); what stands behind a `+` is left out (RFC 5233,
    /// sub-addressing); Gmail delivers to a name with and without dots alike, and under both of its domains
    /// (support.google.com/mail/answer/7436150).
    /// - Throws: ``GuardedError/invalidKey(_:)`` where there is no `@` with something on both sides.
    public init(email: String) throws(GuardedError) {
        let address = email.trimmed.precomposedStringWithCompatibilityMapping.lowercased()
        guard let at = address.lastIndex(of: "@") else { throw .invalidKey(email) }
        var name = String(address[..<at]), domain = String(address[address.index(after: at)...])
        if domain.hasSuffix(".") { domain.removeLast() }
        if domain == "googlemail.com" { domain = "gmail.com" }
        if let plus = name.firstIndex(of: "+"), plus != name.startIndex { name = String(name[..<plus]) }
        if domain == "gmail.com" { name.removeAll { $0 == "." } }
        guard !name.isEmpty, !domain.isEmpty, !name.contains(where: \.isWhitespace), !domain.contains(where: { $0.isWhitespace || $0 == "@" }) else {
            throw .invalidKey(email)
        }
        key = name + "@" + domain
        _ = try Keys.checked(key)
    }
}

extension String {
    fileprivate var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
