/// A URL that does nothing but lead somewhere.
///
/// Check it where it is written, and again where it is shown, for the rows that were written before the check. What is wrong is
/// refused and never repaired: a repaired `java\tscript:` is the scheme that was hidden. Incident: a review link of
/// `javascript:alert(1)` that came out in the `href` of a public page.
///
/// The same cases for other languages stand in `runtime/safe-href.json`.
public enum SafeHref {
    /// The longest URL that is taken, in Unicode scalars.
    public static let longest = 500
    /// The schemes that are taken.
    public static let schemes: Set<String> = ["http", "https", "mailto", "tel"]

    /// Why a URL is refused. Answer 422 with its text.
    public enum Refusal: String, Error, Hashable, Sendable, CaseIterable {
        case empty, tooLong = "too_long"
        /// A control character, a space, an invisible one, a quote or an angle bracket: browsers drop tabs and line ends from inside
        /// a scheme (WHATWG URL §4.4).
        case character
        /// `//evil.example` takes the scheme of the page and the host of the attacker; so does a backslash.
        case protocolRelative = "protocol_relative"
        /// No scheme that is taken: `javascript:`, `data:`, `file:`, `blob:`, `vbscript:`, a relative path, a word.
        case scheme
        /// `http:` without a host, `mailto:` without an address, a host that is no name or number.
        case target
        /// `https://bank.example@evil.example` shows one name and leads to another.
        case credentials
    }

    /// Gives the URL as it was handed in, without the spaces around it, or says why not.
    public static func checked(_ url: String) throws(Refusal) -> String {
        var scalars = Array(url.unicodeScalars)[...]
        while scalars.first == " " { scalars.removeFirst() }
        while scalars.last == " " { scalars.removeLast() }
        guard !scalars.isEmpty else { throw .empty }
        guard scalars.count <= longest else { throw .tooLong }
        guard scalars.allSatisfy(isVisible) else { throw .character }
        if scalars.starts(with: ["/", "/"]) || scalars.contains("\\") { throw .protocolRelative }
        guard let colon = scalars.firstIndex(of: ":") else { throw .scheme }
        // Entities hide a colon from those who look for one before the page is parsed; no scheme holds their characters.
        let scheme = String(String.UnicodeScalarView(scalars[..<colon])).lowercased()
        guard schemes.contains(scheme) else { throw .scheme }
        // What ends an attribute or opens a tag is in no URL (RFC 3986 §2) and in every page that forgets to escape.
        guard !scalars.contains(where: "\"<>`".unicodeScalars.contains) else { throw .character }
        let rest = scalars[(colon + 1)...]
        switch scheme {
        case "mailto": guard let at = rest.firstIndex(of: "@"), at > rest.startIndex, at < rest.endIndex - 1 else { throw .target }
        case "tel": guard rest.contains(where: { ("0"..."9").contains($0) }), rest.allSatisfy({ telephone.contains($0) }) else { throw .target }
        default: try checkHost(rest)
        }
        return String(String.UnicodeScalarView(scalars))
    }

    /// The URL, or `fallback` where it is refused: for showing rows that were written before there was a check.
    public static func shown(_ url: String?, or fallback: String = "#") -> String {
        guard let url, let good = try? checked(url) else { return fallback }
        return good
    }

    private static let telephone: Set<Unicode.Scalar> = Set("0123456789+-().*#;=,".unicodeScalars)

    /// What stands between `//` and the path: no credentials, and a name that a browser would look up as it is written.
    private static func checkHost(_ rest: ArraySlice<Unicode.Scalar>) throws(Refusal) {
        guard rest.starts(with: ["/", "/"]) else { throw .target }
        let authority = rest.dropFirst(2).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.contains("@") else { throw .credentials }
        var host = authority
        if host.first == "[" {
            guard let close = host.firstIndex(of: "]") else { throw .target }
            guard host[(host.startIndex + 1)..<close].contains(":"),
                host[(host.startIndex + 1)..<close].allSatisfy({ $0.properties.isASCIIHexDigit || $0 == ":" || $0 == "." })
            else { throw .target }
            try checkPort(host[(close + 1)...])
            return
        }
        if let colon = host.firstIndex(of: ":") {
            try checkPort(host[colon...])
            host = host[..<colon]
        }
        guard host.contains(where: { $0 != "." }), host.first != ".", !hasEmptyLabel(host), host.allSatisfy(isHost) else { throw .target }
        // One label in two alphabets is the mark of a name that imitates another (UTS #39, restriction level).
        for label in host.split(separator: ".") where label.contains(where: isConfusable) {
            if label.contains(where: { $0.isASCII && $0.properties.isAlphabetic }) { throw .target }
        }
    }

    private static func checkPort(_ text: ArraySlice<Unicode.Scalar>) throws(Refusal) {
        guard let first = text.first else { return }
        let digits = text.dropFirst()
        guard first == ":", digits.count <= 5, digits.allSatisfy({ ("0"..."9").contains($0) }),
            digits.isEmpty || (1...65_535).contains(Int(String(String.UnicodeScalarView(digits))) ?? 0)
        else { throw .target }
    }

    private static func hasEmptyLabel(_ host: ArraySlice<Unicode.Scalar>) -> Bool {
        zip(host, host.dropFirst()).contains { $0 == "." && $1 == "." }
    }

    /// Letters and digits of any script, hyphens and dots. What IDNA maps to something else, such as full-width forms and the
    /// ideographic full stop, is not written in a link by anybody who means well.
    private static func isHost(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "-" || scalar == "." || scalar == "_" }
        let isMapped = (0xFF00...0xFFEF).contains(scalar.value) || (0x1D400...0x1D7FF).contains(scalar.value) || (0x2460...0x24FF).contains(scalar.value)
        return !isMapped
            && (scalar.properties.isAlphabetic || scalar.properties.generalCategory == .nonspacingMark || scalar.properties.generalCategory == .decimalNumber)
    }

    /// Cyrillic and Greek, whose letters look like Latin ones.
    private static func isConfusable(_ scalar: Unicode.Scalar) -> Bool {
        (0x370...0x3FF).contains(scalar.value) || (0x400...0x52F).contains(scalar.value)
    }

    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        if scalar == " " || properties.isWhitespace || properties.isDefaultIgnorableCodePoint { return false }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: return false
        default: return true
        }
    }
}
