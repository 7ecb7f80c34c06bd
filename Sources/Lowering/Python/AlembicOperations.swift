import Flow
import Syntax
import Vocabulary

/// What a migration of Alembic does to tables: `op.create_index("once", "votes", ["poll_id", "user_id"], unique=True)`.
///
/// https://alembic.sqlalchemy.org/en/latest/ops.html
struct AlembicOperations {
    /// The tables of `with op.batch_alter_table("votes") as batch_op`.
    private var batches: [String: String] = [:]

    mutating func note(batch table: String, as name: String) { batches[name] = table }

    func changes(in chain: CallChain, _ words: ModelWords, _ reader: NotationReader) -> [SchemaChange] {
        guard let root = chain.base.first, let call = chain.calls.last, chain.calls.count == 1 else { return [] }
        var arguments = call.arguments.map { reader.resolve($0) }
        let options = arguments.last?.fields ?? []
        if arguments.last?.fields != nil { arguments.removeLast() }
        func option(_ name: String) -> Notation? { options.first { $0.name == name }.map { reader.resolve($0.value) } }
        func text(_ notation: Notation?) -> String? {
            // `op.f("ix_votes_poll_id")` is the name as it stands.
            notation.flatMap { $0.text ?? ($0.chain?.calls.last?.name == "f" ? $0.chain?.calls.last?.arguments.first?.text : nil) }
        }
        let name = text(arguments.first)
        let batch = batches[root]
        guard root == "op" || batch != nil else { return [] }
        let table = (batch ?? text(arguments.count > 1 ? arguments[1] : nil) ?? option("table_name")?.text)?.lowercased()
        let columns = arguments.dropFirst(batch == nil ? 2 : 1).first?.texts ?? option("columns")?.texts ?? []
        switch call.name {
        case "create_index", "create_unique_constraint", "create_primary_key":
            guard let table, !columns.isEmpty, call.name != "create_index" || option("unique")?.flag == true else { return [] }
            var key = Schema.UniqueKey(name: name, columns: columns)
            key.isPrimary = call.name == "create_primary_key"
            if let rows = option("postgresql_where") ?? option("sqlite_where") {
                key.condition = (rows.text ?? rows.chain?.calls.last?.arguments.first?.text).map { Condition.sql($0) } ?? Condition.unreadable
            }
            return [.addKey(table, key)]
        case "drop_index": return name.map { [.dropKey($0.lowercased(), on: batch?.lowercased() ?? option("table_name")?.text?.lowercased())] } ?? []
        case "drop_constraint": return name.flatMap { name in table.map { [.dropKey(name.lowercased(), on: $0)] } } ?? []
        case "drop_table": return name.map { [.dropTable($0.lowercased())] } ?? []
        case "rename_table":
            return name.flatMap { old in text(arguments.count > 1 ? arguments[1] : nil).map { [.renameTable(old.lowercased(), to: $0.lowercased())] } } ?? []
        default: return []
        }
    }
}
