/// The text of a pull request. What is no box of the checklist stays as it is, byte for byte.
package struct Body: Sendable {
    private var lines: [Line]
    private let lineBreak: String

    private struct Line: Sendable {
        var text: String
        /// With which it ends: nothing, LF or CR LF.
        var end: String
    }

    /// By which the lines are known that were written here before.
    private static let mark = "<!-- interlock -->"
    package static let heading = "## Interlock"

    package init(_ text: String) {
        var lines: [Line] = [], rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n"))
            var line = rest[..<(end ?? rest.endIndex)], lineBreak = end == nil ? "" : "\n"
            if end != nil, line.last == UInt8(ascii: "\r") {
                line = line.dropLast()
                lineBreak = "\r\n"
            }
            lines.append(Line(text: String(decoding: line, as: UTF8.self), end: lineBreak))
            rest = rest[(end.map { $0 + 1 } ?? rest.endIndex)...]
        }
        self.lines = lines
        lineBreak = lines.first { !$0.end.isEmpty }?.end ?? "\n"
    }

    package var text: String { lines.map { $0.text + $0.end }.joined() }

    /// Ticks and unticks, and says why under each box. Where there is no box at all, the section is added at the end.
    ///
    /// - Parameter texts: the project's own words for the boxes.
    package mutating func take(_ assessments: [Assessment], texts: [String: String] = [:]) {
        lines.removeAll { $0.text.hasSuffix(Self.mark) && $0.text.first == " " }
        let places = places(texts)
        if places.isEmpty { return append(assessments, texts) }
        for (box, at) in places.sorted(by: { $0.value > $1.value }) {
            guard let assessment = assessments.first(where: { $0.box == box }), let task = Task(lines[at].text) else { continue }
            lines[at].text = task.ticked(assessment.verdict.tick)
            if lines[at].end.isEmpty { lines[at].end = lineBreak }
            lines.insert(Line(text: "\(task.indent)\(assessment.note) \(Self.mark)", end: lineBreak), at: at + 1)
        }
    }

    /// The section as it stands in a template, with nothing decided.
    package static func template(texts: [String: String]) -> String {
        heading + "\n\n" + Box.allCases.map { "- [ ] \(texts[$0.rawValue] ?? $0.text)\n" }.joined()
    }

    private mutating func append(_ assessments: [Assessment], _ texts: [String: String]) {
        if let last = lines.indices.last, lines[last].end.isEmpty { lines[last].end = lineBreak }
        if !lines.isEmpty { lines.append(Line(text: "", end: lineBreak)) }
        lines += [Line(text: Self.heading, end: lineBreak), Line(text: "", end: lineBreak)]
        for assessment in assessments {
            let tick = assessment.verdict.tick ?? false
            lines.append(Line(text: "- [\(tick ? "x" : " ")] \(texts[assessment.box.rawValue] ?? assessment.box.text)", end: lineBreak))
            lines.append(Line(text: "  \(assessment.note) \(Self.mark)", end: lineBreak))
        }
    }

    /// Where each box stands: the line that fits it best, each line for one. Code and comments hold none.
    private func places(_ texts: [String: String]) -> [Box: Int] {
        var fits: [(fit: Int, box: Box, line: Int)] = [], fence: String?, isComment = false
        for (at, line) in lines.enumerated() {
            let trimmed = line.text.drop { $0 == " " || $0 == "\t" }
            if let open = fence {
                if trimmed.hasPrefix(open), trimmed.allSatisfy({ $0 == open.first || $0 == " " }) { fence = nil }
                continue
            }
            if !isComment, trimmed.hasPrefix("```") || trimmed.hasPrefix("~~~") {
                fence = String(trimmed.prefix { $0 == trimmed.first })
                continue
            }
            let wasComment = isComment
            isComment = line.text.leavesCommentOpen(isComment)
            guard !wasComment, let task = Task(line.text) else { continue }
            for box in Box.allCases {
                let fit = box.fit(task.label, own: texts[box.rawValue])
                if fit > 0 { fits.append((fit, box, at)) }
            }
        }
        var found: [Box: Int] = [:], taken: Set<Int> = []
        for item in fits.sorted(by: { ($1.fit, $0.line) < ($0.fit, $1.line) }) where found[item.box] == nil && !taken.contains(item.line) {
            found[item.box] = item.line
            taken.insert(item.line)
        }
        return found
    }
}

/// `- [x] text`: https://github.github.com/gfm/#task-list-items-extension-
private struct Task {
    private let head: String
    private let tail: String
    private let tick: Character
    let label: String

    init?(_ line: String) {
        let start = line.drop { $0 == " " || $0 == "\t" }
        var rest = start
        if let first = rest.first, "-*+".contains(first) {
            rest = rest.dropFirst()
        } else {
            let digits = rest.prefix { $0.isNumber }
            rest = rest.dropFirst(digits.count)
            guard !digits.isEmpty, let mark = rest.first, mark == "." || mark == ")" else { return nil }
            rest = rest.dropFirst()
        }
        let gap = rest.prefix { $0 == " " || $0 == "\t" }
        rest = rest.dropFirst(gap.count)
        guard !gap.isEmpty, rest.first == "[", let tick = rest.dropFirst().first, " xX".contains(tick), rest.dropFirst(2).first == "]" else { return nil }
        head = String(line[..<rest.index(after: rest.startIndex)])
        tail = String(rest.dropFirst(2))
        self.tick = tick
        label = String(tail.dropFirst().drop { $0 == " " })
        indent = String(repeating: " ", count: line.count - start.count + (start.count - rest.count))
    }

    /// Under which text still belongs to the item.
    let indent: String

    func ticked(_ wanted: Bool?) -> String {
        guard let wanted, wanted != (tick != " ") else { return head + String(tick) + tail }
        return head + (wanted ? "x" : " ") + tail
    }
}

extension Assessment {
    fileprivate var note: String { "_Interlock: \(reason.replacing("_", with: "\\_").replacing("*", with: "\\*").replacing("\n", with: " ").replacing("<", with: "&lt;"))._" }
}

extension Assessment.Verdict {
    /// Nil leaves the box to its author.
    fileprivate var tick: Bool? {
        switch self {
        case .holds, .doesNotApply: true
        case .fails: false
        case .undecided: nil
        }
    }
}

extension String {
    fileprivate func leavesCommentOpen(_ isOpen: Bool) -> Bool {
        var isOpen = isOpen, rest = self[...]
        while !rest.isEmpty {
            if rest.hasPrefix(isOpen ? "-->" : "<!--") {
                rest = rest.dropFirst(isOpen ? 3 : 4)
                isOpen.toggle()
            } else {
                rest = rest.dropFirst()
            }
        }
        return isOpen
    }
}
