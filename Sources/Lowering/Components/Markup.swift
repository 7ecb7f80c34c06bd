import Syntax

/// The syntax tree of a page or a component, and what its tags say.
struct Markup {
    let bytes: [UInt8]
    let grammar: Grammar

    func kind(_ node: Node) -> String { grammar.kind(of: node) }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    func text(_ node: Node) -> String { text(node.range) }

    func first(_ wanted: String, in node: Node) -> Node? { node.children.first { kind($0) == wanted } }

    /// Code of another language inside it: a script, or what stands between two fences.
    func code(of node: Node) -> Range<Int>? {
        (first("raw_text", in: node) ?? first("frontmatter_js_block", in: node))?.range
    }

    /// The code of all scripts, wherever they stand.
    func scripts(in root: Node) -> [Range<Int>] { elements("script_element", in: root).compactMap { code(of: $0) } + fronts(in: root) }

    /// The scripts that a page sends along and that are no data, nor filled in by the server.
    func sentScripts(in root: Node) -> [Range<Int>] {
        elements("script_element", in: root).compactMap { element in
            guard let code = code(of: element), let tag = tag(of: element) else { return nil }
            let type = attribute("type", of: tag) ?? ""
            let isFilled = ["{{", "{%", "<%"].contains { bytes[code].range(of: Array($0.utf8)) != nil }
            return isFilled || !["", "module", "text/javascript"].contains(type) ? nil : code
        }
    }

    private func fronts(in root: Node) -> [Range<Int>] { root.children.filter { kind($0) == "frontmatter" }.compactMap { code(of: $0) } }

    private func elements(_ wanted: String, in root: Node) -> [Node] {
        var found: [Node] = [], open = [root]
        while let node = open.popLast() { if kind(node) == wanted { found.append(node) } else { open += node.children.reversed() } }
        return found
    }

    func name(of tag: Node) -> String { first("tag_name", in: tag).map { text($0) } ?? "" }

    /// The opening tag of an element, or the element where that is all of it.
    func tag(of element: Node) -> Node? { first("start_tag", in: element) ?? first("self_closing_tag", in: element) }

    /// The value of an attribute, without the quotes around it.
    func value(of attribute: Node) -> Range<Int>? {
        for child in attribute.children {
            switch kind(child) {
            case "attribute_value": return child.range
            case "quoted_attribute_value": return first("attribute_value", in: child)?.range ?? (child.end - 1)..<(child.end - 1)
            default: continue
            }
        }
        return nil
    }

    /// `{title}` and `{...rest}` in place of an attribute.
    func shorthand(_ code: Node, at place: Int) -> Attribute {
        let text = text(code)
        if text.hasPrefix("...") { return Attribute(name: "", value: .all(code.start + 3..<code.end), place: place) }
        return Attribute(name: text, value: .code(code.range), place: place)
    }

    /// An attribute that says by being there, whatever it says: `download`.
    func mark(_ attribute: Node) -> Attribute? {
        guard let key = first("attribute_name", in: attribute), text(key) == "download" else { return nil }
        return Attribute(name: "download", value: .text(key.end..<key.end), place: attribute.start)
    }

    /// Whether a tag has an attribute of that name, and what it says.
    func attribute(_ name: String, of tag: Node) -> String? {
        for attribute in tag.children where kind(attribute) == "attribute" {
            if let key = first("attribute_name", in: attribute), text(key) == name { return value(of: attribute).map { text($0) } ?? "" }
        }
        return nil
    }
}

/// What an element is given under a name.
struct Attribute {
    let name: String
    let value: Value
    let place: Int

    enum Value {
        case text(Range<Int>)
        case code(Range<Int>)
        /// What stands in something that the page calls otherwise: `.website` in an element of `partners`.
        case found(in: String, Range<Int>)
        /// Everything that an object holds, each under its own name.
        case all(Range<Int>)
        /// Code that runs when somebody does something.
        case handler(Range<Int>)
        /// Text with code in it.
        case mixed([Part])
    }

    enum Part { case text(Range<Int>), code(Range<Int>) }
}

extension Node {
    var range: Range<Int> { start..<end }
}

extension [UInt8] {
    /// A text and the code in it, each without the fences.
    func parts(of range: Range<Int>, between opening: String, and closing: String) -> [Attribute.Part] {
        let opening = Array(opening.utf8), closing = Array(closing.utf8)
        var parts: [Attribute.Part] = [], at = range.lowerBound, start = at
        while at < range.upperBound {
            guard self[at...].starts(with: opening) else { at += 1; continue }
            if start < at { parts.append(.text(start..<at)) }
            let code = at + opening.count
            var end = code, depth = 0
            while end < range.upperBound {
                if opening.count == 1, self[end] == opening[0] { depth += 1 }
                if self[end...].starts(with: closing) {
                    if depth == 0 { break }
                    depth -= 1
                }
                end += 1
            }
            if code < end { parts.append(.code(code..<end)) }
            at = Swift.min(range.upperBound, end + closing.count)
            start = at
        }
        if start < range.upperBound { parts.append(.text(start..<range.upperBound)) }
        return parts
    }
}

extension ArraySlice<UInt8> {
    /// Where a word first stands.
    func range(of word: [UInt8]) -> Range<Int>? {
        indices.first { self[$0] == word[0] && self[$0...].starts(with: word) }.map { $0..<$0 + word.count }
    }
}
