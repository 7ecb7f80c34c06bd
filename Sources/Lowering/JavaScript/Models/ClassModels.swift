import Flow
import Syntax
import Vocabulary

// Tables as classes: `@Entity() class User { @Column({ unique: true }) code: string }`.
extension ModelLowering {
    mutating func classModel(_ node: Node, _ decorators: [CallChain]) {
        guard let name = node.child(source.field.name).map({ source.text($0) }) else { return }
        let rows = decorators.compactMap { [words] in words.classes[$0.first?.name ?? ""] }.first
        var draft = TableDraft(name, words, reader, isNullableByDefault: rows == .document ? nil : rows == .optional)
        draft.nullsCollide = rows == .document
        draft.definition.isNameGuessed = true
        if let base = base(of: node).flatMap({ bases[$0] }), base.definition.columns.count < 200 {
            draft.definition.columns = base.definition.columns
            draft.definition.keys = base.definition.keys
            draft.definition.states = base.definition.states
            draft.definition.relations = base.definition.relations
        }
        var tableName: String?
        for member in node.child(source.field.body)?.children ?? [] {
            switch source.kind(member) {
            case .field, .fieldJS: if let name = field(member, &draft) { tableName = name }
            // `static get tableName() { return 'people' }`
            case .method:
                if member.child(source.field.name).map({ source.text($0) }) == "tableName",
                    case .function(let parameters, let body) = reader.read(method: member)
                {
                    tableName = reader.result(of: .function(parameters: parameters, body: body)).text
                }
            default: continue
            }
        }
        for decorator in decorators { classDecorator(decorator, &draft) }
        if let tableName { draft.definition.call(tableName) }
        draft.definition.aliases = [name.lowercased()]
        if rows == .document {
            modelNames[name] = [name]
            if draft.definition.isNameGuessed { draft.definition.name = "" }
            documents[name] = draft
        } else if rows != nil || tableName != nil {
            call(name, &draft)
            changes.append(.declareTable(draft.definition))
        }
        if !draft.definition.columns.isEmpty { bases[name] = draft }
    }

    /// What the package makes of the name of a class or a model: `event_signup`, `EventSignups`.
    /// https://typeorm.io/docs/entity/entities, https://mikro-orm.io/docs/naming-strategy,
    /// https://sequelize.org/docs/v6/core-concepts/model-basics/#table-name-inference
    func call(_ name: String, _ draft: inout TableDraft) {
        if packages.contains(where: { $0.hasPrefix("@mikro-orm/") }) {
            draft.isUnderscored = true
            draft.callBy(name.underscored)
        } else if packages.contains("typeorm") {
            draft.callBy(name.underscored)
        } else if packages.contains("sequelize") || packages.contains("sequelize-typescript") {
            draft.callBy(TableNames.plural(name))
        }
    }

    /// What a column is where only the language's own type tells.
    private static let types = KeyValuePairs(dictionaryLiteral: ("number", "integer"), ("boolean", "boolean"), ("Date", "timestamp"), ("string", "varchar"))

    private func base(of node: Node) -> String? {
        guard let heritage = node.children.first(where: { source.kind($0) == .classHeritage }) else { return nil }
        let words = source.text(heritage).split { $0 == " " || $0 == "<" || $0 == "{" || $0 == "\n" }
        return words.first == "extends" && words.count > 1 ? String(words[1]) : nil
    }

    private func classDecorator(_ decorator: CallChain, _ draft: inout TableDraft) {
        guard let call = decorator.first else { return }
        if words.classes[call.name] != nil {
            for argument in call.arguments {
                let value = reader.resolve(argument)
                if let name = value.text { draft.definition.call(name) }
                draft.notes(value.fields ?? [])
                draft.tableOptions(value.fields ?? [])
            }
            return
        }
        switch words.decorators[call.name] {
        case .unique: KeyDraft(arguments: call.arguments, words, reader).added(to: &draft)
        case .index:
            let key = KeyDraft(arguments: call.arguments, words, reader)
            if key.isUnique { key.added(to: &draft) }
        case .check: draft.add(check: call.arguments.last, named: call.arguments.count > 1 ? call.arguments[0].text : nil, reader)
        default: return
        }
    }

    /// Adds the column that a field is; gives the value of `static tableName = 'people'`.
    private func field(_ node: Node, _ draft: inout TableDraft) -> String? {
        guard let property = (node.child(source.field.name) ?? node.child(source.field.property)).map({ source.text($0) }) else { return nil }
        if property == "tableName", let value = node.child(source.field.value) { return reader.resolve(reader.read(value)).text }
        var column = TableDraft.Column(property: property)
        var isColumn = false, isReference = false, joined: String?
        for decorator in decorators(of: node) {
            guard let call = decorator.first, let meaning = words.decorators[call.name], meaning != .skip else { continue }
            let arguments = call.arguments.map { reader.resolve($0) }
            switch meaning {
            case .unique:
                column.isUnique = true
                column.keyName = arguments.first.flatMap { $0.text ?? $0["name"]?.text }
                continue
            case .index:
                let key = KeyDraft(arguments: arguments, words, reader)
                if key.isUnique { (column.isUnique, column.keyName) = (true, key.name ?? key.columns.first) }
                continue
            case .check:
                draft.add(check: arguments.last, named: arguments.count > 1 ? arguments[0].text : nil, reader)
                continue
            case .join:
                joined = arguments.first?["name"]?.text
                isReference = true
            case .relation, .reference:
                column.relation = arguments.first.flatMap { reader.result(of: $0).lastName ?? $0["entity"].flatMap { reader.result(of: $0).lastName } }
                if meaning == .reference { isReference = true } else { column.isRelation = true }
                for case .object(let options) in arguments {
                    draft.apply(options.filter { words.options[$0.name] == .optional || words.options[$0.name] == .name }, to: &column)
                }
            case .primary: column.isPrimary = true
            case .version: column.isVersion = true
            case .default: (column.hasDefault, column.fallback) = (true, arguments.first?.literal ?? column.fallback)
            case .optional: column.isNullable = arguments.first?.flag ?? true
            default: break
            }
            isColumn = true
            // https://typeorm.io/docs/query-builder/delete-query-builder/#soft-delete
            if call.name == "DeleteDateColumn" { draft.definition.deletedSoftly = arguments.first?["name"]?.text ?? property }
            guard [.column, .primary, .version, .default, .optional].contains(meaning) else { continue }
            for argument in arguments {
                switch argument {
                case .object(let options): draft.apply(options, to: &column)
                case .function: draft.applyStates(argument, to: &column)
                default: draft.applyType(argument, to: &column)
                }
            }
        }
        guard isColumn else { return nil }
        if column.type.isEmpty, !isReference, let type = node.child(source.field.type).map({ source.text($0) }) {
            column.type = Self.types.first { type.contains($0.key) }?.value ?? ""
        }
        if isReference {
            column.isRelation = false
            column.name = joined ?? column.name ?? property + "Id"
            // One package lets a reference be empty unless told otherwise, the other does not.
            if column.isNullable == nil { column.isNullable = packages.contains("typeorm") ? true : nil }
        }
        draft.add(column)
        return nil
    }
}

extension NotationReader {
    func read(method node: Node) -> Notation { node.child(source.field.body).map { .function(parameters: [], body: $0) } ?? .unknown }
}
