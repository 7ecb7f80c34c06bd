import ArgumentParser
import CBundled
import Configuration
import Flow
import Reporters
import Rules
import Triage

/// A rule named on the command line; an unknown name is answered with the nearest known one.
struct RuleName: ExpressibleByArgument {
    let id: String

    init?(argument: String) { id = argument }

    private init(_ id: some StringProtocol) { self.id = String(id) }

    /// `a,b` names two; what is empty names none, and is answered as an unknown one rather than taken for no wish at all.
    static func parted(_ names: [RuleName]) -> [RuleName] {
        names.flatMap { $0.id.split(separator: ",", omittingEmptySubsequences: false).map { RuleName($0) } }
    }

    /// What can be switched: rules, and what the tool says about its own upkeep.
    static let known = Rule.all.map(\.id) + Notice.allCases.map(\.id)

    static func checked(_ names: [RuleName]) throws {
        for name in names where !known.contains(name.id) { throw ValidationError(unknown(name.id)) }
    }

    static func unknown(_ name: String) -> String {
        let hint = Nearest.of(name, among: Rule.all.map(\.id)).map { " Did you mean \"\($0)\"?" } ?? ""
        return "There is no rule \"\(name)\".\(hint) `interlock rules` lists them."
    }
}

struct Rules: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "rules", abstract: "List the rules.")

    func run() throws {
        let width = Rule.all.map(\.id.count).max() ?? 0
        let lines = Rule.all.map { $0.id + String(repeating: " ", count: width - $0.id.count) + "  \($0.severity.rawValue)  \($0.summary)\n" }
        try StandardOutput.write(lines.joined())
    }
}

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "explain", abstract: "Print the page of a rule.")

    @Argument(help: "The rule's name.")
    var rule: RuleName

    @Flag(help: "Print every case that the rule decides, too.")
    var cases = false

    func validate() throws { try RuleName.checked([rule]) }

    func run() throws { try StandardOutput.write(cases ? RulePage.page(of: rule.id) : RulePage.summary(of: rule.id)) }
}

/// The pages that are part of the binary.
enum RulePage {
    private static let pages: [String: String] = {
        var pages: [String: String] = [:]
        for text in texts(interlock_bundled_pages()) { pages[String(text.dropFirst(2).prefix { !$0.isNewline })] = text }
        for text in texts(interlock_bundled_docs()) { for notice in Notice.allCases { pages[notice.id] = text } }
        return pages
    }()

    private static func texts(_ bundle: interlock_bundle) -> [String] {
        UnsafeBufferPointer(start: bundle.start, count: bundle.count).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    static func page(of rule: String) -> String { pages[rule] ?? "" }

    /// The page without its cases, which are its tests and of interest to few.
    static func summary(of rule: String) -> String {
        var kept: [UInt8] = [], isCase = false
        let heading = Array("## ".utf8), cases = Array("## Cases".utf8)
        for line in Array(page(of: rule).utf8).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if line.starts(with: heading) { isCase = line.elementsEqual(cases) }
            if !isCase { kept += line + [UInt8(ascii: "\n")] }
        }
        return String(decoding: kept.dropLast(), as: UTF8.self)
    }

    static var descriptions: [Presentation.RuleDescription] {
        Rule.all.map { .init(id: $0.id, summary: $0.summary, severity: $0.severity, page: summary(of: $0.id)) }
            + Notice.allCases.map { .init(id: $0.id, summary: $0.summary, severity: .warning, page: summary(of: $0.id)) }
    }
}
