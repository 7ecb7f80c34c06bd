/// What migrations and models say about tables. Names are compared without case.
package struct Schema: Hashable, Sendable {
    /// Changes in the order in which their file states them; applied in path order, which is migration order.
    package var changes: [SchemaChange] = []
    package internal(set) var tables: [String: Table] = [:]
    /// Other names of tables: the class, the exported variable. Empty where two tables have the name.
    var aliases: [String: String] = [:]
    /// Tables by their folded names; empty where two tables share one.
    var folded: [String: String] = [:]
    /// Tables by the fields of models that lead to them; empty where two fields of a name lead to different ones.
    var related: [String: String] = [:]
    /// Libraries of which every model is known.
    package internal(set) var complete: Set<String> = []
    /// Which tables had a key of a name, so that dropping an index need not look at all of them.
    var keyed: [String: Set<String>] = [:]

    package init() {}

    package func table(_ name: String) -> Table? { self.name(of: name).flatMap { tables[$0] } }

    /// The name under which a table is kept: its own, one of its other names, or the only one that differs in
    /// spelling alone, since `UserProfile` works on `user_profiles`.
    package func name(of name: String) -> String? {
        let lower = name.lowercased()
        if tables[lower] != nil { return lower }
        if let name = aliases[lower] { return name.isEmpty ? nil : name }
        if let name = folded[Self.fold(lower)] { return name.isEmpty ? nil : name }
        // `{instances: {create: {…}}}`
        return related[lower].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The names of members of enumerations that some column holds in place of their values.
    package var storedNames: Set<String> { Set(tables.values.flatMap { $0.stored.values.flatMap(\.values) }) }

    package struct Table: Hashable, Sendable {
        /// Its name with its capitals, where those are known.
        package internal(set) var spelling: String?
        /// The schema of the database in which it stands, where that is not the usual one.
        package internal(set) var namespace: String?
        package var columns: [String] = []
        /// Columns with capitals in their names, as the database spells them.
        var capitals: [String: String] = [:]
        /// A column as the database spells it.
        package func spelled(_ column: String) -> String { capitals[column.lowercased()] ?? column }
        package var spelledColumns: [String] { columns.map { spelled($0) } }
        package var keys: [UniqueKey] = []
        /// The column by which the library leaves out rows that are deleted.
        package internal(set) var deletedSoftly: String?
        /// A CREATE TABLE has made it.
        package internal(set) var isCreated = false
        /// The types of columns, as migrations and models write them.
        package var types: [String: String] = [:]
        /// The values that an enum or a CHECK allows in a column.
        package var states: [String: Set<String>] = [:]
        /// What the database stores in a column in place of the values that code has.
        package internal(set) var stored: [String: [String: String]] = [:]
        /// Generated columns, and the columns that they are computed from.
        package var generated: [String: [String]] = [:]
        /// Columns that may hold NULL; a column of which nothing is known is not among them.
        package var nullable: Set<String> = []
        package func allowsNull(_ name: String) -> Bool { nullable.contains(column(name)) }
        /// Columns that an insert need not name, since something is filled in.
        package var defaults: Set<String> = []
        /// What is filled in, where that is a constant.
        package var fallbacks: [String: Literal] = [:]
        /// Columns by which the library notices that somebody else wrote the row.
        package var versions: Set<String> = []
        package var checks: [Check] = []
        /// What CHECKs ask of single columns: to be above or below a number or another column.
        package var bounds: [Predicate] { checks.flatMap(\.bounds) }
        /// Columns that a CHECK keeps above a number.
        package var bounded: Set<String> {
            Set(bounds.filter { ($0.comparison == .greater || $0.comparison == .greaterOrEqual) && $0.value.isConstant }.map(\.column))
        }
        /// Columns of a type that lets only harmless URLs in.
        package var urls: Set<String> = []
        /// Columns of which a trigger tests what they were before they change.
        package var guarded: Set<String> = []
        /// A trigger tests every new row, and lets no two through at once.
        package var guardsInserts: Bool { !insertGuards.isEmpty }
        /// The triggers that do so.
        var insertGuards: Set<String> = []
        /// The triggers that test a column before it changes, with those columns.
        var changeGuards: [String: Set<String>] = [:]
        /// Every trigger, by its name.
        package internal(set) var triggers: [String: Trigger] = [:]
        /// Names that code uses for columns: the property of the model → the column.
        package var aliases: [String: String] = [:]
        /// Fields of the model that lead to other tables.
        package var relations: [String: String] = [:]
        /// The columns once more: by their folded names, to find the one that a model spells otherwise.
        var known: Set<String> = [], spelled: [String: String] = [:]

        package init() {}

        init(in namespace: String?) { self.namespace = namespace }

        /// The columns that decide a column's value: itself, unless it is generated.
        package func sources(of column: String) -> [String] { generated[column] ?? [column] }

        /// The column that code calls so.
        package func column(_ name: String) -> String {
            let lower = name.lowercased()
            return aliases[lower] ?? primary(calledAs: lower) ?? lower
        }

        /// `pk`, and the `id` of a row whose table has none: its primary key, whatever that is called.
        private func primary(calledAs name: String) -> String? {
            guard name == "id" || name == "pk", !columns.contains(name) else { return nil }
            if let key = keys.first(where: { $0.isPrimary && $0.columns.count == 1 }) { return key.columns[0] }
            return name == "pk" ? "id" : nil
        }

        package func states(of name: String) -> Set<String> { states[column(name)] ?? [] }
    }

    /// A CHECK: what it asks of each row, with its columns in lower case.
    package struct Check: Hashable, Sendable {
        var name: String?
        package var condition: Value
        /// What it asks of single columns, as far as that is a comparison.
        package var bounds: [Predicate]

        package init(name: String? = nil, _ condition: Value, bounds: [Predicate]) {
            self.name = name?.lowercased()
            self.condition = condition
            self.bounds = bounds
        }

        package var columns: Set<String> { Set(condition.parts.compactMap { if case .column(let name) = $0 { name } else { nil } }) }
    }

    /// Code of the database that runs when rows change.
    package struct Trigger: Hashable, Sendable {
        package enum Event: Hashable, Sendable { case insert, update, delete }

        /// Whether it may refuse the change.
        package enum Decision: Hashable, Sendable {
            case never
            /// Nobody knows by what.
            case always
            /// By columns of the row, by what it reads, or because a CHECK of a table that it changes refuses that.
            case by(columns: Set<String>, reads: Set<String>, changes: Set<String>)
        }

        package var events: Set<Event>
        package var decision: Decision
        /// The function that it runs.
        package var function: String?

        package init(on events: Set<Event>, _ decision: Decision, function: String? = nil) {
            (self.events, self.decision, self.function) = (events, decision, function)
        }
    }

    /// A primary key, a UNIQUE constraint or a unique index.
    package struct UniqueKey: Hashable, Sendable {
        package var name: String?
        package var columns: [String]
        /// The columns that the WHERE of a partial index tests.
        package var condition: [Predicate]?
        /// An index over expressions: its columns are those the expressions use.
        package var isExpression = false
        package var isPrimary = false
        /// NULLS NOT DISTINCT, and document databases: a second row without a value is refused too.
        package var nullsCollide = false

        package init(name: String?, columns: [String], condition: [Predicate]? = nil) {
            self.name = name?.lowercased()
            self.columns = columns.map { $0.lowercased() }
            self.condition = condition
        }
    }

    /// The schema after every change of every file, given in path order. Models describe the tables as they are in the
    /// end, so that they come after the last migration whatever their files are called.
    package static func after(_ changes: [SchemaChange]) -> Schema {
        var types = SchemaTypes()
        for change in changes { types.note(change) }
        var schema = Schema()
        for change in changes { schema.apply(change, types) }
        for name in schema.tables.keys.sorted() { schema.index(name) }
        // Where two apps have a class of that name, it does not tell which table is meant.
        var apps: [String: Set<String?>] = [:]
        for case .declareTable(let model) in changes where model.isOfApp { apps[model.name, default: []].insert(model.spelling) }
        let isUnderscored = changes.contains(.spellColumns)
        for case .declareTable(var model) in changes {
            if model.isOfApp, apps[model.name]?.count ?? 0 > 1 { model.spelling = nil }
            if isUnderscored, model.isCased { model.underscore() }
            schema.declare(model, types)
        }
        return schema
    }

    mutating func index(_ name: String) {
        let key = Self.fold(name)
        if let other = folded[key], other != name { folded[key] = "" } else { folded[key] = name }
    }

    /// A name of a table without underscores and plural.
    package static func fold(_ name: String) -> String {
        let flat = foldColumn(name)
        if flat.hasSuffix("ies"), flat.count > 4 { return flat.dropLast(3) + "y" }
        for ending in ["sses", "xes", "ches", "shes"] where flat.hasSuffix(ending) { return String(flat.dropLast(2)) }
        return flat.hasSuffix("s") && !flat.hasSuffix("ss") && flat.count > 3 ? String(flat.dropLast()) : flat
    }

    package static func foldColumn(_ name: String) -> String { String(decoding: name.lowercased().utf8.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self) }
}
