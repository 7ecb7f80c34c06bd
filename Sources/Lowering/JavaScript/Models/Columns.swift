import Flow
import Vocabulary

/// A table that a model or a migration of code describes, while it is being read.
struct TableDraft {
    var definition: SchemaChange.TableDefinition
    let words: ModelWords
    let reader: NotationReader
    /// What holds of a column of which nothing is said.
    var isNullableByDefault: Bool?
    /// Document databases index a missing value like any other.
    var nullsCollide = false

    init(_ name: String, _ words: ModelWords, _ reader: NotationReader, isNullableByDefault: Bool?) {
        definition = SchemaChange.TableDefinition(name: name)
        self.words = words
        self.reader = reader
        self.isNullableByDefault = isNullableByDefault
    }

    /// A column that is being read: its traits come in any order.
    struct Column {
        var property: String
        var name: String?
        var type = ""
        var isNullable: Bool?
        var isPrimary = false
        var isUnique = false
        /// Columns that give their key the same name share it.
        var keyName: String?
        var isSparse = false
        var hasDefault = false
        /// What an insert fills in, where that is written out.
        var fallback: Literal?
        /// The database stores the names of an enumeration's members.
        var storesNames = false
        var isVersion = false
        var isComputed = false
        var isRelation = false
        var relation: String?
        var states: Set<String> = []
    }

    /// The library spells names with underscores, and the table like the model.
    var isUnderscored = false, isFrozen = false

    /// No table has more columns, or more keys.
    private static let limit = 1_000

    mutating func add(_ draft: Column) {
        let name = draft.name ?? draft.property
        if let relation = draft.relation { definition.relations[draft.property.lowercased()] = relation.lowercased() }
        if draft.isRelation || definition.columns.count >= Self.limit { return }
        var column = SchemaChange.Column(name: name, type: draft.type)
        column.alias = name.lowercased() == draft.property.lowercased() ? nil : draft.property
        column.isNullable = draft.isPrimary ? false : draft.isComputed ? nil : draft.isNullable ?? isNullableByDefault
        column.hasDefault = draft.hasDefault
        column.fallback = draft.fallback
        column.storesNames = draft.storesNames
        column.isVersion = draft.isVersion
        if draft.name == nil { definition.unnamed.append(column.name) }
        definition.columns.append(column)
        if !draft.states.isEmpty { definition.states[column.name, default: []].formUnion(draft.states) }
        if draft.isPrimary { addPrimary([column.name], named: nil) }
        guard draft.isUnique else { return }
        let group = draft.keyName?.lowercased()
        if let group, let known = definition.keys.firstIndex(where: { $0.name == group && !$0.isPrimary }) {
            definition.keys[known].columns.append(column.name)
        } else {
            addKey([column.name], named: group, isSparse: draft.isSparse)
        }
    }

    /// Columns that each say `primary` are one key together.
    mutating func addPrimary(_ columns: [String], named name: String?) {
        if let known = definition.keys.firstIndex(where: \.isPrimary) {
            definition.keys[known].columns += columns.map { $0.lowercased() }
            return
        }
        var key = Schema.UniqueKey(name: name, columns: columns)
        key.isPrimary = true
        definition.keys.append(key)
    }

    mutating func addKey(_ columns: [String], named name: String?, isSparse: Bool = false) {
        guard definition.keys.count < Self.limit else { return }
        var key = Schema.UniqueKey(name: name, columns: columns)
        key.nullsCollide = nullsCollide && !isSparse
        definition.keys.append(key)
    }

    // MARK: Traits

    /// `.notNull().unique('once')`
    func apply(_ links: some Sequence<CallChain.Call>, to column: inout Column) {
        for link in links {
            switch words.links[link.name] {
            case .primary: column.isPrimary = true
            case .unique:
                column.isUnique = true
                column.keyName = link.arguments.first?.text
            case .required: column.isNullable = false
            case .optional: column.isNullable = true
            case .default:
                column.hasDefault = true
                column.fallback = link.arguments.first.flatMap { reader.resolve($0).literal } ?? column.fallback
            case .computed: column.isComputed = true
            default: continue
            }
        }
    }

    /// `{ unique: true, enum: ['a', 'b'], field: 'code' }`
    func apply(_ options: [(name: String, value: Notation)], to column: inout Column) {
        for (name, written) in options {
            guard let meaning = words.options[name] else { continue }
            let value = reader.resolve(written)
            switch meaning {
            case .name: column.name = value.text ?? column.name
            case .type: applyType(value, to: &column)
            case .primary: column.isPrimary = value.flag ?? false
            case .unique:
                column.keyName = value.text ?? value["name"]?.text
                column.isUnique = value.flag ?? true
            // The option is called what the column is: `allowNull: false`, `required: true`, which may be a list with a message.
            case .required: column.isNullable = !(value.flag ?? value.items?.first?.flag ?? true)
            case .optional: column.isNullable = value.flag
            case .default:
                column.hasDefault = true
                column.fallback = value.literal ?? column.fallback
            case .version: column.isVersion = value.flag ?? false
            case .sparse: column.isSparse = value.flag ?? false
            case .relation: column.relation = value.text ?? value.lastName
            // An index of a single column: `index: { unique: true }`.
            case .states: applyStates(value, to: &column)
            default: continue
            }
        }
    }

    func applyType(_ value: Notation, to column: inout Column) {
        if let name = value.text ?? value.lastName { column.type = name }
        guard let call = value.chain?.calls.last else { return }
        column.type = call.name
        if call.name.lowercased().hasSuffix("enum") { for argument in call.arguments { applyStates(argument, to: &column) } }
    }

    /// A list of strings, an object of them, an enum's name, `Object.values(…)`, or a function that gives one of these.
    func applyStates(_ written: Notation, to column: inout Column) {
        let value = reader.result(of: written)
        if let text = value.text, words.options[text] == nil { column.states.insert(text) }
        column.states.formUnion((value["values"].map { reader.resolve($0) } ?? value).texts)
        if let name = value.lastName { column.type = name }
        if let call = value.chain?.first, call.name == "values" || call.name == "enumValues", let argument = call.arguments.first {
            let inner = reader.resolve(argument)
            column.states.formUnion(inner.texts)
            if let name = inner.lastName { column.type = name }
        }
    }
}
