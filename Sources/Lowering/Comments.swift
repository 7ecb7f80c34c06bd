package import Flow
import Syntax

/// A comment, and the code that it is about.
package struct Comment: Sendable {
    package let range: Range<Int>
    /// The code it stands above, or, where code stands before it in its line, that line and the statement that ends there.
    /// Of what has a body, only the head: a word about a function is not one about everything in it.
    package let subject: Range<Int>?
}

extension Lowering {
    /// The comments in which a mark stands, told from text and code by the grammar; nil where parsing took too long.
    package func comments(marked mark: [UInt8], in bytes: [UInt8], as language: Language, limit: UInt64) -> [Comment]? {
        switch language {
        case .typescript: comments(marked: mark, in: bytes, typescript, grammars.typescript, limit)
        case .tsx: comments(marked: mark, in: bytes, tsx, grammars.tsx, limit)
        case .javascript: comments(marked: mark, in: bytes, javascript, grammars.javascript, limit)
        case .python: comments(marked: mark, in: bytes, python, grammars.python, limit)
        case .sql: PlainComments(bytes, line: "--", isSQL: true).comments(marked: mark)
        case .prisma: PlainComments(bytes, line: "//", isSQL: false).comments(marked: mark)
        case .vue, .svelte, .astro, .html: markupComments(marked: mark, in: bytes, as: language, limit)
        }
    }

    /// `<!-- … -->`, and those of the scripts: they are read where they stand, with nothing around them.
    private func markupComments(marked mark: [UInt8], in bytes: [UInt8], as language: Language, _ limit: UInt64) -> [Comment]? {
        let found = components.tree(of: bytes, as: language, limit: limit) { root, grammar in
            var scan = CommentScan(bytes, grammar, isMarkup: true)
            return (scan.comments(marked: mark, in: root), Markup(bytes: bytes, grammar: grammar).scripts(in: root))
        }
        guard let (comments, scripts) = found else { return nil }
        var code = bytes.map { $0 == UInt8(ascii: "\n") ? $0 : UInt8(ascii: " ") }
        for script in scripts { code.replaceSubrange(script, with: bytes[script]) }
        let inside = self.comments(marked: mark, in: code, tsx, grammars.tsx, limit) ?? []
        return (comments + inside).sorted { $0.range.lowerBound < $1.range.lowerBound }
    }

    private func comments(marked mark: [UInt8], in bytes: [UInt8], _ parser: borrowing Parser, _ grammar: HostGrammar, _ limit: UInt64) -> [Comment]? {
        parser.parse(bytes, limit: limit) { tree in
            var scan = CommentScan(bytes, grammar.grammar)
            return scan.comments(marked: mark, in: tree.root)
        }
    }
}

/// Comments of a language with a grammar.
private struct CommentScan {
    private let bytes: [UInt8]
    private let grammar: Grammar
    /// Comments of its templates are text to the grammar.
    private let isMarkup: Bool
    /// The children of nodes that were asked for, by the place and kind of the node: each is walked through once.
    private var known: [Key: [Node]] = [:]

    private struct Key: Hashable { let start: Int, end: Int, symbol: UInt16 }

    private static let bodies: Set<String> = ["statement_block", "class_body", "block", "switch_body", "interface_body", "enum_body"]
    /// What is so short is meant as a whole, although a function stands in it.
    private static let shortStatement = 12

    init(_ bytes: [UInt8], _ grammar: Grammar, isMarkup: Bool = false) {
        self.isMarkup = isMarkup
        self.bytes = bytes
        self.grammar = grammar
    }

    mutating func comments(marked mark: [UInt8], in root: Node) -> [Comment] {
        var found: [Range<Int>] = []
        for place in bytes.places(of: mark) {
            guard let node = path(to: place, in: root).last else { continue }
            let comment = kind(node) == "comment" ? node.start..<node.end : isMarkup ? bytes.templateComment(around: place) : nil
            if let comment, found.last?.lowerBound != comment.lowerBound { found.append(comment) }
        }
        // From the last one up, so that of several one above the other each knows what stands below the next.
        var below: [Int: Int] = [:], comments: [Comment] = []
        for comment in found.reversed() { comments.append(Comment(range: comment, subject: subject(of: comment, in: root, &below))) }
        return comments.reversed()
    }

    private func kind(_ node: Node) -> String { grammar.kind(of: node) }

    private mutating func subject(of comment: Range<Int>, in root: Node, _ below: inout [Int: Int]) -> Range<Int>? {
        let line = bytes.startOfLine(comment.lowerBound)
        if let last = bytes[line..<comment.lowerBound].lastIndex(where: { $0 > 0x20 }), !bytes[line...last].opensComment {
            return beside(line, last, in: root)
        }
        guard let next = nextCode(behind: comment.upperBound, in: root, &below) else { return nil }
        guard let node = path(to: next, in: root).first(where: { $0.start == next && isCode($0) }) else {
            // In the middle of a statement: `pool⏎// …⏎.query(…)`.
            return path(to: next, in: root).last { isStatement($0) && covers($0) }.map { $0.start..<$0.end }
        }
        if ["jsx_element", "element", "template_element"].contains(kind(node)), let opening = node.children.first { return next..<opening.end }
        return covers(node) ? next..<node.end : next..<(firstBody(in: node) ?? node.end)
    }

    /// The line, and the statement that begins or ends in it.
    private mutating func beside(_ line: Int, _ last: Int, in root: Node) -> Range<Int> {
        var range = line..<last + 1
        let first = bytes[line...last].firstIndex { $0 > 0x20 } ?? line
        let ending = path(to: last, in: root).first { $0.end == last + 1 && isCode($0) && covers($0) }
        let beginning = path(to: first, in: root).first { $0.start == first && isCode($0) && covers($0) }
        for node in [ending, beginning].compactMap({ $0 }) { range = min(range.lowerBound, node.start)..<max(range.upperBound, node.end) }
        return range
    }

    /// The whole of it is meant: no body, or that of a callback in a few lines.
    private func covers(_ node: Node) -> Bool {
        guard firstBody(in: node) != nil else { return true }
        guard isStatement(node), !Self.compound.contains(where: { kind(node).hasPrefix($0) }) else { return false }
        return bytes[node.start..<node.end].count { $0 == UInt8(ascii: "\n") } < Self.shortStatement
    }

    private static let compound = ["if", "for", "while", "do_", "try", "switch", "with", "match", "function", "class", "method", "export", "decorated"]

    private func isStatement(_ node: Node) -> Bool { kind(node).hasSuffix("_statement") || kind(node).hasSuffix("_declaration") || kind(node) == "assignment" }

    private func isCode(_ node: Node) -> Bool { node.isNamed && kind(node) != "comment" && !Self.bodies.contains(kind(node)) }

    private mutating func nextCode(behind end: Int, in root: Node, _ below: inout [Int: Int]) -> Int? {
        var at = end, passed: [Int] = []
        defer { if at < bytes.count { for comment in passed { below[comment] = at } } }
        while at < bytes.count {
            if bytes[at] <= 0x20 { at += 1; continue }
            if let known = below[at] { at = known; return at }
            let path = path(to: at, in: root)
            if let comment = path.last, kind(comment) == "comment" {
                passed.append(comment.start)
                at = max(at + 1, comment.end)
                continue
            }
            // The brace that closes `{/* … */}`, and the one that opens the next.
            if let braces = path.last(where: { kind($0) == "jsx_expression" }), braces.children.allSatisfy({ kind($0) == "comment" }) { at += 1; continue }
            return at
        }
        return nil
    }

    /// The nodes below the root that hold a byte, outermost first.
    private mutating func path(to place: Int, in root: Node) -> [Node] {
        var path: [Node] = [], node = root
        while true {
            let children = children(of: node)
            var low = 0, high = children.count
            while low < high {
                let middle = (low + high) / 2
                if children[middle].end <= place { low = middle + 1 } else { high = middle }
            }
            guard low < children.count, children[low].start <= place else { return path }
            path.append(children[low])
            node = children[low]
        }
    }

    private mutating func children(of node: Node) -> [Node] {
        let key = Key(start: node.start, end: node.end, symbol: node.symbol)
        if let known = known[key] { return known }
        var children: [Node] = []
        node.forEachChild { if $0.end > $0.start { children.append($0) } }
        known[key] = children
        return children
    }

    /// Where the body of a node begins.
    private func firstBody(in node: Node) -> Int? {
        var first: Int?, open = [node]
        while let next = open.popLast() {
            next.forEachChild { child in
                if Self.bodies.contains(kind(child)) { first = min(first ?? child.start, child.start) } else { open.append(child) }
            }
        }
        return first
    }
}

/// Comments of a language without one: behind a mark to the end of the line, or between `/*` and `*/`, outside of quotes.
/// What a dollar-quoted body holds is code.
private struct PlainComments {
    private let bytes: [UInt8]
    private let line: [UInt8]
    private let isSQL: Bool
    private var all: [Range<Int>] = []
    /// Where statements end.
    private var ends: [Int] = []

    init(_ bytes: [UInt8], line: String, isSQL: Bool) {
        self.bytes = bytes
        self.line = Array(line.utf8)
        self.isSQL = isSQL
        read()
    }

    func comments(marked mark: [UInt8]) -> [Comment] {
        let places = bytes.places(of: mark)
        return all.filter { range in places.first(at: places.index { $0 >= range.lowerBound }).map(range.contains) ?? false }.map {
            Comment(range: $0, subject: subject(of: $0))
        }
    }

    private func subject(of comment: Range<Int>) -> Range<Int>? {
        let line = bytes.startOfLine(comment.lowerBound)
        if bytes[line..<comment.lowerBound].contains(where: { $0 > 0x20 }) { return line..<comment.lowerBound }
        var at = comment.upperBound, next = all.index(where: { $0.lowerBound >= comment.upperBound })
        while at < bytes.count, bytes[at] <= 0x20 || next < all.endIndex && all[next].lowerBound == at {
            if next < all.endIndex, all[next].lowerBound == at {
                at = all[next].upperBound
                next += 1
            } else {
                at += 1
            }
        }
        guard at < bytes.count else { return nil }
        // A statement ends with its semicolon, a field or a block's head with its line.
        let end = isSQL ? ends.first(at: ends.index(where: { [at] in $0 > at })) : bytes[at...].firstIndex(of: UInt8(ascii: "\n"))
        return at..<(end ?? bytes.count)
    }

    private mutating func read() {
        var at = 0
        while at < bytes.count {
            let start = at
            if bytes[at...].starts(with: line) {
                at = bytes[at...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
                all.append(start..<at)
            } else if bytes[at...].starts(with: [UInt8(ascii: "/"), UInt8(ascii: "*")]) {
                at += 2
                while at < bytes.count, !bytes[at...].starts(with: [UInt8(ascii: "*"), UInt8(ascii: "/")]) { at += 1 }
                at = min(bytes.count, at + 2)
                all.append(start..<at)
            } else if bytes[at] == UInt8(ascii: "\"") || isSQL && bytes[at] == UInt8(ascii: "'") {
                at = (bytes[(at + 1)...].firstIndex(of: bytes[at]) ?? bytes.count - 1) + 1
            } else {
                if bytes[at] == UInt8(ascii: ";") { ends.append(at) }
                at += 1
            }
        }
    }
}

extension Array {
    /// The first of those, in order, of which something has become true.
    fileprivate func index(where holds: (Element) -> Bool) -> Int {
        var low = 0, high = count
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    fileprivate func first(at index: Int) -> Element? { index < count ? self[index] : nil }
}

extension ArraySlice<UInt8> {
    /// `{` before `/* … */`: the brace is the comment's own.
    fileprivate var opensComment: Bool { filter { $0 > 0x20 } == [UInt8(ascii: "{")] }
}

extension [UInt8] {
    fileprivate func startOfLine(_ place: Int) -> Int { (self[..<place].lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1 }

    fileprivate func places(of mark: [UInt8]) -> [Int] { indices.filter { self[$0] == mark.first && self[$0...].starts(with: mark) } }
}

extension [UInt8] {
    /// `{/* … */}` of Astro, `{# … #}` of Jinja and Django, `{{! … }}` of Handlebars, `<%# … %>` of EJS: the one around a place.
    fileprivate func templateComment(around place: Int) -> Range<Int>? {
        for (open, close) in Self.templateComments {
            guard let start = lastPlace(of: open, before: place), let end = self[(start + open.count)...].prefix(Self.commentLimit).range(of: close),
                end.lowerBound >= place
            else { continue }
            return start..<end.upperBound
        }
        return nil
    }

    private static let templateComments = [("{/*", "*/}"), ("{#", "#}"), ("{{!", "}}"), ("<%#", "%>")].map { (Array($0.0.utf8), Array($0.1.utf8)) }

    /// A comment is not longer than a page.
    private static let commentLimit = 2_000

    private func lastPlace(of mark: [UInt8], before place: Int) -> Int? {
        var at = place - mark.count
        while at >= 0, place - at < Self.commentLimit {
            if self[at..<at + mark.count].elementsEqual(mark) { return at }
            at -= 1
        }
        return nil
    }
}
