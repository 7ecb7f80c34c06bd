import Flow
import Syntax
import Vocabulary

// Where a value goes that a browser may follow: written down as a call that takes the value, and the name under which the
// function knows it.
extension RoutineLowering {
    /// `<a href={url}>`, `<Card link={url} />`
    mutating func element(_ node: Node) {
        let name = node.child(field.name).map { source.text($0) } ?? ""
        var fields: [Value.Field] = [], rest: Value?
        // What is saved to a file is fetched, and nothing runs (HTML, "downloading hyperlinks").
        let isSaved = node.children.contains { kind($0) == .jsxAttribute && $0.children.first.map { source.text($0) } == "download" }
        for part in node.children {
            guard kind(part) == .jsxAttribute else {
                if kind(part) == .jsxExpression, let inner = part.children.first, kind(inner) == .spread {
                    let spread = settled(inner)
                    rest = spread
                    if !isSaved { show(all: spread, inner, of: name) }
                } else if kind(part) == .jsxExpression {
                    _ = settled(part)
                }
                continue
            }
            guard let key = part.children.first.map({ source.text($0) }), let given = part.children.dropFirst().first else { continue }
            guard kind(given) == .jsxExpression else {
                fields.append(.init(key, source.literalText(given).map { .literal(.string($0)) } ?? .unknown))
                continue
            }
            guard let inner = given.children.first(where: { kind($0) != .comment }) else { continue }
            let value = settled(inner)
            if !kind(inner).isFunction { fields.append(.init(key, value)) }
            if !isSaved, let sink = source.vocabulary.surfaces.sink(attribute: key, of: name) { show(inner, value, as: key, sink, part) }
        }
        // A component is a function that is given its attributes.
        guard let first = name.utf8.first, (65...90).contains(first), source.packageNames[name] == nil else { return }
        emit(.call(Call(name, [.object(Array(fields.prefix(40)), rest: rest)])), source.span(node))
    }

    /// `<a {...{ href: url }}>`: the attributes that an object brings along.
    private mutating func show(all spread: Value, _ shown: Node, of name: String) {
        for attribute in spread.fields ?? [] {
            if let sink = source.vocabulary.surfaces.sink(attribute: attribute.name, of: name) { show(shown, attribute.value, as: attribute.name, sink, shown) }
        }
    }

    /// - Parameter value: what the expression `shown` gives.
    mutating func show(_ shown: Node, _ value: Value, as name: String, _ sink: Sink, _ node: Node) {
        guard !value.isConstant else { return }
        var call = Call(name, [value, .literal(.string(knownName(of: shown, value, depth: 0) ?? ""))])
        call.purpose = .sink(sink)
        emit(.call(call), source.span(node))
    }

    /// `recipe.source_url = value`: a column of a row that is saved later.
    mutating func noteField(_ left: Node, _ value: Value, _ node: Node) {
        guard kind(left) == .member, !value.isConstant, let object = left.child(field.object), kind(object) == .identifier,
            !["self", "this"].contains(source.text(object)),
            let property = left.child(field.property).map({ source.text($0) }), source.vocabulary.surfaces.namesURL(property)
        else { return }
        let row = names[source.text(object)]?.value
        guard let row, row.made != nil || row.steps.contains(where: { sources[$0] != nil }) || origin(of: row) != nil else { return }
        let table = row.made ?? origin(of: row)?.0 ?? row.steps.compactMap { sources[$0]?.0 }.first ?? ""
        var call = Call(property, [value, .literal(.string(table))])
        call.purpose = .sink(.field)
        emit(.call(call), source.span(node))
    }

    /// `partner.website`, where nothing more is known of it than its name: what holds it is no constant of the file.
    private func knownName(of node: Node, _ value: Value, depth: Int) -> String? {
        guard depth < 20 else { return nil }
        func first(of fields: [UInt16]) -> String? { fields.firstMapped { node.child($0).flatMap { knownName(of: $0, value, depth: depth + 1) } } }
        switch kind(node) {
        case .nonNull, .parenthesized, .asExpression, .satisfies: return node.children.first.flatMap { knownName(of: $0, value, depth: depth + 1) }
        case .ternary: return first(of: [field.consequence, field.alternative])
        case .binary: return first(of: [field.left, field.right])
        case .identifier, .member: break
        default: return nil
        }
        guard let path = source.path(of: node), let root = path.split(separator: ".").first.map(String.init) else { return nil }
        guard let known = names[root] else { return nil }
        switch known.value {
        case .unknown: return path
        default: return known.value.isIndependent ? nil : path
        }
    }
}
