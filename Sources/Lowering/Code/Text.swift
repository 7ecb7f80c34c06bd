import Flow
import SQL
import Syntax
import Vocabulary

// Strings and templates, whose text may be SQL: kept with the place of every part.
extension RoutineLowering {
    mutating func constantText(_ node: Node) -> Binding {
        guard let content = source.literalText(node) else {
            let (text, parts) = templateText(node)
            return Binding(Value.operation(.text, beginning(of: node) + parts).bounded, text: text)
        }
        // One word is a name or a key; SQL has more than one, but for the bounds of a transaction.
        guard content.utf8.contains(where: { $0 <= 0x20 || $0 == UInt8(ascii: "=") }) || ["begin", "commit", "rollback", "end"].contains(content.lowercased())
        else { return Binding(.literal(.string(content))) }
        return Binding(.literal(.string(content)), text: hostText(of: node))
    }

    /// The text of a string or a template with the places of its parts, holes left open.
    private func hostText(of node: Node) -> HostText {
        var text = HostText()
        let (range, marks) = source.textParts(node), end = range.upperBound
        var at = range.lowerBound
        for child in marks {
            if child.start > at { text.text.append(source.bytes[at..<child.start], host: at) }
            if kind(child) == .escapeSequence {
                text.text.append(source.escape(child), host: child.start)
            } else {
                text.text.appendHole(text.holes.count, host: child.start)
                text.holes.append(.unknown)
            }
            at = child.end
        }
        if end > at { text.text.append(source.bytes[at..<end], host: at) }
        return text
    }

    mutating func template(_ node: Node) -> Binding {
        if let content = source.literalText(node) { return Binding(.literal(.string(content)), text: hostText(of: node)) }
        let (text, parts) = templateText(node)
        return Binding(Value.operation(.text, beginning(of: node) + parts).bounded, text: text)
    }

    /// The text with which a template begins, before its first hole: it decides where a URL leads.
    private func beginning(of node: Node) -> [Value] {
        let (range, marks) = source.textParts(node)
        guard let first = marks.first, first.start > range.lowerBound else { return [] }
        return [.literal(.string(String(decoding: source.bytes[range.lowerBound..<min(first.start, range.lowerBound + 40)], as: UTF8.self)))]
    }

    /// A template with its holes evaluated; a hole that is itself text is spliced in.
    ///
    /// Behind a tag every hole is a parameter, except one that is itself tagged.
    mutating func templateText(_ node: Node, isTagged: Bool = false) -> (HostText, [Value]) {
        var text = HostText(), parts: [Value] = []
        let (range, marks) = source.textParts(node), end = range.upperBound
        var at = range.lowerBound
        for child in marks {
            if child.start > at { text.text.append(source.bytes[at..<child.start], host: at) }
            at = child.end
            if kind(child) == .escapeSequence {
                text.text.append(source.escape(child), host: child.start)
                continue
            }
            let hole = child.children.first.map { isTagged ? columnList($0) ?? evaluate($0) : evaluate($0) } ?? Binding(.unknown)
            parts.append(hole.value)
            if case .text(_, _, let fragment)? = hole.chain?.form {
                text.append(fragment)
            } else if let fragment = hole.text, !isTagged {
                text.append(fragment)
            } else {
                text.text.appendHole(text.holes.count, host: child.start)
                text.holes.append(hole.value)
            }
        }
        if end > at { text.text.append(source.bytes[at..<end], host: at) }
        return (text, parts)
    }

    /// The text between the holes of a template, and they.
    func pieces(of node: Node, around holes: [Value]) -> [Value] {
        var pieces: [Value] = [], rest = holes[...]
        let (range, marks) = source.textParts(node)
        var at = range.lowerBound, text: [UInt8] = []
        func flush() { if !text.isEmpty { pieces.append(.literal(.string(String(decoding: text, as: UTF8.self)))) } }
        for mark in marks {
            text += source.bytes[at..<max(at, mark.start)]
            at = mark.end
            if kind(mark) == .escapeSequence {
                text += source.escape(mark)
            } else {
                flush()
                text = []
                if let hole = rest.popFirst() { pieces.append(hole) }
            }
        }
        text += source.bytes[at..<max(at, range.upperBound)]
        flush()
        return pieces
    }

    /// `sql(order)`, `sql(order, 'status', 'paid_at')` inside a tagged template: columns and their values.
    private mutating func columnList(_ node: Node) -> Binding? {
        guard kind(node) == .call, let path = node.child(field.function).flatMap({ source.path(of: $0) }),
            node.child(field.arguments).map({ kind($0) }) != .templateString,
            source.tags.contains(path) || !candidates(opening: path, role: .tag, root: "").isEmpty
        else { return nil }
        let arguments = arguments(of: node)
        guard let first = arguments.first else { return nil }
        let value = settled(first), names = arguments.dropFirst().compactMap { source.literalText($0) }
        return Binding(names.isEmpty ? value : .object(names.map { .init($0, value.member($0)) }, rest: nil))
    }
}
