import Syntax

/// A page that a server fills in (Jinja, Django, Handlebars, Nunjucks, EJS) → a function of what it is filled with.
struct PageReader {
    private let markup: Markup
    private let loops: PageLoops

    static func projection(of root: Node, _ markup: Markup, script: (Range<Int>) -> Script) -> Projection {
        var writer = ComponentWriter(markup.bytes)
        PageReader(markup: markup, loops: PageLoops(in: markup.bytes)).write(root.children, to: &writer)
        return writer.component([], sent: markup.sentScripts(in: root).map(script))
    }

    private func write(_ nodes: [Node], to writer: inout ComponentWriter) {
        for node in nodes where markup.kind(node) == "element" {
            if let tag = markup.tag(of: node) {
                let name = markup.name(of: tag)
                let filled = tag.children.compactMap { attribute($0) }
                if !filled.isEmpty, !tag.children.contains(where: { markup.mark($0) != nil }) { writer.element(name.lowercased(), filled, at: tag.range) }
            }
            writer.inside { self.write(node.children, to: &$0) }
        }
    }

    /// An attribute whose value begins with what is filled in: what comes behind a text has the scheme of the text.
    private func attribute(_ node: Node) -> Attribute? {
        guard markup.kind(node) == "attribute", let key = markup.first("attribute_name", in: node), let value = markup.value(of: node) else { return nil }
        let fences = markup.bytes[value].contains(UInt8(ascii: "%")) && !markup.bytes[value].contains(UInt8(ascii: "{")) ? ("<%", "%>") : ("{{", "}}")
        guard case .code(let hole)? = markup.bytes.parts(of: value, between: fences.0, and: fences.1).first, let name = filled(hole) else { return nil }
        return Attribute(name: markup.text(key).lowercased(), value: self.value(of: name), place: node.start)
    }

    private func value(of path: Range<Int>) -> Attribute.Value {
        guard let dot = markup.bytes[path].firstIndex(of: UInt8(ascii: ".")),
            let list = loops.list(behind: markup.text(path.lowerBound..<dot), at: path.lowerBound)
        else { return .code(path) }
        return .found(in: list + "[0]", dot..<path.upperBound)
    }

    /// `user.website` of `{{ user.website|default:'' }}` and `<%= user.website %>`; nil where something is done with it.
    private func filled(_ hole: Range<Int>) -> Range<Int>? {
        var start = hole.lowerBound, end = hole.upperBound
        while start < end, markup.bytes[start] <= 0x20 || [UInt8(ascii: "="), UInt8(ascii: "-"), UInt8(ascii: "{")].contains(markup.bytes[start]) { start += 1 }
        if let pipe = markup.bytes[start..<end].firstIndex(of: UInt8(ascii: "|")) {
            let filters = markup.text(pipe + 1..<end).split(separator: "|").map { $0.prefix { $0.isLetter || $0 == "_" || $0 == " " }.filter { $0 != " " } }
            guard filters.allSatisfy({ Self.harmlessFilters.contains(String($0)) }) else { return nil }
            end = pipe
        }
        while end > start, markup.bytes[end - 1] <= 0x20 || markup.bytes[end - 1] == UInt8(ascii: "-") { end -= 1 }
        let isPath = markup.bytes[start..<end].allSatisfy { byte in
            byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        }
        return isPath && start < end ? start..<end : nil
    }

    /// Filters that leave the scheme of a URL as it is.
    private static let harmlessFilters: Set<String> = ["default", "default_if_none", "safe", "escape", "e", "force_escape", "trim", "string", "d"]
}
