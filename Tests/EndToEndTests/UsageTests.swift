import Foundation
import Running
import Testing

/// A mistake on the command line is answered with one sentence, and perhaps with where to read on.
@Suite struct UsageTests {
    private static let unknownRule = "There is no rule \"count-then-inser\". Did you mean \"count-then-insert\"? `interlock rules` lists them."

    @Test(arguments: [
        (["scna"], "There is no command \"scna\". Did you mean \"scan\"? See `interlock --help`."),
        (["help", "explian"], "There is no command \"explian\". Did you mean \"explain\"? See `interlock --help`."),
        (["src"], "There is no command \"src\". Did you mean \"interlock scan src\"? See `interlock --help`."),
        (["frobnicate"], "There is no command \"frobnicate\". See `interlock --help`."),
        (["a\nb\u{1B}[31m"], "There is no command \"a\\u{a}b\\u{1b}[31m\". See `interlock --help`."),
        (["--nonsense"], "Unknown option '--nonsense'. See `interlock --help`."),
        (["explain"], "Missing expected argument '<rule>'. See `interlock explain --help`."), (["explain", "count-then-inser"], unknownRule),
        (["rules", "x"], "Unexpected argument 'x'. See `interlock rules --help`."), (["scan", "--only", "count-then-inser"], unknownRule),
        (["scan", "--nonsense"], "Unknown option '--nonsense'. See `interlock scan --help`."),
        (["scan", "--min-confidense", "low"], "Unknown option '--min-confidense'. Did you mean '--min-confidence'? See `interlock scan --help`."),
        (
            ["scan", "--format", "xml"],
            "The value 'xml' is invalid for '--format <format>'. Please provide one of the following: text, compact, json, sarif, github, gitlab, junit, checkstyle, rdjson, markdown. See `interlock scan --help`."
        ), (["scan", "--stdin"], "--stdin needs --path NAME, which says what language the text is. See `interlock scan --help`."),
        (["scan", "--path", "a.ts"], "--path names the text on standard input: give --stdin too. See `interlock scan --help`."),
        (["scan", "--stdin", "--path", "a.ts", "a.ts"], "--stdin reads one text and takes no other paths. See `interlock scan --help`."),
        (
            ["scan", "--format", "json", "--format", "sarif"],
            "Only one format can go to standard output: use --format NAME=FILE for the others. See `interlock scan --help`."
        ), (["scan", "--threads", "0"], "--threads takes a number from 1 to 256. See `interlock scan --help`."),
        (["scan", "--threads", "many"], "The value 'many' is invalid for '--threads <threads>'. See `interlock scan --help`."),
        (
            ["scan", "--only", "count-then-insert", "--skip", "count-then-insert"],
            "--only and --skip leave no rule to run. See `interlock scan --help`."
        ),
        (
            ["scan", "a.xyz"],
            "a.xyz: not a language that can be scanned (.ts .mts .cts .tsx .js .jsx .mjs .cjs .py .sql .pgsql .ddl .prisma .vue .svelte .astro .html .htm .jinja .jinja2 .j2 .njk .hbs .handlebars .mustache .ejs)"
        ),
        (["scan", "a.ts", "--only", ","], "There is no rule \"\". `interlock rules` lists them."),
        (["scan", ""], "\"\": no such file or directory"), (["scan", "-"], "-: no such file; --stdin --path NAME reads standard input"),
        (["scan", "no\nsuch\u{202E}.ts"], "no\\u{a}such\\u{202e}.ts: no such file or directory"),
        (["scan", "a.ts/"], "a.ts/: not a directory"),
    ])
    func oneSentence(_ arguments: [String], _ sentence: String) throws {
        let box = try Sandbox()
        try box.write("a.xyz", "x")
        try box.write("a.ts", racy)
        try box.write("src/a.ts", racy)
        let result = try Tool.run(arguments, in: box.folder)
        #expect(result.code == 2)
        #expect(result.errors == "interlock: \(sentence)\n")
        #expect(result.output.isEmpty)
    }

    @Test func skippingEveryRuleIsAMistake() throws {
        let box = try Sandbox()
        try box.write("a.ts", racy)
        let rules = try Tool.run(["rules"]).output.split(separator: "\n").map { String($0.prefix { $0 != " " }) }
        let all = try Tool.run(["scan"] + rules.flatMap { ["--skip", $0] }, in: box.folder)
        #expect(all.code == 2 && all.errors.contains("leave no rule to run"))
        #expect(try Tool.run(["scan"] + rules.dropFirst().flatMap { ["--skip", $0] }, in: box.folder).code != 2)
    }

    @Test func aPathThatIsTooLong() throws {
        let result = try Sandbox().scan(String(repeating: "x", count: 5_000) + ".ts")
        #expect(result.code == 2 && result.errors.hasSuffix("x.ts: file name too long\n"))
    }

    @Test(arguments: [[], ["help"], ["--help"], ["scan", "--help"], ["help", "scan"], ["--version"]]) func helpIsNoMistake(_ arguments: [String]) throws {
        let result = try Tool.run(arguments)
        #expect(result.code == 0 && result.errors.isEmpty && result.output.contains("\n"))
        let full = try Tool.shell("\"$0\" \(arguments.joined(separator: " ")) > /dev/full")
        #expect(full.code == 2 && full.errors == "interlock: Standard output cannot be written (no space left on device).\n")
    }

    @Test func standardInputThatCannotBeRead() throws {
        #expect(try Tool.shell("\"$0\" scan --stdin --path a.ts < /").errors == "interlock: Standard input cannot be read (is a directory).\n")
        let closed = try Tool.shell("\"$0\" scan --stdin --path a.ts <&-")
        #expect(closed.code == 2 && closed.errors == "interlock: Standard input cannot be read (bad file descriptor).\n")
    }

    /// An editor names the file as it likes; fingerprints do not depend on it.
    @Test func standardInputIsNamedAsAFileWouldBe() throws {
        let box = try Sandbox()
        try box.write("src/a.ts", racy)
        let file = try box.scan(".", "--format", "json"),
            input = try Tool.run(
                ["scan", "--stdin", "--path", "./src//a.ts", "--format", "json"], input: Data(racy.utf8))
        #expect(file.output == input.output)
        #expect(try box.scan(box.folder.path + "//src/./", "--format", "json").output == file.output)
    }
}
