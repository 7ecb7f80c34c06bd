import Foundation
import Running
import Testing

/// What is scanned, and that nothing goes missing without being counted.
@Suite struct DiscoveryTests {
    private static let minified = String(repeating: "f(1);", count: 8_000) + "\n" + racy
    private static let generated = "// @generated\n" + racy

    private func found(_ result: Run) -> Int { result.output.components(separatedBy: "error[count-then-insert]").count - 1 }

    @Test(arguments: [("minified", minified), ("generated", generated)])
    func whatIsNamedIsScanned(_ name: String, _ text: String) throws {
        let box = try Sandbox()
        try box.write("a.js", text)
        let walked = try box.scan("."), named = try box.scan("a.js"), both = try box.scan(".", "a.js")
        #expect(walked.code == 3 && walked.errors.contains("skipped: 1 \(name)"))
        #expect(named.code == 1 && found(named) == 1)
        #expect(both.code == 1 && found(both) == 1 && !both.errors.contains("skipped"))
        let input = try Tool.run(["scan", "--stdin", "--path", "a.min.js"], input: Data(text.utf8))
        #expect(input.code == 1 && found(input) == 1)
    }

    @Test(arguments: ["a.test.ts", "types.d.ts", "node_modules/m/a.ts", "seed.ts"]) func namesThatAWalkLeavesOut(_ path: String) throws {
        let box = try Sandbox()
        try box.write(path, racy)
        #expect(try box.scan(".").code == 3)
        #expect(try box.scan(path).code == 1)
        let both = try box.scan(".", path)
        #expect(found(both) == 1)
    }

    /// One long line is a picture, a list or a pasted script; a file is minified when there is hardly anything else.
    @Test(arguments: [
        ("a text", "const s = '" + String(repeating: "x", count: 30_000) + "';\n", 0, true),
        ("a picture", "const s = 'data:image/png;base64," + String(repeating: "iVBORw0K/+Ag", count: 3_000) + "==';\n", 0, true),
        ("numbers", "const a = [" + String(repeating: "1,2,", count: 8_000) + "3];\n", 0, true),
        ("a pasted script", "const s = '" + String(repeating: "f(1);", count: 6_000) + "';\n", 60, true),
        ("a bundle", String(repeating: "f(1);", count: 8_000) + "\n", 0, false),
        ("a bundle under a licence", String(repeating: "f(1);", count: 40_000) + "\n", 40, false),
    ])
    func longLines(_ name: String, _ line: String, _ ordinary: Int, _ isScanned: Bool) throws {
        let box = try Sandbox()
        try box.write("a.ts", String(repeating: "// an ordinary line\n", count: ordinary) + line + racy)
        let result = try box.scan(".")
        #expect(found(result) == (isScanned ? 1 : 0), "\(name): \(result.errors)")
        #expect(result.errors.contains("1 minified") != isScanned, "\(name): \(result.errors)")
    }

    @Test func standardInputIsReadToItsEnd() throws {
        let result = try Tool.run(["scan", "--stdin", "--path", "a.ts"], input: Data(("// " + String(repeating: "x", count: 5 << 20) + "\n" + racy).utf8))
        #expect(result.code == 1)
        #expect(result.output.contains("--> a.ts:5:"))
    }

    #if os(Linux)
        @Test func namesThatAreNotUTF8() throws {
            let box = try Sandbox()
            try box.write("a.ts", racy)
            let folder = Array(box.folder.path().utf8)
            for name in ["b\u{1}.ts", "c\u{1}.png"] {
                let bytes = folder + [UInt8(ascii: "/")] + name.utf8.map { $0 == 1 ? 0xFF : $0 } + [0]
                close(open(bytes.map { CChar(bitPattern: $0) }, O_CREAT | O_WRONLY, 0o600))
            }
            mkdir((folder + Array("/d".utf8) + [0xE9, 0]).map { CChar(bitPattern: $0) }, 0o700)
            let result = try box.scan(".")
            #expect(found(result) == 1)
            #expect(result.errors.hasPrefix("interlock: b\\xff.ts: the name is not UTF-8, left out\ninterlock: d\\xe9: the name is not UTF-8, left out\n"))
            #expect(result.errors.contains("skipped: 2 names not in UTF-8."), "\(result.errors)")
        }

        /// Swift holds `é` and `e´` for equal; the file system does not.
        @Test func namesThatAreEqualAsText() throws {
            let box = try Sandbox()
            try box.write("\u{E9}.ts", racy)
            try box.write("e\u{301}.ts", racy)
            #expect(found(try box.scan(".")) == 2)
        }
    #endif

    @Test func pipesSocketsAndLinksAreCounted() throws {
        let box = try Sandbox()
        try box.write("src/a.ts", racy)
        #expect(mkfifo(box.folder.appending(path: "src/pipe.ts").path(), 0o600) == 0)
        for (link, target) in [("b.ts", "src/a.ts"), ("gone.ts", "nothing"), ("again", "src"), ("notes.txt", "src/a.ts")] {
            try FileManager.default.createSymbolicLink(atPath: box.folder.appending(path: link).path(), withDestinationPath: target)
        }
        let result = try box.scan(".")
        #expect(found(result) == 1)
        #expect(result.errors.contains("skipped: 3 links, 1 special file."), "\(result.errors)")
    }

    @Test func hiddenFoldersAreCounted() throws {
        let box = try Sandbox()
        try box.write("a.ts", racy)
        try box.write(".cache/b.ts", racy)
        try box.write(".git/c.ts", racy)
        #expect(try box.scan(".").errors.contains("skipped: 1 hidden."))
    }

    @Test func depthHasAnEnd() throws {
        let box = try Sandbox()
        try box.write(String(repeating: "d/", count: 120) + "a.ts", racy)
        let result = try box.scan(".")
        #expect(result.code == 3)
        #expect(result.errors.contains("d: more than 100 folders deep, left out") && result.errors.contains("skipped: 1 too deep."))
    }

    @Test(arguments: [
        ("a/**", ["a/x.ts", "a/b/x.ts"], ["x.ts", "b/a/x.ts"]), ("**/a", ["a/x.ts", "b/a/x.ts", "b/c/a/x.ts"], ["b/ab/x.ts"]),
        ("a/**/b/**/x.ts", ["a/b/x.ts", "a/c/b/x.ts", "a/b/c/b/d/x.ts"], ["a/x.ts", "b/a/x.ts", "b/x.ts"]),
        ("a/**/x.ts", ["a/x.ts", "a/b/c/x.ts"], ["c/a/x.ts"]),
        ("[]q].ts", ["q.ts", "].ts"], ["[.ts"]), ("[\\]q].ts", ["q.ts", "].ts"], ["[.ts"]), ("[!]q].ts", ["a.ts", "-.ts"], ["q.ts", "].ts"]),
        ("[a-c-].ts", ["b.ts", "-.ts"], ["d.ts"]), ("[c-a].ts", [], ["b.ts"]), ("[a.ts", [], ["a.ts", "[a.ts"]), ("/*/x.ts", ["a/x.ts"], ["x.ts", "a/b/x.ts"]),
        ("**/b/*.ts", ["b/x.ts", "a/b/x.ts"], ["b/c/x.ts", "x.ts"]),
    ])
    func ignorePatterns(_ pattern: String, _ ignored: [String], _ scanned: [String]) throws {
        let box = try Sandbox()
        try box.write(".gitignore", pattern + "\n")
        for path in ignored + scanned { try box.write(path, racy) }
        let result = try box.scan(".", "--format", "github")
        for path in scanned { #expect(result.output.contains("file=\(path),"), "\(path)") }
        for path in ignored { #expect(!result.output.contains("file=\(path),"), "\(path)") }
    }

    /// Each `**` may stand for any number of the sixty folders.
    @Test(.timeLimit(.minutes(1))) func ignorePatternsThatBacktrack() throws {
        let box = try Sandbox()
        try box.write(".gitignore", Array(repeating: "**/d", count: 20).joined(separator: "/") + "/x\n" + String(repeating: "*d", count: 100) + "x\n")
        try box.write(String(repeating: "d/", count: 60) + String(repeating: "d", count: 200) + ".ts", racy)
        #expect(found(try box.scan(".")) == 1)
    }

    /// The same place in several spellings is one place, and its name is the shortest form of the first.
    @Test(arguments: [["a.ts", "./a.ts", "."], [".", "./"], [".", "src", "src/."], ["src", "."], ["./src//a.ts", "src"]])
    func samePlaceTwice(_ paths: [String]) throws {
        let box = try Sandbox()
        let name = paths.contains("a.ts") ? "a.ts" : "src/a.ts"
        try box.write(name, racy)
        for given in [paths, paths + [box.folder.path()]] {
            let result = try Tool.run(["scan", "--color", "never"] + given, in: box.folder)
            #expect(found(result) == 1)
            #expect(result.output.contains("--> \(name):4:"), "\(result.output)")
        }
    }
}
