import ArgumentParser
import CBundled
import Flow
import Reporters
import Rules

/// A rule named on the command line; an unknown name is answered with the nearest known one.
struct RuleName: ExpressibleByArgument {
    let id: String

    init?(argument: String) { id = argument }

    static func checked(_ names: [RuleName]) throws {
        for name in names where !Rule.all.contains(where: { $0.id == name.id }) { throw ValidationError(unknown(name.id)) }
    }

    static func unknown(_ name: String) -> String {
        let nearest = Rule.all.map(\.id).min { distance($0, name) < distance($1, name) }
        let hint = nearest.map { distance($0, name) <= max(3, name.count / 2) ? " Did you mean \"\($0)\"?" : "" } ?? ""
        return "There is no rule \"\(name)\".\(hint) `interlock rules` lists them."
    }

    /// Levenshtein's distance.
    private static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a.utf8.prefix(80)), b = Array(b.utf8.prefix(80))
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let substituted = diagonal + (x == y ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[b.count]
    }
}

struct Rules: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the rules.")

    func run() {
        let width = Rule.all.map(\.id.count).max() ?? 0
        for rule in Rule.all { print(rule.id + String(repeating: " ", count: width - rule.id.count) + "  \(rule.severity.rawValue)  \(rule.summary)") }
    }
}

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the page of a rule.")

    @Argument(help: "The rule's name.")
    var rule: RuleName

    func validate() throws { try RuleName.checked([rule]) }

    func run() { print(RulePage.page(of: rule.id), terminator: "") }
}

/// The pages that are part of the binary.
enum RulePage {
    private static let pages: [String: String] = {
        let bundle = interlock_bundled_pages()
        var pages: [String: String] = [:]
        for text in UnsafeBufferPointer(start: bundle.start, count: bundle.count).split(separator: 0) {
            let page = String(decoding: text, as: UTF8.self)
            let title = page.dropFirst(2).prefix { !$0.isNewline }
            pages[String(title)] = page
        }
        return pages
    }()

    static func page(of rule: String) -> String { pages[rule] ?? "" }

    static var descriptions: [Presentation.RuleDescription] {
        Rule.all.map { .init(id: $0.id, summary: $0.summary, severity: $0.severity, page: page(of: $0.id)) }
    }
}
