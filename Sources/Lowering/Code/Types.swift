import Syntax

/// A declared type, as far as calls through it can be followed: `Repository<Order>` is `Repository` of `Order`.
struct TypeName: Hashable {
    var name: String
    var argument: String?
    /// The module before it: `asyncpg.Connection`.
    var module: String?

    /// The part of a client that is for one table: `PrismaClient["user"]`.
    func isDelegate(of engines: [String]) -> Bool { argument != nil && (name == "Delegate" || engines.contains(name)) }

    /// A library's own container of rows.
    var isRepository: Bool {
        argument != nil && (name.hasSuffix("Repository") || name == "Model" || name == "ModelStatic" || name.hasSuffix("ModelType"))
    }
}

extension SourceFile {
    /// The type that an annotation names, if it is a plain one.
    func typeName(_ annotation: Node?) -> TypeName? {
        guard var node = annotation?.children.first else { return nil }
        for _ in 0..<3 where text(node).hasPrefix("(") { if let inner = node.children.first { node = inner } }
        if kind(node) == .unionType, let first = node.children.first { node = first }
        switch kind(node) {
        case .typeIdentifier: return TypeName(name: text(node))
        case .genericType:
            guard let name = node.children.first, node.children.count > 1 else { return nil }
            let argument = node.children[1].children.first
            if kind(name) == .nestedType { return delegate(name) }
            return TypeName(name: text(name), argument: argument.map { text($0) })
        case .lookupType:
            guard let name = node.children.first, let index = node.children.dropFirst().first?.children.first else { return nil }
            return literalText(index).map { TypeName(name: text(name), argument: $0) }
        case .nestedType: return delegate(node)
        default: return nil
        }
    }

    /// `Prisma.UserDelegate`
    private func delegate(_ node: Node) -> TypeName? {
        guard let name = node.children.last.map({ text($0) }), name.hasSuffix("Delegate"), name.utf8.count > 8 else { return nil }
        return TypeName(name: "Delegate", argument: String(name.dropLast(8)))
    }
}
