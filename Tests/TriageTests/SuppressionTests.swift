import Engine
import Flow
import Testing
import Triage

/// Comments that take back findings: which they reach, which they leave, and what is said of those that do nothing.
@Suite struct SuppressionTests {
    /// What is reported, as `rule:line`, and how many findings a comment took back.
    private func scan(_ text: String, _ path: String = "a.ts", only: Set<String> = [], _ policy: Policy = Policy()) async throws -> (
        shown: [String], excused: Int
    ) {
        let language = try #require(Language(fileName: path))
        let triage = Triage(only: only) { _ in policy }
        let result = try await Engine(threads: 1, triage: triage).scan(texts: [(path, language, Array(text.utf8))])
        let table = LineTable(Array(text.utf8))
        return (result.reports.map { "\($0.finding.rule):\(table.line(at: Int($0.finding.span.start)) + 1)" }, result.excused.count)
    }

    private static func racy(_ before: String = "", _ beside: String = "") -> String {
        """
        export async function claim(pool, id) {
          const { rows } = await pool.query('SELECT count(*) AS n FROM slots WHERE day = $1', [id]);
          if (rows[0].n >= 50) return null;
        \(before)
          await pool.query('INSERT INTO slots (day) VALUES ($1)', [id]);\(beside)
        }

        """
    }

    private static let ignore = "interlock-ignore[count-then-insert]: one worker only"

    @Test(arguments: [
        racy("  // \(ignore)"), racy("  /* \(ignore) */"), racy("", " // \(ignore)"), racy("", " /* \(ignore) */"),
        racy("  // \(ignore)\n\n\n  // and this is why\n  /* and more\n     of it */\n"),
        racy("  // interlock-ignore[select-then-update, count-then-insert] : one worker only"),
        "// \(ignore)\n".replacing("ignore[", with: "ignore-file[") + racy(), racy() + "// \(ignore)".replacing("ignore[", with: "ignore-file["),
        "// \(ignore)\n".replacing("ignore[", with: "ignore-start[") + racy() + "// interlock-ignore-end[count-then-insert]\n",
        racy("  /**\n   * \(ignore)\n   */"), racy("  // interlock-ignore[count-then-insert]:one"),
    ])
    func takesBack(_ text: String) async throws {
        let (shown, excused) = try await scan(text)
        #expect(shown.filter { $0.hasPrefix("count") || $0.hasPrefix("invalid") } == [] && excused == 1, "\(text)")
    }

    /// A formatter breaks the statement, or puts the comment behind its last line.
    @Test(arguments: [
        "  // \(ignore)\n  const row = await pool\n    .query(\n      'INSERT INTO slots (day) VALUES ($1)',\n      [id],\n    );",
        "  await pool\n    .query(\n      'INSERT INTO slots (day) VALUES ($1)',\n      [id],\n    ); // \(ignore)",
        "  // \(ignore)\n  if (id) await pool.query('INSERT INTO slots (day) VALUES ($1)', [id]);",
        "  // \(ignore)\n  const res: { rowCount: number } = await pool.query('INSERT INTO slots (day) VALUES ($1)', [id]);",
        "  // \(ignore)\n  const r = await retry(async () => { return await pool.query('INSERT INTO slots (day) VALUES ($1)', [id]); });",
        "  await pool.query( // \(ignore)\n    'INSERT INTO slots (day) VALUES ($1)', [id]);",
        "  await pool\n    // \(ignore)\n    .query('INSERT INTO slots (day) VALUES ($1)', [id]);",
        "  await pool.query('INSERT INTO slots (day) VALUES ($1)', [id]); // eslint-disable-line no-x -- y // \(ignore)",
    ])
    func reachesTheWholeStatement(_ statement: String) async throws {
        let text = Self.racy().replacing("  await pool.query('INSERT INTO slots (day) VALUES ($1)', [id]);", with: statement)
        let (shown, excused) = try await scan(text)
        #expect(shown.isEmpty && excused == 1, "\(shown) \(text)")
    }

    /// The word in prose, in a text, above something else; a comment above a function is not one about everything in it.
    @Test(arguments: [
        racy("  // see the docs of \(ignore)"), racy("  const x = '// \(ignore)';"), racy("  // \(ignore)\n  console.log(id);"),
        racy("  console.log(id); // \(ignore)"),
        racy("  const x = `\n  // \(ignore)\n  `;"), "// \(ignore)\n" + racy(), racy("  // interlock-ignored[count-then-insert]: no"),
        racy("  // // \(ignore)"), racy("  // - \(ignore)"),
        racy("  // interlock-ignore[select-then-update]: another rule"), racy("  // \(ignore)\n  if (id) { console.log(1); }"),
    ])
    func takesNothingBack(_ text: String) async throws {
        let (shown, excused) = try await scan(text)
        #expect(shown.contains { $0.hasPrefix("count-then-insert") } && excused == 0, "\(shown) \(text)")
    }

    @Test(arguments: [
        ("interlock-ignore", "names no rule"), ("interlock-ignore: one worker", "names no rule"), ("interlock-ignore[]: one worker", "names no rule"),
        ("interlock-ignore[count-then-insert]", "gives no reason"), ("interlock-ignore[count-then-insert]:", "gives no reason"),
        ("interlock-ignore[count-then-insert] one worker", "gives no reason"),
        ("interlock-ignore[count-then-inser]: one worker", "`count-then-inser`, which does not exist"),
        ("interlock-ignore-end[count-then-insert]", "no start"), ("interlock-ignore-start[count-then-insert]: one worker", "never ended"),
    ])
    func isRefusedAloud(_ directive: String, _ words: String) async throws {
        let text = Self.racy("  // \(directive)"),
            result = try await Engine(threads: 1, triage: Triage()).scan(texts: [("a.ts", .typescript, Array(text.utf8))])
        #expect(Set(result.reports.map(\.finding.rule)) == ["count-then-insert", "invalid-suppression"])
        #expect(result.reports.contains { $0.finding.message.contains(words) }, "\(result.reports.map(\.finding.message))")
    }

    @Test func unusedOnesAreNamed() async throws {
        let clean = "// interlock-ignore[select-then-update]: was mended\nexport const a = 1;\n"
        #expect(try await scan(clean).shown == ["unused-suppression:1"])
        #expect(try await scan(clean, only: ["count-then-insert"]).shown == [], "what did not run says nothing")
        #expect(try await scan(clean, "a.ts", Policy(severities: ["select-then-update": nil])).shown == [], "nor does what is off")
        #expect(try await scan(clean, "a.ts", Policy(severities: ["unused-suppression": nil])).shown == [])
        let text = Self.racy("  // interlock-ignore[select-then-update, count-then-insert]: one worker")
        let result = try await Engine(threads: 1, triage: Triage()).scan(texts: [("a.ts", .typescript, Array(text.utf8))])
        #expect(result.reports.map(\.finding.message) == ["The comment ignores `select-then-update`, and that rule finds nothing here."])
        #expect(result.reports.map(\.finding.help) == ["Take `select-then-update` out of the comment."])
    }

    /// A finding that the threshold hides is one all the same: the comment is not idle.
    @Test func hiddenFindingsKeepACommentInUse() async throws {
        let (shown, _) = try await scan(Self.racy("  // \(Self.ignore)"), "a.ts", Policy(minimumSeverity: .error, severities: ["count-then-insert": .note]))
        #expect(shown.isEmpty)
    }

    @Test(arguments: [
        (
            "a.py",
            """
            def claim(cur, day):
                cur.execute("SELECT count(*) FROM slots WHERE day = %s", (day,))
                if cur.fetchone()[0] >= 50:
                    return None
                # interlock-ignore[count-then-insert]: one worker only
                cur.execute(
                    "INSERT INTO slots (day) VALUES (%s)", (day,))

            """, "import psycopg\n"
        ),
        (
            "a.sql",
            """
            CREATE FUNCTION claim(d text) RETURNS int LANGUAGE plpgsql AS $$
            DECLARE n int;
            BEGIN
              SELECT count(*) INTO n FROM slots WHERE day = d;
              IF n >= 50 THEN RETURN 0; END IF;
              -- interlock-ignore[count-then-insert]: one worker only
              -- it's the only one
              INSERT INTO slots (day)
                VALUES (d);
              RETURN 1;
            END $$;

            """, ""
        ),
        (
            "a.tsx",
            """
            export default async function Page() {
              const { rows } = await pool.query('SELECT website_url FROM shops');
              return (
                <div>
                  {/* interlock-ignore[unsafe-url-field]: comes from our own CMS */}
                  <a href={rows[0].website_url}>site</a>
                </div>
              );
            }

            """, "import { pool } from 'pg';\n"
        ),
        (
            "Shop.vue",
            """
            <template>
              <!-- interlock-ignore[unsafe-url-field]: comes from our own CMS -->
              <a :href="shop.website"
                 class="site">it's a shop</a>
            </template>

            """, ""
        ),
        (
            "page.astro",
            """
            <ul>
              <li><a href={shop.website}>site</a></li> <!-- interlock-ignore[unsafe-url-field]: comes from our own CMS -->
            </ul>

            """, "---\nconst { shop } = Astro.props;\n---\n"
        ),
        (
            "list.astro",
            """
            <ul>
              {/* interlock-ignore[unsafe-url-field]: comes from our own CMS */}
              <a href={shop.website}>site</a>
            </ul>

            """, "---\nconst { shop } = Astro.props;\n---\n"
        ),
        (
            "Take.svelte",
            """
              async function take() {
                const { count } = await supabase.from('seats').select('*', { count: 'exact', head: true });
                if (count >= 50) return;
                // interlock-ignore[count-then-insert]: one operator only
                await supabase.from('seats').insert({ taken: true });
              }
            </script>
            <button on:click={take}>Take</button>

            """, "<p>don't</p>\n<script>\n  import { createClient } from '@supabase/supabase-js';\n  const supabase = createClient(url, key);\n"
        ),
        (
            "schema.prisma",
            """
            // interlock-ignore[uncapped-code]: given away on purpose
            model PromoCode {
              id       Int    @id
              code     String @unique
              discount Int
            }

            """, ""
        ),
    ])
    func inEveryLanguage(_ path: String, _ text: String, _ head: String) async throws {
        let (shown, excused) = try await scan(head + text, path)
        #expect(shown.isEmpty && excused == 1, "\(path): \(shown)")
        let bare = text.replacing(/(\/\/|#|--|\{\/\*|<!--) interlock-ignore.*/, with: "")
        #expect(try await scan(head + bare, path).shown.count == 1)
    }

    /// What the templates of servers call a comment is text to the grammar of HTML.
    @Test(arguments: [
        ("a.html", "{# interlock-ignore[unsafe-url-field]: our own #}"), ("a.hbs", "{{! interlock-ignore[unsafe-url-field]: our own }}"),
        ("a.hbs", "{{!-- interlock-ignore[unsafe-url-field]: our own --}}"), ("a.ejs", "<%# interlock-ignore[unsafe-url-field]: our own %>"),
    ])
    func inTemplatesOfServers(_ path: String, _ comment: String) async throws {
        let hole = path.hasSuffix("ejs") ? "<%= shop.website %>" : "{{ shop.website }}", link = "<p>\n<a href=\"\(hole)\">site</a>\n</p>\n"
        let all = Policy(minimumConfidence: .low)
        let (shown, excused) = try await scan(link.replacing("<a", with: comment + "\n<a"), path, all)
        #expect(shown.isEmpty && excused == 1, "\(shown)")
        #expect(try await scan(link, path, all).shown.count == 1)
    }

    /// Many comments one above the other, and many that say nothing, are read in time that grows with them.
    @Test func manyCommentsInARow() async throws {
        let row = String(repeating: "  // \(Self.ignore)\n", count: 4_000), plain = String(repeating: "// const a = 1;\n", count: 20_000)
        let (shown, excused) = try await scan(plain + Self.racy(row))
        #expect(Set(shown) == [] && excused == 1)
    }

    /// A comment of one function does not become that of the next, whatever is between them.
    @Test func aThousandComments() async throws {
        let text = (0..<1_000).map { Self.racy("  // \(Self.ignore)").replacing("claim", with: "claim\($0)") }.joined()
        let (shown, excused) = try await scan(text)
        #expect(shown.isEmpty && excused == 1_000)
    }
}
