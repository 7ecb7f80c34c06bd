import CBundled
import Engine
import Flow
import Foundation
import Rules
import Testing
import Triage

private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

private let pages: [Page] = {
    let folder = root.appending(path: "rules")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted()) ?? []
    return names.filter { $0.hasSuffix(".md") }.map { Page((try? String(contentsOf: folder.appending(path: $0), encoding: .utf8)) ?? "") }
}()

@Suite struct RulePageTests {
    static let fences = pages.flatMap(\.cases).flatMap(\.fences)

    /// Every fence of every page: each mark produces exactly its finding, and nothing else is reported.
    @Test(arguments: pages.flatMap(\.cases)) func page(_ item: Page.Case) async throws {
        let engine = try Engine(threads: 1, triage: Triage())
        let texts = item.fences.map { (path: $0.path, language: Language(fileName: $0.path) ?? .typescript, bytes: Array($0.text.utf8)) }
        let result = try await engine.scan(texts: texts)
        var patient = engine
        patient.usesPrefilter = false
        #expect(try await patient.scan(texts: texts).reports.map(\.shown) == result.reports.map(\.shown), "the prefilter loses a finding")
        var wanted = item.expectations.filter { $0.kind == .expect }
        for report in result.reports {
            let finding = report.finding, path = result.paths[Int(finding.span.file.index)]
            let line = lineOf(finding.span, result)
            guard let index = wanted.firstIndex(where: { $0.rule == finding.rule && $0.path == path && $0.line == line }) else {
                let missed = item.expectations.contains { $0.kind == .miss && $0.rule == finding.rule && $0.path == path && $0.line == line }
                Issue.record(missed ? "\(path):\(line) is found now: turn its miss into an expect" : "\(path):\(line) \(finding.rule): \(finding.message)")
                continue
            }
            if let confidence = wanted[index].confidence { #expect(finding.confidence.rawValue == confidence, "\(path):\(line)") }
            wanted.remove(at: index)
            let checks = Set(item.fences.first { $0.path == path }?.checks ?? [])
            if !checks.isEmpty, let check = finding.evidence.first(where: { $0.role == .check }) {
                #expect(checks.contains(lineOf(check.span, result)), "\(path):\(line) names line \(lineOf(check.span, result)) as its check")
            }
        }
        for missing in wanted { Issue.record("\(missing.path):\(missing.line) was to report \(missing.rule)") }
    }

    private func lineOf(_ span: Span, _ result: ScanResult) -> Int { LineTable(result.sources[span.file] ?? []).line(at: Int(span.start)) + 1 }

    @Test func everyPageHasItsSections() {
        for page in pages {
            let headings = page.cases.map(\.heading)
            #expect(headings.contains("Example"), "\(page.rule)")
            #expect(headings.contains("Use instead"), "\(page.rule)")
            #expect(page.cases.first { $0.heading == "Use instead" }?.expectations.isEmpty == true, "\(page.rule)")
            #expect(page.cases.first { $0.heading == "Example" }?.expectations.contains { $0.confidence == "high" } == true, "\(page.rule)")
        }
    }

    /// The list of rules, the files in rules/, the pages in the binary and the rows of the README are one list.
    @Test func oneListOfRules() throws {
        let rules = Rule.all.map(\.id)
        #expect(pages.map(\.rule) == rules.sorted())
        let bundle = interlock_bundled_pages()
        let embedded = UnsafeBufferPointer(start: bundle.start, count: bundle.count).split(separator: 0).map { Page(String(decoding: $0, as: UTF8.self)).rule }
        #expect(embedded == rules)
        let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let rows = readme.split(separator: "\n").compactMap { line -> String? in
            guard line.hasPrefix("| [`"), let end = line.dropFirst(4).firstIndex(of: "`") else { return nil }
            return String(line.dropFirst(4)[..<end])
        }
        #expect(rows == rules)
    }
}

extension Report {
    /// All that a reader sees of it; the numbers of steps depend on what else was lowered.
    fileprivate var shown: [String] {
        [finding.rule, finding.message, finding.help, finding.remedy, "\(finding.span)", finding.confidence.rawValue, fingerprint]
            + finding.evidence.map { "\($0.role) \($0.span) \($0.note)" }
    }
}
