// The schema as text, one table a paragraph: what goldens hold and what `interlock flow` prints.

extension Schema {
    package var outline: [String] {
        let names = Dictionary(grouping: aliases.keys.sorted()) { aliases[$0] ?? "" }
        return tables.keys.sorted().map { name in
            let others = names[name] ?? []
            return "table \(name)" + (others.isEmpty ? "" : " as \(others.joined(separator: ", "))") + "\n" + tables[name, default: Table()].outline
        }
    }
}

extension Schema.Table {
    fileprivate var outline: String {
        columns.map { "  \($0)\(marks($0))\n" }.joined() + keys.map { "  \($0.outline)\n" }.joined()
            + relations.keys.sorted().map { "  relation \($0) → \(relations[$0] ?? "")\n" }.joined()
    }

    private func marks(_ column: String) -> String {
        var marks = aliases.filter { $0.value == column }.keys.sorted().map { " as \($0)" }.joined()
        if nullable.contains(column) { marks += " nullable" }
        if defaults.contains(column) { marks += " default" }
        if versions.contains(column) { marks += " version" }
        if let sources = generated[column] { marks += " from \(sources.joined(separator: ", "))" }
        if let states = states[column] { marks += " in \(states.sorted().joined(separator: ", "))" }
        return marks
    }
}

extension Schema.UniqueKey {
    fileprivate var outline: String {
        var text = (isPrimary ? "primary" : "unique") + " (\(columns.joined(separator: ", ")))"
        if isExpression { text += " by expression" }
        if nullsCollide { text += " nulls collide" }
        if let name { text += " \(name)" }
        return text + (condition?.outline ?? "")
    }
}
