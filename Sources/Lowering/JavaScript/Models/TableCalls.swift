import Flow
import SQL
import Syntax
import Vocabulary

// Tables as calls: `export const users = pgTable('users', { … }, (t) => [ … ])`.
extension ModelLowering {
    mutating func tableCall(_ chain: CallChain, boundTo name: String?) -> Bool {
        guard let call = chain.calls.first(where: { definesTables($0.name) }) ?? (importsColumns ? chain.first : nil) else { return false }
        if words.creators.contains(call.name) {
            if let name { creators[name] = prefix(of: call.arguments.first) }
            return true
        }
        if words.enums.contains(call.name) || call.name == "enum" { return enumeration(call, boundTo: name) }
        guard let name, call.arguments.count > 1, let table = call.arguments[0].text, let columns = columns(call.arguments[1]) else { return false }
        var draft = TableDraft((creators[call.name] ?? "") + table, words, reader, isNullableByDefault: true)
        draft.definition.aliases = [name.lowercased()]
        for (property, value) in columns { if let column = column(property, value) { draft.add(column) } }
        draft.definition.isCased = true
        if call.arguments.count > 2 { extras(call.arguments[2], &draft) }
        changes.append(.declareTable(draft.definition))
        return true
    }

    private func definesTables(_ name: String) -> Bool {
        words.tables.contains(name) || creators[name] != nil || words.creators.contains(name) || words.enums.contains(name) || name == "enum" || name == "table"
    }

    /// A call that no one knows, in a file that imports the columns: `createTable('users', { … })` with a creator from elsewhere.
    func isCustomTable(_ node: Node, _ names: [String], _ binding: String?) -> Bool {
        guard binding != nil, names.count == 1, importsColumns, let arguments = node.child(source.field.arguments)?.children, arguments.count > 1 else {
            return false
        }
        return source.kind(arguments[0]) == .string && [.object, .arrowFunction].contains(source.kind(arguments[1]))
    }

    private var importsColumns: Bool { source.packageNames.values.contains { $0.hasPrefix("drizzle-orm") } }

    /// The columns of a table: an object, or a function that gives one. Something in it must be a column.
    private func columns(_ notation: Notation) -> [(name: String, value: Notation)]? {
        guard let fields = reader.result(of: notation).fields, fields.isEmpty || fields.contains(where: { $0.value.chain != nil }) else { return nil }
        return fields
    }

    private func column(_ property: String, _ written: Notation) -> TableDraft.Column? {
        guard let chain = reader.resolve(written).chain, let type = chain.first else { return nil }
        var column = TableDraft.Column(property: property)
        column.type = type.name
        column.name = type.arguments.first?.text
        for argument in type.arguments {
            let value = reader.resolve(argument)
            column.states.formUnion(value.items?.compactMap(\.text) ?? [])
            if let states = value["enum"] { TableDraft("", words, reader, isNullableByDefault: nil).applyStates(states, to: &column) }
        }
        let draft = TableDraft("", words, reader, isNullableByDefault: true)
        // A helper of the project may say more than can be seen here.
        if !isColumnCall(chain) { column.isComputed = true }
        draft.apply(chain.calls.dropFirst(), to: &column)
        if type.name.lowercased().contains("serial") { (column.isNullable, column.hasDefault) = (false, true) }
        return column
    }

    /// Columns come from the package, from a parameter (`(t) => ({ id: t.integer() })`) or from an enum of the project.
    private func isColumnCall(_ chain: CallChain) -> Bool {
        guard let root = chain.base.first ?? chain.first?.name else { return false }
        if let package = source.packageNames[root] { return package.hasPrefix("drizzle-orm") }
        return !chain.base.isEmpty || reader.constants[root] != nil || root.lowercased().hasSuffix("enum")
    }

    /// The third argument: a function that gives a list, or an object, of keys and checks.
    private func extras(_ notation: Notation, _ draft: inout TableDraft) {
        let value = reader.result(of: notation)
        for item in value.items ?? value.fields?.map(\.value) ?? [] {
            guard let chain = item.chain, let first = chain.first else { continue }
            switch words.keys[first.name] {
            case .primary: KeyDraft(chain: chain, words, reader).added(to: &draft, isPrimary: true)
            case .unique: KeyDraft(chain: chain, words, reader).added(to: &draft)
            case .check: draft.add(check: first.arguments.last, named: first.arguments.count > 1 ? first.arguments[0].text : nil, reader)
            default: continue
            }
        }
    }

    private mutating func enumeration(_ call: CallChain.Call, boundTo name: String?) -> Bool {
        guard call.arguments.count > 1, let sqlName = call.arguments[0].text else { return false }
        let values = reader.resolve(call.arguments[1]).texts
        guard !values.isEmpty else { return false }
        for name in Set([sqlName.lowercased(), name?.lowercased() ?? sqlName.lowercased()]).sorted() { changes.append(.createEnum(name, Set(values))) }
        return true
    }

    /// `pgTableCreator((name) => `app_${name}`)`: what stands before the name.
    private func prefix(of notation: Notation?) -> String {
        guard case .function(let parameters, let body)? = notation, case .template(let text, _) = reader.read(body), let name = parameters.first,
            text.hasSuffix(name)
        else {
            return ""
        }
        return String(text.dropLast(name.count))
    }
}

extension TableDraft {
    /// `check('state', sql`${t.state} IN ('a', 'b')`)`
    mutating func add(check: Notation?, named name: String? = nil, _ reader: NotationReader) {
        guard let check, let text = check.text ?? check.chain?.first?.arguments.first?.text else { return }
        definition.add(check: text, named: name)
    }
}
