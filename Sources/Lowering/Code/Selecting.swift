import Flow
import Vocabulary

// The select lists of query builders and ORMs: columns, and what is computed over many rows.
extension RoutineLowering {
    func select(_ value: Value, _ builder: inout Chain.Builder, _ phrases: Phrases) {
        switch value {
        case .object(let fields, _): for field in fields.prefix(60) { select(field.value, as: field.name, &builder, phrases) }
        case .list(let items): for item in items.prefix(60) { select(item, &builder, phrases) }
        default: select(value, as: nil, &builder, phrases)
        }
    }

    func select(_ value: Value, as alias: String?, _ builder: inout Chain.Builder, _ phrases: Phrases) {
        if let alias, let aggregate = phrases.aggregates[alias] {
            var item = Read.Selection(alias: alias, aggregate: aggregate)
            item.isOfRelations = value.fields?.contains { $0.name == "select" } == true
            builder.columns.append(item)
        } else if let aggregate = aggregate(in: value, phrases) {
            builder.columns.append(.init(alias: alias ?? Self.alias(in: value) ?? "count", aggregate: aggregate))
        } else if let column = value.columnName {
            builder.columns.append(.init(alias: alias ?? column, column: column))
        } else if let alias, value != .literal(.boolean(false)) {
            builder.columns.append(.init(alias: alias, column: alias))
        }
    }

    /// `count()`, `eb.fn.countAll().as('n')`, `sql\`count(*)\``, `'count(*) as n'`.
    private func aggregate(in value: Value, _ phrases: Phrases) -> Read.Aggregate? {
        for part in value.parts {
            if case .operation(.call(let name), _) = part, let aggregate = phrases.aggregates[name] { return aggregate }
            guard let text = part.stringLiteral?.lowercased() else { continue }
            if text.contains("count(") { return .count }
            if text.contains("sum(") { return .sum }
            if text.contains("max(") { return .maximum }
        }
        return nil
    }

    /// The name after `as`.
    static func alias(in value: Value) -> String? {
        if case .operation(.call("as"), let operands) = value { return operands.last?.stringLiteral }
        let words = value.parts.firstMapped(\.stringLiteral)?.split(separator: " ") ?? []
        return words.count >= 3 && words[words.count - 2].lowercased() == "as" ? String(words[words.count - 1]) : nil
    }
}
