import Syntax

/// A component of Vue → the function that it comes to.
struct VueReader {
    private let markup: Markup

    static func projection(of root: Node, _ markup: Markup, script: (Range<Int>) -> Script) -> Projection {
        let reader = VueReader(markup: markup)
        var scripts: [Script] = [], shared: [Script] = [], writer = ComponentWriter(markup.bytes)
        for part in root.children {
            switch markup.kind(part) {
            case "script_element":
                guard let tag = markup.tag(of: part), let code = markup.code(of: part) else { continue }
                if markup.attribute("setup", of: tag) != nil { scripts.append(script(code)) } else { shared.append(script(code)) }
            case "template_element": reader.write(part.children, to: &writer)
            default: continue
            }
        }
        return writer.component(scripts, shared: shared)
    }

    /// Elements beside each other: those behind a `v-if` know what it asked.
    private func write(_ nodes: [Node], to writer: inout ComponentWriter) {
        var asked: [Range<Int>] = []
        for node in nodes where ["element", "template_element"].contains(markup.kind(node)) {
            guard let tag = markup.tag(of: node) else {
                writer.inside { self.write(node.children, to: &$0) }
                continue
            }
            let directives = Directives(of: tag, markup)
            if !directives.isElse { asked = [] }
            repeated(node, tag, directives, butNot: asked, &writer)
            asked += directives.condition.map { [$0] } ?? []
        }
    }

    private func repeated(_ node: Node, _ tag: Node, _ directives: Directives, butNot others: [Range<Int>], _ writer: inout ComponentWriter) {
        guard let loop = directives.loop else { return conditioned(node, tag, directives, butNot: others, &writer) }
        writer.forEach(loop.list, as: loop.parameters) { self.conditioned(node, tag, directives, butNot: others, &$0) }
    }

    private func conditioned(_ node: Node, _ tag: Node, _ directives: Directives, butNot others: [Range<Int>], _ writer: inout ComponentWriter) {
        guard directives.condition != nil || !others.isEmpty else { return element(node, tag, directives, &writer) }
        writer.when(directives.condition, butNot: others, tag.start) { self.element(node, tag, directives, &$0) }
    }

    private func element(_ node: Node, _ tag: Node, _ directives: Directives, _ writer: inout ComponentWriter) {
        let name = markup.name(of: tag)
        writer.element(name.componentName, directives.attributes, at: tag.range)
        let children = node.children.filter { $0.start >= tag.end }
        guard let slot = directives.slot else { return writer.inside { self.write(children, to: &$0) } }
        writer.inside { $0.with(slot) { self.write(children, to: &$0) } }
    }
}

/// What the attributes of a tag of Vue say.
private struct Directives {
    var attributes: [Attribute] = []
    var condition: Range<Int>?
    var isElse = false
    var loop: (list: Range<Int>, parameters: Range<Int>?)?
    var slot: Range<Int>?

    init(of tag: Node, _ markup: Markup) {
        let isComponent = markup.name(of: tag).componentName.first?.isUppercase == true
        for attribute in tag.children {
            let value = markup.value(of: attribute)
            guard markup.kind(attribute) == "directive_attribute" else {
                if let mark = markup.mark(attribute) { attributes.append(mark) }
                guard isComponent, let key = markup.first("attribute_name", in: attribute), let value else { continue }
                attributes.append(Attribute(name: markup.text(key).propertyName, value: .text(value), place: attribute.start))
                continue
            }
            let argument = markup.first("directive_argument", in: attribute).map { markup.text($0) }
            switch markup.first("directive_name", in: attribute).map({ markup.text($0) }) ?? "" {
            case ":", "v-bind":
                guard let value = value.map({ Self.unfiltered($0, markup.bytes) }), !value.isEmpty else { continue }
                if let argument {
                    attributes.append(Attribute(name: isComponent ? argument.propertyName : argument, value: .code(value), place: attribute.start))
                } else if markup.first("directive_dynamic_argument", in: attribute) == nil {
                    attributes.append(Attribute(name: "", value: .all(value), place: attribute.start))
                }
            case "@", "v-on":
                // A name alone is called by the browser; it is read where it is declared.
                guard let value, markup.bytes[value].contains(UInt8(ascii: "(")) || markup.bytes[value].contains(UInt8(ascii: "=")) else { continue }
                let isFunction = markup.text(value).contains("=>")
                attributes.append(
                    Attribute(
                        name: "on" + (argument ?? "").propertyName.capitalizedFirst, value: isFunction ? .code(value) : .handler(value), place: attribute.start)
                )
            case "v-if": condition = value
            case "v-else-if": (condition, isElse) = (value, true)
            case "v-else": isElse = true
            case "v-for": loop = value.flatMap { Self.loop($0, markup.bytes) }
            case "#", "v-slot": slot = value.flatMap { $0.isEmpty ? nil : $0 }
            default: continue
            }
        }
    }

    /// `user.website | trim`: a filter of Vue 2, which is shown what stands before it.
    private static func unfiltered(_ range: Range<Int>, _ bytes: [UInt8]) -> Range<Int> {
        var quote: UInt8?, depth = 0, at = range.lowerBound
        while at < range.upperBound {
            let byte = bytes[at]
            if let open = quote {
                if byte == open { quote = nil }
            } else {
                switch byte {
                case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"): quote = byte
                case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
                case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
                case UInt8(ascii: "|") where at + 1 < range.upperBound && bytes[at + 1] == byte: at += 1
                case UInt8(ascii: "|") where depth == 0:
                    let filters = String(decoding: bytes[at..<range.upperBound], as: UTF8.self)
                    // One that cleans is not looked into.
                    return ["safe", "clean", "sanit"].contains { filters.lowercased().contains($0) } ? at..<at : range.lowerBound..<at
                default: break
                }
            }
            at += 1
        }
        return range
    }

    /// `(item, index) in items`
    private static func loop(_ range: Range<Int>, _ bytes: [UInt8]) -> (Range<Int>, Range<Int>?)? {
        let text = bytes[range]
        let words = [" in ", " of "].map { Array($0.utf8) }
        guard let at = text.indices.first(where: { at in words.contains { text[at...].starts(with: $0) } }) else { return nil }
        var start = range.lowerBound, end = at
        while start < end, bytes[start] <= 0x20 { start += 1 }
        while end > start, bytes[end - 1] <= 0x20 { end -= 1 }
        if start < end, bytes[start] == UInt8(ascii: "("), bytes[end - 1] == UInt8(ascii: ")") { (start, end) = (start + 1, end - 1) }
        return (at + words[0].count..<range.upperBound, start..<end)
    }
}

extension String {
    /// `user-card` → `UserCard`, what scripts call it; elements of HTML stay as they are.
    var componentName: String { contains("-") && !contains(":") ? propertyName.capitalizedFirst : self }

    /// `source-url` → `sourceUrl`
    fileprivate var propertyName: String {
        let parts = split(separator: "-").map(String.init)
        guard parts.count > 1 else { return self }
        return parts[0] + parts.dropFirst().map(\.capitalizedFirst).joined()
    }

    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
