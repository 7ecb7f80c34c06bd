import Foundation
import Running
import Testing

/// The baseline: known findings are left alone, new ones are not, and the list only shrinks.
@Suite struct BaselineTests {
    private let head = "import { Pool } from 'pg';\nconst pool = new Pool();\n"

    private func run(_ box: borrowing Sandbox, _ arguments: String...) throws -> Run { try Tool.run(arguments, in: box.folder) }

    private func content(_ box: borrowing Sandbox) throws -> String {
        try String(contentsOf: box.folder.appending(path: "interlock-baseline.json"), encoding: .utf8)
    }

    @Test func survivesMovedLinesAndRenamedFiles() throws {
        let box = try Sandbox()
        try box.write("a.ts", head + racy)
        #expect(try run(box, "baseline").code == 0)
        try box.write("interlock.yml", "baseline: interlock-baseline.json\n")
        let quiet = try box.scan(".")
        #expect(quiet.code == 0 && quiet.errors.contains("1 in the baseline"), "\(quiet.errors)")
        try box.write("a.ts", "// moved\n\n" + head + "\n" + racy.replacing("await pool.query('INSERT", with: "await pool.query(\n    'INSERT"))
        #expect(try box.scan(".").code == 0)
        try FileManager.default.moveItem(at: box.folder.appending(path: "a.ts"), to: box.folder.appending(path: "renamed.ts"))
        #expect(try box.scan(".").code == 0)
        try box.write("b.ts", head + racy)
        let more = try box.scan(".", "--format", "compact")
        #expect(more.code == 1 && more.output.split(separator: "\n").count == 1, "a copy is new")
    }

    /// Two alike in one file: one more is new, and one less is told.
    @Test func countsWhatIsAlike() throws {
        let box = try Sandbox()
        try box.write("a.ts", head + racy + racy.replacing("claim", with: "claimAgain"))
        #expect(try run(box, "baseline").errors.contains("2 findings in interlock-baseline.json."))
        try box.write("a.ts", head + racy + racy.replacing("claim", with: "b") + racy.replacing("claim", with: "c"))
        let more = try box.scan(".", "--baseline", "interlock-baseline.json", "--format", "compact")
        #expect(more.code == 1 && more.output.split(separator: "\n").count == 1)
        try box.write("a.ts", head + racy)
        let less = try box.scan(".", "--baseline", "interlock-baseline.json")
        #expect(less.code == 1 && less.errors.contains("interlock-baseline.json: no longer found: count-then-insert in a.ts: "), "\(less.errors)")
        #expect(try box.scan(".", "--baseline", "interlock-baseline.json", "--skip", "stale-baseline").code == 0)
        #expect(try run(box, "baseline", "--prune").errors.hasSuffix("1 finding in interlock-baseline.json.\n"))
        #expect(try box.scan(".", "--baseline", "interlock-baseline.json").code == 0)
    }

    @Test func pruneTakesNothingInAndUpdateTellsWhat() throws {
        let box = try Sandbox()
        try box.write("a.ts", head + racy)
        #expect(try run(box, "baseline").code == 0)
        let before = try content(box)
        try box.write("b.ts", head + racy)
        #expect(try run(box, "baseline", "--prune").code == 0)
        #expect(try content(box) == before)
        let again = try run(box, "baseline")
        #expect(
            again.code == 2
                && again.errors == "interlock: interlock-baseline.json: exists already. --prune takes out what is gone, --update also takes in what is new.\n")
        let update = try run(box, "baseline", "--update")
        #expect(update.errors.contains("in: b.ts: count-then-insert: ") && update.errors.hasSuffix("2 findings in interlock-baseline.json.\n"))
        #expect(try box.scan(".", "--baseline", "interlock-baseline.json").code == 0)
    }

    /// A stricter or laxer threshold makes no entry stale, nor does looking at a part.
    @Test func onlyWhatWasLookedForCanBeMissing() throws {
        let box = try Sandbox()
        try box.write("src/a.ts", head + racy)
        try box.write("lib/b.ts", head + racy)
        #expect(try run(box, "baseline").code == 0)
        for arguments in [["--min-confidence", "high"], ["--skip", "count-then-insert"], ["--only", "select-then-update"], ["--min-severity", "error"]] {
            #expect(try Tool.run(["scan", ".", "--baseline", "interlock-baseline.json"] + arguments, in: box.folder).code == 0, "\(arguments)")
        }
        try FileManager.default.removeItem(at: box.folder.appending(path: "lib/b.ts"))
        #expect(try box.scan("src", "--baseline", "interlock-baseline.json").code == 0)
        #expect(try box.scan(".", "--baseline", "interlock-baseline.json").code == 1)
        let inside = try Tool.run(["scan", ".", "--baseline", "../interlock-baseline.json"], in: box.folder.appending(path: "src"))
        #expect(inside.code == 0 && inside.errors.contains("1 in the baseline"), "paths are relative to the file: \(inside.errors)")
    }

    /// A part of the project neither makes entries stale nor takes their place, and cannot empty the list.
    @Test func aPartSaysNothingAboutTheRest() throws {
        let repository = try Repository()
        #expect(try Tool.run(["baseline"], in: repository.folder).code == 0)
        try repository.box.write("lib/new.ts", try String(contentsOf: repository.folder.appending(path: "src/old.ts"), encoding: .utf8))
        let part = try Tool.run(["scan", "lib", "--baseline", "interlock-baseline.json"], in: repository.folder)
        #expect(part.code == 1 && !part.errors.contains("no longer found"), "\(part.errors)")
        #expect(try Tool.run(["baseline", "--prune", "lib"], in: repository.folder).code == 2)
    }

    /// The file may stand anywhere.
    @Test func aBaselineInAFolderOfItsOwn() throws {
        let box = try Sandbox()
        try box.write("a.ts", head + racy)
        try box.write("ci/x", "")
        #expect(try run(box, "baseline", "-o", "ci/known.json").code == 0)
        #expect(try box.scan(".", "--baseline", "ci/known.json").code == 0)
        try box.write("a.ts", "export const a = 1;\n")
        try box.write("b.ts", head + racy)
        #expect(try box.scan(".", "--baseline", "ci/known.json").code == 1)
    }

    @Test func formattersChangeNothing() throws {
        let box = try Sandbox()
        let text =
            "import { prisma } from './db';\nexport async function a(req) {\n  const n = await prisma.slot.count({ where: { day: req.body.day } });\n  if (n >= 50) return;\n  await prisma.slot.create({ data: { day: req.body.day, kind: \"x\" } });\n}\n"
        try box.write("package.json", "{\"dependencies\": {\"@prisma/client\": \"6\"}}")
        try box.write("a.ts", text)
        #expect(try run(box, "baseline").errors.hasPrefix("interlock: 1 finding in "))
        try box.write(
            "a.ts",
            text.replacing(
                "create({ data: { day: req.body.day, kind: \"x\" } })", with: "create({\n    data: {\n      day: req.body.day,\n      kind: 'x',\n    },\n  })")
        )
        #expect(try box.scan(".", "--baseline", "interlock-baseline.json").code == 0)
    }

    @Test(arguments: [
        (
            "{\"version\": 1, \"findings\": [{\"rule\": \"a\", \"path\": \"a\", \"code\": \"a\", \"count\": 9223372036854775807, \"message\": \"a\"}]}",
            "b.json: not a baseline as `interlock baseline` writes it."
        ),
        ("{", "b.json: not a baseline as `interlock baseline` writes it."),
        ("{\"version\": 2, \"findings\": []}", "b.json: a baseline of version 2, which this interlock does not know."),
        ("[]", "b.json: not a baseline as `interlock baseline` writes it."),
    ])
    func aBrokenBaseline(_ text: String, _ sentence: String) throws {
        let box = try Sandbox()
        try box.write("a.ts", racy)
        try box.write("b.json", text)
        let run = try box.scan(".", "--baseline", "b.json")
        #expect(run.code == 2 && run.errors == "interlock: \(sentence)\n" && run.output.isEmpty)
        #expect(try box.scan(".", "--baseline", "none.json").errors == "interlock: none.json: no such file or directory\n")
    }
}
