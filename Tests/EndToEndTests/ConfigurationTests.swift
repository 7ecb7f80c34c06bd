import Foundation
import Running
import Testing

/// What an `interlock.yml` changes in a scan.
@Suite struct ConfigurationTests {
    private let head =
        "import { Pool } from 'pg';\nimport bcrypt from 'bcrypt';\nimport { scrub, alone, gate, wallets } from '@acme/kit';\nconst pool = new Pool();\n"

    /// The finding that a project's own function prevents, or makes, once it is known.
    @Test(arguments: [
        (
            "locks: [alone]", "count-then-insert", true,
            """
            export async function claim(id) {
              await alone(id, async () => {
                const { rows } = await pool.query('SELECT count(*) AS n FROM slots WHERE day = $1', [id]);
                if (rows[0].n >= 50) return null;
                await pool.query('INSERT INTO slots (day) VALUES ($1)', [id]);
              });
            }
            """
        ),
        (
            "lockouts: gate.enter", "auth-without-lockout", true,
            """
            export async function login(req) {
              await gate.enter(req.body.email);
              const { rows } = await pool.query('SELECT * FROM users WHERE email = $1', [req.body.email]);
              if (!(await bcrypt.compare(req.body.password, rows[0].password))) throw new Error('no');
            }
            """
        ),
        (
            "sanitizers: [scrub]", "unsafe-url-field", true,
            """
            export async function save(req) {
              if (!scrub(req.body.websiteUrl)) throw new Error('no');
              await pool.query('UPDATE shops SET website_url = $1 WHERE id = $2', [req.body.websiteUrl, req.user.shop]);
            }
            """
        ),
        (
            "payments: [wallets.take]", "client-set-amount", false,
            """
            export async function pay(req) {
              const { amount } = req.body;
              await wallets.take(req.user.id, amount);
            }
            """
        ), ("ignore-tables: [slo*]", "count-then-insert", true, racy), ("rules: {count-then-insert: off}", "count-then-insert", true, racy),
        ("exclude: [a.ts]", "count-then-insert", true, racy), ("overrides: [{paths: 'a*', rules: {count-then-insert: off}}]", "count-then-insert", true, racy),
    ])
    func decides(_ line: String, _ rule: String, _ prevents: Bool, _ text: String) throws {
        let box = try Sandbox()
        try box.write("a.ts", head + text + "\n")
        try box.write("b.ts", "export const b = 1;\n")
        let without = try box.scan(".", "--format", "compact").output
        try box.write("interlock.yml", line + "\n")
        let with = try box.scan(".", "--format", "compact")
        #expect(without.contains("[\(rule)]") == prevents, "\(without)")
        #expect(with.output.contains("[\(rule)]") != prevents, "\(with.output) \(with.errors)")
        #expect(try box.scan(".", "--format", "compact", "--no-config").output == without)
    }

    /// A wrapper of the project's own around its database, which no vocabulary knows.
    @Test func aLibraryOfOnesOwn() throws {
        let box = try Sandbox()
        let api = """
            name: acme-db
            dialect: postgres
            imports: ["@acme/db"]
            links:
              ask: {role: sql, parameters: 1, runs: true, returns: {rows: rows, rowCount: affected}}

            """
        try box.write("a.ts", racy.replacing("pool.query", with: "db.ask").replacing("export", with: "import { db } from '@acme/db';\nexport"))
        #expect(try box.scan(".").code == 0)
        try box.write("interlock.yml", "apis: [acme.yml]\n")
        try box.write("acme.yml", api.replacing("links", with: "link"))
        let wrong = try box.scan(".")
        #expect(wrong.code == 2 && wrong.errors.hasPrefix("interlock: acme.yml: The vocabulary has no key \"link\""), "\(wrong.errors)")
        try box.write("acme.yml", "a: [")
        #expect(try box.scan(".").errors.hasPrefix("interlock: acme.yml: not YAML ("))
        try box.write("acme.yml", api)
        #expect(try box.scan(".", "--format", "compact").output.hasPrefix("a.ts:5:"))
    }

    @Test func thresholdsAndExitCodes() throws {
        let box = try Sandbox()
        try box.write("a.ts", head + racy)
        for (line, code) in [
            ("rules: {count-then-insert: note}", Int32(0)), ("fail-on: error", 1), ("rules: {count-then-insert: warning}\nfail-on: error", 0),
            ("min-severity: error", 1),
        ] {
            try box.write("interlock.yml", line + "\n")
            #expect(try box.scan(".").code == code, "\(line)")
        }
        #expect(try box.scan(".", "--fail-on", "note").code == 1)
        try box.write("other.yml", "rules: {count-then-insert: off}\n")
        #expect(try box.scan(".", "--config", "other.yml").code == 0)
        try box.write("interlock.yml", "rules: {count-then-insert: loud}\n")
        #expect(try box.scan(".").errors == "interlock: interlock.yml:1:28: count-then-insert takes off, note, warning, error, not \"loud\".\n")
        #expect(try Tool.run(["config", "files"], in: box.folder).code == 2)
        #expect(try Tool.run(["config", "files", "--config", "other.yml"], in: box.folder).output == "other.yml\n")
    }

    /// What the reader takes the schema takes, and what it refuses is refused by both.
    @Test func schemaAndReaderAgree() throws {
        let texts = [
            "fail-on: error\n", "rules: {count-then-insert: off}\n", "locks: alone\n", "locks: [a, b.c]\n", "exclude: [a/, '*.gen.ts']\n",
            "overrides: [{paths: a, min-confidence: low}]\n", "checklist: {lockout: Text}\n", "fail-on: loud\n", "rule: {}\n", "rules: {count: off}\n",
            "locks: {a: b}\n",
            "overrides: [{path: a}]\n", "checklist: {x: y}\n", "baseline: ''\n", "rules: [a]\n",
        ]
        let documents = try texts.map { text in
            let box = try Sandbox()
            try box.write("a.ts", "export const a = 1;\n")
            try box.write("interlock.yml", text)
            return ["text": text, "isValid": try Tool.run(["config", "files"], in: box.folder).code == 0] as [String: Any]
        }
        #expect(documents.count { $0["isValid"] as? Bool == true } == 7)
        #expect(try Schemas.check("interlock.schema.json", documents) == "done\n")
    }

    @Test func reportsAreKnownToTheirSchema() throws {
        let box = try Sandbox()
        try box.write(
            "a.ts",
            head + racy + "// interlock-ignore[count-then-insert]\n"
                + racy.replacing("  await pool", with: "  // interlock-ignore[count-then-insert]: one\n  await pool"))
        let documents = try [[], ["--show-suppressed"], ["--min-confidence", "low"]].map { arguments in
            ["text": try Tool.run(["scan", ".", "--format", "json"] + arguments, in: box.folder).output, "isValid": true] as [String: Any]
        }
        #expect((documents[1]["text"] as? String)?.contains("\"excuse\"") == true)
        #expect(try Schemas.check("report.schema.json", documents + [["text": "{\"version\": 2}", "isValid": false]]) == "done\n")
    }

    @Test func schemaIsPrinted() throws {
        let schema = try Tool.run(["config", "schema"]).output
        #expect(try String(contentsOf: Tool.repository.appending(path: "schemas/interlock.schema.json"), encoding: .utf8) == schema, "make schemas")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(schema.utf8)) as? [String: Any])
        #expect((object["properties"] as? [String: Any])?.keys.contains("sanitizers") == true)
    }
}

/// The published schemas, as a validator reads them.
private enum Schemas {
    static func check(_ name: String, _ documents: [[String: Any]]) throws -> String {
        let asked = try JSONSerialization.data(
            withJSONObject: ["schema": Tool.repository.appending(path: "schemas/\(name)").path(), "documents": documents] as [String: Any])
        let run = try Run.python(URL(filePath: #filePath).deletingLastPathComponent().appending(path: "schemas.py"), input: asked)
        return run.output + run.errors
    }
}
