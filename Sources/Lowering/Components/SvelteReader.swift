import Syntax

/// A component of Svelte → the function that it comes to.
struct SvelteReader {
    private let markup: Markup

    static func projection(of root: Node, _ markup: Markup, script: (Range<Int>) -> Script) -> Projection {
        var scripts: [Script] = [], shared: [Script] = []
        let reader = SvelteReader(markup: markup)
        for part in root.children where markup.kind(part) == "script_element" {
            guard let tag = markup.tag(of: part), let code = markup.code(of: part) else { continue }
            let isShared = markup.attribute("module", of: tag) != nil || markup.attribute("context", of: tag) == "module"
            if isShared { shared.append(script(code)) } else { scripts.append(script(code)) }
        }
        var writer = ComponentWriter(markup.bytes)
        reader.write(root.children, to: &writer)
        return writer.component(scripts, shared: shared, browser: ComponentWriter.browser)
    }

    private func write(_ nodes: [Node], to writer: inout ComponentWriter) {
        for node in nodes {
            switch markup.kind(node) {
            case "element":
                if let tag = markup.tag(of: node) {
                    let name = markup.name(of: tag)
                    writer.element(name.contains(":") ? "div" : name, attributes(of: tag), at: tag.range)
                }
                writer.inside { self.write(node.children, to: &$0) }
            case "if_statement": writer.inside { self.branches(node, "if_start_expr", [], &$0) }
            case "each_statement": writer.inside { self.each(node, &$0) }
            case "await_statement": writer.inside { self.awaited(node, &$0) }
            case "snippet_statement":
                let head = markup.first("snippet_start_expr", in: node)
                if let parameters = head.flatMap({ markup.first("raw_text_expr", in: $0) }) {
                    writer.inside { $0.with(parameters.range) { self.write(node.children, to: &$0) } }
                } else {
                    writer.inside { self.write(node.children, to: &$0) }
                }
            case "const_expr":
                // A name for the rest of the block.
                if let code = markup.first("raw_text_expr", in: node) { writer.mixed(node.start) { $0.code(code.range) } }
            case "key_statement", "else_each_statement", "then_statement", "catch_statement": writer.inside { self.write(node.children, to: &$0) }
            default: continue
            }
        }
    }

    /// `{#if a}…{:else if b}…{:else}…{/if}`
    private func branches(_ node: Node, _ head: String, _ before: [Range<Int>], _ writer: inout ComponentWriter) {
        let condition = markup.first(head, in: node).flatMap { markup.first("raw_text_expr", in: $0) }?.range
        let others = ["else_if_statement", "else_statement"]
        writer.when(condition, butNot: before, node.start) { writer in
            self.write(node.children.filter { !others.contains(self.markup.kind($0)) }, to: &writer)
        }
        let asked = before + (condition.map { [$0] } ?? [])
        for next in node.children {
            switch markup.kind(next) {
            case "else_if_statement": writer.inside { self.branches(next, "else_if_expr", asked, &$0) }
            case "else_statement": writer.when(nil, butNot: asked, next.start) { self.write(next.children, to: &$0) }
            default: continue
            }
        }
    }

    /// `{#each items as item, index (key)}`
    private func each(_ node: Node, _ writer: inout ComponentWriter) {
        guard let head = markup.first("each_start_expr", in: node),
            let list = markup.first("raw_text_each", in: head) ?? markup.first("raw_text_expr", in: head)
        else { return write(node.children, to: &writer) }
        var parameters = head.children.last { markup.kind($0) == "raw_text_expr" && $0.start > list.start }?.range
        // The key stands in brackets behind the names.
        if let range = parameters, markup.bytes[range].last(where: { $0 > 0x20 }) == UInt8(ascii: ")"),
            let open = markup.bytes[range].lastIndex(of: UInt8(ascii: "("))
        {
            parameters = range.lowerBound..<open
        }
        writer.forEach(list.range, as: parameters) { self.write(node.children, to: &$0) }
    }

    /// `{#await promise then value}…{:then value}…{/await}`
    private func awaited(_ node: Node, _ writer: inout ComponentWriter) {
        let head = markup.first("await_start_expr", in: node)
        guard let promise = head.flatMap({ markup.first("raw_text_await", in: $0) ?? markup.first("raw_text_expr", in: $0) }) else {
            return write(node.children, to: &writer)
        }
        let then = node.children.first { markup.kind($0) == "then_statement" }.flatMap { markup.first("then_expr", in: $0) } ?? head
        let name = then?.children.last { markup.kind($0) == "raw_text_expr" && $0.start > promise.start }?.range
        writer.awaited(promise.range, as: name) { self.write(node.children, to: &$0) }
    }

    private func attributes(of tag: Node) -> [Attribute] {
        let isComponent = markup.name(of: tag).first?.isUppercase == true
        return tag.children.compactMap { attribute in
            guard markup.kind(attribute) == "attribute", let key = markup.first("attribute_name", in: attribute) else { return nil }
            if let code = markup.first("raw_text_expr", in: key) { return markup.shorthand(code, at: attribute.start) }
            let full = markup.text(key)
            let name = full.hasPrefix("bind:") ? String(full.dropFirst(5)) : full == "xlink:href" ? full : full.replacing(":", with: "")
            if let code = markup.first("expr_attribute_value", in: attribute).flatMap({ markup.first("expression", in: $0) })
                .flatMap({ markup.first("raw_text_expr", in: $0) })
            {
                // `href=/posts/{slug}`: without quotes the text before the code is no value to the grammar.
                var start = key.end
                while start < code.start - 1, markup.bytes[start] <= 0x20 || markup.bytes[start] == UInt8(ascii: "=") { start += 1 }
                let before = start..<max(start, code.start - 1)
                if !before.isEmpty { return Attribute(name: name, value: .mixed([.text(before), .code(code.range)]), place: attribute.start) }
                return Attribute(name: name, value: .code(code.range), place: attribute.start)
            }
            guard let range = markup.value(of: attribute) else { return markup.mark(attribute) }
            let parts = markup.bytes.parts(of: range, between: "{", and: "}")
            if parts.count == 1, case .code(let code) = parts[0] { return Attribute(name: name, value: .code(code), place: attribute.start) }
            if parts.count > 1 { return Attribute(name: name, value: .mixed(parts), place: attribute.start) }
            return isComponent ? Attribute(name: name, value: .text(range), place: attribute.start) : markup.mark(attribute)
        }
    }
}
