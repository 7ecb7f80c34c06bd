import Foundation
import Running
import Testing

/// `prove`, `scan --prove` and `damage`, as somebody types them.
@Suite struct ProofCommandTests {
    @Test func provesAnExample() throws {
        let result = try Tool.run(["prove", "examples/coupon-cap/d1-vulnerable"], in: Tool.repository)
        #expect(result.code == 1)
        #expect(result.errors == "interlock: 2 proved, 0 refuted, 0 not executable.\n")
        #expect(result.output.contains("proved on SQLite"))
        #expect(result.output.contains("coupon_claims ends with 51 rows, where one request after the other leaves 50"))
        #expect(result.output.contains("asks whether (there is a row and c (49) >= 50): no: goes on"))
        #expect(result.output.contains("of 64 clients at once 1 gets through, as it should be"))
        #expect(try Tool.run(["prove", "examples/coupon-cap/d1-vulnerable", "--exit-zero"], in: Tool.repository).code == 0)
    }

    /// What names another server, or changes how sessions begin, changes nothing.
    @Test func noServerButItsOwn() throws {
        let plain = try Tool.run(["prove", "examples/coupon-cap/supabase-vulnerable", "--engine", "postgres"], in: Tool.repository)
        let told = try Tool.shell(
            "cd \"$1\" && PGHOSTADDR=127.0.0.1 PGPORT=1 PGSERVICE=none PGOPTIONS='-c default_transaction_isolation=serializable' \"$0\" prove examples/coupon-cap/supabase-vulnerable --engine postgres",
            Tool.repository.path())
        #expect(plain.code == 1 && told.code == 1)
        #expect(plain.output == told.output)
    }

    @Test func oneFinding() throws {
        let folder = Tool.repository.appending(path: "examples/coupon-cap/d1-vulnerable")
        let report = try Tool.run(["scan", ".", "--format", "json", "--quiet"], in: folder)
        let document = try #require(JSONSerialization.jsonObject(with: Data(report.output.utf8)) as? [String: Any])
        let findings = try #require(document["findings"] as? [[String: Any]])
        let print = try #require(findings.first?["fingerprint"] as? String)
        #expect(try Tool.run(["prove", "--finding", String(print.prefix(8))], in: folder).errors == "interlock: 1 proved, 0 refuted, 0 not executable.\n")
        let none = try Tool.run(["prove", "--finding", "nothing"], in: folder)
        #expect(none.code == 2 && none.output.isEmpty && none.errors.split(separator: "\n").count == 1)
    }

    /// The verdict is part of the report, and the report is known to its schema.
    @Test func aReportWithProofs() throws {
        let box = try Sandbox()
        let result = try Tool.run(
            ["scan", "examples/oauth-code", "--prove", "--quiet", "--format", "sarif=\(box.folder.appending(path: "out.sarif").path())", "--format", "json"],
            in: Tool.repository)
        #expect(result.code == 1)
        let sarif = try String(contentsOf: box.folder.appending(path: "out.sarif"), encoding: .utf8)
        #expect(sarif.contains("\"verdict\" : \"proved\"") && result.output.contains("\"verdict\" : \"proved\""))
        let valid = try Run.python(Tool.repository.appending(path: "Tests/ReporterTests/validate.py"), input: Data(sarif.utf8))
        #expect(valid.output == "valid\n")
        let asked = try JSONSerialization.data(
            withJSONObject: [
                "schema": Tool.repository.appending(path: "schemas/report.schema.json").path(), "documents": [["text": result.output, "isValid": true]],
            ])
        #expect(try Run.python(Tool.repository.appending(path: "Tests/EndToEndTests/schemas.py"), input: asked).output == "done\n")
    }

    @Test func leavesNothingBehind() throws {
        let box = try Sandbox()
        let result = try Tool.shell("TMPDIR=\"$1\" \"$0\" prove examples/coupon-cap examples/payout-approval >/dev/null 2>&1; ls -A \"$1\"", box.folder.path())
        #expect(result.output.isEmpty)
    }

    @Test func saysWhatIsWrong() throws {
        let box = try Sandbox()
        try box.write("a.ts", racy)
        #expect(try box.scan("a.ts", "--engine", "sqlite").errors.contains("--engine says where to play: give --prove too."))
        #expect(try Tool.run(["prove", "a.ts", "-o", "b.ts"], in: box.folder).errors.contains("no report is written to one"))
        try box.write("mine.sql", "SELECT 1;\n")
        let refused = try Tool.run(["damage", "a.ts", "-o", "mine.sql"], in: box.folder)
        #expect(refused.code == 2 && refused.errors == "interlock: mine.sql: was not written by `interlock damage`, and is left alone; take another name.\n")
        for _ in 0..<2 { #expect(try Tool.run(["damage", "a.ts", "-o", "asked.sql"], in: box.folder).code == 0) }
    }

    @Test func asksForDamage() throws {
        let result = try Tool.run(["damage", "examples/coupon-cap/d1-vulnerable"], in: Tool.repository)
        #expect(result.code == 0 && result.errors == "interlock: 2 of 2 findings can be asked for.\n")
        #expect(
            result.output.contains(
                """
                SELECT t.affiliate_id, date(t.claimed_at) AS day_of_claimed_at, count(*) AS taken, count(*) - 50 AS over_the_cap
                FROM coupon_claims AS t
                GROUP BY t.affiliate_id, date(t.claimed_at)
                HAVING count(*) > 50
                ORDER BY over_the_cap DESC
                LIMIT 1000;
                """))
        let page = try Tool.run(["damage", "examples/payout-approval/d1-vulnerable", "--format", "markdown"], in: Tool.repository)
        #expect(page.output.contains("A table with a row for each change (`payout_id`, `status`, the time) would tell"))
    }
}
