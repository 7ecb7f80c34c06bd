import Foundation
import Running
import Testing

@Suite struct CommandTests {
    @Test func exitCodes() throws {
        let box = try Sandbox()
        #expect(try box.scan(".").code == 3)
        try box.write("clean.ts", "export const a = 1;\n")
        #expect(try box.scan(".").code == 0)
        try box.write("a.ts", racy)
        for format in ["text", "json", "sarif", "github"] { #expect(try box.scan(".", "--format", format).code == 1) }
        #expect(try box.scan(".", "--exit-zero").code == 0)
        #expect(try box.scan(".", "--skip", "count-then-insert").code == 0)
        #expect(try box.scan(".", "--only", "select-then-update").code == 0)
        #expect(try box.scan(".", "--fail-on", "error").code == 1)
    }

    @Test func severalOutputsInOneRun() throws {
        let box = try Sandbox()
        try box.write("a.ts", racy)
        let result = try box.scan(".", "--format", "sarif=out.sarif", "--format", "json=out.json", "--format", "text")
        #expect(result.output.hasPrefix("error[count-then-insert]"))
        for name in ["out.sarif", "out.json"] {
            #expect(try JSONSerialization.jsonObject(with: Data(contentsOf: box.folder.appending(path: name))) is [String: Any])
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: box.folder.path()).sorted()
        #expect(names == ["a.ts", "out.json", "out.sarif"], "no temporary file is left")
    }

    @Test func standardInput() throws {
        let result = try Tool.run(["scan", "--stdin", "--path", "src/a.ts"], input: Data(racy.utf8))
        #expect(result.code == 1)
        #expect(result.output.contains("--> src/a.ts:4:"))
    }

    @Test func ignoreFiles() throws {
        let box = try Sandbox()
        try FileManager.default.createDirectory(at: box.folder.appending(path: ".git"), withIntermediateDirectories: true)
        try box.write(".gitignore", "# a comment\n*.gen.ts\n/out.d/\nsecret/*\n!secret/kept.ts\ndeep/**/x.ts\n\\#odd.ts\n")
        try box.write("packages/.gitignore", "local.ts\n!b.gen.ts\n")
        for path in [
            "a.ts", "out.d/b.ts", "inner/out.d/c.ts", "secret/d.ts", "secret/kept.ts", "deep/1/2/x.ts", "deep/x.ts", "deep/y.ts", "#odd.ts",
            "packages/local.ts",
            "node_modules/m/n.ts", "dist/o.ts", "src/a.test.ts", "types.d.ts", "lib/app.min.js",
        ] { try box.write(path, racy) }
        let result = try box.scan(".", "--format", "github")
        let files = result.output.split(separator: "\n").compactMap { $0.split(separator: "=")[1].split(separator: ",").first.map(String.init) }
        #expect(files == ["a.ts", "deep/y.ts", "inner/out.d/c.ts", "secret/kept.ts"])
        for words in ["6 ignored", "1 dependencies", "1 build output", "1 test", "1 minified", "1 generated"] {
            #expect(result.errors.contains(words), "\(result.errors)")
        }
        let inner = try Tool.run(["scan", ".", "--format", "github"], in: box.folder.appending(path: "packages"))
        #expect(inner.code == 3, "the .gitignore of the folders above counts")
    }

    @Test func confidenceAndSeverity() throws {
        let box = try Sandbox()
        try box.write(
            "a.js",
            "import Database from 'better-sqlite3';\nconst db = new Database('x');\nexport function f(id) {\n  const { n } = db.prepare('SELECT count(*) AS n FROM slots').get();\n  if (n < 5) db.prepare('INSERT INTO slots (id) VALUES (?)').run(id);\n}\n"
        )
        #expect(try box.scan(".").code == 0)
        #expect(try box.scan(".", "--min-confidence", "low").output.contains("low confidence"))
    }

    /// A name that looks like a package's is a file of the project where tsconfig.json says so.
    @Test func modelsUnderABaseURL() throws {
        let box = try Sandbox()
        try box.write("tsconfig.json", "{ \"compilerOptions\": { \"baseUrl\": \"src\" } }")
        try box.write(
            "src/models/Permit.ts", "import { Schema, model } from 'mongoose';\n\nexport const Permit = model('Permit', new Schema({ zone: String }));\n")
        try box.write(
            "src/api.ts",
            """
            import { Permit } from 'models/Permit';

            export async function issue(zone: string) {
              if ((await Permit.countDocuments({ zone })) >= 120) throw new Error('full');
              await Permit.create({ zone });
            }
            """)
        #expect(try box.scan(".").output.contains("src/api.ts:5:"))
    }

    @Test func explainAndRules() throws {
        let rules = try Tool.run(["rules"])
        #expect(rules.code == 0)
        for line in rules.output.split(separator: "\n") {
            let name = String(line.prefix { $0 != " " }), page = try Tool.run(["explain", name, "--cases"]), summary = try Tool.run(["explain", name])
            #expect(page.code == 0)
            #expect(summary.output.contains("## Use instead") && !summary.output.contains("## Cases") && summary.output.count < 12_000)
            #expect(page.output == (try String(contentsOf: Tool.repository.appending(path: "rules/\(name).md"), encoding: .utf8)))
        }
        #expect(try Tool.run(["explain", "select-then-updat"]).errors.contains("Did you mean \"select-then-update\"?"))
        let both = try Tool.run(["scan", "examples", "--only", "select-then-update,unguarded-status-write", "--quiet"])
        #expect(
            both.output.contains("[select-then-update]") && both.output.contains("[unguarded-status-write]") && !both.output.contains("[count-then-insert]"))
        #expect(try Tool.run(["--version"]).output == "0.1.0\n")
    }
}
