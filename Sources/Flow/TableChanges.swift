// What single changes do to a table.

extension Schema.Table {
    /// No table has more columns, or more keys; text that says so is not read on.
    private static let columnLimit = 1_000, keyLimit = 200

    mutating func add(_ definition: SchemaChange.TableDefinition, _ types: SchemaTypes, isModel: Bool = false) {
        if !definition.isNameGuessed || definition.isOfApp { spelling = spelling ?? definition.spelling }
        if let column = definition.deletedSoftly { deletedSoftly = deletedSoftly ?? column }
        if let convention = definition.convention { spelling = spelling ?? convention }
        if isModel { namespace = namespace ?? definition.namespace }
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

    /// https://www.postgresql.org/docs/current/sql-createtable.html, LIKE: NOT NULL comes along in any case.
    mutating func copy(_ model: Schema.Table, _ parts: Set<SchemaChange.TableDefinition.Likeness.Part>) {
        // A table that is a likeness alone is one: taking it over costs nothing.
        if columns.isEmpty, keys.isEmpty, checks.isEmpty {
            (columns, known, spelled) = (model.columns, model.known, model.spelled)
        } else {
            for column in model.columns where !known.contains(column) && columns.count < Self.columnLimit { append(column) }
        }
        types.merge(model.types) { own, _ in own }
        states.merge(model.states) { own, _ in own }
        capitals.merge(model.capitals) { own, _ in own }
        nullable.formUnion(model.nullable)
        if parts.contains(.defaults) {
            defaults.formUnion(model.defaults)
            fallbacks.merge(model.fallbacks) { own, _ in own }
        }
        if parts.contains(.checks) { if checks.isEmpty { checks = model.checks } else { for check in model.checks { add(check) } } }
        guard parts.contains(.keys) else { return }
        // The database makes up new names.
        let copied = model.keys.map { key in
            var key = key
            key.name = nil
            return key
        }
        if keys.isEmpty { keys = copied } else { for key in copied { add(key) } }
    }

    mutating func renameKey(_ old: String, to new: String, on table: String) {
        for at in keys.indices where keys[at].isNamed(old, on: table) { keys[at].name = new }
        for at in checks.indices where checks[at].isNamed(old, on: table) { checks[at].name = new }
    }

    mutating func add(_ column: SchemaChange.Column, _ types: SchemaTypes) {
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
        if column.storesNames, let members = types.members[column.type] { stored[name] = members }
        if let allowed = types.states[column.type] { add(allowed, to: name) }
        if let domain = types.domains[column.type] {
            self.types[name] = domain.base
            for check in domain.checks where checks.count < Self.keyLimit { add(check.spelled { $0 == SchemaTypes.value ? name : $0 }) }
        }
    }

    mutating func add(_ check: Schema.Check) {
        let own = check.spelled { self.column($0) }
        if checks.count < Self.keyLimit, !checks.contains(own) { checks.append(own) }
    }

    mutating func add(_ values: Set<String>, to column: String) {
        if !values.isEmpty { states[self.column(column), default: []].formUnion(values) }
    }

    /// The same key may be stated by a migration and by a model, under the name that queries give it.
    mutating func add(_ key: Schema.UniqueKey, ofModel isModel: Bool = false) {
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

    mutating func set(_ name: String, nullable isNullable: Bool) {
        let column = column(name)
        let isPrimary = keys.contains { $0.isPrimary && $0.columns.contains(column) }
        if isNullable, !isPrimary { nullable.insert(column) } else { nullable.remove(column) }
    }

    mutating func set(_ name: String, hasDefault: Bool, _ constant: Literal?) {
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
    mutating func drop(_ name: String) {
        guard known.contains(name) || keys.contains(where: { $0.columns.contains(name) }) else { return }
        forget(name)
        columns.removeAll { $0 == name }
        keys.removeAll { $0.columns.contains(name) }
        (states[name], generated[name], types[name], capitals[name], fallbacks[name]) = (nil, nil, nil, nil, nil)
        checks.removeAll { $0.columns.contains(name) }
        for set in [\Schema.Table.nullable, \.defaults, \.versions, \.guarded, \.urls] { self[keyPath: set].remove(name) }
    }

    mutating func rename(_ old: String, to new: String) {
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
    func spelled(_ name: (String) -> String) -> Predicate {
        if case .column(let other) = value { return Predicate(name(column), comparison, .column(name(other.lowercased())), through: through) }
        return Predicate(name(column), comparison, value, through: through)
    }
}

extension Schema.Check {
    /// The same with other names for its columns.
    func spelled(_ name: (String) -> String) -> Schema.Check {
        Schema.Check(
            name: self.name, condition.mapped { if case .column(let own) = $0 { .column(name(own)) } else { $0 } }, bounds: bounds.map { $0.spelled(name) })
    }

    /// One without a name has the one that PostgreSQL gives it: `orders_total_check`, and `orders_check` over several columns.
    func isNamed(_ wanted: String, on table: String) -> Bool {
        if let name { return name == wanted }
        let column = columns.count == 1 ? columns.first.map { "_" + $0 } ?? "" : ""
        return wanted == table + column + "_check"
    }
}

extension Schema.UniqueKey {
    /// A key without a name has the one that its database gives it: `orders_code_key`, `orders_pkey`, or MySQL's `code`.
    func isNamed(_ wanted: String, on table: String) -> Bool {
        if let name { return name == wanted }
        return wanted == table + (isPrimary ? "_pkey" : "_\(columns.joined(separator: "_"))_key") || (!isPrimary && wanted == columns.first)
    }
}
