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
    /// By the columns, where the library makes up the name.
    case dropKeyOver([String], on: String)
    case dropPrimaryKey(String)
    case createEnum(String, Set<String>)
    /// A type, the type that it rests on, and its CHECKs, in which the value is a column of that name.
    case createDomain(String, on: String, [Schema.Check])
    /// The models of the library of that name are all declared: what it is called upon for others is something else.
    case declareAll(api: String)

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
        /// The name with its capitals, where it has any.
        let spelling: String?

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

        /// The name as it was written, with its capitals.
        package var spelling: String?
        /// Django calls it by the app that its file belongs to, and the class.
        package var isOfApp = false

        package init(name: String) {
            self.name = name.lowercased()
            spelling = name
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
        case .addTrigger(let name, let trigger, let own): tables[name, default: Table()].triggers[own] = trigger
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
        case .dropKey(let key, nil):
            for name in keyed.removeValue(forKey: key) ?? [] { tables[name]?.keys.removeAll { $0.name == key } }
        case .dropKeyOver(let columns, let name):
            tables[name]?.keys.removeAll { !$0.isPrimary && $0.columns == columns }
        case .dropPrimaryKey(let name):
            tables[name]?.keys.removeAll(where: \.isPrimary)
        case .declareAll(let api): complete.insert(api)
        case .createEnum, .createDomain, .declareTable: return
        }
    }

    private mutating func note(_ keys: [UniqueKey], of table: String) {
        for key in keys { if let name = key.name { keyed[name, default: []].insert(table) } }
    }

    /// Lays what a model says over the table of that name, or makes it known.
    mutating func declare(_ model: SchemaChange.TableDefinition, _ types: SchemaTypes) {
        let known = model.isNameGuessed ? name(of: model.name) : nil
        let name = known ?? model.name
        tables[name, default: Table()].add(model, types, isModel: true)
        index(name)
        for alias in model.aliases + [model.name] where alias != name {
            if let other = aliases[alias], other != name { aliases[alias] = "" } else { aliases[alias] = name }
        }
        for (field, target) in model.relations { related[field] = related[field].map { $0 == target ? target : "" } ?? target }
    }
}

extension Schema.Table {
    /// No table has more columns, or more keys; text that says so is not read on.
    private static let columnLimit = 1_000, keyLimit = 200

    fileprivate mutating func add(_ definition: SchemaChange.TableDefinition, _ types: SchemaTypes, isModel: Bool = false) {
        if !definition.isNameGuessed || definition.isOfApp { spelling = spelling ?? definition.spelling }
        for column in definition.columns {
            // A model may spell `userId` what a migration calls `user_id`.
            if isModel, !known.contains(column.name), let other = spelled[Schema.foldColumn(column.name)] { aliases[column.name] = other }
            add(column, types)
        }
        for (column, values) in definition.states { add(values, to: column) }
        for check in definition.checks { add(check) }
        for name in definition.urls { urls.insert(column(name)) }
        for key in definition.keys { add(key, ofModel: isModel) }
        relations.merge(definition.relations) { known, _ in known }
    }

    fileprivate mutating func add(_ column: SchemaChange.Column, _ types: SchemaTypes) {
        let name = self.column(column.name)
        if !known.contains(name) {
            guard columns.count < Self.columnLimit else { return }
            append(name)
        }
        if let alias = column.alias?.lowercased(), alias != name { aliases[alias] = name }
        if name == column.name, let spelling = column.spelling { capitals[name] = capitals[name] ?? spelling }
        if !column.type.isEmpty { self.types[name] = column.type }
        if !column.sources.isEmpty { generated[name] = column.sources }
        if let isNullable = column.isNullable { set(name, nullable: isNullable) }
        if column.hasDefault { defaults.insert(name) }
        if let fallback = column.fallback { fallbacks[name] = fallback }
        if column.isVersion { versions.insert(name) }
        if column.type == "urlfield" { urls.insert(name) }
        if let allowed = types.states[column.type] { add(allowed, to: name) }
        if let domain = types.domains[column.type] {
            self.types[name] = domain.base
            for check in domain.checks { add(check.spelled { $0 == SchemaTypes.value ? name : $0 }) }
        }
    }

    fileprivate mutating func add(_ check: Schema.Check) {
        let own = check.spelled { self.column($0) }
        if checks.count < Self.keyLimit, !checks.contains(own) { checks.append(own) }
    }

    fileprivate mutating func add(_ values: Set<String>, to column: String) {
        if !values.isEmpty { states[self.column(column), default: []].formUnion(values) }
    }

    /// The same key may be stated by a migration and by a model, under the name that queries give it.
    fileprivate mutating func add(_ key: Schema.UniqueKey, ofModel isModel: Bool = false) {
        guard keys.count < Self.keyLimit else { return }
        var key = key
        key.columns = key.columns.map { column($0) }
        key.condition = key.condition?.map { Predicate(aliases[$0.column.lowercased()] ?? $0.column, $0.comparison, $0.value, through: $0.through) }
        if key.isPrimary { for column in key.columns { nullable.remove(column) } }
        let known = keys.firstIndex {
            $0.columns.count == key.columns.count && Set($0.columns) == Set(key.columns) && $0.condition == key.condition && $0.isExpression == key.isExpression
                && $0.isPrimary == key.isPrimary
                && $0.nullsCollide == key.nullsCollide && (isModel || $0.name == nil || key.name == nil || $0.name == key.name)
        }
        if let known { keys[known].name = key.name ?? keys[known].name } else { keys.append(key) }
    }

    fileprivate mutating func set(_ name: String, nullable isNullable: Bool) {
        let column = column(name)
        let isPrimary = keys.contains { $0.isPrimary && $0.columns.contains(column) }
        if isNullable, !isPrimary { nullable.insert(column) } else { nullable.remove(column) }
    }

    fileprivate mutating func set(_ name: String, hasDefault: Bool, _ constant: Literal?) {
        let column = column(name)
        if hasDefault { defaults.insert(column) } else { defaults.remove(column) }
        fallbacks[column] = constant
    }

    private mutating func append(_ name: String) {
        columns.append(name)
        known.insert(name)
        spelled[Schema.foldColumn(name)] = name
    }

    private mutating func forget(_ name: String) {
        known.remove(name)
        spelled[Schema.foldColumn(name)] = nil
    }

    /// The keys over a column go with it.
    fileprivate mutating func drop(_ name: String) {
        guard known.contains(name) || keys.contains(where: { $0.columns.contains(name) }) else { return }
        forget(name)
        columns.removeAll { $0 == name }
        keys.removeAll { $0.columns.contains(name) }
        (states[name], generated[name], types[name], capitals[name], fallbacks[name]) = (nil, nil, nil, nil, nil)
        checks.removeAll { $0.columns.contains(name) }
        for set in [\Schema.Table.nullable, \.defaults, \.versions, \.guarded, \.urls] { self[keyPath: set].remove(name) }
    }

    fileprivate mutating func rename(_ old: String, to new: String) {
        if known.contains(old) {
            forget(old)
            known.insert(new)
            spelled[Schema.foldColumn(new)] = new
        }
        func renamed(_ name: String) -> String { name == old ? new : name }
        columns = columns.map(renamed)
        for index in keys.indices { keys[index].columns = keys[index].columns.map(renamed) }
        for index in keys.indices {
            keys[index].condition = keys[index].condition?.map {
                $0.column.lowercased() == old ? Predicate(new, $0.comparison, $0.value, through: $0.through) : $0
            }
        }
        if let values = states.removeValue(forKey: old) { states[new] = values }
        if let sources = generated.removeValue(forKey: old) { generated[new] = sources }
        if let type = types.removeValue(forKey: old) { types[new] = type }
        if let fallback = fallbacks.removeValue(forKey: old) { fallbacks[new] = fallback }
        capitals[old] = nil
        generated = generated.mapValues { $0.map(renamed) }
        checks = checks.map { $0.spelled(renamed) }
        for set in [\Schema.Table.nullable, \.defaults, \.versions, \.guarded, \.urls] where self[keyPath: set].remove(old) != nil {
            self[keyPath: set].insert(new)
        }
    }
}

extension Predicate {
    /// The same with other names for its columns.
    fileprivate func spelled(_ name: (String) -> String) -> Predicate {
        if case .column(let other) = value { return Predicate(name(column), comparison, .column(name(other.lowercased())), through: through) }
        return Predicate(name(column), comparison, value, through: through)
    }
}

extension Schema.Check {
    /// The same with other names for its columns.
    fileprivate func spelled(_ name: (String) -> String) -> Schema.Check {
        Schema.Check(
            name: self.name, condition.mapped { if case .column(let own) = $0 { .column(name(own)) } else { $0 } }, bounds: bounds.map { $0.spelled(name) })
    }

    /// One without a name has the one that PostgreSQL gives it: `orders_total_check`, and `orders_check` over several columns.
    fileprivate func isNamed(_ wanted: String, on table: String) -> Bool {
        if let name { return name == wanted }
        let column = columns.count == 1 ? columns.first.map { "_" + $0 } ?? "" : ""
        return wanted == table + column + "_check"
    }
}

/// The types that migrations make.
struct SchemaTypes {
    private(set) var states: [String: Set<String>] = [:]
    private(set) var domains: [String: (base: String, checks: [Schema.Check])] = [:]
    /// What a domain calls the value.
    static let value = "value"

    mutating func note(_ change: SchemaChange) {
        switch change {
        case .createEnum(let name, let values): states[name, default: []].formUnion(values)
        case .createDomain(let name, let base, let checks): domains[name] = (base, checks)
        default: return
        }
    }
}

extension Schema.UniqueKey {
    /// A key without a name has the one that its database gives it: `orders_code_key`, `orders_pkey`, or MySQL's `code`.
    fileprivate func isNamed(_ wanted: String, on table: String) -> Bool {
        if let name { return name == wanted }
        return wanted == table + (isPrimary ? "_pkey" : "_\(columns.joined(separator: "_"))_key") || (!isPrimary && wanted == columns.first)
    }
}
