import Configuration
import Flow
import Foundation
import Testing

/// What an `interlock.yml` may say, what it then means, and how it is refused.
@Suite struct ConfigurationTests {
    private static let words = KnownWords(rules: ["count-then-insert", "select-then-update"], boxes: ["lockout"])

    /// A folder of its own with these files.
    private struct Tree: ~Copyable {
        let folder: URL

        init(_ files: [String: String]) throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "interlock-\(UUID().uuidString)")
            for (path, text) in files {
                let file = folder.appending(path: path)
                try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(text.utf8).write(to: file)
            }
        }

        deinit { try? FileManager.default.removeItem(at: folder) }

        func path(_ name: String) -> String { folder.appending(path: name).path() }
    }

    private func sentence(_ text: String) throws -> String {
        let tree = try Tree(["interlock.yml": text])
        do {
            _ = try Configurations(above: [tree.path("src")], nested: [], words: Self.words)
            return ""
        } catch let error as ConfigurationError {
            return error.description.replacing(tree.path("interlock.yml"), with: "interlock.yml")
        }
    }

    @Test(arguments: [
        ("sanitisers: [a]", "interlock.yml:1:1: there is no key \"sanitisers\". Did you mean \"sanitizers\"?"),
        ("fail-on: error\nrules:\n  count-then-inser: off\n", "interlock.yml:3:3: there is no rules \"count-then-inser\". Did you mean \"count-then-insert\"?"),
        ("rules: {count-then-insert: loud}", "interlock.yml:1:28: count-then-insert takes off, note, warning, error, not \"loud\"."),
        ("fail-on: [error]", "interlock.yml:1:10: fail-on takes note, warning, error, not a list."),
        ("rules: error", "interlock.yml:1:8: rules takes keys and values, not \"error\"."),
        ("- a", "interlock.yml:1:1: keys such as `rules:` are expected, not a list."),
        ("rules: [a", "interlock.yml:2:1: not YAML (did not find expected ',' or ']')."),
        ("fail-on: error\nfail-on: note\n", "interlock.yml:1:1: \"fail-on\" stands there twice."),
        ("baseline: ''", "interlock.yml:1:11: baseline takes a text."),
        ("locks: ['with lock']", "interlock.yml: \"with lock\" is no name of a function; write it as in safeHref or urls.clean."),
        ("overrides: [{fail-on: note}]", "interlock.yml: each of the overrides needs paths."), ("extends: interlock.yml", "interlock.yml: extends itself."),
        ("exclude: &a [x, *a]", "interlock.yml:1: aliases and anchors are not read; a text that begins with * or & stands between quotes."),
        ("a: \u{1}", "interlock.yml: not YAML."),
        (
            "exclude:\n- [a, *.ts]\n", "interlock.yml:2: aliases and anchors are not read; a text that begins with * or & stands between quotes."
        ), ("", ""), ("# nothing\n", ""), ("fail-on: error", ""),
    ])
    func oneSentence(_ text: String, _ expected: String) throws { #expect(try sentence(text) == expected) }

    @Test func thereIsAnEndToIt() throws {
        let many = "overrides:\n" + String(repeating: "- {paths: [\(Array(repeating: "x", count: 900).joined(separator: ","))]}\n", count: 100)
        #expect(try sentence(many).hasSuffix("too many values."))
        let tree = try Tree(
            Dictionary(uniqueKeysWithValues: (0..<19).map { ("e\($0).yml", "extends: [e\($0 + 1).yml, e\($0 + 1).yml]\n") } + [("e19.yml", "fail-on: error\n")])
        )
        #expect(throws: ConfigurationError.self) { try Configurations(only: tree.path("e0.yml"), words: Self.words) }
        #expect(try sentence("# " + String(repeating: "x", count: 2 << 20)).hasSuffix("larger than 1 MB."))
    }

    @Test func nearestFileCounts() throws {
        let tree = try Tree([
            "interlock.yml": "fail-on: error\nexclude: [generated/, '*.gen.ts']\nsanitizers: safeHref\n",
            "packages/shop/interlock.yml": "min-confidence: high\nlockouts: [guard.check]\n", "packages/blog/a.ts": "", "packages/shop/a.ts": "",
        ])
        let all = try Configurations(above: [tree.path("")], nested: [tree.path("packages/shop/interlock.yml")], words: Self.words)
        #expect(all.settings(for: tree.path("packages/blog/a.ts")).failOn == .error)
        let shop = all.settings(for: tree.path("packages/shop/deep/a.ts"))
        #expect(shop.failOn == nil && shop.minimumConfidence == .high, "one file counts, alone")
        #expect(all.names == OwnNames(sanitizers: ["safeHref"], lockouts: ["guard.check"]))
        #expect(all.excludes(tree.path("generated/a.ts")) && all.excludes(tree.path("src/x.gen.ts")) && !all.excludes(tree.path("src/a.ts")))
        #expect(!all.excludes(tree.path("packages/shop/generated/a.ts")), "what the outer file excludes is not excluded here")
    }

    @Test func extendsAndOverrides() throws {
        let tree = try Tree([
            "shared/base.yml":
                "fail-on: error\nmin-confidence: high\nignore-tables: [audit_*]\nlocks: [withLock]\nrules: {count-then-insert: note, select-then-update: off}\nbaseline: known.json\n",
            "interlock.yml": """
            extends: shared/base.yml
            min-confidence: low
            ignore-tables: [Sessions]
            rules: {select-then-update: warning}
            overrides:
            - paths: [src/admin/]
              fail-on: note
            - paths: [src/admin/old/**, legacy]
              rules: {count-then-insert: off}

            """,
        ])
        let all = try Configurations(above: [tree.path("src")], nested: [], words: Self.words)
        let plain = all.settings(for: tree.path("src/a.ts"))
        #expect(plain.failOn == .error && plain.minimumConfidence == .low)
        #expect(plain.severities == ["count-then-insert": .note, "select-then-update": .warning])
        #expect(plain.ignoredTables.match("audit_log") && plain.ignoredTables.match("public.sessions") && !plain.ignoredTables.match("orders"))
        #expect(all.names.locks == ["withLock"])
        #expect(try all.baseline()?.hasSuffix("shared/known.json") == true)
        let admin = all.settings(for: tree.path("src/admin/a.ts")), old = all.settings(for: tree.path("src/admin/old/b/a.ts"))
        #expect(admin.failOn == .note && admin.severities["count-then-insert"] == .some(.note))
        #expect(old.failOn == .note && old.severities["count-then-insert"] == .some(nil), "the last that matches counts, key by key")
        #expect(all.settings(for: tree.path("legacy/x/a.ts")).severities["count-then-insert"] == .some(nil))
    }

    @Test func aBaselineBelongsOutside() throws {
        let tree = try Tree(["interlock.yml": "", "a/interlock.yml": "baseline: b.json\n"])
        #expect(throws: ConfigurationError.self) { try Configurations(above: [tree.path("")], nested: [tree.path("a/interlock.yml")], words: Self.words) }
        #expect(
            try Configurations(above: [tree.path("a")], nested: [tree.path("a/interlock.yml")], words: Self.words).baseline()?.hasSuffix("a/b.json") == true)
    }

    /// The search goes no further than the repository.
    @Test func theRepositoryIsTheEnd() throws {
        let tree = try Tree(["interlock.yml": "fail-on: error\n", "repo/.git/HEAD": "", "repo/src/a.ts": "", "repo/lib/interlock.yml": "fail-on: note\n"])
        #expect(try Configurations(above: [tree.path("repo/src")], nested: [], words: Self.words).paths.isEmpty)
        #expect(try Configurations(above: [tree.path("repo/lib/deep")], nested: [], words: Self.words).paths.count == 1)
    }

    /// The schema knows what the reader knows: every key of either is one of the other.
    @Test func schema() throws {
        let schema = try #require(try JSONSerialization.jsonObject(with: Data(ConfigurationSchema.text(words: Self.words).utf8)) as? [String: Any])
        let properties = try #require(schema["properties"] as? [String: Any])
        let refused = try sentence("x: 1")
        for key in properties.keys { #expect(refused.contains(key)) }
        #expect(properties.count == 15 && schema["additionalProperties"] as? Bool == false)
        #expect(properties.values.allSatisfy { ($0 as? [String: Any])?["description"] is String })
    }
}
