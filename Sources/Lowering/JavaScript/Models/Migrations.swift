import Flow
import Syntax
import Vocabulary

// Migrations as calls. The arguments tell whose they are: a function builds the table with its parameter, an object
// lists the columns, a name alone is followed by links, `new Table({ … })` says everything itself.
extension ModelLowering {
    mutating func migrationCall(_ chain: CallChain) -> Bool {
        guard let start = chain.calls.firstIndex(where: { words.migrations.contains($0.name) || ($0.name == "table" && chain.base.last == "schema") }) else {
            return false
        }
        let before = changes.count
        if let key = documentKey(chain, start) {
            changes.append(key)
            return true
        }
        var links = Links()
        for call in chain.calls[start...] { step(call, &links) }
        finish(&links)
        return changes.count > before || chain.calls[start].name == "createIndex"
    }

    /// `db.collection('votes').createIndex({ poll: 1, user: 1 }, { unique: true })`, `votes.createIndex({ code: 1 }, { unique: true })`
    private func documentKey(_ chain: CallChain, _ at: Int) -> SchemaChange? {
        let call = chain.calls[at]
        guard call.name == "createIndex", let columns = call.arguments.first.map({ reader.resolve($0) })?.fields, !columns.isEmpty,
            let options = call.arguments.dropFirst().first.map({ reader.resolve($0) }), options["unique"]?.flag == true
        else { return nil }
        // `db.collection('votes')` before it, or what the variable was made of.
        let maker = at > 0 ? chain.calls[at - 1] : chain.base.last.flatMap { reader.constants[$0] }.flatMap { reader.chain($0).calls.last }
        guard let table = maker?.name == "collection" ? maker?.arguments.first?.text : chain.base.last?.withoutCollection else { return nil }
        return .addKey(table.lowercased(), Schema.UniqueKey(ofDocuments: columns.map(\.name), options))
    }

    /// A chain whose links add to one table or describe one index.
    private struct Links {
        var table: TableDraft?
        var isNew = false
        var index: [CallChain.Call] = []
        var type: String?
    }

    private mutating func step(_ call: CallChain.Call, _ links: inout Links) {
        let arguments = call.arguments.map { reader.resolve($0) }
        let name = arguments.first?.text?.unqualified
        switch call.name {
        case "createTable", "createTableIfNotExists", "alterTable", "table":
            finish(&links)
            createTable(call, arguments, isNew: call.name.hasPrefix("create"), &links)
        case "createIndex":
            if arguments.count > 1, let table = name, let options = arguments[1].options { return index(of: table, options) }
            finish(&links)
            links.index = [call]
        case "createType": links.type = name
        case "asEnum": if let type = links.type { changes.append(.createEnum(type.lowercased(), Set(arguments.first?.texts ?? []))) }
        case _ where !links.index.isEmpty: links.index.append(call)
        case "addColumn" where links.table != nil: addLinkedColumn(arguments, &links)
        case "alterColumn" where links.table != nil: alterColumn(arguments, links.table)
        case _ where links.table != nil && words.keys[call.name] != nil: addLinkedKey(call, &links)
        case _ where links.table != nil: if let table = links.table?.definition.name { alter(table, call.name, arguments, first: 0) }
        case "dropTable", "dropTableIfExists": if let table = name ?? arguments.first?.options?["name"]?.text { changes.append(.dropTable(table.lowercased())) }
        case "renameTable":
            if arguments.count > 1, let name, let new = arguments[1].text?.unqualified { changes.append(.renameTable(name.lowercased(), to: new.lowercased())) }
        case "dropIndex" where arguments.count == 1: if let name { changes.append(.dropKey(name.lowercased(), on: nil)) }
        default: if let name { alter(name.lowercased(), call.name, Array(arguments.dropFirst()), first: 1) }
        }
    }

    private mutating func createTable(_ call: CallChain.Call, _ arguments: [Notation], isNew: Bool, _ links: inout Links) {
        // `new Table({ name, columns: [{ name, isUnique }], uniques: [{ columnNames }] })`
        if let options = arguments.first?.options {
            guard let name = options["name"]?.text else { return }
            var draft = TableDraft(name, words, reader, isNullableByDefault: false)
            for item in options["columns"].flatMap({ reader.resolve($0).items }) ?? [] { if let fields = item.options?.fields { draft.column(fields) } }
            draft.tableOptions(options.fields?.filter { words.options[$0.name] == .keys }.map { ($0.name, $0.value.withoutCalls) } ?? [])
            changes.append(.createTable(draft.definition))
            return
        }
        guard let name = arguments.first?.text?.unqualified else { return }
        var draft = TableDraft(name, words, reader, isNullableByDefault: true)
        guard call.arguments.count > 1 else {
            links.table = draft
            links.isNew = isNew
            return
        }
        if case .function(let parameters, let body) = call.arguments[1], let parameter = parameters.first {
            var alterations: [SchemaChange] = []
            build(body, parameter, &draft, &alterations)
            add(draft, isNew: isNew)
            changes += alterations
        } else if let attributes = arguments[1].fields {
            draft.attributes(attributes)
            if arguments.count > 2 { draft.tableOptions(arguments[2].fields?.filter { words.options[$0.name] == .keys } ?? []) }
            changes.append(.createTable(draft.definition))
        }
    }

    private mutating func finish(_ links: inout Links) {
        if let table = links.table { add(table, isNew: links.isNew) }
        if links.index.contains(where: { $0.name == "unique" }), let table = links.index.first(where: { $0.name == "on" })?.arguments.first?.text {
            var calls = links.index.filter { $0.name != "on" || $0.arguments.count > 1 }
            calls = calls.map { $0.name == "expression" ? .init(name: "columns", arguments: $0.arguments) : $0 }
            var draft = TableDraft(table, words, reader, isNullableByDefault: nil)
            KeyDraft(chain: CallChain(calls: calls), words, reader).added(to: &draft)
            add(draft, isNew: false)
        }
        links = Links()
    }

    private mutating func add(_ draft: TableDraft, isNew: Bool) {
        let definition = draft.definition
        if isNew { return changes.append(.createTable(definition)) }
        for column in definition.columns { changes.append(.addColumn(definition.name, column, states: definition.states[column.name] ?? [])) }
        for key in definition.keys { changes.append(.addKey(definition.name, key)) }
    }

    // MARK: A function that builds the table

    /// `t.string('code').notNullable(); t.unique(['team', 'code']);`
    private func build(_ node: Node, _ parameter: String, _ draft: inout TableDraft, _ alterations: inout [SchemaChange], _ depth: Int = 0) {
        guard depth < 20 else { return }
        if source.kind(node) == .call {
            let chain = reader.chain(node)
            if chain.base == [parameter] { buildLine(chain, &draft, &alterations) }
            return
        }
        for child in node.children { build(child, parameter, &draft, &alterations, depth + 1) }
    }

    private func buildLine(_ chain: CallChain, _ draft: inout TableDraft, _ alterations: inout [SchemaChange]) {
        guard let call = chain.first else { return }
        let arguments = call.arguments.map { reader.resolve($0) }, table = draft.definition.name
        let names = arguments.first?.items?.compactMap(\.text) ?? arguments.first?.text.map { [$0] } ?? []
        switch call.name {
        case "unique": KeyDraft(arguments: call.arguments, words, reader).added(to: &draft)
        case "primary": KeyDraft(arguments: call.arguments, words, reader).added(to: &draft, isPrimary: true)
        case "increments", "bigIncrements":
            var column = TableDraft.Column(property: names.first ?? "id")
            (column.isPrimary, column.hasDefault) = (true, true)
            draft.add(column)
        case "dropUnique":
            if arguments.count > 1, let name = arguments[1].text { alterations.append(.dropKey(name.lowercased(), on: table)) }
            alterations.append(.dropKeyOver(names.map { $0.lowercased() }, on: table))
        case "dropPrimary": alterations.append(.dropPrimaryKey(table))
        case "dropColumn", "dropColumns":
            alterations += arguments.flatMap { $0.items?.compactMap(\.text) ?? [$0.text].compactMap { $0 } }.map { .dropColumn(table, column: $0.lowercased()) }
        case "renameColumn":
            if arguments.count > 1, let old = arguments[0].text, let new = arguments[1].text {
                alterations.append(.renameColumn(table, column: old.lowercased(), to: new.lowercased()))
            }
        case "setNullable", "dropNullable":
            if let name = names.first { alterations.append(.setNullable(table, column: name.lowercased(), call.name == "setNullable")) }
        case "index", "foreign", "dropForeign", "dropIndex", "comment", "engine", "charset", "collate", "check", "inherits", "timestamps", "dropTimestamps",
            "queryContext", "dropChecks":
            return
        default:
            guard let name = arguments.first?.text else { return }
            var column = TableDraft.Column(property: name)
            column.type = call.name
            if call.name.lowercased().hasPrefix("enu"), arguments.count > 1 { draft.applyStates(call.arguments[1], to: &column) }
            draft.apply(chain.calls.dropFirst(), to: &column)
            draft.add(column)
        }
    }

    // MARK: Links

    /// `.addColumn('code', 'text', (column) => column.notNull().unique())`
    private func addLinkedColumn(_ arguments: [Notation], _ links: inout Links) {
        guard let name = arguments.first?.text else { return }
        var column = TableDraft.Column(property: name)
        column.type = arguments.dropFirst().first?.text ?? ""
        if case .chain(let chain)? = arguments.last.map({ reader.result(of: $0) }) { links.table?.apply(chain.calls, to: &column) }
        if column.type.hasSuffix("serial") { (column.isNullable, column.hasDefault) = (false, true) }
        links.table?.add(column)
    }

    private func addLinkedKey(_ call: CallChain.Call, _ links: inout Links) {
        guard var table = links.table.take() else { return }
        defer { links.table = table }
        switch words.keys[call.name] {
        case .unique, .primary:
            var key = KeyDraft(arguments: Array(call.arguments.prefix(2)), words, reader)
            // `(constraint) => constraint.nullsNotDistinct()`
            if call.arguments.count > 2, let chain = reader.result(of: call.arguments[2]).chain { key.nullsCollide = chain.call("nullsNotDistinct") != nil }
            key.added(to: &table, isPrimary: words.keys[call.name] == .primary)
        default: return
        }
    }

    private mutating func alterColumn(_ arguments: [Notation], _ table: TableDraft?) {
        guard let table, let name = arguments.first?.text, let call = arguments.dropFirst().first.map({ reader.result(of: $0) })?.chain?.first else { return }
        if call.name == "setNotNull" || call.name == "dropNotNull" {
            changes.append(.setNullable(table.definition.name, column: name.lowercased(), call.name == "dropNotNull"))
        }
    }

    // MARK: Single changes

    /// `addColumn('users', 'code', { … })`, and the links `dropColumn('code')`, `renameTo('people')` of an alteration.
    private mutating func alter(_ table: String, _ change: String, _ arguments: [Notation], first: Int) {
        let name = arguments.first?.text?.lowercased(), second = arguments.dropFirst().first
        var draft = TableDraft(table, words, reader, isNullableByDefault: true)
        switch change {
        case "addColumn", "changeColumn":
            let last = second.flatMap { change == "changeColumn" ? $0.options ?? $0 : $0 } ?? arguments.first?.options
            if let name, let last {
                draft.attributes([(name, last)])
            } else if let fields = arguments.first?.options?.fields {
                draft.isNullableByDefault = false
                draft.column(fields)
            }
            add(draft, isNew: false)
        case "dropColumn", "removeColumn": if let name { changes.append(.dropColumn(table, column: name)) }
        case "renameColumn": if let name, let new = second?.text { changes.append(.renameColumn(table, column: name, to: new.lowercased())) }
        case "renameTo": if let name { changes.append(.renameTable(table, to: name)) }
        case "addIndex": index(of: table, arguments)
        case "addConstraint":
            let key = KeyDraft(arguments: arguments, words, reader)
            let isPrimary = (arguments.last?.fields ?? []).contains { $0.name == "type" && $0.value.text?.lowercased() == "primary key" }
            guard key.isUnique || isPrimary else { return }
            key.added(to: &draft, isPrimary: isPrimary)
            add(draft, isNew: false)
        case "createUniqueConstraint", "createPrimaryKey":
            let isPrimary = change == "createPrimaryKey"
            (arguments.first?.options?.fields.map { KeyDraft(fields: $0, words, reader) } ?? KeyDraft(arguments: arguments, words, reader)).added(
                to: &draft, isPrimary: isPrimary)
            add(draft, isNew: false)
        case "removeConstraint", "removeIndex", "dropConstraint", "dropIndex", "dropUniqueConstraint":
            if let name {
                changes.append(.dropKey(name, on: table))
            } else if let columns = arguments.first?.items?.compactMap(\.text) {
                changes.append(.dropKeyOver(columns.map { $0.lowercased() }, on: table))
            }
        default: return
        }
    }

    private mutating func index(of table: String, _ arguments: [Notation]) { index(of: table, KeyDraft(arguments: arguments, words, reader)) }

    /// `new TableIndex({ columnNames: ['a'], isUnique: true })`
    private mutating func index(of table: String, _ options: Notation) {
        if let fields = options.fields { index(of: table, KeyDraft(fields: fields, words, reader)) }
    }

    private mutating func index(of table: String, _ key: KeyDraft) {
        guard key.isUnique else { return }
        var draft = TableDraft(table, words, reader, isNullableByDefault: nil)
        key.added(to: &draft)
        add(draft, isNew: false)
    }
}

extension TableDraft {
    /// `{ name: 'code', type: 'varchar', isUnique: true }`
    fileprivate mutating func column(_ fields: [(name: String, value: Notation)]) {
        guard let name = fields.first(where: { $0.name == "name" }).flatMap({ reader.resolve($0.value).text }) else { return }
        var column = Column(property: name)
        apply(fields, to: &column)
        add(column)
    }
}

extension Notation {
    /// An object, also as the only argument of `new Table({ … })`.
    fileprivate var options: Notation? {
        if case .object = self { return self }
        if case .chain(let chain) = self, chain.calls.count == 1, case .object? = chain.first?.arguments.first { return chain.first?.arguments.first }
        return nil
    }

    /// `[new TableUnique({ … })]` → `[{ … }]`
    fileprivate var withoutCalls: Notation {
        if case .list(let items) = self { return .list(items.map { $0.options ?? $0 }) }
        return self
    }
}

extension String {
    /// `public.users` → `users`
    fileprivate var unqualified: String { split(separator: ".").last.map(String.init) ?? self }
}
