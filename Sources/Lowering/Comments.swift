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
        case .typescript: typescript.parse(bytes, limit: limit) { CommentScan(bytes, grammars.typescript.grammar).comments(marked: mark, in: $0.root) }
        case .tsx: tsx.parse(bytes, limit: limit) { CommentScan(bytes, grammars.tsx.grammar).comments(marked: mark, in: $0.root) }
        case .javascript: javascript.parse(bytes, limit: limit) { CommentScan(bytes, grammars.javascript.grammar).comments(marked: mark, in: $0.root) }
        case .python: python.parse(bytes, limit: limit) { CommentScan(bytes, grammars.python.grammar).comments(marked: mark, in: $0.root) }
        case .sql: PlainComments(bytes, line: "--", isSQL: true).comments(marked: mark)
        case .prisma: PlainComments(bytes, line: "//", isSQL: false).comments(marked: mark)
        }
    }
}

/// Comments of a language with a grammar.
private struct CommentScan {
    private let bytes: [UInt8]
    private let grammar: Grammar

    private static let bodies: Set<String> = ["statement_block", "class_body", "block", "switch_body", "object_type", "interface_body", "enum_body"]

    init(_ bytes: [UInt8], _ grammar: Grammar) {
        self.bytes = bytes
        self.grammar = grammar
    }

    func comments(marked mark: [UInt8], in root: Node) -> [Comment] {
        var found: [Range<Int>] = [], open = [root]
        // Only into what holds a mark.
        let places = bytes.places(of: mark)
        while let node = open.popLast() {
            if kind(node) == "comment" {
                found.append(node.start..<node.end)
            } else {
                node.forEachChild { child in if places.contains(where: { child.start <= $0 && $0 < child.end }) { open.append(child) } }
            }
        }
        return found.sorted { $0.lowerBound < $1.lowerBound }.map { Comment(range: $0, subject: subject(of: $0, in: root)) }
    }

    private func kind(_ node: Node) -> String { grammar.symbols[Int(node.symbol)] }

    private func subject(of comment: Range<Int>, in root: Node) -> Range<Int>? {
        let line = bytes.startOfLine(comment.lowerBound)
        if let last = bytes[line..<comment.lowerBound].lastIndex(where: { $0 > 0x20 }), !bytes[line...last].opensComment {
            let statement = path(to: last, in: root).first { $0.end == last + 1 && isCode($0) }
            guard let statement, firstBody(in: statement) == nil else { return line..<last + 1 }
            return min(line, statement.start)..<last + 1
        }
        guard let next = nextCode(behind: comment.upperBound, in: root), let node = path(to: next, in: root).first(where: { $0.start == next && isCode($0) })
        else { return nil }
        if kind(node) == "jsx_element", let opening = node.children.first { return next..<opening.end }
        return next..<(firstBody(in: node) ?? node.end)
    }

    private func isCode(_ node: Node) -> Bool { node.isNamed && kind(node) != "comment" && !Self.bodies.contains(kind(node)) }

    private func nextCode(behind end: Int, in root: Node) -> Int? {
        var at = end
        while at < bytes.count {
            if bytes[at] <= 0x20 { at += 1; continue }
            let path = path(to: at, in: root)
            if let comment = path.last, kind(comment) == "comment" { at = max(at + 1, comment.end); continue }
            // The brace that closes `{/* … */}`, and the one that opens the next.
            if let braces = path.last(where: { kind($0) == "jsx_expression" }), braces.children.allSatisfy({ kind($0) == "comment" }) { at += 1; continue }
            return at
        }
        return nil
    }

    /// The nodes below the root that hold a byte, outermost first.
    private func path(to place: Int, in root: Node) -> [Node] {
        var path: [Node] = [], node = root
        while true {
            var inner: Node?
            node.forEachChild { if inner == nil, $0.start <= place, place < $0.end { inner = $0 } }
            guard let inner else { return path }
            path.append(inner)
            node = inner
        }
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

    func comments(marked mark: [UInt8]) -> [Comment] { all.filter { bytes[$0].holds(mark) }.map { Comment(range: $0, subject: subject(of: $0)) } }

    private func subject(of comment: Range<Int>) -> Range<Int>? {
        let line = bytes.startOfLine(comment.lowerBound)
        if bytes[line..<comment.lowerBound].contains(where: { $0 > 0x20 }) { return line..<comment.lowerBound }
        var at = comment.upperBound, next = all.firstIndex { $0.lowerBound >= at } ?? all.endIndex
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
        let end = isSQL ? ends.first { $0 > at } : bytes[at...].firstIndex(of: UInt8(ascii: "\n"))
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

extension ArraySlice<UInt8> {
    /// `{` before `/* … */`: the brace is the comment's own.
    fileprivate var opensComment: Bool { filter { $0 > 0x20 } == [UInt8(ascii: "{")] }

    fileprivate func holds(_ mark: [UInt8]) -> Bool { indices.contains { self[$0...].starts(with: mark) } }
}

extension [UInt8] {
    fileprivate func startOfLine(_ place: Int) -> Int { (self[..<place].lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1 }

    fileprivate func places(of mark: [UInt8]) -> [Int] { indices.filter { self[$0] == mark.first && self[$0...].starts(with: mark) } }
}
