import Flow
import SQL
import Syntax
import Vocabulary

/// The tables that a Python file defines: classes whose assignments are columns, and SQL that defines tables.
struct PythonModels {
    private let source: SourceFile
    private let words: ModelWords
    private var reader: NotationReader
    private var changes: [SchemaChange] = []
    /// Classes whose fields others inherit.
    private var bases: [String: TableDraft] = [:]

    private static let depthLimit = 150

    static func changes(in statements: [Node], of source: SourceFile) -> [SchemaChange] {
        let words = source.vocabulary.models
        guard words.mayStand(in: source.bytes) || !source.importedAPIs.isEmpty else { return [] }
        var models = PythonModels(source: source, words: words, reader: NotationReader(source: source))
        for statement in statements { models.noteConstant(statement) }
        for statement in statements { models.visit(statement, 0) }
        return models.changes
    }

    private init(source: SourceFile, words: ModelWords, reader: NotationReader) {
        self.source = source
        self.words = words
        self.reader = reader
    }

    private mutating func noteConstant(_ statement: Node) {
        guard let assignment = source.assignment(statement), let name = assignment.child(source.field.left), let value = assignment.child(source.field.right)
        else {
            return
        }
        reader.constants[source.text(name)] = value
    }

    // MARK: The walk

    private mutating func visit(_ node: Node, _ depth: Int) {
        guard depth < Self.depthLimit else { return }
        switch source.kind(node) {
        case .classDeclaration:
            model(node)
            for child in node.child(source.field.body)?.children ?? [] { visit(child, depth + 1) }
        case .functionDeclaration:
            // What a migration takes back again.
            if node.child(source.field.name).map({ source.text($0) }) == "downgrade" { return }
            for child in node.child(source.field.body)?.children ?? [] { visit(child, depth + 1) }
        case .string, .concatenatedString: sql(node)
        case .asPattern:
            // `with op.batch_alter_table("votes") as batch_op`
            if let call = node.children.first, source.kind(call) == .call, let alias = node.children.last, let made = reader.chain(call).calls.last,
                made.name == "batch_alter_table", let table = made.arguments.first?.text
            {
                alembic.note(batch: table, as: source.text(alias))
            }
        case .assignment:
            // `rooms = sa.Table("rooms", metadata, sa.Column("id", sa.Integer, primary_key=True))`
            if let name = node.child(source.field.left), source.kind(name) == .identifier, let right = node.child(source.field.right),
                source.kind(right) == .call, let made = reader.chain(right).calls.last, made.name == "Table", let table = made.arguments.first?.text,
                made.arguments.contains(where: { $0.chain?.calls.last?.name == "Column" })
            {
                changes.append(.declareTable(self.table(table, made.arguments.dropFirst(), calledAs: source.text(name))))
                return
            }
            for child in node.children { visit(child, depth + 1) }
        case .call:
            operation(node)
            // What stands behind it takes it back.
            if node.child(source.field.function).flatMap({ source.path(of: $0) })?.hasSuffix("RunSQL") == true {
                if let first = node.child(source.field.arguments)?.children.first(where: { source.kind($0) != .comment }) { visit(first, depth + 1) }
                return
            }
            for child in node.children { visit(child, depth + 1) }
        case .comment, .importStatement, .importFrom, .typeAnnotation, .identifier, .number: return
        default: for child in node.children { visit(child, depth + 1) }
        }
    }

    /// `op.create_table("votes", sa.Column("poll_id", sa.Integer), sa.UniqueConstraint("poll_id"))`, and `Index("once", Vote.poll_id,
    /// unique=True)` beside the class.
    private mutating func operation(_ node: Node) {
        guard let function = node.child(source.field.function).flatMap({ source.path(of: $0) }) else { return }
        let last = function.split(separator: ".").last.map(String.init) ?? function
        if words.keys[last] == .index {
            let call = reader.chain(node).calls.last, paths = (call?.arguments ?? []).compactMap { if case .path(let parts) = $0 { parts } else { nil } }
            guard let call, let owner = paths.first(where: { $0.count > 1 })?.dropLast().last?.lowercased() else { return }
            for at in changes.indices.reversed() {
                guard case .declareTable(var definition) = changes[at], definition.aliases.contains(owner) else { continue }
                var draft = TableDraft(definition.name, words, reader, isNullableByDefault: nil)
                draft.definition = definition
                key(.chain(CallChain(base: [], calls: [call])), &draft)
                definition = draft.definition
                changes[at] = .declareTable(definition)
                return
            }
            return
        }
        guard function.contains("."), last.contains("_") else { return }
        let chain = reader.chain(node)
        if last == "create_table", chain.base.first == "op", let call = chain.calls.last, let table = call.arguments.first?.text {
            changes.append(.createTable(self.table(table, call.arguments.dropFirst())))
        } else if last == "create_index", let key = documentKey(chain) {
            changes.append(key)
        } else {
            changes += alembic.changes(in: chain, words, reader)
        }
    }

    /// `db.votes.create_index([("poll", 1), ("user", 1)], unique=True)`, `db["votes"].create_index("code", unique=True)`
    private func documentKey(_ chain: CallChain) -> SchemaChange? {
        guard let table = chain.base.last, chain.base.first != "op", let call = chain.calls.last, call.arguments.count == 2,
            let options = call.arguments.last, options["unique"]?.flag == true
        else { return nil }
        let listed = reader.resolve(call.arguments[0])
        let columns = listed.text.map { [$0] } ?? (listed.items ?? []).compactMap { $0.items?.first?.text ?? $0.text }
        guard !columns.isEmpty else { return nil }
        return .addKey(table.lowercased(), Schema.UniqueKey(ofDocuments: columns, options))
    }

    /// A table by the list of its columns and keys.
    private func table(_ name: String, _ items: ArraySlice<Notation>, calledAs alias: String? = nil) -> SchemaChange.TableDefinition {
        var draft = TableDraft(name, words, reader, isNullableByDefault: nil)
        for item in items {
            if let made = item.chain?.calls.last, made.name == "Column" { listedColumn(made, &draft) } else { key(item, &draft) }
        }
        draft.definition.aliases += alias.map { [$0.lowercased()] } ?? []
        return draft.definition
    }

    private func listedColumn(_ call: CallChain.Call, _ draft: inout TableDraft) {
        guard let name = call.arguments.first?.text else { return }
        var column = TableDraft.Column(property: name)
        column.isNullable = true
        if call.arguments.count > 1 { draft.applyType(call.arguments[1], to: &column) }
        for argument in call.arguments { if let fields = argument.fields { draft.apply(fields, to: &column) } }
        draft.add(column)
    }

    /// `db.execute("CREATE TABLE …")`: text that defines tables, wherever it stands.
    private mutating func sql(_ node: Node) {
        guard node.end - node.start > 12, let text = text(of: node), Self.definesTables(text) else { return }
        for statement in SQLReader.statements(in: Array(text.utf8)) {
            for case .schema(let change) in statement.operations { if case .dropTable = change { continue } else { changes.append(change) } }
        }
    }

    /// The text with its holes by the last part of their names: `id {db.serial_primary_key}` is a column in any case.
    private func text(of node: Node) -> String? {
        if source.kind(node) == .concatenatedString { return node.children.compactMap { text(of: $0) }.joined() }
        let (range, marks) = source.textParts(node)
        var bytes: [UInt8] = [], at = range.lowerBound
        for mark in marks where source.kind(mark) == .substitution {
            bytes += source.bytes[at..<mark.start]
            bytes += (mark.children.first.flatMap { source.path(of: $0)?.split(separator: ".").last }.map(String.init) ?? "x").utf8
            at = mark.end
        }
        bytes += source.bytes[at..<max(at, range.upperBound)]
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func definesTables(_ text: String) -> Bool {
        let word = text.utf8.drop { $0 <= 0x20 }.prefix(6).map { $0 | 0x20 }
        return word.elementsEqual("create".utf8) || word.starts(with: "alter".utf8) || word.starts(with: "drop".utf8)
    }

    // MARK: Classes

    private mutating func model(_ node: Node) {
        guard let name = node.child(source.field.name).map({ source.text($0) }) else { return }
        let parents = source.bases(of: node)
        if parents.contains(where: { words.stateBases.contains($0) }) { return enumeration(node, named: name) }
        let members = node.child(source.field.body)?.children ?? []
        // The states of a model often stand in it, above its columns.
        for member in members where source.kind(member) == .classDeclaration {
            if source.bases(of: member).contains(where: { words.stateBases.contains($0) }), let name = member.child(source.field.name) {
                enumeration(member, named: source.text(name))
            }
        }
        var draft = TableDraft(name, words, reader, isNullableByDefault: nil)
        draft.definition.isNameGuessed = true
        draft.definition.aliases = [name.lowercased()]
        for base in parents.compactMap({ bases[$0]?.definition }) where base.columns.count < 200 {
            draft.definition.columns += base.columns
            draft.definition.keys += base.keys
            draft.definition.states.merge(base.states) { $1 }
            draft.definition.relations.merge(base.relations) { $1 }
        }
        for member in members {
            if source.kind(member) == .classDeclaration, member.child(source.field.name).map({ source.text($0) }) == "Meta" {
                for statement in member.child(source.field.body)?.children ?? [] { option(statement, &draft) }
            } else {
                option(member, &draft)
                column(member, &draft)
            }
        }
        // Django's own key, where a model has none: https://docs.djangoproject.com/en/stable/topics/db/models/#automatic-primary-key-fields
        if source.importedAPIs.contains(where: { !source.vocabulary.apis[$0].managers.isEmpty }) {
            if !draft.definition.keys.contains(where: \.isPrimary) { draft.addKey(["id"], named: nil) }
            draft.definition.isOfApp = draft.definition.isNameGuessed && isDjango
        }
        bases[name] = draft
        let isAbstract = members.contains { member in
            source.kind(member) == .classDeclaration
                && (member.child(source.field.body)?.children ?? []).contains {
                    source.assignment($0)?.child(source.field.left).map { source.text($0) } == "abstract"
                }
        }
        if isAbstract { return }
        if source.isModel(node) || parents.contains(where: declared.contains) {
            declared.insert(name)
            // https://flask-sqlalchemy.readthedocs.io/en/stable/models/#defining-models
            if draft.definition.isNameGuessed, uses("sqlalchemy"), parents.contains("Model") { draft.definition.convention = name.underscored }
            changes.append(.declareTable(draft.definition))
        }
    }

    /// Django calls the tables of classes by their app.
    private var isDjango: Bool { uses("django") }

    private func uses(_ api: String) -> Bool { source.importedAPIs.contains { source.vocabulary.apis[$0].name == api } }

    private var declared: Set<String> = []
    private var alembic = AlembicOperations()
    /// The values of enumerations by their members.
    private var states: [String: [String: String]] = [:]

    /// `class State(models.TextChoices): OPEN = "open", "Open"`, `class State(str, Enum): OPEN = "open"`
    private mutating func enumeration(_ node: Node, named name: String) {
        var values: [String: String] = [:], members: [String: String] = [:]
        for member in node.child(source.field.body)?.children ?? [] {
            guard let assignment = source.assignment(member), let left = assignment.child(source.field.left), let value = assignment.child(source.field.right)
            else { continue }
            let notation = reader.read(value)
            if let text = notation.text ?? notation.items?.first?.text {
                values[text] = values[text] ?? source.text(left)
                members[source.text(left)] = text
            }
        }
        guard !values.isEmpty else { return }
        states[name] = members
        changes.append(.createEnum(name.lowercased(), Set(values.keys), members: values))
    }

    /// `__tablename__ = "orders"`, `unique_together = [("a", "b")]`, `constraints = [UniqueConstraint(fields=["a", "b"], name="once")]`
    private func option(_ statement: Node, _ draft: inout TableDraft) {
        guard let assignment = source.assignment(statement), let name = assignment.child(source.field.left).map({ source.text($0) }),
            let value = assignment.child(source.field.right)
        else { return }
        switch name {
        case "__tablename__", "db_table", "table_name", "table":
            guard let table = reader.resolve(reader.read(value)).text else { return }
            draft.definition.call(table)
        case "app_label":
            guard let app = reader.resolve(reader.read(value)).text, draft.definition.isNameGuessed else { return }
            draft.definition.call(ofApp: app)
        case "__mapper_args__":
            guard let version = reader.read(value)["version_id_col"]?.lastName?.lowercased() else { return }
            for index in draft.definition.columns.indices where draft.definition.columns[index].name == version {
                draft.definition.columns[index].isVersion = true
            }
        case "unique_together":
            let lists = reader.resolve(reader.read(value)).items ?? []
            for list in lists.first?.items == nil ? [Notation.list(lists)] : lists { draft.addKey(list.texts.map { draft.column($0) }, named: nil) }
        case "constraints", "__table_args__", "indexes":
            let written = reader.resolve(reader.read(value))
            for item in written.items ?? [] { key(item, &draft) }
            // `__table_args__ = (…, {"schema": "billing"})`
            if let schema = (written["schema"] ?? written.items?.last?["schema"])?.text { draft.definition.namespace = schema == "public" ? nil : schema }
        default: return
        }
    }

    private func key(_ item: Notation, _ draft: inout TableDraft) {
        // Peewee: `(("a", "b"), True)`
        if let parts = item.items, parts.count == 2, let columns = parts[0].items, parts[1].flag == true {
            return draft.addKey(columns.compactMap(\.text).map { draft.column($0) }, named: nil)
        }
        guard let call = item.chain?.calls.last else { return }
        switch words.keys[call.name] {
        case .check:
            // `CheckConstraint(check=Q(balance__gte=0))` of Django, `CheckConstraint("balance >= 0")` of SQLAlchemy.
            let options = call.arguments.last?.fields ?? [], name = options.first { $0.name == "name" }?.value.text
            if let text = (call.arguments.first ?? .unknown).text ?? call.arguments.first?.chain?.calls.last?.arguments.first?.text {
                draft.definition.add(check: text, named: name)
            } else if let test = options.first(where: { $0.name == "check" || $0.name == "condition" })?.value {
                let asked = test.condition.mapped { if case .column(let field) = $0 { .column(draft.column(field)) } else { $0 } }
                draft.definition.checks.append(Schema.Check(name: name, asking: asked))
            }
        case .primary:
            draft.addPrimary(call.arguments.compactMap(\.text).map { draft.column($0) }, named: nil)
        case .unique:
            let options = call.arguments.last?.fields ?? []
            var columns = options.first { $0.name == "fields" }?.value.texts ?? []
            if columns.isEmpty { columns = call.arguments.compactMap { $0.text ?? $0.keyed } }
            guard !columns.isEmpty else { return }
            var key = Schema.UniqueKey(name: options.first { $0.name == "name" }?.value.text, columns: columns.map { draft.column($0) })
            if let condition = options.first(where: { $0.name == "condition" })?.value {
                // One that cannot be read protects nobody.
                let rows = condition.condition.predicates
                let isRead = !rows.isEmpty && rows.allSatisfy { $0.comparison != .other && $0.value != .unknown }
                key.condition = isRead ? rows.map { Predicate(draft.column($0.column), $0.comparison, $0.value) } : [Predicate("", .other, .unknown)]
            }
            // `UniqueConstraint(Lower("email"), name="once")`
            key.isExpression = call.arguments.contains { $0.keyed != nil && $0.chain?.calls.last?.name != "F" }
            key.nullsCollide = options.first { $0.name == "nulls_distinct" }?.value.flag == false
            draft.definition.keys.append(key)
        case .exclusion:
            // `ExcludeConstraint(("room_id", "="), ("during", "&&"))` of SQLAlchemy, `ExclusionConstraint(expressions=[("room",
            // RangeOperators.EQUAL), …])` of Django.
            let listed = call.arguments.last?["expressions"]?.items ?? call.arguments
            let pairs = listed.compactMap { $0.items?.count == 2 ? $0.items : nil }
            let equal = pairs.filter { $0[1].text == "=" || $0[1].lastName == "EQUAL" }.compactMap { $0[0].text ?? $0[0].keyed }
            guard !equal.isEmpty else { return }
            var key = Schema.UniqueKey(name: call.arguments.last?["name"]?.text, columns: equal.map { draft.column($0) })
            key.isExpression = equal.count < pairs.count
            draft.definition.keys.append(key)
        case .index:
            // `Index("once", "a", "b", unique=True)`
            let options = call.arguments.last?.fields ?? []
            guard options.first(where: { $0.name == "unique" })?.value.flag == true else { return }
            var key = Schema.UniqueKey(
                name: call.arguments.first?.text, columns: call.arguments.dropFirst().compactMap { $0.text ?? $0.lastName ?? $0.keyed }.map { draft.column($0) }
            )
            key.isExpression = call.arguments.contains { $0.keyed != nil }
            if let rows = options.first(where: { $0.name.hasSuffix("_where") })?.value {
                key.condition = (rows.text ?? rows.chain?.calls.last?.arguments.first?.text).map { Condition.sql($0) } ?? Condition.unreadable
            }
            draft.definition.keys.append(key)
        default: return
        }
    }

    /// `code = models.CharField(unique=True)`, `code: Mapped[str] = mapped_column(String, unique=True)`, `code: str = Field(unique=True)`
    private func column(_ statement: Node, _ draft: inout TableDraft) {
        guard let assignment = source.assignment(statement), let left = assignment.child(source.field.left), source.kind(left) == .identifier else { return }
        let name = source.text(left), annotation = assignment.child(source.field.type)
        var column = TableDraft.Column(property: name)
        let call = assignment.child(source.field.right).flatMap { source.kind($0) == .call ? reader.chain($0).calls.last : nil }
        guard let call, let meaning = words.column(call.name) ?? (annotation != nil ? .column : nil) else {
            // A plain annotation is a field of a class that may be a table.
            guard annotation != nil, !name.hasPrefix("_") else { return }
            column.isNullable = annotation.map { source.text($0).contains("None") || source.text($0).contains("Optional") }
            return draft.add(column)
        }
        let options = call.arguments.last?.fields ?? []
        // https://docs.djangoproject.com/en/stable/ref/models/fields/#django.db.models.ForeignKey.related_name
        let target = call.arguments.first.flatMap { $0.lastName ?? $0.text?.split(separator: ".").last.map(String.init) }
        for option in options where ["related_name", "backref"].contains(option.name) {
            let reached = option.value.text ?? option.value.chain?.calls.last?.arguments.first?.text
            if let reached, reached != "+", !reached.contains("%") { draft.definition.reachedAs.insert(reached.lowercased()) }
        }
        switch meaning {
        case .relation:
            // What a class of another package is called says nothing of a table of this project.
            if call.name == "relationship", let target { draft.definition.relations[name.lowercased()] = target.lowercased() }
            return
        case .reference:
            column.name = name + "_id"
            column.relation = call.arguments.first.flatMap { $0.lastName ?? $0.text?.split(separator: ".").last.map(String.init) }
            column.isUnique = call.name.hasPrefix("OneToOne")
        case .optional: column.isNullable = true
        case .required: column.isNullable = annotation.map { source.text($0).contains("None") || source.text($0).contains("Optional") } ?? false
        case .primary: column.isPrimary = true
        default: column.isNullable = annotation.map { source.text($0).contains("None") || source.text($0).contains("Optional") } ?? false
        }
        column.type = call.name
        // `Column("promo_id", Integer)` of SQLAlchemy; what stands there in Django is a name for people.
        var arguments = call.arguments[...]
        if ["Column", "mapped_column"].contains(call.name), let own = arguments.first?.text {
            column.name = own
            arguments = arguments.dropFirst()
        }
        if let first = arguments.first, first.chain == nil, meaning != .reference { draft.applyType(first, to: &column) }
        // https://docs.djangoproject.com/en/stable/ref/models/fields/#positiveintegerfield
        if call.name.hasPrefix("Positive"), call.name.hasSuffix("Field") {
            let least = Value.literal(.number("0")), own = name.lowercased()
            draft.definition.checks.append(
                Schema.Check(.operation(.greaterOrEqual, [.column(own), least]), bounds: [Predicate(own, .greaterOrEqual, least)]))
        }
        for argument in call.arguments {
            if let fields = argument.fields {
                draft.apply(fields.filter { $0.name != "choices" && $0.name != "name" }, to: &column)
                if column.fallback == nil, let value = fields.first(where: { words.options[$0.name] == .default })?.value { column.fallback = member(value) }
                if let choices = fields.first(where: { $0.name == "choices" })?.value { states(choices, &column) }
            } else if let inner = argument.chain?.calls.last, inner.name.hasSuffix("Enum") {
                // https://docs.sqlalchemy.org/en/20/core/type_basics.html#sqlalchemy.types.Enum
                column.storesNames = inner.name == "Enum" && inner.arguments.last?["values_callable"] == nil
                states(inner.arguments.first ?? .unknown, &column)
                for text in inner.arguments.compactMap(\.text) { column.states.insert(text) }
            }
        }
        draft.add(column)
    }

    /// `State.OPEN`, `Order.State.OPEN.value`
    private func member(_ value: Notation) -> Literal? {
        guard case .path(var parts) = value else { return nil }
        if parts.last == "value" || parts.last == "name" { parts.removeLast() }
        guard parts.count > 1, let text = states[parts[parts.count - 2]]?[parts[parts.count - 1]] else { return nil }
        return .string(text)
    }

    /// `[("open", "Open"), …]`, `State.choices`, `State`
    private func states(_ written: Notation, _ column: inout TableDraft.Column) {
        let value = reader.resolve(written)
        for item in value.items ?? [] { if let text = item.text ?? item.items?.first.map({ reader.resolve($0) })?.text { column.states.insert(text) } }
        if case .path(let parts) = value, let type = parts.last == "choices" ? parts.dropLast().last : parts.last { column.type = type }
    }
}

extension Notation {
    /// The column of `F("user")`, `Lower("email")`, `F("user").desc()`.
    fileprivate var keyed: String? { chain?.calls.first?.arguments.first.flatMap { $0.text ?? $0.keyed } }
}

extension TableDraft {
    /// The column behind a field, which a reference spells otherwise.
    fileprivate func column(_ field: String) -> String {
        let name = field.lowercased()
        return definition.columns.contains { $0.name == name } || !definition.columns.contains { $0.name == name + "_id" } ? name : name + "_id"
    }
}

extension SourceFile {
    func assignment(_ statement: Node) -> Node? {
        guard kind(statement) == .expressionStatement, let inner = statement.children.first, kind(inner) == .assignment else { return nil }
        return inner
    }

    /// `class Order(OrderBase, table=True)`
    func isMarkedAsTable(_ node: Node) -> Bool {
        (node.child(grammar.grammar.field("superclasses"))?.children ?? []).contains { part in
            kind(part) == .keywordArgument && part.child(field.name).map { text($0) } == "table" && part.child(field.value).map { text($0) } == "True"
        }
    }
}
