import Foundation
import Running
import Testing

/// `interlock checklist`, as a workflow runs it.
@Suite struct ChecklistTests {
    private func fill(_ repository: Repository, _ text: String, _ arguments: [String] = ["--diff", "HEAD"]) throws -> Run {
        try repository.box.write("body.md", text)
        return try Tool.run(["checklist", "--body", "body.md"] + arguments, in: repository.folder)
    }

    @Test func aGuardThatIsGoneUnticksTheBox() throws {
        let repository = try Repository()
        try repository.box.write("src/guard.ts", Repository.unguarded)
        let run = try fill(repository, "- [x] Race guard\n- [ ] URL sweep\n")
        #expect(run.code == 1)
        #expect(
            run.output == """
                - [ ] Race guard
                  _Interlock: 1 finding: count-then-insert at src/claim.ts:7._ <!-- interlock -->
                - [x] URL sweep
                  _Interlock: does not apply: no URL field in this change._ <!-- interlock -->

                """)
        #expect(run.errors.contains("race-guard: 1 finding: count-then-insert at src/claim.ts:7\n"))
    }

    @Test func aGuardedChangeTicksTheBox() throws {
        let repository = try Repository()
        try repository.box.write("src/claim.ts", Repository.claim.replacing(">= 50", with: ">= 60"))
        let run = try fill(repository, "- [ ] Cap: limits hold\n")
        #expect(
            run.code == 0
                && run.output.hasPrefix(
                    "- [x] Cap: limits hold\n  _Interlock: 1 touched, guarded: slots: at most 60 at src/claim.ts:6, by a lock around check and act"),
            "\(run.output)")
    }

    @Test func writesBackOnlyWhatChanges() throws {
        let repository = try Repository()
        let file = repository.folder.appending(path: "body.md")
        #expect(try fill(repository, "Text", ["--diff", "HEAD", "--write"]).output.isEmpty)
        let once = try Data(contentsOf: file)
        #expect(String(decoding: once, as: UTF8.self).hasPrefix("Text\n\n## Interlock\n\n- [x] URL sweep: "))
        let before = try FileManager.default.attributesOfItem(atPath: file.path())[.systemFileNumber] as? Int
        #expect(try Tool.run(["checklist", "--body", "body.md", "--diff", "HEAD", "--write"], in: repository.folder).code == 0)
        #expect(try Data(contentsOf: file) == once)
        #expect(try FileManager.default.attributesOfItem(atPath: file.path())[.systemFileNumber] as? Int == before, "not even written")
        let piped = try Tool.run(["checklist", "--body", "-", "--diff", "HEAD"], in: repository.folder, input: Data("Text".utf8))
        #expect(Data(piped.output.utf8) == once)
    }

    @Test func whatASuppressionExcusesIsGuarded() throws {
        let repository = try Repository()
        try repository.box.write("src/guard.ts", Repository.unguarded)
        try repository.box.write(
            "src/claim.ts",
            Repository.claim.replacing("    await c.query('INSERT", with: "    // interlock-ignore[count-then-insert]: one worker\n    await c.query('INSERT"))
        let run = try fill(repository, "- [ ] Cap: limits hold\n")
        #expect(run.code == 0 && !run.output.contains("finding"), "\(run.output)")
    }

    @Test func template() throws {
        let box = try Sandbox()
        try box.write("interlock.yml", "checklist: {lockout: Nobody guesses passwords}\n")
        let text = try Tool.run(["checklist", "template"], in: box.folder).output
        #expect(text.hasPrefix("## Interlock\n\n- [ ] URL sweep: ") && text.contains("- [ ] Nobody guesses passwords\n"))
        #expect(try Tool.run(["checklist", "template", "-o", ".github/pull_request_template.md"], in: box.folder).code == 0)
        #expect(try String(contentsOf: box.folder.appending(path: ".github/pull_request_template.md"), encoding: .utf8) == text)
        let again = try Tool.run(["checklist", "template", "-o", ".github/pull_request_template.md"], in: box.folder)
        #expect(again.code == 2 && again.errors.hasSuffix("exists already, and nothing was written.\n"))
    }

    @Test(arguments: [
        (["--body", "body.md"], "--diff BASE is missing: the branch that the pull request goes to, as in origin/main. See `interlock checklist --help`."),
        (["--body", "none.md", "--diff", "HEAD"], "none.md: no such file or directory"),
        (["--body", "-", "--diff", "HEAD", "--write"], "--write needs a file to write to; --body - has none. See `interlock checklist --help`."),
        (["--body", "latin.md", "--diff", "HEAD"], "latin.md: not UTF-8."),
    ])
    func mistakes(_ arguments: [String], _ sentence: String) throws {
        let repository = try Repository()
        try repository.box.write("body.md", "x")
        try repository.box.write("latin.md", [0x66, 0xFC, 0x72])
        let run = try Tool.run(["checklist"] + arguments, in: repository.folder)
        #expect(run.code == 2 && run.errors == "interlock: \(sentence)\n" && run.output.isEmpty, "\(run.errors)")
    }
}
