import Checklist
import Flow
import Testing

/// The text of a pull request: what is ticked, what is written under it, and what stays as its author wrote it.
@Suite struct BodyTests {
    private static let place = Span(file: FileID(0), start: 0, end: 1)

    private static func report(_ rule: String) -> Report {
        Report(
            finding: Finding(
                rule: rule, severity: .error, confidence: .high, message: "", help: "", remedy: "", span: place, evidence: [], timeline: [], routine: ""),
            fingerprint: "", code: "")
    }

    private static func surface(_ kind: Surface.Kind, guarded: Bool) -> Surface {
        Surface(kind, "a_b", place, routine: "", guardian: guarded ? .init("a test", place) : nil)
    }

    private func filled(_ text: String, _ reports: [Report] = [], _ surfaces: [Surface] = [], texts: [String: String] = [:]) -> String {
        var body = Body(text)
        body.take(Assessment.all(reports, surfaces) { _ in "a.ts:1" }, texts: texts)
        return body.text
    }

    /// The lines that were written here, taken out again, leave what the author wrote but for the ticks.
    private func bare(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.contains("<!-- interlock -->") }.joined(separator: "\n")
            .replacing("[x]", with: "[ ]").replacing("[X]", with: "[ ]")
    }

    @Test(arguments: [
        "- [ ] URL sweep", "- [x] URLs: only allow-listed schemes", "* [X]  **URL** fields cannot hold `javascript:`", "1. [ ] every link passes safeHref",
        "  - [ ] no stored XSS by URL", "- [ ] URL sweep: every URL field that is stored or shown lets only http, https, mailto and tel pass",
    ])
    func isKnownByItsWords(_ line: String) {
        let failing = filled(line, [Self.report("unsafe-url-field")]).split(separator: "\n")
        #expect(failing[0].contains("[ ]") && failing.count == 2 && failing[1].contains("_Interlock: 1 finding: unsafe-url-field at a.ts:1._"), "\(failing)")
        let holding = filled(line, [], [Self.surface(.url, guarded: true)]).split(separator: "\n")
        #expect(holding[0].lowercased().contains("[x]") && holding[1].contains("1 touched, guarded: a\\_b at a.ts:1, by a test"))
        #expect(bare(failing.joined(separator: "\n")) == bare(line), "the words stay")
    }

    @Test(arguments: [
        ("- [ ] Brute-force lock-out on all logins", "auth-without-lockout"), ("- [ ] No race conditions", "unguarded-status-write"),
        ("- [ ] TOCTOU checked", "select-then-update"),
        ("- [ ] quotas hold", "uncapped-code"), ("- [ ] one time links cannot be replayed", "token-reuse-without-revocation"),
        ("- [ ] Refunds are bounded", "unowned-payment"),
        ("- [ ] payments", "client-set-amount"),
    ])
    func everyBoxHasItsWords(_ line: String, _ rule: String) {
        #expect(
            filled(line.replacing("[ ]", with: "[x]"), [Self.report(rule)]).hasPrefix(line + "\n  _Interlock: 1 finding: \(rule)"),
            "\(filled(line, [Self.report(rule)]))")
    }

    @Test(arguments: [
        "", "Text", "- [ ] I have read the guide\n- [x] I added tests\n", "```\n- [ ] URL sweep\n```\n", "<!--\n- [ ] URL sweep\n-->\n",
        "~~~~\n```\n- [ ] race\n~~~~",
        "- URL sweep [ ]", "- [] URL sweep", "-[ ] URL sweep", "- [y] URL sweep", "[ ] URL sweep", "| - [ ] URL sweep |",
    ])
    func isNoBox(_ text: String) {
        let added = filled(text, [Self.report("unsafe-url-field")])
        #expect(added.hasPrefix(text) && added.contains("## Interlock") && added.split(separator: "\n").count { $0.hasPrefix("- [") && $0.contains(": ") } >= 6)
    }

    /// Sentences of templates that speak of other things, or of what was done.
    @Test(arguments: [
        "I have locked the dependency versions", "Amount of new dependencies is justified", "Payments team notified", "I updated the link checker allowlist",
        "My code follows the style guidelines and links to the issue once", "I agree to the limits of the CLA", "Works with concurrent mode of React",
        "Breaking change: limits the public API", "There is no lockout", "Yes, this touches payments", "<!-- race guard --> I ran the tests",
        "Rate limits documented",
    ])
    func isAnotherBox(_ text: String) {
        let reports = ["unsafe-url-field", "auth-without-lockout", "count-then-insert", "token-reuse-without-revocation", "client-set-amount"].map {
            Self.report($0)
        }
        for tick in ["x", " "] { #expect(filled("- [\(tick)] \(text)\n", reports).hasPrefix("- [\(tick)] \(text)\n\n## Interlock"), "\(text)") }
    }

    @Test(arguments: ["race-guard", "url-sweep", "single-use-token", "Race-conditions", "race-free", "**Race guard**: done", "Payments — server-side"])
    func namesAreKnown(_ name: String) { #expect(!filled("- [ ] \(name)\n").contains("## Interlock")) }

    /// What an author wrote under a box, in a link, in code, and at the very end.
    @Test func nothingOfTheAuthorsIsTaken() {
        let text =
            "```\n- [ ] Race guard\n  _Interlock: old._ <!-- interlock -->\n```\n  my own remark <!-- interlock -->\n- [x](https://example.com/limits) race conditions\n- [ ] Race guard\n  continues here\n\nprose with `<!--` in it\n```js foo()``` inline\n- [ ] URL sweep"
        let once = filled(text)
        #expect(
            once.hasPrefix(
                "```\n- [ ] Race guard\n  _Interlock: old._ <!-- interlock -->\n```\n  my own remark <!-- interlock -->\n- [x](https://example.com/limits) race conditions\n- [x] Race guard\n  continues here\n  _Interlock: "
            ))
        #expect(once.contains("\n- [x] URL sweep\n  _Interlock: ") && !once.hasSuffix("\n"))
        #expect(filled(once) == once && filled(filled(once)) == once)
    }

    @Test func whatCannotBeReadIsNotDecided() {
        var body = Body("- [ ] Payments\n")
        body.take(Assessment.all([], [], unread: ["web/Login.vue"]) { _ in "" })
        #expect(body.text.hasPrefix("- [ ] Payments\n  _Interlock: for you to decide: not read, web/Login.vue._"))
    }

    @Test func onesOwnWords() {
        let line = "- [x] Ratsuche ausgeschlossen"
        #expect(filled(line, [Self.report("auth-without-lockout")], texts: ["lockout": "Ratsuche ausgeschlossen"]).hasPrefix("- [ ] Ratsuche ausgeschlossen\n"))
        #expect(Body.template(texts: ["lockout": "Ratsuche"]).contains("- [ ] Ratsuche\n"))
    }

    @Test func whatCannotBeDecidedIsTheAuthors() {
        for tick in ["x", "X", " "] {
            let text = filled("- [\(tick)] payments\n", [], [Self.surface(.payment, guarded: false)])
            #expect(text.hasPrefix("- [\(tick)] payments\n") && text.contains("for you to decide: no guard is known for a\\_b at a.ts:1"))
        }
        var excused = Self.report("client-set-amount")
        excused.excuse = .comment("a donation")
        let assessments = Assessment.all([], excused: [excused], [Self.surface(.payment, guarded: false)]) { _ in "a.ts:1" }
        #expect(assessments.first { $0.box == .payments }?.reason == "1 touched, guarded: a_b at a.ts:1, by a comment that says why not: a donation")
    }

    /// Bodies from GitHub's editor end their lines with CR LF; the last line may end with nothing.
    @Test(arguments: ["\n", "\r\n"]) func theRestStaysByteForByte(_ end: String) {
        let lines = ["# é 👩‍👩‍👧", "", "  trailing  ", "- [ ] tests", "- [X] No races", "\ttab\u{B}", "* [ ] URL sweep", "> - [ ] quoted URL scheme", "last"]
        let text = lines.joined(separator: end)
        let once = filled(text, [Self.report("select-then-update")])
        let kept = once.split(separator: end, omittingEmptySubsequences: false).filter { !$0.hasSuffix("<!-- interlock -->") }
        #expect(kept.joined(separator: end) == text.replacing("[X] No", with: "[ ] No").replacing("* [ ]", with: "* [x]"))
        #expect(filled(once, [Self.report("select-then-update")]) == once, "twice is once")
        #expect(once.utf8.count { $0 == 13 } == once.utf8.count { $0 == 10 } || end == "\n")
    }

    /// A name from the code cannot begin a tag or a line of its own.
    @Test func namesAreOnlyNames() {
        var surface = Self.surface(.url, guarded: true)
        surface.name = "a\n- [x] <img src=x> *b*"
        let text = filled("- [ ] URL sweep", [], [surface])
        #expect(text.split(separator: "\n").count == 2 && text.contains("&lt;img") && text.contains("\\*b\\*"))
    }
}
