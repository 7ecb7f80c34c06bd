import Flow
import SQL
import Vocabulary

/// The parts of a call or an object that lists the columns of a key, in whatever form.
struct KeyDraft {
    var name: String?
    var columns: [String] = []
    var isExpression = false
    var isUnique = false
    var isSparse = false
    var nullsCollide = false
    var condition: [Predicate]?

    /// No check asks for a column of this name, so that a key which is not fully known protects nobody.
    private static let unreadable = "?"

    /// `unique('once').on(t.a, t.b)`, `uniqueIndex('once').on(…).where(…)`, `primaryKey({ columns: [t.a, t.b] })`
    init(chain: CallChain, _ words: ModelWords, _ reader: NotationReader) {
        guard let first = chain.first else { return }
        let rest = chain.calls.dropFirst()
        let listed = rest.filter { ["on", "using", "onOnly", "columns", "column"].contains($0.name) }
        if listed.isEmpty {
            self = KeyDraft(arguments: first.arguments, words, reader)
        } else {
            name = first.arguments.first?.text
            for call in listed { add(.list(call.arguments), words, reader) }
        }
        for call in rest {
            if call.name == "where", let test = call.arguments.first {
                condition = (condition ?? []) + Condition.predicates(call.arguments.count > 1 ? .list(call.arguments) : test, reader)
            }
            if call.name == "nullsNotDistinct" { nullsCollide = true }
            if call.name == "unique" { isUnique = true }
        }
    }

    /// `(['a', 'b'], { unique: true })`, `('name', ['a', 'b'])`, `({ a: 1, b: 1 }, { unique: true })`, `((e) => [e.a, e.b])`
    init(arguments: [Notation], _ words: ModelWords, _ reader: NotationReader) {
        let values = arguments.map { reader.result(of: $0) }
        let hasList = values.contains(where: Self.listsColumns)
        for (index, value) in values.enumerated() {
            if let text = value.text, !columns.isEmpty || values[(index + 1)...].contains(where: Self.listsColumns) {
                name = name ?? text
            } else if let fields = value.fields, !(columns.isEmpty && Self.listsColumns(value)) {
                apply(fields, words, reader)
            } else if columns.isEmpty || !hasList {
                add(value, words, reader)
            }
        }
    }

    /// `{ unique: true, fields: ['a', 'b'], where: { … }, name: 'once' }`
    init(fields: [(name: String, value: Notation)], _ words: ModelWords, _ reader: NotationReader) { apply(fields, words, reader) }

    func added(to table: inout TableDraft, isPrimary: Bool = false) {
        guard !columns.isEmpty else { return }
        if isPrimary { return table.addPrimary(columns, named: name) }
        var key = Schema.UniqueKey(name: name, columns: columns, condition: condition)
        key.isExpression = isExpression
        key.nullsCollide = nullsCollide || (table.nullsCollide && !isSparse)
        table.definition.keys.append(key)
    }

    /// A list of columns, or columns with their directions: `{ a: 1, b: -1 }`.
    private static func listsColumns(_ value: Notation) -> Bool {
        if let fields = value.fields {
            return !fields.isEmpty
                && fields.allSatisfy { if case .number = $0.value { true } else { ["asc", "desc", "text", "hashed"].contains($0.value.text ?? "") } }
        }
        return value.items != nil
    }

    private mutating func apply(_ fields: [(name: String, value: Notation)], _ words: ModelWords, _ reader: NotationReader) {
        for (option, written) in fields {
            let value = reader.resolve(written)
            switch words.options[option] {
            case .name: name = value.text ?? name
            case .unique: isUnique = value.flag ?? true
            case .type: if value.text?.lowercased() == "unique" { isUnique = true }
            case .sparse: isSparse = value.flag ?? false
            case .columns: add(value, words, reader)
            case .condition: condition = Condition.predicates(value, reader)
            default: continue
            }
        }
    }

    private mutating func add(_ value: Notation, _ words: ModelWords, _ reader: NotationReader) {
        switch value {
        case .text(let text): columns.append(text)
        case .path(let parts): if let last = parts.last { columns.append(last) }
        case .list(let items):
            for item in items { if item.isUnread { columns.append(Self.unreadable) } else { add(reader.resolve(item), words, reader) } }
        case .template(let text, _): add(sql: text)
        case .chain(let chain):
            // `t.email.asc()` is the column; `lower(t.email)` and SQL are expressions over it.
            if let last = chain.base.last, chain.base.count > 1, chain.calls.allSatisfy({ ["asc", "desc", "op", "nullsFirst", "nullsLast"].contains($0.name) })
            {
                columns.append(last)
            } else {
                guard let call = chain.first else { return }
                if call.name == "sql" || call.name == "raw" || call.name == "literal" { return add(sql: call.arguments.first?.text ?? "") }
                isExpression = isExpression || !["asc", "desc"].contains(call.name)
                for argument in call.arguments { add(argument, words, reader) }
            }
        case .object(let fields):
            // `{ name: 'email', order: 'DESC' }`, or columns with their directions.
            if let name = fields.first(where: { words.options[$0.name] == .name || $0.name == "attribute" })?.value.text {
                columns.append(name)
            } else {
                columns += fields.map(\.name)
            }
        case .function: add(reader.result(of: value), words, reader)
        case .flag, .null, .number, .joined, .unknown: return
        }
    }

    /// An index over an expression, read as the database would.
    private mutating func add(sql text: String) {
        isExpression = true
        let known = columns.count
        defer { if columns.count == known { columns.append(Self.unreadable) } }
        for statement in SQLReader.statements(in: Array("CREATE UNIQUE INDEX i ON t (\(text))".utf8)) {
            for case .schema(.addKey(_, let key)) in statement.operations { columns += key.columns }
        }
    }
}

/// The condition of a partial index.
enum Condition {
    /// One that cannot be read is kept as a test that nothing satisfies: the key then protects nobody.
    static let unreadable = [Predicate("", .other, .unknown)]

    static func predicates(_ value: Notation, _ reader: NotationReader) -> [Predicate] {
        switch value {
        case .text(let text), .template(let text, _): return sql(text)
        case .object(let fields): return fields.flatMap { equal($0.name, reader.resolve($0.value)) }
        case .chain(let chain):
            guard let call = chain.first else { return unreadable }
            if call.name == "sql" || call.name == "raw" || call.name == "literal" { return call.arguments.first.map { predicates($0, reader) } ?? unreadable }
            if call.name == "and" { return call.arguments.flatMap { predicates($0, reader) } }
            guard let column = call.arguments.first.flatMap({ $0.lastName ?? $0.text }) else { return unreadable }
            return compared(column, call, reader)
        case .list(let parts):
            // `.where('status', '=', 'open')`
            guard parts.count == 3, let column = parts[0].text, let op = parts[1].text else { return unreadable }
            if op == "is" || op == "=" { return equal(column, reader.resolve(parts[2])) }
            if op == "is not", case .null = parts[2] { return [Predicate(column, .isNotNull, .literal(.null))] }
            return unreadable
        // `whereNull`: a function that builds the condition.
        case .function: return predicates(reader.result(of: value), reader)
        case .path, .flag, .null, .number, .joined, .unknown: return unreadable
        }
    }

    static func sql(_ text: String) -> [Predicate] {
        for statement in SQLReader.statements(in: Array("SELECT 1 FROM t WHERE \(text)".utf8)) {
            for case .read(let read) in statement.operations where !read.filters.isEmpty { return read.filters }
        }
        return unreadable
    }

    private static func compared(_ column: String, _ call: CallChain.Call, _ reader: NotationReader) -> [Predicate] {
        switch call.name {
        case "isNull", "whereNull": [Predicate(column, .isNull, .literal(.null))]
        case "isNotNull", "whereNotNull": [Predicate(column, .isNotNull, .literal(.null))]
        case "eq", "where": call.arguments.count > 1 ? equal(column, reader.resolve(call.arguments[1])) : unreadable
        default: unreadable
        }
    }

    private static func equal(_ column: String, _ value: Notation) -> [Predicate] {
        switch value {
        case .text(let text): [Predicate(column, .equal, .literal(.string(text)))]
        case .number(let text): [Predicate(column, .equal, .literal(.number(text)))]
        case .flag(let flag): [Predicate(column, .equal, .literal(.boolean(flag)))]
        case .null: [Predicate(column, .isNull, .literal(.null))]
        case .object(let fields):
            if fields.count == 1, fields[0].name == "$exists", fields[0].value.flag == true {
                [Predicate(column, .isNotNull, .literal(.null))]
            } else if fields.count == 1, fields[0].name == "$eq" {
                equal(column, fields[0].value)
            } else {
                unreadable
            }
        case .template, .path, .list, .chain, .function, .joined, .unknown: unreadable
        }
    }
}

extension Schema.UniqueKey {
    /// A unique index of MongoDB, which takes a missing field for a value unless it is sparse: https://www.mongodb.com/docs/manual/core/index-unique/
    init(ofDocuments columns: [String], _ options: Notation) {
        self.init(name: options["name"]?.text, columns: columns)
        nullsCollide = options["sparse"]?.flag != true
        if options["partialFilterExpression"] != nil { condition = Condition.unreadable }
    }
}
