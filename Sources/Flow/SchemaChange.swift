/// One statement of a migration, or what one model says; all names in lower case.
package enum SchemaChange: Hashable, Sendable {
    case createTable(TableDefinition)
    /// A model: the table as it is in the end.
    case declareTable(TableDefinition)
    case dropTable(String)
    case renameTable(String, to: String)
    case addColumn(String, Column, states: Set<String>)
    case dropColumn(String, column: String)
    case renameColumn(String, column: String, to: String)
    case setNullable(String, column: String, Bool)
    case setDefault(String, column: String, isNull: Bool, Literal?)
    case addStates(String, column: String, Set<String>)
    case addCheck(String, Schema.Check)
    /// A CHECK names the schemes of its URLs.
    case addSchemes(String, column: String)
    /// A trigger lets no two rows into the table that its test would not both allow.
    case guardInserts(String, by: String)
    /// A trigger tests what a column was before it lets it be changed.
    case guardChanges(String, column: String, by: String)
    /// A trigger of which nothing else is said.
    case addTrigger(String, Schema.Trigger, by: String)
    case dropTrigger(String)
    case addKey(String, Schema.UniqueKey)
    /// By the name of an index, which is known to the whole database, or of a constraint of one table.
    case dropKey(String, on: String?)
    /// RENAME CONSTRAINT, of a key or a CHECK.
    case renameKey(String, on: String, to: String)
    /// By the columns, where the library makes up the name.
    case dropKeyOver([String], on: String)
    case dropPrimaryKey(String)
    /// - Parameter members: what the database may store in place of the values: names of members, by value.
    case createEnum(String, Set<String>, members: [String: String] = [:])
    /// A type, the type that it rests on, and its CHECKs, in which the value is a column of that name.
    case createDomain(String, on: String, [Schema.Check])
    case addDomainCheck(String, Schema.Check)
    case dropDomainCheck(String, named: String)
    /// The models of the library of that name are all declared: what it is called upon for others is something else.
    case declareAll(api: String)
    /// Columns that only a property names are spelled with underscores.
    case spellColumns

    package struct Column: Hashable, Sendable {
        package let name: String
        package let type: String
        /// What the model's code calls the column, where that differs.
        package var alias: String?
        /// The columns that a GENERATED column is computed from.
        package var sources: [String] = []
        /// nil where nothing is said.
        package var isNullable: Bool?
        package var hasDefault = false
        /// What is filled in, where that is written out.
        package var fallback: Literal?
        package var isVersion = false
        /// The database stores the names of an enumeration's members, not their values.
        package var storesNames = false
        /// The name with its capitals, where it has any, or as the library spells it.
        package var spelling: String?

        package init(name: String, type: String) {
            self.name = name.lowercased()
            spelling = self.name == name ? nil : name
            self.type = type.lowercased()
        }
    }

    package struct TableDefinition: Hashable, Sendable {
        package var name: String
        /// The other names by which code speaks of the table.
        package var aliases: [String] = []
        /// The name is that of a class: the database may spell it otherwise.
        package var isNameGuessed = false
        package var columns: [Column] = []
        package var keys: [Schema.UniqueKey] = []
        package var states: [String: Set<String>] = [:]
        package var checks: [Schema.Check] = []
        package var urls: Set<String> = []
        package var relations: [String: String] = [:]
        /// Under which names rows of other tables lead to these: `related_name="seats"`.
        package var reachedAs: Set<String> = []

        /// The name as it was written, with its capitals.
        package var spelling: String?
        /// The schema of the database in which it stands, where that is not the usual one.
        package var namespace: String?
        /// The table whose columns it takes over, and what else of it: `LIKE orders INCLUDING ALL`.
        package var likeness: Likeness?
        /// The column by which the library leaves out rows that are deleted.
        package var deletedSoftly: String?
        /// What the library calls it where neither the model nor a migration says so.
        package var convention: String?
        /// The columns that nothing but the property of the model names.
        package var unnamed: [String] = []
        /// How those are spelled is said where the library connects: see `spellColumns`.
        package var isCased = false
        /// IF NOT EXISTS: where there is one it stays as it is.
        package var isConditional = false
        /// Django calls it by the app that its file belongs to, and the class.
        package var isOfApp = false

        package init(name: String) {
            self.name = name.lowercased()
            spelling = name
        }

        package struct Likeness: Hashable, Sendable {
            package enum Part: Hashable, Sendable { case keys, checks, defaults }

            package let table: String
            package let parts: Set<Part>

            package init(table: String, parts: Set<Part>) { (self.table, self.parts) = (table.lowercased(), parts) }
        }

        /// What the database calls it.
        package mutating func call(_ name: String) {
            self.name = name.lowercased()
            (spelling, isNameGuessed, isOfApp) = (name, false, false)
        }

        /// https://docs.djangoproject.com/en/stable/ref/models/options/#table-names
        package mutating func call(ofApp app: String) {
            let name = app.lowercased() + "_" + name
            (spelling, isOfApp) = (name, true)
            aliases.append(name)
        }
    }
}

extension SchemaChange.TableDefinition {
    /// `stockLeft` is `stock_left` to the database.
    package mutating func underscore() {
        guard !unnamed.isEmpty else { return }
        let unnamed = Set(unnamed)
        for at in columns.indices where unnamed.contains(columns[at].name) {
            if let own = columns[at].spelling { columns[at].spelling = own.underscored }
        }
    }
}

extension SchemaChange {
    /// The same, with what its file's place in the project says of it: `shop/models.py`, `shop/models/claims.py`.
    package func placed(in path: String) -> SchemaChange {
        guard case .declareTable(var definition) = self, definition.isOfApp, !definition.aliases.contains(definition.spelling ?? "") else { return self }
        let folders = path.split(separator: "/")
        let place = folders.lastIndex { $0 == "models" || $0 == "models.py" }
        if let place, place > 0 { definition.call(ofApp: String(folders[place - 1])) } else { definition.spelling = nil }
        return .declareTable(definition)
    }
}

extension Schema {
    mutating func apply(_ change: SchemaChange, _ types: SchemaTypes) {
        switch change {
        case .createTable(let definition):
            if definition.isConditional, tables[definition.name]?.isCreated == true { return }
            if tables[definition.name] == nil { tables[definition.name] = Table(in: definition.namespace) }
            tables[definition.name]?.isCreated = true
            if let likeness = definition.likeness, let model = tables[likeness.table] { tables[definition.name, default: Table()].copy(model, likeness.parts) }
            tables[definition.name, default: Table()].add(definition, types)
            note(definition.keys, of: definition.name)
        case .dropTable(let name):
            tables[name] = nil
        case .renameTable(let old, let new):
            guard var table = tables.removeValue(forKey: old) else { return }
            table.spelling = nil
            tables[new] = table
            note(table.keys, of: new)
        case .addColumn(let name, let column, let states):
            tables[name, default: Table()].add(column, types)
            tables[name]?.add(states, to: column.name)
        case .dropColumn(let name, let column):
            tables[name]?.drop(column)
        case .renameColumn(let name, let old, let new):
            tables[name]?.rename(old, to: new)
        case .setNullable(let name, let column, let isNullable):
            tables[name]?.set(column, nullable: isNullable)
        case .setDefault(let name, let column, let isNull, let constant): tables[name, default: Table()].set(column, hasDefault: !isNull, constant)
        case .addStates(let name, let column, let states):
            tables[name, default: Table()].add(states, to: column)
        case .addSchemes(let name, let column): tables[name, default: Table()].urls.insert(column)
        case .addCheck(let name, let check): tables[name, default: Table()].add(check)
        case .guardInserts(let name, let trigger): tables[name, default: Table()].insertGuards.insert(trigger)
        case .guardChanges(let name, let column, let trigger):
            tables[name, default: Table()].guarded.insert(column)
            tables[name]?.changeGuards[trigger, default: []].insert(column)
        case .addTrigger(let name, let trigger, let own): tables[name]?.triggers[own] = trigger
        case .dropTrigger(let trigger):
            for name in tables.keys {
                tables[name]?.triggers[trigger] = nil
                tables[name]?.insertGuards.remove(trigger)
                guard let columns = tables[name]?.changeGuards.removeValue(forKey: trigger) else { continue }
                tables[name]?.guarded.subtract(columns)
            }
        case .addKey(let name, let key):
            tables[name, default: Table()].add(key)
            note([key], of: name)
        case .dropKey(let key, let name?):
            tables[name]?.keys.removeAll { $0.isNamed(key, on: name) }
            tables[name]?.checks.removeAll { $0.isNamed(key, on: name) }
        case .renameKey(let old, let name, let new): tables[name]?.renameKey(old, to: new, on: name)
        case .dropKey(let key, nil):
            for name in keyed.removeValue(forKey: key) ?? [] { tables[name]?.keys.removeAll { $0.name == key } }
        case .dropKeyOver(let columns, let name):
            tables[name]?.keys.removeAll { !$0.isPrimary && $0.columns == columns }
        case .dropPrimaryKey(let name):
            tables[name]?.keys.removeAll(where: \.isPrimary)
        case .declareAll(let api): complete.insert(api)
        case .createEnum, .createDomain, .addDomainCheck, .dropDomainCheck, .declareTable, .spellColumns: return
        }
    }

    private mutating func note(_ keys: [UniqueKey], of table: String) {
        for key in keys { if let name = key.name { keyed[name, default: []].insert(table) } }
    }

    /// Lays what a model says over the table of that name, or makes it known.
    mutating func declare(_ model: SchemaChange.TableDefinition, _ types: SchemaTypes) {
        // `shop_signup` of the migrations is the class `Signup` of the app `shop`.
        let known = model.isNameGuessed ? name(of: model.name) ?? (model.isOfApp ? model.aliases.first { tables[$0] != nil } : nil) : nil
        let name = known ?? model.name
        tables[name, default: Table()].add(model, types, isModel: true)
        index(name)
        for alias in model.aliases + [model.name] where alias != name {
            if let other = aliases[alias], other != name { aliases[alias] = "" } else { aliases[alias] = name }
        }
        let reached = model.reachedAs.map { (key: $0, value: name) }
        for (field, target) in Array(model.relations) + reached { related[field] = related[field].map { $0 == target ? target : "" } ?? target }
    }
}
