package import Flow

/// The questions to the user's database, as a script or as a page. Findings with the same question share it.
package enum DamageReporter {
    package struct Item: Sendable {
        package let report: Report
        package let query: String?
        package let text: String

        package init(report: Report, query: String?, text: String) {
            self.report = report
            self.query = query
            self.text = text
        }
    }

    /// How a script begins.
    package static let headline = "-- Has it already happened?"

    package static func sql(_ items: [Item], _ presentation: Presentation) -> String {
        var out = "\(headline) These queries read, and change nothing. Run them on a copy or a replica: they may read whole tables.\n"
        for group in groups(items) {
            out += "\n"
            for item in group {
                out += comment("\(item.report.finding.rule)  \(presentation.place(item.report.finding.span))  \(item.report.fingerprint)")
            }
            out += comment(group[0].report.finding.message) + comment(group[0].text)
            if let query = group[0].query { out += query.printableLines + "\n" }
        }
        return items.isEmpty ? out + "\n-- Nothing was found, so there is nothing to ask for.\n" : out
    }

    package static func markdown(_ items: [Item], _ presentation: Presentation) -> String {
        var out = "# Has it already happened?\n\nThese queries read, and change nothing. Run them on a copy or a replica: they may read whole tables.\n"
        for group in groups(items) {
            out += "\n## \(group[0].report.finding.rule)\n\n"
            for item in group { out += "- \(presentation.place(item.report.finding.span).printable.codeSpan)\n" }
            out += "\n\(group[0].report.finding.message.printable)\n\n\(group[0].text.printable)\n"
            if let query = group[0].query {
                out += "\n" + query.fenced(as: "sql")
            }
        }
        return items.isEmpty ? out + "\nNothing was found, so there is nothing to ask for.\n" : out
    }

    private static func comment(_ text: String) -> String { "-- \(text.printable)\n" }

    /// In the order of the findings; what can be asked first.
    private static func groups(_ items: [Item]) -> [[Item]] {
        var order: [String] = [], byQuestion: [String: [Item]] = [:]
        for item in items.filter({ $0.query != nil }) + items.filter({ $0.query == nil }) {
            let key = (item.query ?? "") + "\u{0}" + item.text
            if byQuestion[key] == nil { order.append(key) }
            byQuestion[key, default: []].append(item)
        }
        return order.compactMap { byQuestion[$0] }
    }
}

extension String {
    /// Between as many backticks as end it nowhere.
    fileprivate var codeSpan: String {
        let fence = String(repeating: "`", count: longestRun(of: "`") + 1)
        return fence.count == 1 ? "`\(self)`" : "\(fence) \(self) \(fence)"
    }
}
