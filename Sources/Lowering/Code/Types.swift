import Syntax

/// A declared type, as far as calls through it can be followed: `Repository<Order>` is `Repository` of `Order`.
struct TypeName: Hashable {
    var name: String
    var argument: String?
    /// The module before it: `asyncpg.Connection`.
    var module: String?

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
            return TypeName(name: text(name), argument: argument.map { text($0) })
        default: return nil
        }
    }
}
