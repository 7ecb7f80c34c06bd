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
    case addStates(String, column: String, Set<String>)
    /// A CHECK keeps a column above or below a number or another column.
    case addBound(String, Predicate)
    /// A CHECK names the schemes of its URLs.
    case addSchemes(String, column: String)
    /// A trigger lets no two rows into the table that its test would not both allow.
    case guardInserts(String, by: String)
    /// A trigger tests what a column was before it lets it be changed.
    case guardChanges(String, column: String, by: String)
    case dropGuard(String)
    case addKey(String, Schema.UniqueKey)
    /// By the name of an index, which is known to the whole database, or of a constraint of one table.
    case dropKey(String, on: String?)
    /// By the columns, where the library makes up the name.
    case dropKeyOver([String], on: String)
    case dropPrimaryKey(String)
    case createEnum(String, Set<String>)
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
        package var bounds: [Predicate] = []
        package var urls: Set<String> = []
        package var relations: [String: String] = [:]

        /// The name with its capitals, where those are known.
        package var spelling: String?

        package init(name: String) { self.name = name.lowercased() }
    }
}

extension Schema {
    mutating func apply(_ change: SchemaChange, _ enums: [String: Set<String>]) {
        switch change {
        case .createTable(let definition):
            tables[definition.name, default: Table()].add(definition, enums)
            note(definition.keys, of: definition.name)
        case .dropTable(let name):
            tables[name] = nil
        case .renameTable(let old, let new):
            guard let table = tables.removeValue(forKey: old) else { return }
            tables[new] = table
            note(table.keys, of: new)
        case .addColumn(let name, let column, let states):
            tables[name, default: Table()].add(column, enums)
            tables[name]?.add(states, to: column.name)
        case .dropColumn(let name, let column):
            tables[name]?.drop(column)
        case .renameColumn(let name, let old, let new):
            tables[name]?.rename(old, to: new)
        case .setNullable(let name, let column, let isNullable):
            tables[name]?.set(column, nullable: isNullable)
        case .addStates(let name, let column, let states):
            tables[name, default: Table()].add(states, to: column)
        case .addSchemes(let name, let column): tables[name, default: Table()].urls.insert(column)
        case .addBound(let name, let bound): tables[name, default: Table()].add(bound)
        case .guardInserts(let name, let trigger): tables[name, default: Table()].insertGuards.insert(trigger)
        case .guardChanges(let name, let column, let trigger):
            tables[name, default: Table()].guarded.insert(column)
            tables[name]?.changeGuards[trigger, default: []].insert(column)
        case .dropGuard(let trigger):
            for name in tables.keys {
                tables[name]?.insertGuards.remove(trigger)
                guard let columns = tables[name]?.changeGuards.removeValue(forKey: trigger) else { continue }
                tables[name]?.guarded.subtract(columns)
            }
        case .addKey(let name, let key):
            tables[name, default: Table()].add(key)
            note([key], of: name)
        case .dropKey(let key, let name?):
            tables[name]?.keys.removeAll { $0.isNamed(key, on: name) }
        case .dropKey(let key, nil):
            for name in keyed.removeValue(forKey: key) ?? [] { tables[name]?.keys.removeAll { $0.name == key } }
        case .dropKeyOver(let columns, let name):
            tables[name]?.keys.removeAll { !$0.isPrimary && $0.columns == columns }
        case .dropPrimaryKey(let name):
            tables[name]?.keys.removeAll(where: \.isPrimary)
        case .declareAll(let api): complete.insert(api)
        case .createEnum, .declareTable: return
        }
    }

    private mutating func note(_ keys: [UniqueKey], of table: String) {
        for key in keys { if let name = key.name { keyed[name, default: []].insert(table) } }
    }

    /// Lays what a model says over the table of that name, or makes it known.
    mutating func declare(_ model: SchemaChange.TableDefinition, _ enums: [String: Set<String>]) {
        let known = model.isNameGuessed ? name(of: model.name) : nil
        let name = known ?? model.name
        tables[name, default: Table()].add(model, enums, isModel: true)
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

    fileprivate mutating func add(_ definition: SchemaChange.TableDefinition, _ enums: [String: Set<String>], isModel: Bool = false) {
        spelling = spelling ?? definition.spelling
        for column in definition.columns {
            // A model may spell `userId` what a migration calls `user_id`.
            if isModel, !known.contains(column.name), let other = spelled[Schema.foldColumn(column.name)] { aliases[column.name] = other }
            add(column, enums)
        }
        for (column, values) in definition.states { add(values, to: column) }
        for bound in definition.bounds { add(bound) }
        for name in definition.urls { urls.insert(column(name)) }
        for key in definition.keys { add(key, ofModel: isModel) }
        relations.merge(definition.relations) { known, _ in known }
    }

    fileprivate mutating func add(_ column: SchemaChange.Column, _ enums: [String: Set<String>]) {
        let name = self.column(column.name)
        if !known.contains(name) {
            guard columns.count < Self.columnLimit else { return }
            append(name)
        }
        if let alias = column.alias?.lowercased(), alias != name { aliases[alias] = name }
        if name == column.name, let spelling = column.spelling { capitals[name] = capitals[name] ?? spelling }
        if !column.type.isEmpty { types[name] = column.type }
        if !column.sources.isEmpty { generated[name] = column.sources }
        if let isNullable = column.isNullable { set(name, nullable: isNullable) }
        if column.hasDefault { defaults.insert(name) }
        if let fallback = column.fallback { fallbacks[name] = fallback }
        if column.isVersion { versions.insert(name) }
        if column.type == "urlfield" { urls.insert(name) }
        if let allowed = enums[column.type] { add(allowed, to: name) }
    }

    fileprivate mutating func add(_ bound: Predicate) {
        let own = bound.spelled { self.column($0) }
        if bounds.count < Self.keyLimit, !bounds.contains(own) { bounds.append(own) }
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
        bounds = bounds.filter { $0.column != name && $0.value != .column(name) }
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
        bounds = bounds.map { $0.spelled(renamed) }
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

extension Schema.UniqueKey {
    /// A key without a name has the one that its database gives it: `orders_code_key`, `orders_pkey`, or MySQL's `code`.
    fileprivate func isNamed(_ wanted: String, on table: String) -> Bool {
        if let name { return name == wanted }
        return wanted == table + (isPrimary ? "_pkey" : "_\(columns.joined(separator: "_"))_key") || (!isPrimary && wanted == columns.first)
    }
}
