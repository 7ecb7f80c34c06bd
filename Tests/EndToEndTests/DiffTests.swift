import Foundation
import Running
import Testing

/// `--diff` and `--staged`, in repositories of the kinds in which such things break.
@Suite struct DiffTests {
    @Test func aGuardTakenFromAHelperIsReportedAtItsCallers() throws {
        let repository = try Repository()
        try repository.box.write("src/guard.ts", Repository.unguarded)
        #expect(try repository.found([]).places == ["src/claim.ts:7", "src/old.ts:6"])
        let (places, run) = try repository.found(["--diff", "HEAD"])
        #expect(places == ["src/claim.ts:7"] && run.code == 1)
        #expect(run.errors.contains("compared with HEAD at ") && run.errors.contains(": 1 file changed, 1 finding elsewhere not shown.\n"), "\(run.errors)")
    }

    /// What stood in one function, and what a migration promised.
    @Test(arguments: [
        ("src/own.ts", "  await pool.query('SELECT pg_advisory_xact_lock(1)');\n", "src/own.ts:5"),
        ("db/001.sql", "CREATE UNIQUE INDEX one ON seats (day);\n", "src/own.ts:5"),
    ])
    func aGuardThatIsGone(_ path: String, _ line: String, _ place: String) throws {
        let repository = try Repository()
        let text = """
            export async function take(pool, day) {
              await pool.query('BEGIN');
              await pool.query('SELECT pg_advisory_xact_lock(1)');
              const { rows } = await pool.query('SELECT id FROM seats WHERE day = $1', [day]);
              if (rows.length === 0) await pool.query('INSERT INTO seats (day) VALUES ($1)', [day]);
              await pool.query('COMMIT');
            }

            """
        let table = "CREATE TABLE seats (id int PRIMARY KEY, day text NOT NULL);\nCREATE UNIQUE INDEX one ON seats (day);\n"
        let inCode = path.hasSuffix(".ts"), lock = "  await pool.query('SELECT pg_advisory_xact_lock(1)');\n"
        try repository.box.write(
            "src/own.ts", inCode ? text : text.replacing(lock, with: "").replacing("  await pool.query('BEGIN');\n", with: "  await pool.query('BEGIN');\n\n"))
        try repository.box.write("db/001.sql", inCode ? table.replacing("CREATE UNIQUE INDEX one ON seats (day);\n", with: "") : table)
        try repository.commit("two")
        #expect(try repository.found([]).places == ["src/old.ts:6"])
        let file = repository.folder.appending(path: path), before = try String(contentsOf: file, encoding: .utf8)
        try repository.box.write(path, before.replacing(line, with: inCode ? "\n" : ""))
        #expect(try repository.found(["--diff", "HEAD"]).places == [place])
    }

    @Test func aTouchedLineIsReportedThoughItWasThereBefore() throws {
        let repository = try Repository()
        let old = repository.folder.appending(path: "src/old.ts")
        try repository.box.write("src/old.ts", try String(contentsOf: old, encoding: .utf8).replacing(">= 50", with: ">= 60"))
        #expect(try repository.found(["--diff", "HEAD"]).places == ["src/old.ts:6"])
        try repository.commit("two")
        #expect(try repository.found(["--diff", "HEAD~1"]).places == ["src/old.ts:6"])
    }

    @Test func whatMovedWasThereBefore() throws {
        let repository = try Repository()
        let old = try String(contentsOf: repository.folder.appending(path: "src/old.ts"), encoding: .utf8)
        try repository.box.write("src/old.ts", "// a line\n\n" + old + "\nexport const more = 1;\n")
        #expect(try repository.found(["--diff", "HEAD"]).places == [])
        try repository.git("mv", "src/old.ts", "src/new.ts")
        #expect(try repository.found(["--diff", "HEAD"]).places == [], "a renamed file holds nothing new")
        try repository.box.write("src/copy.ts", old)
        #expect(try repository.found(["--diff", "HEAD"]).places == ["src/copy.ts:6"], "a file that git does not know is new")
    }

    @Test func nothingChanged() throws {
        let repository = try Repository()
        let (places, run) = try repository.found(["--diff", "HEAD"])
        #expect(places.isEmpty && run.code == 0 && run.errors.contains("0 files changed, 1 finding elsewhere not shown."))
    }

    /// The base is where the branch began, as on GitHub, and not what has come to the main branch since.
    @Test func theBaseIsWhereTheBranchBegan() throws {
        let repository = try Repository()
        try repository.git("checkout", "-q", "-b", "work")
        try repository.box.write("src/new.ts", racy)
        try repository.commit("work")
        try repository.git("checkout", "-q", "main")
        try repository.git("rm", "-q", "src/old.ts")
        try repository.commit("main goes on")
        try repository.git("checkout", "-q", "work")
        let (places, run) = try repository.found(["--diff", "main"])
        #expect(places == ["src/new.ts:4"] && run.errors.contains("compared with main at ") && run.errors.contains("1 file changed"))
    }

    @Test func whatIsStagedCountsAndNotWhatStandsBesideIt() throws {
        let repository = try Repository()
        try repository.box.write("src/guard.ts", Repository.unguarded)
        #expect(try repository.found(["--staged"]).places == [], "not staged yet")
        try repository.git("add", "src/guard.ts")
        try repository.box.write("src/guard.ts", Repository.guarded)
        #expect(try repository.found(["--staged"]).places == ["src/claim.ts:7"], "the disk says otherwise")
        try repository.box.write("src/loose.ts", racy)
        #expect(try repository.found(["--staged"]).places == ["src/claim.ts:7"], "a file that is not part of the commit")
        try FileManager.default.removeItem(at: repository.folder.appending(path: "src/claim.ts"))
        #expect(try repository.found(["--staged"]).places == ["src/claim.ts:7"], "gone from the disk alone")
    }

    /// Within a hook git sets GIT_DIR and GIT_INDEX_FILE; with `commit -a` the index is another file.
    @Test func inAHook() throws {
        let repository = try Repository()
        try repository.box.write(".git/hooks/pre-commit", "#!/bin/sh\n'\(Tool.path)' scan . --staged --format compact > found.txt 2> said.txt\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: repository.folder.appending(path: ".git/hooks/pre-commit").path())
        try repository.box.write("src/guard.ts", Repository.unguarded)
        let commit = try Run(URL(filePath: "/usr/bin/env"), ["git", "commit", "-a", "-q", "-m", "two"], in: repository.folder)
        let found = try String(contentsOf: repository.folder.appending(path: "found.txt"), encoding: .utf8)
        #expect(commit.code == 1 && found.hasPrefix("src/claim.ts:7:"), "\(found) \(commit.errors)")
        #expect(try repository.git("log", "--oneline").split(separator: "\n").count == 1, "the commit did not come about")
    }

    @Test func theFirstCommit() throws {
        let box = try Sandbox()
        #expect(try Run(URL(filePath: "/usr/bin/env"), ["git", "init", "-q"], in: box.folder).code == 0)
        try box.write("a.ts", racy)
        #expect(try Run(URL(filePath: "/usr/bin/env"), ["git", "add", "a.ts"], in: box.folder).code == 0)
        let run = try Tool.run(["scan", ".", "--staged", "--format", "compact"], in: box.folder)
        #expect(run.output.hasPrefix("a.ts:4:") && run.errors.contains("compared with nothing, as there is no commit yet: 1 file changed."), "\(run.errors)")
    }

    /// The files on the disk end their lines with CR LF, the objects with LF.
    @Test func linesThatEndWithCRLF() throws {
        let repository = try Repository(settings: ["core.autocrlf=true"])
        for path in ["src/claim.ts", "src/guard.ts", "src/old.ts"] {
            let text = try String(contentsOf: repository.folder.appending(path: path), encoding: .utf8)
            try repository.box.write(path, text.replacing("\n", with: "\r\n"))
        }
        #expect(try repository.found(["--diff", "HEAD"]).places == [])
        try repository.box.write("src/guard.ts", Repository.unguarded.replacing("\n", with: "\r\n"))
        #expect(try repository.found(["--diff", "HEAD"]).places == ["src/claim.ts:7"])
        try repository.git("add", "src/guard.ts")
        #expect(try repository.found(["--staged"]).places == ["src/claim.ts:7"])
    }

    @Test func inAWorktreeAndASubfolder() throws {
        let repository = try Repository()
        let tree = repository.folder.appending(path: "trees/two")
        try repository.git("worktree", "add", "-q", tree.path(), "-b", "two")
        try Data(Repository.unguarded.utf8).write(to: tree.appending(path: "src/guard.ts"))
        let run = try Tool.run(["scan", "--diff", "main", "--format", "compact"], in: tree.appending(path: "src"))
        #expect(run.output.hasPrefix("claim.ts:7:") && run.code == 1, "\(run.errors)")
        #expect(try repository.git("status", "--short", "src").isEmpty)
    }

    /// A clone without the contents of files, which git fetches where it needs them.
    @Test func inAPartialClone() throws {
        let repository = try Repository(settings: ["uploadpack.allowFilter=true", "uploadpack.allowAnySHA1InWant=true"])
        try repository.box.write("src/guard.ts", Repository.unguarded)
        try repository.commit("two")
        let box = try Sandbox(), clone = box.folder.appending(path: "clone")
        let made = try Run(
            URL(filePath: "/usr/bin/env"), ["git", "clone", "-q", "--filter=blob:none", "file://" + repository.folder.path(), clone.path()], in: box.folder)
        #expect(made.code == 0, "\(made.errors)")
        let run = try Tool.run(["scan", ".", "--diff", "HEAD~1", "--format", "compact"], in: clone)
        #expect(run.output.hasPrefix("src/claim.ts:7:") && run.code == 1, "\(run.errors)")
    }

    /// Nothing that git keeps is other than before: no lock, no refreshed index, no new object.
    @Test(arguments: [["--diff", "HEAD"], ["--staged"]])
    func theRepositoryIsOnlyRead(_ arguments: [String]) throws {
        let repository = try Repository()
        try repository.box.write("src/guard.ts", Repository.unguarded)
        func state() throws -> [String: Data] {
            var found: [String: Data] = [:]
            let base = repository.folder.appending(path: ".git")
            for case let file as URL in try #require(FileManager.default.enumerator(at: base, includingPropertiesForKeys: nil)) {
                if let data = try? Data(contentsOf: file) { found[file.path()] = data }
            }
            return found
        }
        // A time that the index does not have would tempt git to refresh it.
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: repository.folder.appending(path: "src/old.ts").path())
        let before = try state()
        _ = try repository.found(arguments)
        #expect(try state() == before)
    }

    /// What the settings of a repository name as programs, and how they would have differences printed.
    @Test func hostileSettings() throws {
        let repository = try Repository()
        let trap = repository.folder.appending(path: "trap.sh")
        try repository.box.write("trap.sh", "#!/bin/sh\ntouch \"$0.sprung\"\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: trap.path())
        for key in ["diff.external", "core.fsmonitor", "core.pager", "diff.x.textconv", "diff.x.command"] { try repository.git("config", key, trap.path()) }
        for (key, value) in [
            ("diff.noprefix", "true"), ("color.ui", "always"), ("diff.mnemonicPrefix", "true"), ("diff.context", "9"), ("diff.renames", "false"),
        ] {
            try repository.git("config", key, value)
        }
        try repository.box.write(".gitattributes", "*.ts diff=x\n")
        try repository.box.write("src/guard.ts", Repository.unguarded)
        #expect(try repository.found(["--diff", "HEAD"]).places == ["src/claim.ts:7"])
        #expect(!FileManager.default.fileExists(atPath: trap.path() + ".sprung"))
    }

    @Test func awkwardNames() throws {
        let repository = try Repository()
        for name in ["a b.ts", "é.ts", "quote\".ts", "tab\t.ts", "line\nbreak.ts", "-dash.ts"] {
            try repository.box.write("src/" + name, "export const a = 1;\n")
        }
        try repository.commit("two")
        for name in ["a b.ts", "é.ts", "quote\".ts", "tab\t.ts", "line\nbreak.ts", "-dash.ts"] { try repository.box.write("src/" + name, racy) }
        #expect(try repository.found(["--diff", "HEAD"]).places.count == 6)
        #expect(try repository.found(["--diff", "HEAD"]).run.errors.contains("6 files changed"))
    }

    @Test(arguments: [
        (["--diff", "nosuch"], "There is no commit \"nosuch\" here: in CI, fetch the whole history (fetch-depth: 0)."),
        (["--diff", "--all"], nil), (["--diff=--all"], "There is no commit \"--all\" here: in CI, fetch the whole history (fetch-depth: 0)."),
        (["--diff", "lonely"], "\"lonely\" and HEAD have no commit in common here: fetch more of the history, in CI the whole of it (fetch-depth: 0)."),
    ])
    func aBaseThatIsNotThere(_ arguments: [String], _ sentence: String?) throws {
        let repository = try Repository()
        let tree = try repository.git("write-tree").split(separator: "\n")[0]
        let lonely = try repository.git("commit-tree", String(tree), "-m", "lonely").split(separator: "\n")[0]
        try repository.git("branch", "lonely", String(lonely))
        let (places, run) = try repository.found(arguments)
        #expect(run.code == 2 && places.isEmpty)
        if let sentence { #expect(run.errors == "interlock: \(sentence)\n") }
    }

    /// The same folder by other names: from beside it, through a link, by its whole path, from a folder inside.
    @Test func howeverTheFolderIsNamed() throws {
        let repository = try Repository(), name = repository.folder.lastPathComponent
        try repository.box.write("src/guard.ts", Repository.unguarded)
        let beside = try Sandbox()
        try FileManager.default.createSymbolicLink(atPath: beside.folder.appending(path: "link").path(), withDestinationPath: repository.folder.path())
        for (path, folder) in [
            ("../\(name)", beside.folder), ("link", beside.folder), (repository.folder.path(), beside.folder), ("..", repository.folder.appending(path: "src")),
            ("src/../src", repository.folder),
        ] {
            let run = try Tool.run(["scan", path, "--diff", "HEAD", "--format", "compact"], in: folder)
            #expect(run.code == 1 && run.output.contains("claim.ts:7:") && !run.output.contains("old.ts"), "\(path): \(run.output) \(run.errors)")
        }
    }

    /// The guard's file is gone, and it was the only one of its folder.
    @Test func aGuardThatIsDeletedWithItsFile() throws {
        let repository = try Repository()
        try repository.git("mv", "-k", "src/guard.ts", "src/old.ts")
        try repository.box.write("lib/guard.ts", Repository.guarded)
        try repository.box.write("src/claim.ts", Repository.claim.replacing("./guard", with: "../lib/guard"))
        try repository.commit("two")
        #expect(try repository.found([]).places == ["src/old.ts:6"])
        try FileManager.default.removeItem(at: repository.folder.appending(path: "lib"))
        try repository.box.write(
            "src/claim.ts",
            "async function held(id, work) { return work(await pool.connect()); }\n"
                + Repository.claim.split(separator: "\n", omittingEmptySubsequences: false).dropFirst().joined(separator: "\n"))
        #expect(try repository.found(["--diff", "HEAD"]).places == ["src/claim.ts:7"])
    }

    /// Renamed and otherwise the same: the old findings are old, and a guard that was renamed guards as before.
    @Test func wholeFoldersAreRenamed() throws {
        let repository = try Repository()
        try repository.git("mv", "src", "lib")
        #expect(try repository.found(["--diff", "HEAD"]).places == [])
        #expect(try repository.found(["--staged"]).places == [])
    }

    /// A copy before the old one is the new one.
    @Test func aCopyInFrontOfTheOldOne() throws {
        let repository = try Repository()
        let old = try String(contentsOf: repository.folder.appending(path: "src/old.ts"), encoding: .utf8)
        try repository.box.write("src/old.ts", old.replacing(racy, with: racy.replacing("claim", with: "another") + racy))
        #expect(try repository.found(["--diff", "HEAD"]).places == ["src/old.ts:6"])
    }

    @Test func attributesAndVariablesHideNothing() throws {
        let repository = try Repository()
        try repository.box.write(".gitattributes", "*.ts -diff\n")
        try repository.box.write("src/guard.ts", Repository.unguarded)
        #expect(try repository.found(["--diff", "HEAD"]).places == ["src/claim.ts:7"])
        let run = try Run(
            URL(filePath: "/usr/bin/env"), ["GIT_DIFF_OPTS=--unified=9", "GIT_DIR=/nowhere", Tool.path, "scan", ".", "--diff", "HEAD", "--format", "compact"],
            in: repository.folder)
        #expect(run.output.hasPrefix("src/claim.ts:7:"), "\(run.errors)")
    }

    /// What the configuration or a convention leaves out is left out of what is staged, too.
    @Test func whatIsLeftOutStaysOut() throws {
        let repository = try Repository()
        try repository.box.write("interlock.yml", "exclude: [legacy/]\n")
        for path in ["legacy/a.ts", "tests/a.ts"] { try repository.box.write(path, racy) }
        try repository.git("add", "-A")
        for path in ["legacy/a.ts", "tests/a.ts"] { try repository.box.write(path, "export const a = 1;\n") }
        #expect(try repository.found(["--staged"]).places == [])
    }

    @Test func intentToAddAndConflicts() throws {
        let repository = try Repository()
        try repository.box.write("src/new.ts", racy)
        try repository.git("add", "-N", "src/new.ts")
        #expect(try repository.found(["--staged"]).places == [])
    }

    /// A sparse checkout leaves the guard out of the disk.
    @Test func sparseCheckouts() throws {
        let repository = try Repository()
        try repository.box.write("lib/guard.ts", Repository.guarded)
        try repository.box.write("src/claim.ts", Repository.claim.replacing("./guard", with: "../lib/guard"))
        try repository.commit("two")
        try repository.git("sparse-checkout", "set", "src")
        try repository.box.write("src/claim.ts", Repository.claim.replacing("./guard", with: "../lib/guard").replacing(">= 50", with: ">= 60"))
        #expect(try repository.found(["--diff", "HEAD"]).places == [])
    }

    @Test func noRepository() throws {
        let box = try Sandbox()
        try box.write("a.ts", racy)
        let run = try box.scan(".", "--diff", "HEAD")
        #expect(run.code == 2 && run.errors.hasSuffix(": not in a git repository, so there is nothing to compare with.\n"), "\(run.errors)")
    }
}
