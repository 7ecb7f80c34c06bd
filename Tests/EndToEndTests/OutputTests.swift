import Foundation
import Running
import Testing

/// Where reports go, and what they never overwrite.
@Suite struct OutputTests {
    @Test(arguments: [
        (["-o", "a.ts"], "a.ts: has the name of a source file, and no report is written to one."),
        (["--format", "sarif=./a.ts"], "./a.ts: has the name of a source file, and no report is written to one."),
        (["-o", "new.sql"], "new.sql: has the name of a source file, and no report is written to one."),
        (["-o", "link.txt"], "link.txt: has the name of a source file, and no report is written to one."),
        (["-o", "/nowhere/out.txt"], "/nowhere/out.txt: cannot be written (no such file or directory)."),
        (["-o", "out/"], "out/: cannot be written (no such file or directory)."), (["-o", ""], "\"\": cannot be written (no such file or directory)."),
        (["-o", "."], ".: cannot be written (is a directory)."), (["-o", "a.ts/x"], "a.ts/x: cannot be written (not a directory)."),
        (["--format", "json=o", "--format", "sarif=./o"], "./o: two outputs cannot go to one file."),
        (
            ["--format", "json=o", "-o", "p"],
            "--output has nothing to hold: every --format names a file. See `interlock scan --help`."
        ), (["-o", "x\ny/z"], "x\\u{a}y/z: cannot be written (no such file or directory)."),
    ])
    func refused(_ arguments: [String], _ sentence: String) throws {
        let box = try Sandbox()
        try box.write("a.ts", racy)
        try FileManager.default.createSymbolicLink(atPath: box.folder.appending(path: "link.txt").path(), withDestinationPath: "a.ts")
        let result = try Tool.run(["scan", "."] + arguments, in: box.folder)
        #expect(result.code == 2)
        #expect(result.errors == "interlock: \(sentence)\n")
        #expect(result.output.isEmpty)
        #expect(try String(contentsOf: box.folder.appending(path: "a.ts"), encoding: .utf8) == racy)
        #expect(try FileManager.default.contentsOfDirectory(atPath: box.folder.path()).sorted() == ["a.ts", "link.txt"])
    }

    @Test func whatExistsKeepsItsModeAndItsLink() throws {
        let box = try Sandbox()
        try box.write("a.ts", racy)
        try box.write("old.txt", String(repeating: "old", count: 10_000))
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: box.folder.appending(path: "old.txt").path())
        try FileManager.default.createSymbolicLink(atPath: box.folder.appending(path: "link").path(), withDestinationPath: "target.txt")
        _ = try box.scan("a.ts", "--format", "github=old.txt", "--format", "github=link")
        for name in ["old.txt", "target.txt"] { #expect(try String(contentsOf: box.folder.appending(path: name), encoding: .utf8).hasPrefix("::error ")) }
        var info = stat()
        #expect(stat(box.folder.appending(path: "old.txt").path(), &info) == 0 && info.st_mode & 0o777 == 0o640)
        #expect(lstat(box.folder.appending(path: "link").path(), &info) == 0 && info.st_mode & S_IFMT == S_IFLNK)
    }

    @Test func devicesKeepTheirNames() throws {
        let box = try Sandbox()
        try box.write("a.ts", racy)
        let pipe = box.folder.appending(path: "pipe").path()
        #expect(mkfifo(pipe, 0o600) == 0)
        let reader = open(pipe, O_RDONLY | O_NONBLOCK)
        _ = try box.scan("a.ts", "--format", "github", "--output", "pipe")
        close(reader)
        var info = stat()
        #expect(lstat(pipe, &info) == 0 && info.st_mode & S_IFMT == S_IFIFO)
    }

    /// `-` and `/dev/stdout` are standard output, also where that is a file.
    @Test(arguments: ["-", "/dev/stdout"]) func standardOutputByName(_ name: String) throws {
        let box = try Sandbox()
        try box.write("a.ts", racy)
        let result = try box.scan("a.ts", "--format", "github", "-o", name)
        #expect(result.code == 1 && result.output.hasPrefix("::error "))
        #expect(try FileManager.default.contentsOfDirectory(atPath: box.folder.path()) == ["a.ts"])
    }

    /// The reader may go away: no trace, no crash, and the files are there all the same.
    @Test func closedOutput() throws {
        let box = try Sandbox()
        let text = try Tool.shell(
            "\"$0\" scan examples --quiet --color never --format text --format \"json=$1\" | head -n 1", box.folder.appending(path: "out.json").path())
        #expect(text.output.hasPrefix("error[count-then-insert]") && text.output.split(separator: "\n").count == 1 && text.errors.isEmpty)
        #expect(try JSONSerialization.jsonObject(with: Data(contentsOf: box.folder.appending(path: "out.json"))) is [String: Any])
    }

    @Test(arguments: ["scan examples", "rules", "explain count-then-insert", "flow examples"]) func outputThatCannotBeWritten(_ command: String) throws {
        let full = try Tool.shell("\"$0\" \(command) > /dev/full")
        #expect(full.code == 2 && full.errors == "interlock: Standard output cannot be written (no space left on device).\n")
        let closed = try Tool.shell("\"$0\" \(command) >&-")
        #expect(closed.code == 2 && closed.errors == "interlock: Standard output cannot be written (bad file descriptor).\n")
    }

    /// `--quiet` silences the summary, not what went missing.
    @Test func quiet() throws {
        let box = try Sandbox()
        try box.write(String(repeating: "d/", count: 120) + "a.ts", racy)
        let result = try box.scan(".", "--quiet")
        #expect(result.code == 3 && result.output == "Nothing was scanned.\n")
        #expect(result.errors.hasSuffix("folders deep, left out\n") && result.errors.split(separator: "\n").count == 1)
    }

    /// A function that later migrations have replaced is not reported, but where the last one has the same race, its reader is told.
    @Test func earlierDefinitions() throws {
        let box = try Sandbox()
        func claim(_ before: String, lock: String = "") -> String {
            """
            \(before)
            CREATE OR REPLACE FUNCTION claim_ticket(p_event int) RETURNS boolean LANGUAGE plpgsql AS $$
            DECLARE v_taken int;
            BEGIN
              PERFORM 1 FROM events WHERE id = p_event\(lock);
              SELECT count(*) INTO v_taken FROM tickets WHERE event_id = p_event;
              IF v_taken >= 50 THEN RETURN false; END IF;
              INSERT INTO tickets (event_id) VALUES (p_event);
              RETURN true;
            END $$;
            """
        }
        try box.write("migrations/1_claim.sql", claim("CREATE TABLE events (id int PRIMARY KEY); CREATE TABLE tickets (event_id int NOT NULL);"))
        try box.write("migrations/2_other.sql", claim("").replacing("claim_ticket", with: "claim_other"))
        try box.write("migrations/3_claim.sql", claim("-- once more\n"))
        try box.write("migrations/4_other.sql", claim("", lock: " FOR UPDATE").replacing("claim_ticket", with: "claim_other"))
        let text = try box.scan(".")
        #expect(text.output.contains("the same in earlier definitions, replaced since: migrations/1_claim.sql:8\n"))
        #expect(text.output.contains("--> migrations/3_claim.sql:9:3") && !text.output.contains("other"))
        let document = try JSONSerialization.jsonObject(with: Data(try box.scan(".", "--format", "json").output.utf8)) as? [String: Any]
        let finding = try #require((document?["findings"] as? [[String: Any]])?.first)
        #expect((finding["earlier"] as? [[String: Any]])?.map { $0["line"] as? Int } == [8])
    }
}
