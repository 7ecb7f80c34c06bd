import Syntax

/// A page or a component of Astro → the function that it comes to, which runs on the server for each request.
struct AstroReader {
    private let markup: Markup

    static func projection(of root: Node, _ markup: Markup, script: (Range<Int>) -> Script) -> Projection {
        let reader = AstroReader(markup: markup)
        var scripts: [Script] = [], writer = ComponentWriter(markup.bytes)
        for part in root.children where markup.kind(part) == "frontmatter" {
            if let code = markup.code(of: part) { scripts.append(script(code)) }
        }
        reader.write(root.children, to: &writer)
        return writer.component(scripts, sent: markup.sentScripts(in: root).map(script), browser: ComponentWriter.browser)
    }

    private func write(_ nodes: [Node], to writer: inout ComponentWriter) {
        for node in nodes {
            switch markup.kind(node) {
            case "element": element(node, &writer)
            case "html_interpolation": writer.mixed(node.start) { self.code(node, &$0) }
            default: continue
            }
        }
    }

    private func element(_ node: Node, _ writer: inout ComponentWriter) {
        if let tag = markup.tag(of: node) {
            let name = markup.name(of: tag)
            writer.element(name, attributes(of: tag), at: tag.range)
        }
        writer.inside { self.write(node.children, to: &$0) }
    }

    /// `{rows.map((row) => <a href={row.url}>…</a>)}`
    private func code(_ node: Node, _ writer: inout ComponentWriter) {
        for part in node.children {
            switch markup.kind(part) {
            case "permissible_text": writer.code(part.range)
            case "element": writer.fragment(part.start) { self.element(part, &$0) }
            case "html_interpolation": writer.mixed(part.start) { self.code(part, &$0) }
            default: continue
            }
        }
    }

    private func attributes(of tag: Node) -> [Attribute] {
        tag.children.compactMap { attribute in
            guard markup.kind(attribute) == "attribute" else { return nil }
            let name = markup.first("attribute_name", in: attribute).map { markup.text($0) }
            if let name, name.contains(":") || name.contains("@") { return nil }
            if let code = markup.first("attribute_interpolation", in: attribute).flatMap({ markup.first("attribute_js_expr", in: $0) }) {
                return name.map { Attribute(name: $0, value: .code(code.range), place: attribute.start) } ?? markup.shorthand(code, at: attribute.start)
            }
            guard let name else { return nil }
            if let text = markup.first("attribute_backtick_string", in: attribute) {
                return Attribute(name: name, value: .code(text.range), place: attribute.start)
            }
            return markup.value(of: attribute).map { Attribute(name: name, value: .text($0), place: attribute.start) } ?? markup.mark(attribute)
        }
    }
}
