import Flow
import Foundation
import Reporters
import Testing

/// The carets stand under what they speak of, wherever that is.
@Suite struct CodeFrameTests {
    /// The code lines and the caret lines of the frame, without their gutters. Each of `marks` is looked up in the code.
    private func frame(_ code: String, _ marks: [String]) -> [String] { frame(Array(code.utf8), marks) }

    private func frame(_ bytes: [UInt8], _ marks: [String]) -> [String] {
        let file = FileID(0)
        let spans = marks.map { mark in
            let start = bytes.indices.first { bytes[$0...].starts(with: mark.utf8) } ?? 0
            return Span(file: file, start: start, end: start + mark.utf8.count)
        }
        let finding = Finding(
            rule: "r", severity: .error, confidence: .high, message: "m", help: "h", remedy: "", span: spans[spans.count - 1],
            evidence: spans.map { Evidence(.act, $0, "here") }, timeline: [], routine: "f")
        let presentation = Presentation(
            reports: [Report(finding: finding, fingerprint: "", code: "")], paths: ["a.ts"], sources: [file: bytes], rules: [], version: "0", filesScanned: 1,
            usesColour: false)
        let lines = Format.text.render(presentation).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let begin = lines.firstIndex { $0.hasSuffix(" |") } ?? 0, end = lines.lastIndex { $0.hasSuffix(" |") } ?? 0
        return lines[(begin + 1)..<end].map { String($0.drop { $0 != "|" }.dropFirst(2)) }
    }

    @Test(arguments: [
        ("ACT()", "^^^^^"), ("\tACT()", "    ^^^^^"), ("a\t\tACT()", "         ^^^^^"), ("é ACT()", "  ^^^^^"), ("e\u{301} ACT()", "  ^^^^^"),
        ("漢字 ACT()", "     ^^^^^"), ("한글ACT()", "    ^^^^^"), ("ｗｉｄｅ ACT()", "         ^^^^^"), ("☕️ ACT()", "   ^^^^^"), ("🎟️ ACT()", "  ^^^^^"),
        ("🚀ACT()", "  ^^^^^"),
        ("\u{1B}[31m ACT()", "           ^^^^^"), ("a\u{202E}ACT()", "         ^^^^^"),
    ])
    func widths(_ code: String, _ carets: String) {
        let lines = frame(code, ["ACT()"])
        #expect(lines.count == 2 && lines[1] == carets + " act: here", "\(lines)")
    }

    @Test func invalidBytesTakeOneCell() { #expect(frame([0xFF, 0xFE, 0x20] + Array("ACT()".utf8), ["ACT()"])[1] == "   ^^^^^ act: here") }

    @Test(arguments: [0, 60, 99, 100, 101, 120, 139, 140, 141, 200, 1_000, 50_000], [0, 10, 134, 200, 50_000])
    func longLines(_ before: Int, _ after: Int) {
        let lines = frame(String(repeating: "x", count: before) + "ACT()" + String(repeating: "y", count: after), ["ACT()"])
        #expect(lines.count == 2 && lines[0].count <= 140)
        let code = Array(lines[0]), carets = Array(lines[1])
        let under = zip(code, carets).filter { $0.1 == "^" }.map(\.0)
        #expect(String(under) == "ACT()", "\(lines)")
        if before + after <= 135 { #expect(!lines[0].contains("…")) } else { #expect(lines[0].count >= 138) }
        #expect(lines[0].hasPrefix("…") == (before > 0 && before + after > 135 && !lines[0].hasPrefix("x") && !lines[0].hasPrefix("A")))
    }

    @Test func longLinesOfWideCharactersAndTabs() {
        for filler in ["漢", "\t", "\u{1B}", "e\u{301}", "🚀"] {
            let lines = frame(String(repeating: filler, count: 900) + "ACT()" + String(repeating: filler, count: 900), ["ACT()"])
            #expect(lines[0].hasPrefix("…") && lines[0].hasSuffix("…") && lines[0].contains("ACT()"))
            #expect(lines[1].count(where: { $0 == "^" }) == 5)
            #expect(lines[1].prefix { $0 == " " }.count <= 80)
        }
    }

    /// Two marks far apart in one line: the line is shown around each.
    @Test func severalMarksInOneLine() {
        let far = frame("CHECK()" + String(repeating: "x", count: 500) + "ACT()", ["CHECK()", "ACT()"])
        #expect(far.count == 4 && far[0].hasPrefix("CHECK()x") && far[1].hasPrefix("^^^^^^^ ") && far[2].hasPrefix("…x") && far[2].hasSuffix("xACT()"))
        let near = frame("CHECK(); ACT();" + String(repeating: "x", count: 500), ["CHECK()", "ACT()"])
        #expect(near.count == 3 && near[2].hasPrefix("         ^^^^^ "))
    }

    /// Code that fills the window leaves room for what stands before it, and its carets end with the line that is shown.
    @Test func whatIsMarkedMayBeLong() {
        let act = "ACT(" + String(repeating: "z", count: 3_000) + ")", lines = frame("const before = " + act, [act])
        #expect(lines[0].hasPrefix("const before = ACT(z") && lines[0].hasSuffix("z…"))
        #expect(lines[1].hasPrefix("               ^^^^"))
        #expect(lines[1].prefix { $0 != "a" }.dropLast().count == lines[0].count - 1)
    }

    /// A thousand findings in one line of megabytes cost no more than elsewhere.
    @Test(.timeLimit(.minutes(1))) func manyFindingsInOneLine() {
        let bytes = Array(String(repeating: "ACT();", count: 500_000).utf8), file = FileID(0)
        let reports = (0..<500).map { index in
            let span = Span(file: file, start: index * 6_000, end: index * 6_000 + 5)
            return Report(
                finding: Finding(
                    rule: "r", severity: .error, confidence: .high, message: "m", help: "h", remedy: "", span: span, evidence: [Evidence(.act, span, "here")],
                    timeline: [], routine: "f"), fingerprint: "", code: "")
        }
        let presentation = Presentation(
            reports: reports, paths: ["a.ts"], sources: [file: bytes], rules: [], version: "0", filesScanned: 1, usesColour: false)
        let text = Format.text.render(presentation)
        #expect(text.contains("a.ts:1:\(6_000 * 499 + 1)\n") || text.contains("a.ts:1:\(6_000 * 499 + 1) "))
    }
}
