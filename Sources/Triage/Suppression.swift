package import Flow

/// A comment that takes back findings: `interlock-ignore[rule]: reason`.
package struct Suppression: Sendable {
    /// The rules that it names, each known.
    package var rules: [String]
    package var reason: String
    /// The comment.
    package var span: Span
    /// The bytes of which findings are taken back; nil of the whole file.
    package var covers: Range<Int>?

    package static let mark = Array("interlock-ignore".utf8)

    func covers(_ finding: Finding) -> Bool {
        guard finding.span.file == span.file else { return false }
        guard let covers else { return true }
        return covers.overlaps(Int(finding.span.start)..<max(Int(finding.span.end), Int(finding.span.start) + 1))
    }
}

/// What the comments of one file ask for.
package struct Suppressions: Sendable {
    package private(set) var valid: [Suppression] = []
    /// Comments that do not say what they would have to.
    package private(set) var faults: [Finding] = []
    private var open: [(suppression: Suppression, rules: Set<String>)] = []
    private let bytes: [UInt8]
    private let file: FileID
    private let known: [String]

    /// - Parameters:
    ///   - comments: those in which the mark stands, in order, each with the code that it is about.
    ///   - known: the names of all rules.
    package init(_ comments: [(range: Range<Int>, subject: Range<Int>?)], in bytes: [UInt8], of file: FileID, known: [String]) {
        (self.bytes, self.file, self.known) = (bytes, file, known)
        for comment in comments {
            // In a comment of several lines, each may hold one.
            var at = comment.range.lowerBound
            for line in bytes[comment.range].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
                take(line, Span(file: file, start: at, end: at + line.count), comment.subject)
                at += line.count + 1
            }
        }
        for item in open {
            fault(
                item.suppression.span, "`interlock-ignore-start` is never ended.",
                "Write `interlock-ignore-end[\(item.suppression.rules.joined(separator: ", "))]` where it ends.")
        }
    }

    private mutating func take(_ line: ArraySlice<UInt8>, _ span: Span, _ subject: Range<Int>?) {
        guard let directive = Directive(line) else { return }
        guard !directive.rules.isEmpty else {
            return fault(
                span, "The comment names no rule, so it ignores nothing.",
                "Name the rule and the reason: `interlock-ignore[count-then-insert]: one worker only`.")
        }
        if let wrong = directive.rules.first(where: { !known.contains($0) }) {
            return fault(
                span, "The comment names the rule `\(wrong)`, which does not exist, so it ignores nothing.", "`interlock rules` lists the names of rules.")
        }
        if directive.form == .end { return close(directive.rules, span) }
        guard !directive.reason.isEmpty else {
            return fault(
                span, "The comment gives no reason, so it ignores nothing.",
                "Say behind a colon why this is no defect: `interlock-ignore[\(directive.rules.joined(separator: ", "))]: one worker only`.")
        }
        var suppression = Suppression(rules: directive.rules, reason: directive.reason, span: span, covers: nil)
        switch directive.form {
        case .file: valid.append(suppression)
        case .start: open.append((suppression, Set(directive.rules)))
        case .here:
            let line = Int(span.start)..<Int(span.end)
            suppression.covers = subject ?? line
            valid.append(suppression)
        case .end: break
        }
    }

    private mutating func close(_ rules: [String], _ span: Span) {
        guard let at = open.lastIndex(where: { $0.rules == Set(rules) }) else {
            return fault(span, "`interlock-ignore-end` has no start with the same rules above it.", "Delete it, or write the start.")
        }
        var suppression = open.remove(at: at).suppression
        suppression.covers = Int(suppression.span.start)..<Int(span.end)
        valid.append(suppression)
    }

    private mutating func fault(_ span: Span, _ message: String, _ help: String) { faults.append(Notice.invalidSuppression.finding(at: span, message, help)) }
}

/// `interlock-ignore-start[a, b]: reason` at the beginning of a comment, of a line of one, or of a comment that stands behind
/// another tool's word in the same one (`# noqa: S608  # interlock-ignore…`). In prose the word means nothing, and neither
/// does a comment that is commented out.
private struct Directive {
    var form = Form.here
    var rules: [String] = []
    var reason = ""

    enum Form: String, CaseIterable { case here = "", file = "-file", start = "-start", end = "-end" }

    init?(_ line: ArraySlice<UInt8>) {
        let text = String(decoding: line, as: UTF8.self)
        guard var rest = Self.behindOpener(text[...]) ?? Self.behindOther(text) else { return nil }
        if let form = Form.allCases.first(where: { $0 != .here && rest.hasPrefix($0.rawValue) }) {
            self.form = form
            rest = rest.dropFirst(form.rawValue.count)
        }
        // Another word begins like this one.
        if let next = rest.first, next.isLetter || next.isNumber || next == "-" || next == "_" { return nil }
        rest = rest.drop { $0 == " " }
        guard rest.first == "[", let end = rest.firstIndex(of: "]") else { return }
        rules = rest[rest.index(after: rest.startIndex)..<end].split(separator: ",").map { $0.trimmed }.filter { !$0.isEmpty }
        var why = rest[rest.index(after: end)...].trimmed[...]
        if why.first == ":" { why = why.dropFirst() } else if !why.isEmpty, form != .end { return }
        if let closer = Self.closers.first(where: why.hasSuffix) { why = why.dropLast(closer.count) }
        reason = why.trimmed
    }

    private static let word = "interlock-ignore", openers = ["//", "/**", "/*", "#", "--", "<!--", "{!--", "{!", "<%#", "*"]
    private static let closers = ["*/}", "*/", "-->", "--}}", "}}", "#}", "%>"]

    /// What follows the word, where nothing but one opener of a comment stands before it.
    private static func behindOpener(_ text: Substring) -> Substring? {
        var rest = text.drop { $0 == " " || $0 == "\t" }
        if rest.first == "{" { rest = rest.dropFirst() }
        if let opener = openers.first(where: { rest.hasPrefix($0) }) { rest = rest.dropFirst(opener.count) }
        rest = rest.drop { $0 == " " || $0 == "\t" }
        return rest.hasPrefix(word) ? rest.dropFirst(word.count) : nil
    }

    private static func behindOther(_ text: String) -> Substring? {
        for opener in ["// ", "# ", "-- "] {
            guard let found = text.range(of: " " + opener + word) else { continue }
            // Words of another tool, as against an opener alone.
            let before = text[..<found.lowerBound].drop { "/#- \t".contains($0) }
            if !before.isEmpty { return text[found.upperBound...] }
        }
        return nil
    }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        let front = drop { $0.isWhitespace }
        return String(front.reversed().drop { $0.isWhitespace }.reversed())
    }
}

extension String {
    /// The first place of a text in this one.
    fileprivate func range(of text: String) -> Range<String.Index>? {
        var at = startIndex
        while at < endIndex {
            if self[at...].hasPrefix(text) { return at..<index(at, offsetBy: text.count) }
            at = index(after: at)
        }
        return nil
    }
}
