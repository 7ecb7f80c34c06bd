import Flow

/// How findings speak: the user's own names, quoted the same way everywhere.
enum Wording {
    static func table(_ name: String?) -> String { name.map { "`\($0)`" } ?? "the table" }

    /// The remedy in the terms of the library that the code writes with; empty where nothing is known.
    static func advice(_ kind: API.Advice, _ act: Act, column: String = "") -> String {
        guard let api = act.write.api, let text = api.advice[kind] else { return "" }
        return " With \(api.name): " + text.replacing("{table}", with: act.write.table ?? "…").replacing("{column}", with: column)
    }

    /// The unique key as the library's models state it; nil where its models say nothing of keys.
    /// - Parameter stored: what the database calls the columns.
    static func unique(over columns: [String], stored: [String], _ act: Act) -> String? {
        // `owner__email`: a column of another table is none of the key's.
        guard let api = act.write.api, let text = api.advice[.unique], let table = act.write.table, !columns.contains(where: { $0.contains("__") }) else {
            return nil
        }
        let forms = [
            "{name}": Cure.Key.name(on: table, columns), "{table}": table, "{columns}": columns.joined(separator: ", "),
            "{quoted}": columns.map { "\"\($0)\"" }.joined(separator: ", "),
            "{fields}": columns.map { "t.\($0)" }.joined(separator: ", "), "{pairs}": columns.map { "\($0): 1" }.joined(separator: ", "),
            "{stored}": stored.map { "\"\($0)\"" }.joined(separator: ", "),
            "{tuples}": columns.map { "(\"\($0)\", 1)" }.joined(separator: ", "),
        ]
        return forms.sorted { $0.key < $1.key }.reduce(text) { $0.replacing($1.key, with: $1.value) }
    }

    /// A name inside corrected SQL: in quotes where the database would fold its capitals. What PostgreSQL's own text, or a
    /// client that speaks of columns as they are, writes with capitals has them; a model of others may be mapped to anything.
    static func name(_ name: String, _ api: API?) -> String {
        if ReservedWords.contains(name) || !isPlain(name) {
            return api?.dialect == .mysql ? "`\(name.replacing("`", with: "``"))`" : "\"\(name.replacing("\"", with: "\"\""))\""
        }
        guard let api, api.dialect == .postgres || api.dialect == .any && api.advice[.unique] != nil, name.utf8.contains(where: { (65...90).contains($0) })
        else { return name }
        return "\"\(name)\""
    }

    /// What is scanned may be called anything, and a remedy is there to be typed: what is no plain word stands in quotes.
    static func isPlain(_ name: String) -> Bool { name == name.asPlainName && !(48...57 ~= name.utf8.first ?? 0) }

    /// What the program brings for a column.
    static func parameter(_ column: String, _ purpose: String = "") -> String { ":" + purpose + column.asPlainName }

    static func columns(_ names: [String]) -> String { names.map { "`\($0)`" }.joined(separator: ", ") }

    /// A value as a reader would say it.
    static func value(_ value: Value) -> String {
        switch value {
        case .literal(.string(let text)): "'\(text)'"
        case .literal(.number(let number)): number
        case .literal(.boolean(let flag)): flag ? "true" : "false"
        case .literal(.null): "NULL"
        case .name(let name): name
        case .parameter(_, let name) where !name.isEmpty: name
        case .member(.name(let base), let name), .member(.parameter(_, let base), let name): base.isEmpty ? name : "\(base).\(name)"
        case .member(_, let name): name
        case .operation(.conditional, let parts) where parts.dropFirst().allSatisfy(\.isConstant):
            parts.dropFirst().map { Self.value($0) }.joined(separator: " or ")
        case .either(let items) where items.allSatisfy(\.isConstant): items.map { Self.value($0) }.joined(separator: " or ")
        default: "the new value"
        }
    }

    /// A statement whose success the program must test, in the way that the dialect lets it.
    static func tested(_ statement: String, returning: String = "*", _ dialect: API.Dialect?, otherwise: String) -> String {
        dialect == .mysql ? "\(statement);  -- 0 rows affected: \(otherwise)" : "\(statement)\nRETURNING \(returning);  -- no row: \(otherwise)"
    }

    /// The command that writes the whole migration, as the last line of a remedy; nothing where a name is no word for a shell.
    static func migration(_ kind: String, _ options: [(String, String)], _ api: API?) -> String {
        guard let dialect = api == nil ? "DIALECT" : api?.migrates, options.allSatisfy({ isWord($0.1) }) else { return "" }
        let words = options.map { " --\($0.0) \($0.1)" }.joined()
        return "\n-- as a migration: interlock migrate \(kind) --dialect \(dialect)\(words) --out migrations"
    }

    private static func isWord(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || "_:.".utf8.contains($0)
            }
    }

    /// A value inside corrected SQL: constants as they are, everything else as a parameter.
    static func sql(_ value: Value, _ column: String, _ api: API?) -> String {
        switch value {
        case .literal(.string(let text)): "'\(text.replacing("'", with: "''"))'"
        case .literal(.number(let number)): number
        case .literal(.boolean(let flag)): flag ? "TRUE" : "FALSE"
        case .literal(.null): "NULL"
        // Computed from the row as it is: what comes to it is a parameter.
        case .operation(.add, let parts) where parts.count == 2 && parts[0] == .column(column): "\(name(column, api)) + \(sql(parts[1], "amount", api))"
        case .operation(.subtract, let parts) where parts.count == 2 && parts[0] == .column(column): "\(name(column, api)) - \(sql(parts[1], "amount", api))"
        default: parameter(column)
        }
    }

    /// What a path demanded of a column: `op` as it must hold for the path to go on, nil where the column's truth was tested and
    /// `.not` where its falsehood was. `.other` is the column's truth, of which it is not known what the database takes for it.
    /// nil where it is asked of something that is computed from the column in a way that no statement can repeat.
    /// - Parameter bound: what a decision asks of the column itself, where it is a number, and not of a sum with it.
    static func demand(_ column: String, _ op: Operator?, _ other: Value?, writing new: Value?, within bound: Predicate?, _ table: Schema.Table?) -> Predicate?
    {
        if op?.isOrdering == true { return bound }
        let isNull = other == .literal(.null), name = table?.column(column) ?? column, type = table?.types[name] ?? ""
        let isBoolean = type.hasPrefix("bool"), isNumber = type.contains("int"), isNullable = table?.allowsNull(column) == true
        switch op {
        case nil:
            if other == nil, isNumber { return Predicate(column, .notEqual, .literal(.number("0"))) }
            guard let other else { return isBoolean ? Predicate(column, .equal, .literal(.boolean(true))) : Predicate(column, .other, .unknown) }
            return isNull ? Predicate(column, .isNull, other) : Predicate(column, .equal, other)
        case .not?:
            if isNumber, !isNullable { return Predicate(column, .equal, .literal(.number("0"))) }
            // A flag that is 0 or NULL until it is set to 1.
            if isNumber || type.isEmpty, let new, case .literal(.number) = new { return Predicate(column, .distinct, new) }
            if isBoolean || new?.isBoolean == true {
                return Predicate(column, isNullable ? .distinct : .equal, .literal(.boolean(isNullable)))
            }
            return Predicate(column, .isNull, .literal(.null))
        case .equal? where isNull: return Predicate(column, .isNull, .literal(.null))
        case .notEqual? where isNull: return Predicate(column, .isNotNull, .literal(.null))
        // A NULL is unlike the value to the code, and neither like nor unlike it to the database.
        case .notEqual? where isNullable: return Predicate(column, .distinct, other ?? .unknown)
        case let op?: return Predicate(column, Predicate.Comparison(op) ?? .equal, other ?? .unknown)
        }
    }

    /// The same, as SQL.
    static func demanded(_ demand: Predicate, _ api: API?) -> String {
        let column = demand.column, name = name(column, api)
        switch demand.comparison {
        case .isNull: return "\(name) IS NULL"
        case .isNotNull: return "\(name) IS NOT NULL"
        case .less: return "\(name) < \(amount(demand.value, api))"
        case .lessOrEqual: return "\(name) <= \(amount(demand.value, api))"
        case .greater: return "\(name) > \(amount(demand.value, api))"
        case .greaterOrEqual: return "\(name) >= \(amount(demand.value, api))"
        case .notEqual: return "\(name) <> \(sql(demand.value, "expected_" + column, api))"
        case .distinct:
            let value = sql(demand.value, "expected_" + column, api)
            return switch api?.dialect {
            case .sqlite: "\(name) IS NOT \(value)"
            case .mysql: "NOT (\(name) <=> \(value))"
            default: "\(name) IS DISTINCT FROM \(value)"
            }
        case .oneOf: return "\(name) IN \(list(demand.value, column, api))"
        case .notOneOf: return "\(name) NOT IN \(list(demand.value, column, api))"
        case .equal: return "\(name) = \(sql(demand.value, "expected_" + column, api))"
        case .like: return "\(name) = \(parameter(column, "expected_"))"
        case .other: return name
        }
    }

    /// What a number is compared with: as it is written, another column, or what the request brings.
    private static func amount(_ value: Value, _ api: API?) -> String {
        switch value {
        case .column(let name): return self.name(name, api)
        case .operation(.add, let parts) where parts.count == 2: return "\(amount(parts[0], api)) + \(amount(parts[1], api))"
        case .operation(.subtract, let parts) where parts.count == 2: return "\(amount(parts[0], api)) - \(amount(parts[1], api))"
        default: return sql(value, "amount", api)
        }
    }

    private static func list(_ value: Value, _ column: String, _ api: API?) -> String {
        guard case .list(let items) = value, !items.isEmpty, items.allSatisfy(\.isConstant) else { return "(\(parameter(column, "allowed_")))" }
        return "(" + items.map { sql($0, column, api) }.joined(separator: ", ") + ")"
    }

    static func identity(_ filters: [Predicate], _ api: API?) -> String {
        let equal = filters.filter { $0.comparison == .equal && !$0.column.isEmpty }.map { "\(name($0.column, api)) = \(parameter($0.column))" }
        return equal.isEmpty ? "id = :id" : equal.joined(separator: " AND ")
    }

    /// Everything that a statement asks of its rows, as far as it can be said in SQL.
    static func conditions(_ filters: [Predicate], _ api: API?) -> String {
        var said: [String] = []
        for filter in filters where !filter.column.isEmpty {
            let name = name(filter.column, api), value = filter.value.isMoment ? ":now" : sql(filter.value, filter.column, api), condition: String
            switch filter.comparison {
            case .equal: condition = "\(name) = \(value)"
            case .notEqual: condition = "\(name) <> \(value)"
            case .less: condition = "\(name) < \(value)"
            case .lessOrEqual: condition = "\(name) <= \(value)"
            case .greater: condition = "\(name) > \(value)"
            case .greaterOrEqual: condition = "\(name) >= \(value)"
            case .isNull: condition = "\(name) IS NULL"
            case .isNotNull: condition = "\(name) IS NOT NULL"
            case .oneOf: condition = "\(name) IN \(list(filter.value, filter.column, api))"
            case .notOneOf: condition = "\(name) NOT IN \(list(filter.value, filter.column, api))"
            case .like, .other, .distinct: continue
            }
            if !said.contains(condition) { said.append(condition) }
        }
        return said.isEmpty ? "id = :id" : said.joined(separator: " AND ")
    }

    static func keys(_ filters: [Predicate]) -> [String] {
        var seen: [String] = []
        for filter in filters where [.equal, .isNull, .like].contains(filter.comparison) && !filter.column.isEmpty && !seen.contains(filter.column) {
            seen.append(filter.column)
        }
        return seen
    }
}

extension Value {
    fileprivate var isBoolean: Bool { if case .literal(.boolean) = self { true } else { false } }
}
