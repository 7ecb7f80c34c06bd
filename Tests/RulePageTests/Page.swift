import Foundation
import Testing

/// A page of rules/, read as the test suite that it is.
struct Page {
    let rule: String
    let cases: [Case]

    /// The fences below one heading: one small project.
    struct Case: CustomTestStringConvertible, Sendable {
        let rule: String
        let heading: String
        let fences: [Fence]

        var testDescription: String { "\(rule): \(heading)" }

        var expectations: [Expectation] { fences.flatMap(\.expectations) }
    }

    struct Fence: Sendable {
        let path: String
        let lines: [String]

        var text: String { lines.joined(separator: "\n") + "\n" }

        var expectations: [Expectation] {
            lines.enumerated().compactMap { index, line in
                for kind in [Expectation.Kind.expect, .miss] {
                    guard let mark = line.range(of: "\(kind.rawValue): ") else { continue }
                    let words = line[mark.upperBound...].split(separator: " ")
                    return Expectation(kind: kind, rule: String(words[0]), confidence: words.count > 1 ? String(words[1]) : nil, path: path, line: index + 1)
                }
                return nil
            }
        }

        var checks: [Int] {
            lines.enumerated().filter { line in ["// check", "-- check", "# check"].contains { line.element.hasSuffix($0) } }.map { $0.offset + 1 }
        }
    }

    struct Expectation: Sendable {
        enum Kind: String, Sendable { case expect, miss }

        let kind: Kind
        let rule: String
        let confidence: String?
        let path: String
        let line: Int
    }

    init(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let rule = String(lines[0].dropFirst(2))
        var cases: [Case] = [], heading = "", fences: [Fence] = [], open: (path: String, lines: [String])?
        func close() { if !fences.isEmpty { cases.append(Case(rule: rule, heading: heading, fences: fences)) } }
        for line in lines {
            if let fence = open {
                if line == "```" {
                    fences.append(Fence(path: fence.path, lines: fence.lines))
                    open = nil
                } else {
                    open = (fence.path, fence.lines + [line])
                }
            } else if line.hasPrefix("```") {
                let words = line.dropFirst(3).split(separator: " ")
                open = (words.count > 1 ? String(words[1]) : "file.\(words.first ?? "ts")", [])
            } else if line.hasPrefix("#") {
                close()
                fences = []
                heading = String(line.drop { $0 == "#" || $0 == " " })
            }
        }
        close()
        self.rule = rule
        self.cases = cases
    }
}
