import Flow
import Syntax

// The texts that a class binds for good: `class Status(TextChoices): PAID = "paid", "Paid"`, alone or inside another class.
extension FileLowering {
    /// As an object whose fields are the names, and the classes inside; nil where there are none.
    func classConstants(_ node: Node, depth: Int = 0) -> Value? {
        guard depth < 4 else { return nil }
        var fields: [Value.Field] = []
        for member in node.child(source.field.body)?.children ?? [] where fields.count < 200 {
            if source.kind(member) == .classDeclaration {
                guard let name = member.child(source.field.name), let inner = classConstants(member, depth: depth + 1) else { continue }
                fields.append(.init(source.text(name), inner))
                continue
            }
            // A number says less than the name that the code gives to it.
            guard let assignment = source.assignment(member), let name = assignment.child(source.field.left), source.kind(name) == .identifier,
                let right = assignment.child(source.field.right), let text = source.literalText(right) ?? first(of: right)
            else { continue }
            fields.append(.init(source.text(name), .literal(.string(text))))
        }
        return fields.isEmpty ? nil : .object(fields, rest: nil)
    }

    /// `"paid", "Paid"` and `("paid", _("Paid"))`: the value stands before its label.
    private func first(of node: Node) -> String? {
        guard source.kind(node) == .arrayNode else { return nil }
        return node.children.first.flatMap { source.literalText($0) }
    }
}

extension SourceFile {
    /// What `Status.PAID`, `Order.Status.PAID` and `self.PAID` are, where the class stands in this file.
    func classConstant(_ path: String, _ name: String) -> Value? {
        let parts = path.split(separator: ".").map(String.init)
        guard let first = parts.first else { return nil }
        let owners = first == "this" ? classes.keys.sorted() : [first]
        let found = Set(
            owners.compactMap { owner -> Value? in
                guard let whole = classes[owner] else { return nil }
                let value = parts.dropFirst().reduce(whole) { $0.member($1) }.member(name)
                return value.isConstant ? value : nil
            })
        // A class of the file may be spoken of by a name that stands inside another.
        return found.count == 1 ? found.first : nil
    }
}
