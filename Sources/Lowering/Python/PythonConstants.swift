import Flow
import Syntax
import Vocabulary

// The texts that a class binds for good: `class Status(TextChoices): PAID = "paid", "Paid"`, alone or inside another class.
extension FileLowering {
    /// As an object whose fields are the names, and the classes inside; nil where there are none. Of a class that is no enumeration
    /// only what is written in capitals: `status = "new"` may be a column, or the default of one.
    func classConstants(_ node: Node, depth: Int = 0) -> Value? {
        guard depth < 4 else { return nil }
        let isEnumeration = source.bases(of: node).contains { source.vocabulary.models.stateBases.contains($0) }
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
            let own = source.text(name)
            guard isEnumeration || own.utf8.count > 1 && own.utf8.allSatisfy({ (65...90).contains($0) || (48...57).contains($0) || $0 == 95 }) else { continue }
            fields.append(.init(own, .literal(.string(text))))
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
    func noteClass(_ name: String, _ constants: Value) {
        classes[name] = constants
        note(constants, under: "", depth: 0)
    }

    private func note(_ constants: Value, under path: String, depth: Int) {
        for field in constants.fields ?? [] where depth < 4 {
            let own = path.isEmpty ? field.name : path + "." + field.name
            if field.value.fields != nil {
                note(field.value, under: own, depth: depth + 1)
            } else if let known = classMembers[own], known != field.value {
                // Two classes of the file say different.
                classMembers[own] = .some(nil)
            } else {
                classMembers[own] = field.value
            }
        }
    }

    /// What `Status.PAID`, `Order.Status.PAID` and `self.PAID` are, where the class stands in this file.
    func classConstant(_ path: String, _ name: String) -> Value? {
        var parts = path.split(separator: ".").map(String.init)[...]
        guard let first = parts.popFirst() else { return nil }
        if first == "this" { return classMembers[(parts + [name]).joined(separator: ".")] ?? nil }
        guard let whole = classes[first] else { return nil }
        let value = parts.reduce(whole) { $0.member($1) }.member(name)
        return value.isConstant ? value : nil
    }
}
