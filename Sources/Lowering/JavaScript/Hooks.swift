import Flow
import Syntax
import Vocabulary

// Functions that a library runs before it writes a row.
extension SourceFile {
    /// `orderSchema.pre('save', …)`, `Order.addHook('beforeCreate', …)`, `Order.beforeCreate(…)`: the table, and the write
    /// before which the library runs the function.
    func hook(_ function: Node, _ arguments: [Node]) -> (String, Write.Operation)? {
        guard !vocabulary.hooks.isEmpty, let property = function.child(field.property),
            let body = arguments.last, kind(body).isFunction,
            let owner = function.child(field.object).flatMap({ path(of: $0) })?.split(separator: ".").last
        else { return nil }
        let method = text(property)
        for hooks in vocabulary.hooks {
            let moment = hooks.registrars.contains(method) ? arguments.first.flatMap { literalText($0) } : hooks.asCalls ? method : nil
            guard let write = moment.flatMap({ hooks.write(at: $0) }) else { continue }
            let name = owner.hasSuffix("Schema") && owner.count > 6 ? owner.dropLast(6) : owner
            return (name.prefix(1).uppercased() + name.dropFirst(), write)
        }
        return nil
    }
}
