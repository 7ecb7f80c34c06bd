import Flow
import Vocabulary

// Tables as objects of options: `sequelize.define('user', { … })`, `User.init({ … }, { sequelize })`, `new Schema({ … })`.
extension ModelLowering {
    mutating func mapperCall(_ chain: CallChain, boundTo name: String?) -> Bool {
        for call in chain.calls {
            let arguments = call.arguments.map { reader.resolve($0) }
            switch call.name {
            case "define":
                guard let model = arguments.first?.text, arguments.count > 1, let attributes = arguments[1].fields, areAttributes(attributes) else { continue }
                define(model, attributes, arguments.count > 2 ? arguments[2].fields ?? [] : [], [model, name])
                return true
            case "init":
                guard arguments.count > 1, let attributes = arguments[0].fields, let options = arguments[1].fields,
                    options.contains(where: { $0.name == "sequelize" }),
                    let model = arguments[1]["modelName"]?.text ?? chain.base.last(where: { $0 != "super" && $0 != "this" }) ?? enclosingClass
                        ?? arguments[1]["tableName"]?.text
                else { continue }
                define(model, attributes, options, [model, chain.base.last(where: { $0 != "super" && $0 != "this" }) ?? enclosingClass])
                return true
            case "EntitySchema", "defineEntity":
                guard let options = arguments.first, let model = options["name"]?.text ?? options["class"]?.lastName,
                    let columns = (options["columns"] ?? options["properties"]).flatMap({ reader.resolve($0).fields })
                else { continue }
                define(
                    model, columns, options.fields?.filter { $0.name != "name" && words.options[$0.name] != .columns } ?? [], [model, name],
                    isNullableByDefault: false)
                return true
            case "Schema":
                guard packages.contains("mongoose"), let name, let fields = arguments.first?.fields else { continue }
                documents[name] = document(fields, arguments.count > 1 ? arguments[1].fields ?? [] : [])
                index(name, chain)
                return true
            case "model":
                guard packages.contains("mongoose"), let model = arguments.first?.text, call.arguments.count > 1 else { continue }
                var variable = call.arguments[1].lastName
                if let schema = call.arguments[1].chain?.call("Schema"), let fields = schema.arguments.first.flatMap({ reader.resolve($0).fields }) {
                    documents[model] = document(fields, schema.arguments.dropFirst().first.flatMap { reader.resolve($0).fields } ?? [])
                    variable = model
                }
                guard let variable else { continue }
                modelNames[variable, default: []] += [model] + [name].compactMap { $0 }
                return true
            case "drizzle":
                if arguments.contains(where: { $0["casing"]?.text == "snake_case" }) { changes.append(.spellColumns) }
                return true
            case "index":
                guard let variable = chain.base.last, chain.base.count == 1, documents[classes[variable] ?? variable] != nil else { continue }
                index(classes[variable] ?? variable, chain)
                return true
            case "createForClass":
                guard let name, let model = arguments.first?.lastName ?? call.arguments.first?.lastName else { continue }
                classes[name] = model
                return true
            default: continue
            }
        }
        return false
    }

    /// A document's table has the name of its model, or of its schema where the model is made elsewhere.
    mutating func declare(_ document: TableDraft, boundTo variable: String) {
        var definition = document.definition
        let names = modelNames[variable] ?? [variable.lowercased().hasSuffix("schema") && variable.count > 6 ? String(variable.dropLast(6)) : variable]
        if definition.name.isEmpty {
            definition.name = names[0].lowercased()
            definition.isNameGuessed = true
        }
        definition.aliases = names.map { $0.lowercased() }
        changes.append(.declareTable(definition))
    }

    /// `hiveSchema.index({ a: 1, b: 1 }, { unique: true }).index(…)`
    private mutating func index(_ document: String, _ chain: CallChain) {
        for call in chain.calls where call.name == "index" {
            let key = KeyDraft(arguments: call.arguments, words, reader)
            guard key.isUnique, var draft = documents.removeValue(forKey: document) else { continue }
            key.added(to: &draft)
            documents[document] = draft
        }
    }

    // MARK: Attributes

    private func areAttributes(_ fields: [(name: String, value: Notation)]) -> Bool {
        fields.contains { field in
            switch field.value {
            case .path(let parts): parts.count > 1
            case .object(let options): options.contains { words.options[$0.name] == .type }
            case .chain: true
            case .text, .flag, .null, .number, .template, .list, .function, .joined, .unknown: false
            }
        }
    }

    private mutating func define(
        _ model: String, _ attributes: [(name: String, value: Notation)], _ options: [(name: String, value: Notation)], _ aliases: [String?],
        isNullableByDefault: Bool = true
    ) {
        var draft = TableDraft(model, words, reader, isNullableByDefault: isNullableByDefault)
        draft.definition.isNameGuessed = true
        draft.attributes(attributes)
        draft.notes(options)
        draft.tableOptions(options)
        call(model, &draft)
        draft.definition.aliases = Set(aliases.compactMap { $0?.lowercased() }).sorted()
        changes.append(.declareTable(draft.definition))
    }

    private func document(_ fields: [(name: String, value: Notation)], _ options: [(name: String, value: Notation)]) -> TableDraft {
        var draft = TableDraft("", words, reader, isNullableByDefault: nil)
        draft.nullsCollide = true
        draft.paths(fields, below: "", 0)
        for (option, value) in options {
            if words.options[option] == .name, let name = value.text { draft.definition.call(name) }
            if words.options[option] == .version, value.flag == true { draft.add(TableDraft.Column(property: "__v", isNullable: false, isVersion: true)) }
        }
        return draft
    }
}

extension TableDraft {
    /// What the options say of names that nobody writes down: `underscored`, `freezeTableName`; and of rows that are deleted.
    mutating func notes(_ options: [(name: String, value: Notation)]) {
        let said = Dictionary(options.map { ($0.name, $0.value) }) { first, _ in first }
        isUnderscored = said["underscored"]?.flag ?? isUnderscored
        isFrozen = said["freezeTableName"]?.flag ?? isFrozen
        // https://sequelize.org/docs/v6/core-concepts/paranoid/
        if said["paranoid"]?.flag == true { definition.deletedSoftly = said["deletedAt"]?.text ?? (isUnderscored ? "deleted_at" : "deletedAt") }
    }

    /// What a library makes of the name of a class, and of properties.
    mutating func callBy(_ name: String) {
        if definition.isNameGuessed { definition.convention = isFrozen ? definition.spelling : isUnderscored ? name.underscored : name }
        if isUnderscored { definition.underscore() }
    }

    /// `{ code: DataTypes.STRING, state: { type: DataTypes.ENUM('a', 'b'), allowNull: false } }`
    mutating func attributes(_ fields: [(name: String, value: Notation)]) {
        for (property, written) in fields {
            let value = reader.resolve(written)
            var column = Column(property: property)
            if let options = value.fields { apply(options, to: &column) } else { applyType(value, to: &column) }
            if let call = value.chain?.first, call.name.lowercased().hasSuffix("enum") { for argument in call.arguments { applyStates(argument, to: &column) } }
            // `name` of a plain type says nothing: `{ type: 'text' }` has no table behind it.
            if value["reference"] != nil || value["kind"] != nil { column.isNullable = nil }
            add(column)
        }
    }

    /// `{ tableName: 'users', indexes: [{ unique: true, fields: […] }], version: true }`
    mutating func tableOptions(_ options: [(name: String, value: Notation)]) {
        for (option, written) in options {
            let value = reader.resolve(written)
            switch words.options[option] {
            case .name:
                guard let name = value.text else { continue }
                definition.call(name)
            case .keys:
                for item in value.items ?? value.fields?.map(\.value) ?? [] {
                    guard let fields = reader.resolve(item).fields else { continue }
                    let key = KeyDraft(fields: fields, words, reader)
                    // A list of unique keys need not say so of each.
                    if key.isUnique || option.hasPrefix("unique") { key.added(to: &self) }
                }
            case .version:
                guard value.flag == true || value.text != nil else { continue }
                add(Column(property: value.text ?? "version", isNullable: false, isVersion: true))
            default: continue
            }
        }
    }

    /// The fields of a document: a type, an object with a type, or an object of fields.
    mutating func paths(_ fields: [(name: String, value: Notation)], below prefix: String, _ depth: Int) {
        for (name, written) in fields {
            let value = reader.resolve(written)
            var column = Column(property: prefix + name)
            if let options = value.fields, !options.contains(where: { $0.name == "type" }), !options.isEmpty, depth < 8 {
                paths(options, below: prefix + name + ".", depth + 1)
                continue
            }
            apply(value.fields ?? [], to: &column)
            if case .object(let index)? = value["index"].map({ reader.resolve($0) }) {
                let key = KeyDraft(fields: index, words, reader)
                (column.isUnique, column.isSparse) = (column.isUnique || key.isUnique, column.isSparse || key.isSparse)
            }
            // A field that is missing is a value like any other, unless the index leaves such documents out.
            column.isNullable = column.isSparse && column.isNullable != false ? true : nil
            add(column)
        }
    }
}
