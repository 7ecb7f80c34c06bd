import Engine
import Flow
import Foundation
import Reporters
import Running
import Testing
import Triage

private let here = URL(filePath: #filePath).deletingLastPathComponent()

/// One scan, shown in every format. The paths and the code are chosen to be awkward: spaces, quotes, colours, emoji.
@Suite struct ReporterTests {
    private static let texts: [(path: String, language: Language, bytes: [UInt8])] = [
        (
            "src/a b,c:d%.ts", .typescript,
            Array(
                """
                export async function claim(pool, id) {
                  const n = (await pool.query('SELECT count(*) AS n FROM slots WHERE day = $1', [id])).rows[0].n; // ☕️ \u{1B}[31mred\u{1B}[0m
                \tif (n >= 50) throw new Error('full');
                  /* é */ await pool.query(`INSERT INTO slots (day) VALUES ($1)`, [id]);
                  await sendEmail(id);
                }
                """.utf8)
        ),
        ("payouts.js", .javascript, Array("exports.pay = (pool, id) => pool.query(\"UPDATE payouts SET status = 'paid' WHERE id = $1\", [id]);\n".utf8)),
    ]

    private func presentation(colour: Bool = false) async throws -> Presentation {
        let result = try await Engine(threads: 1, triage: Triage { _ in Policy(minimumConfidence: .low) }).scan(texts: Self.texts)
        let rules = ["count-then-insert", "select-then-update", "unguarded-status-write"].map {
            Presentation.RuleDescription(id: $0, summary: "The summary of \($0)", severity: .error, page: "# \($0)\n\nThe page.\n")
        }
        return Presentation(
            reports: result.reports, paths: result.paths, sources: result.sources, rules: rules, version: "0.0.0", filesScanned: 2, usesColour: colour)
    }

    @Test(arguments: Format.allCases) func golden(_ format: Format) async throws {
        try await compare(format.render(presentation()), "findings.\(format.rawValue)")
    }

    @Test func colours() async throws { try await compare(Format.text.render(presentation(colour: true)), "colour.text") }

    @Test(arguments: Format.allCases) func nothingFound(_ format: Format) throws {
        let empty = Presentation(reports: [], paths: [], sources: [:], rules: [], version: "0.0.0", filesScanned: 3, usesColour: false)
        try compare(format.render(empty), "empty.\(format.rawValue)")
    }

    private func compare(_ text: String, _ name: String) throws {
        let golden = here.appending(path: "goldens/\(name)")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] != nil { try text.write(to: golden, atomically: true, encoding: .utf8) }
        #expect(try String(contentsOf: golden, encoding: .utf8) == text)
    }

    @Test func nothingReachesTheTerminal() async throws {
        let text = try await Format.text.render(presentation())
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
        #expect(text.contains("\\u{1b}[31mred"))
        #expect("a\u{202E}b\u{9B}c\td".printable == "a\\u{202e}b\\u{9b}c    d")
    }

    /// A name, a table and a routine with everything in them that a terminal, a log or a page would act on.
    @Test(arguments: Format.allCases) func nothingHarmfulIsPassedOn(_ format: Format) async throws {
        var presentation = try await presentation()
        let harmful = "a\u{1B}]0;x\u{7}\r\u{9B}b\u{202E}c\u{2066}d\u{61C}e\u{2028}f"
        presentation.paths = presentation.paths.map { harmful + "\n::error::" + $0 }
        for index in presentation.reports.indices {
            presentation.reports[index].finding.message += harmful
            presentation.reports[index].finding.help += harmful + "\n::error::owned"
            presentation.reports[index].finding.remedy += harmful
            presentation.reports[index].finding.routine += harmful
            for step in presentation.reports[index].finding.evidence.indices { presentation.reports[index].finding.evidence[step].note += harmful }
            for moment in presentation.reports[index].finding.timeline.indices { presentation.reports[index].finding.timeline[moment].text += harmful }
        }
        let text = format.render(presentation)
        let controls: Set<UInt32> = [0x61C, 0x2028, 0x202E, 0x2066]
        #expect(!text.unicodeScalars.contains { ($0.value < 0x20 && $0 != "\n") || (0x7F..<0xA0).contains($0.value) || controls.contains($0.value) })
        #expect(!text.contains("\n::error::owned"))
        guard format == .json || format == .sarif else { return }
        struct Shape: Decodable {
            struct Finding: Decodable { let routine: String }
            let findings: [Finding]?
        }
        let document = try JSONDecoder().decode(Shape.self, from: Data(text.utf8))
        #expect(document.findings?.allSatisfy { $0.routine.hasSuffix(harmful) } ?? (format == .sarif), "an escape in JSON loses nothing")
    }

    @Test func coloursAreWhatTerminalsKnow() async throws {
        let text = try await Format.text.render(presentation(colour: true))
        for code in text.components(separatedBy: "\u{1B}").dropFirst() {
            #expect(code.dropFirst().prefix { $0 != "m" }.allSatisfy { $0.isNumber || $0 == ";" } && code.hasPrefix("["), "\(code.prefix(12))")
        }
    }

    @Test func gitHubShowsTenAndCountsTheRest() async throws {
        let one = try await presentation().reports[0]
        var many = try await presentation()
        many.reports = Array(repeating: one, count: 27)
        let lines = Format.github.render(many).split(separator: "\n")
        #expect(lines.count == 11)
        #expect(lines.last == "17 more findings beyond what GitHub annotates; the text and SARIF formats list them all.")
    }

    @Test func absolutePathsHaveAScheme() async throws {
        var presentation = try await presentation()
        presentation.paths = presentation.paths.map { "/home/me/" + $0 }
        let text = Format.sarif.render(presentation)
        #expect(text.contains("\"uri\" : \"file:///home/me/src/a%20b%2Cc%3Ad%25.ts\"") && !text.contains("\"uri\" : \"/"))
    }

    @Test func sarifIsKnownToItsSchema() async throws {
        let document = Data(try await Format.sarif.render(presentation()).utf8)
        let answer = try Run.python(here.appending(path: "validate.py"), input: document).output
        #expect(answer == "valid\n", "run scripts/bootstrap --tests, or mend what is named here")
    }

    /// Moving code, reformatting it and changing confidence leave the fingerprint alone; a second copy gets its own.
    @Test func fingerprintsSurviveEdits() async throws {
        func prints(_ text: String) async throws -> [String] {
            try await Engine(threads: 1, triage: Triage { _ in Policy(minimumConfidence: .low) }).scan(texts: [("a.js", .javascript, Array(text.utf8))]).reports
                .map(
                    \.fingerprint)
        }
        let act = "pool.query(\"UPDATE payouts SET status = 'paid' WHERE id = $1\", [id])"
        let before = try await prints("exports.a = (pool, id) => \(act);")
        let moved = try await prints("// a comment\n\n\nexports.a = async (pool, id) => {\n    await \(act)\n  await sendEmail(id) }")
        let twice = try await prints("exports.a = (pool, id) => \(act);\nexports.b = (pool, id) => \(act);")
        #expect(before.count == 1 && before == moved)
        #expect(twice.count == 2 && twice[0] == before[0] && twice[1] != twice[0])
    }
}
