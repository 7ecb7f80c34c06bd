import Engine
import Flow
import Testing
import Triage

/// Code as it is while somebody types: pieces missing, doubled, or broken by a sign that opens something. Whatever it says,
/// the scan comes to an end and gives the same answer twice.
@Suite struct DamageTests {
    @Test(arguments: RulePageTests.fences) func damagedFence(_ fence: Page.Fence) async throws {
        let engine = try Engine(threads: 1, triage: Triage { _ in Policy(minimumConfidence: .low) })
        var damage = Damage(Array(fence.text.utf8))
        for _ in 0..<3 {
            let texts = [(path: fence.path, language: Language(fileName: fence.path) ?? .typescript, bytes: damage.next())]
            let reports = try await engine.scan(texts: texts).reports
            #expect(try await engine.scan(texts: texts).reports == reports)
        }
    }

    /// A type that is no type: the parser's error node has a number of its own.
    @Test(arguments: ["function f(u: `x) {\n  query(1);\n}\n", "(code: `string)", "(u: str\"ing)", "(u:s\"t){{}query('')", "def f(u: \"x):\n  db.execute(1)\n"])
    func brokenTypes(_ text: String) async throws {
        let engine = try Engine(threads: 1, triage: Triage())
        for path in ["a.ts", "a.tsx", "a.js", "a.py", "a.sql", "a.prisma"] {
            let language = try #require(Language(fileName: path))
            #expect(try await engine.scan(texts: [(path: path, language: language, bytes: Array(text.utf8))]).summary.files == 1)
        }
    }

    /// What is nested or chained beyond all sense is read in time that grows with it, and no deeper than the stack.
    @Test(arguments: [
        ["a.tsx", "export const A = ({ x }) => <a href={", "x.a > ", "x.url} />;"],
        ["b.tsx", "export const A = ({ x }) => <a href={", "x.a ? x.b : ", "x.url} />;"],
        ["c.vue", "<template>", "<b v-if=\"x\">", "<a :href=\"x.url\" /></template>"],
        ["d.svelte", "", "{#if x}", "<a href={x.url} />"],
        ["e.astro", "", "{x && <b>", "<a href={x.url} />"],
        ["f.html", "", "<b>", "<a href=\"{{ x.url }}\">"],
    ])
    func nestedBeyondSense(_ parts: [String]) async throws {
        let engine = try Engine(threads: 1, triage: Triage()), language = try #require(Language(fileName: parts[0]))
        let text = parts[1] + String(repeating: parts[2], count: 3_000) + parts[3]
        #expect(try await engine.scan(texts: [(path: parts[0], language: language, bytes: Array(text.utf8))]).summary.files == 1)
    }
}

/// The same damage to the same text in every run.
private struct Damage {
    private let text: [UInt8]
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    init(_ text: [UInt8]) {
        self.text = text
        for byte in text { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }

    private static let signs = ["`", "'", "\"", "{", "(", "[", "<", "/*", "${", "\"\"\"", "$$", "@", ")", "}", ":", "\\"].map { Array($0.utf8) }

    private mutating func number(below limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % max(1, limit)
    }

    mutating func next() -> [UInt8] {
        var damaged = text
        for _ in 0...number(below: 4) {
            let at = number(below: damaged.count), end = min(damaged.count, at + number(below: 40))
            switch number(below: 3) {
            case 0: damaged.removeSubrange(at..<end)
            case 1: damaged.insert(contentsOf: damaged[at..<end], at: number(below: damaged.count))
            default: damaged.insert(contentsOf: Self.signs[number(below: Self.signs.count)], at: at)
            }
        }
        return damaged
    }
}
