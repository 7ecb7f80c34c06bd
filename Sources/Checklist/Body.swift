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
    fileprivate static let start = "_Interlock: "
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
        removeNotes()
        let places = places(texts)
        for (box, at) in places.sorted(by: { $0.value > $1.value }) {
            guard let assessment = assessments.first(where: { $0.box == box }), let task = Task(lines[at].text) else { continue }
            lines[at].text = task.ticked(assessment.verdict.tick)
            // Behind what still belongs to the item's own sentence.
            var last = at
            while last + 1 < lines.count, task.goesOn(lines[last + 1].text) { last += 1 }
            let end = lines[last].end
            lines[last].end = lineBreak
            lines.insert(Line(text: "\(task.indent)\(assessment.note) \(Self.mark)", end: end), at: last + 1)
        }
        // Where the author keeps boxes, only those are added that somebody has to look at.
        let said = Set(assessments.filter { places[$0.box] != nil && $0.verdict == .fails }.map(\.reason))
        let missing = assessments.filter { places[$0.box] == nil && (places.isEmpty || $0.verdict == .fails && !said.contains($0.reason)) }
        if !missing.isEmpty { append(missing, texts) }
    }

    /// Takes out what was written here before: the lines with the mark under a task. One that ends the text gives its end back.
    private mutating func removeNotes() {
        let free = code()
        for at in lines.indices.reversed() where !free.contains(at) && lines[at].text.first == " " && lines[at].text.hasSuffix(Self.mark) {
            guard lines[at].text.drop(while: { $0 == " " }).hasPrefix(Self.start), at > 0 else { continue }
            if lines[at].end.isEmpty { lines[at - 1].end = "" }
            lines.remove(at: at)
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
        var fits: [(fit: Int, box: Box, line: Int)] = []
        let code = code()
        for (at, line) in lines.enumerated() where !code.contains(at) {
            guard let task = Task(line.text) else { continue }
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

extension Body {
    /// The lines that are code or a comment: https://github.github.com/gfm/#fenced-code-blocks. What is never closed is neither.
    private func code() -> Set<Int> {
        var inside: Set<Int> = [], open: (fence: String, at: Int)?, commentAt: Int?
        for (at, line) in lines.enumerated() {
            let trimmed = line.text.drop { $0 == " " || $0 == "\t" }
            if let (fence, start) = open {
                if trimmed.hasPrefix(fence), trimmed.allSatisfy({ $0 == fence.first || $0 == " " }) {
                    inside.formUnion(start...at)
                    open = nil
                }
                continue
            }
            if let start = commentAt {
                if line.text.contains("-->") {
                    inside.formUnion(start...at)
                    commentAt = nil
                }
                continue
            }
            let fence = trimmed.prefix { $0 == trimmed.first }
            if fence.count >= 3, fence.first == "~" || fence.first == "`" && !trimmed.dropFirst(fence.count).contains("`") {
                open = (String(fence), at)
            } else if line.text.opensComment {
                commentAt = at
            }
        }
        return inside
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
        // `[x](https://…)` is a link.
        guard let behind = tail.dropFirst().first, behind == " " || behind == "\t" else { return nil }
        self.tick = tick
        label = String(tail.dropFirst().drop { $0 == " " })
        indent = String(repeating: " ", count: line.count - start.count + (start.count - rest.count))
    }

    /// Under which text still belongs to the item.
    let indent: String

    /// Whether a line is more of the item's sentence: no item of its own, and nothing that begins a block.
    func goesOn(_ line: String) -> Bool {
        let text = line.drop { $0 == " " || $0 == "\t" }
        guard let first = text.first, line.count > text.count else { return false }
        return !"-*+>#|`~<".contains(first) && !(first.isNumber && text.drop { $0.isNumber }.first.map { ".)".contains($0) } == true)
    }

    func ticked(_ wanted: Bool?) -> String {
        guard let wanted, wanted != (tick != " ") else { return head + String(tick) + tail }
        return head + (wanted ? "x" : " ") + tail
    }
}

extension Assessment {
    fileprivate var note: String { Body.start + reason.plain + "._" }
}

extension String {
    /// Nothing in it begins a tag, a link, a picture, code, a mention or a reference.
    fileprivate var plain: String {
        var out = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "_", "*", "[", "]", "`", "!", "~", "\\", "|": out += "\\" + String(scalar)
            case "<": out += "&lt;"
            case "&": out += "&amp;"
            case "@": out += "&#64;"
            case "#": out += "&#35;"
            case _ where scalar.value < 0x20: out += " "
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
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
    /// A comment begins in this line and does not end in it; within code it would be none.
    fileprivate var opensComment: Bool {
        var isCode = false, isOpen = false, rest = self[...]
        while let next = rest.first {
            if isOpen {
                if rest.hasPrefix("-->") { isOpen = false }
            } else if next == "`" {
                isCode.toggle()
            } else if !isCode, rest.hasPrefix("<!--") {
                isOpen = true
            }
            rest = rest.dropFirst()
        }
        return isOpen
    }
}
