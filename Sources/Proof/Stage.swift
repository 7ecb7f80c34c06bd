import Flow

/// The tables that a race needs and nothing else: as the schema has them, and where it does not tell, as the code uses them.
struct Stage {
    private(set) var tables: [String: Table] = [:]
    /// The texts that code writes into columns, or compares them with.
    private var said: [String: [String: Set<String>]] = [:]
    let schema: Schema

    struct Table {
        let name: String
        /// No migration and no model says what it is like.
        let isInferred: Bool
        var columns: [Column] = []
        var keys: [Schema.UniqueKey] = []
        /// What the code calls columns that are called otherwise.
        var aliases: [String: String] = [:]
        /// A column of a key of which it is not known what the database, or an expression, makes of it.
        var openKey: String?
        /// Columns that a check sees through a function: `lower(email)` is the same for addresses that a key holds apart.
        var veiled: Set<String> = []
        /// Columns that an insert need not name.
        var filled: Set<String> = []
        /// What CHECKs ask of it, as SQL.
        var checks: [String] = []
        /// Those of which it is not known how to play them.
        var openChecks: [Schema.Check] = []

        struct Column {
            var name: String
            var kind: ColumnKind?
            /// The schema knows it, and that it is never NULL.
            var isRequired = false
            /// What the database fills in, where that is a constant.
            var fallback: Literal?
            /// The states that an enum or a CHECK allows, where the code writes and asks for no others.
            var states: [String] = []
            /// The least number that a CHECK lets in, and the greatest where there is one.
            var least = 0.0, greatest: Double?
        }

        /// The column that code calls so; a relation by the column that holds its key.
        func column(_ name: String) -> Column? {
            let name = name.folded
            return columns.first { $0.name.folded == name } ?? aliases[name].flatMap { own in columns.first { $0.name.folded == own } }
                ?? columns.first { $0.name.folded == name + "id" } ?? (["id", "pk"].contains(name) ? primary : nil)
        }

        private var primary: Column? {
            keys.first { $0.isPrimary && $0.columns.count == 1 }.flatMap { key in columns.first { $0.name.folded == key.columns[0].folded } }
        }

        /// As they stand in a statement.
        var columnList: String { columns.map { quoted($0.name) }.joined(separator: ", ") }

        var allRows: Statement {
            var statement = Statement(.read, "SELECT \(columnList) FROM \(quoted(name))")
            statement.results = columns.map(\.name.folded)
            return statement
        }

        func kind(_ name: String) -> ColumnKind { column(name)?.kind ?? .text }

        /// The column by which other rows speak of one.
        var identity: String? {
            if let id = columns.first(where: { ["id", "pk"].contains($0.name.folded) }) { return id.name }
            return primary?.name
        }
    }

    /// The name under which a table is kept.
    func key(of table: String) -> String { schema.name(of: table) ?? Schema.fold(table) }

    /// The names of the tables, and what makes them, in order.
    var names: [String] { tables.values.map(\.name).sorted() }

    func definitions(for engine: Proof.Engine) -> [String] { tables.values.sorted { $0.name < $1.name }.flatMap { $0.definition(for: engine) } }

    subscript(table: String?) -> Table? { table.flatMap { tables[key(of: $0)] } }

    init(for routines: [Routine], _ schema: Schema) {
        self.schema = schema
        for routine in routines { collect(routine) }
        for routine in routines { for _ in 0..<2 { infer(routine) } }
        for name in tables.keys { complete(name) }
    }

    // MARK: What is used

    private mutating func collect(_ routine: Routine) {
        var reads: [StepID: String] = [:], aliases: [StepID: Set<String>] = [:], sums: Set<StepID> = [], counts: [StepID: [String]] = [:]
        routine.body.visit { step in
            switch step.kind {
            case .read(let read):
                reads[step.id] = read.table
                if read.aggregate == .sum || read.aggregate == .maximum { sums.insert(step.id) }
                aliases[step.id] = Set(read.columns.filter { $0.aggregate != nil || read.aggregate.isNumber || $0.column != nil }.map(\.alias.folded))
                counts[step.id] = read.columns.filter(\.isOfRelations).map(\.alias)
                for column in read.columns.compactMap(\.column) { add(column, to: read.table) }
                for filter in read.filters { add(filter, to: read.table) }
                add(nil, to: read.table)
                for filter in read.filters where filter.through != nil && !filter.isOfTime { veil(filter.column, of: read.table) }
            case .write(let write):
                reads[step.id] = write.table
                for assignment in write.assignments + (write.conflict?.assignments ?? []) {
                    add(assignment.column, to: write.table)
                    for case .column(let name) in assignment.value.parts { add(name, to: write.table) }
                }
                for filter in write.filters + (write.conflict?.filters ?? []) { add(filter, to: write.table) }
                for column in write.conflict?.columns ?? [] { add(column, to: write.table) }
                add(nil, to: write.table)
            default: break
            }
        }
        routine.visitValues { value in
            for part in value.parts {
                guard let (step, path) = part.columnPath, let table = reads[step] else { continue }
                // `_sum.amount` is a column of the rows that are added up.
                let isSum = sums.contains(step)
                let name = isSum ? path.split(separator: ".").last.map(String.init) ?? path : path
                if isSum, !path.contains(".") { continue }
                guard aliases[step]?.contains(name.folded) != true, !counts[step, default: []].contains(where: { path.hasPrefix($0 + ".") }),
                    self[table]?.isRelation(name, schema) != true
                else { continue }
                add(name, to: table)
            }
        }
    }

    private mutating func add(_ filter: Predicate, to table: String?) {
        add(filter.column, to: table)
        for case .column(let name) in filter.value.parts { add(name, to: table) }
    }

    private mutating func veil(_ column: String, of table: String?) {
        guard let key = table.map({ self.key(of: $0) }), let name = tables[key]?.column(column)?.name else { return }
        tables[key]?.veiled.insert(name.folded)
    }

    private static let columnLimit = 120

    private mutating func add(_ column: String?, to table: String?) {
        guard let table else { return }
        let key = key(of: table), known = schema.table(table)
        if tables[key] == nil {
            let plain = table.split(separator: ".").last.map(String.init) ?? table
            tables[key] = Table(name: known.map { $0.spelling ?? key } ?? plain, isInferred: known == nil)
            for (alias, own) in known?.aliases ?? [:] { tables[key]?.aliases[alias.folded] = own.folded }
        }
        guard let column, !column.isEmpty, column != "*", tables[key]?.column(column) == nil, tables[key]?.columns.count ?? 0 < Self.columnLimit else { return }
        let name = known.map { $0.column(column) } ?? column
        guard tables[key]?.column(name) == nil else { return }
        if let known, known.relations[column.lowercased()] != nil, !known.columns.contains(name) {
            // A relation is written and asked for by the column that holds its key.
            guard let held = known.columns.first(where: { $0.folded == column.folded + "id" }) else { return }
            return add(held, to: table)
        }
        tables[key]?.columns.append(.init(name: known?.spelled(name) ?? name, kind: known?.types[name].flatMap { ColumnKind(type: $0) }))
    }

    // MARK: What columns hold

    private mutating func infer(_ routine: Routine) {
        var reads: [StepID: String] = [:]
        routine.body.visit { step in
            switch step.kind {
            case .read(let read):
                reads[step.id] = read.table
                for filter in read.filters { note(filter.column, of: read.table, filter.value, reads) }
                if read.aggregate == .sum || read.aggregate == .maximum { for item in read.columns { note(item.column, of: read.table, .number) } }
                for item in read.columns where item.aggregate == .sum { note(item.column, of: read.table, .number) }
            case .write(let write):
                reads[step.id] = write.table
                for filter in write.filters { note(filter.column, of: write.table, filter.value, reads) }
                for assignment in write.assignments {
                    // What is not spelled out is something that no state is called.
                    if let table = write.table, assignment.value.possibleStrings.isEmpty, assignment.value != .literal(.null) {
                        said[key(of: table), default: [:]][assignment.column.folded, default: []].insert("")
                    }
                    note(
                        assignment.column, of: write.table, assignment.isRelative && assignment.value.isArithmetic ? .operation(.add, []) : assignment.value,
                        reads)
                }
            default: break
            }
        }
        routine.visitValues { value in
            for case .operation(let op, let operands) in value.parts where operands.count == 2 {
                switch op {
                case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
                    for (side, other) in [(operands[0], operands[1]), (operands[1], operands[0])] {
                        if let (step, name) = side.bare.columnPath { note(name, of: reads[step], other, reads) }
                    }
                case .add, .subtract, .multiply, .divide:
                    for operand in operands where op != .add { if let (step, name) = operand.bare.columnPath { note(name, of: reads[step], .number) } }
                default: break
                }
            }
        }
    }

    private mutating func note(_ column: String?, of table: String?, _ value: Value, _ reads: [StepID: String]) {
        if let column, let table { for text in value.possibleStrings { said[key(of: table), default: [:]][column.folded, default: []].insert(text) } }
        if let kind = kind(of: value, reads) { note(column, of: table, kind) }
    }

    private mutating func note(_ column: String?, of table: String?, _ kind: ColumnKind) {
        guard let table, let column, let at = self[table]?.columns.firstIndex(where: { $0.name.folded == column.folded }) else { return }
        let key = key(of: table)
        if tables[key]?.columns[at].kind == nil { tables[key]?.columns[at].kind = kind }
    }

    private func kind(of value: Value, _ reads: [StepID: String]) -> ColumnKind? {
        switch value {
        case .literal(.string): return .text
        case .literal(.number): return .number
        case .literal(.boolean): return .boolean
        case .operation(.add, _), .operation(.subtract, _):
            return value.isClock ? .moment : value.parts.contains { if case .literal(.string) = $0 { true } else { false } } ? .text : .number
        case .operation(.multiply, _), .operation(.divide, _): return .number
        case .operation(.call, let operands): return value.isClock || value.isMoment ? .moment : operands.count == 1 ? kind(of: operands[0], reads) : nil
        case .operation(.coalesce, let operands), .operation(.or, let operands): return operands.compactMap { kind(of: $0, reads) }.first
        case .operation(.conditional, let operands): return operands.dropFirst().compactMap { kind(of: $0, reads) }.first
        case .either(let items), .list(let items): return items.compactMap { kind(of: $0, reads) }.first
        case .outcome(_, .count), .outcome(_, .rowCount), .outcome(_, .affected): return .number
        case .member: return value.columnPath.flatMap { self[reads[$0.step]]?.column($0.path)?.kind }
        default: return nil
        }
    }

    // MARK: What the schema adds

    private mutating func complete(_ key: String) {
        guard var table = tables[key] else { return }
        let known = schema.tables[key]
        for unique in known?.keys ?? [] {
            let needed = unique.columns + (unique.condition ?? []).map(\.column)
            // What the database fills in, or an expression makes of columns, may be the same for both, or not.
            let unnamed = unique.columns.filter { table.column($0) == nil }
            if !unique.isPrimary, let column = unique.isExpression ? unique.columns.first : unnamed.first {
                if unnamed.allSatisfy({ known?.defaults.contains($0) == true || known?.generated[$0] != nil }) {
                    table.openKey = table.openKey ?? column
                    continue
                }
            }
            if !unique.isPrimary, let column = unique.columns.first(where: { table.veiled.contains($0.folded) }) {
                table.openKey = table.openKey ?? column
                continue
            }
            // For which rows it counts cannot be said.
            if let condition = unique.condition,
                condition.contains(where: { [.other, .like].contains($0.comparison) || $0.column.isEmpty || $0.through != nil })
            {
                table.openKey = table.openKey ?? unique.columns.first
                continue
            }
            if table.keys.contains(where: { Set($0.columns) == Set(unique.columns) && $0.condition == unique.condition }) { continue }
            // A key over columns of which the code knows nothing, and which are empty, refuses nothing.
            guard unique.isPrimary || unique.nullsCollide || unique.columns.allSatisfy({ table.column($0) != nil }) else { continue }
            for column in needed where table.column(column) == nil && !column.isEmpty {
                table.columns.append(.init(name: known?.spelled(column) ?? column, kind: known?.types[column].flatMap { ColumnKind(type: $0) }))
            }
            table.keys.append(unique)
        }
        // A CHECK compares what the code writes with what it does not.
        for check in known?.checks ?? [] where check.bears(on: table) {
            for column in check.columns.sorted() where table.column(column) == nil {
                table.columns.append(.init(name: known?.spelled(column) ?? column, kind: known?.types[column].flatMap { ColumnKind(type: $0) }))
            }
        }
        if table.identity == nil { table.columns.insert(.init(name: "id", kind: nil), at: 0) }
        table.filled = Set((known?.defaults ?? []).map(\.folded) + (known == nil ? ["createdat", "created", "insertedat"] : []))
        for at in table.columns.indices where table.columns[at].kind == nil {
            let name = table.columns[at].name
            table.columns[at].kind = known?.states[name.lowercased()] != nil ? .text : ColumnKind(name: name)
        }
        for at in table.columns.indices {
            let folded = table.columns[at].name.folded
            guard let known, let name = known.columns.first(where: { $0.folded == folded && known.types[$0] != nil }) else { continue }
            table.columns[at].isRequired = !known.nullable.contains(name)
            table.columns[at].fallback = known.fallbacks[name]
            let spoken = said[key]?[folded] ?? []
            if let states = known.states[name], table.columns[at].kind == .text, spoken.isSubset(of: states) {
                // Those of which the code does not speak come first: nothing is asked of them.
                table.columns[at].states = states.subtracting(spoken).sorted() + states.intersection(spoken).sorted()
            }
            table.columns[at].name = known.spelled(name)
        }
        for bound in known?.bounds ?? [] {
            guard case .literal(.number(let text)) = bound.value, let number = Double(text),
                let at = table.columns.firstIndex(where: { $0.name.folded == bound.column.folded })
            else { continue }
            switch bound.comparison {
            case .greater: table.columns[at].least = max(table.columns[at].least, number + 1)
            case .greaterOrEqual: table.columns[at].least = max(table.columns[at].least, number)
            case .less: table.columns[at].greatest = min(table.columns[at].greatest ?? .infinity, number - 1)
            case .lessOrEqual: table.columns[at].greatest = min(table.columns[at].greatest ?? .infinity, number)
            default: continue
            }
        }
        for check in known?.checks ?? [] where check.bears(on: table) {
            if let asked = check.counts(in: table) ? check.condition.asked(of: table) : nil {
                table.checks.append(asked)
            } else {
                table.openChecks.append(check)
            }
        }
        table.checks.sort()
        for column in table.columns where !column.states.isEmpty {
            table.checks.append("\(quoted(column.name)) IN (\(column.states.map { Datum.text($0).literal }.joined(separator: ", ")))")
        }
        tables[key] = table
    }
}

extension Stage.Table {
    fileprivate func isRelation(_ name: String, _ schema: Schema) -> Bool { schema.table(self.name)?.relations[name.lowercased()] != nil }
}

extension ColumnKind {
    /// What a name promises, where nothing else tells.
    init(name: String) {
        let words = name.nameWords
        if words.last == "at" || words.contains(where: { ["date", "time", "expires", "expiry", "until", "deadline"].contains($0) }) {
            self = .moment
        } else if ["is", "has", "can"].contains(words.first) {
            self = .boolean
        } else if words.contains(where: {
            ["count", "amount", "balance", "quantity", "stock", "total", "price", "remaining", "max", "limit", "capacity"].contains($0)
        }) {
            self = .number
        } else {
            self = .text
        }
    }
}

extension Datum {
    init(_ literal: Literal) {
        switch literal {
        case .string(let text): self = .text(text)
        case .number(let text): self = Double(text.filter { $0 != "_" && $0 != "n" }).map { .number($0) } ?? .unknown
        case .boolean(let flag): self = .boolean(flag)
        case .null: self = .null
        }
    }
}

extension Value {
    /// Without the conversions around it: `Number(row.n)`, `row.n ?? 0`.
    var bare: Value {
        switch self {
        case .operation(.call, _): converted?.bare ?? self
        case .operation(.coalesce, let parts) where parts.count == 2 && parts[1].isConstant: parts[0].bare
        case .operation(.or, let parts) where parts.count == 2 && parts[1].isConstant: parts[0].bare
        default: self
        }
    }

    /// What a conversion is given: `Number(n)`, `parseInt(n, 10)`, `Number.parseInt(n)`, `+n`.
    var converted: Value? {
        guard case .operation(.call(let name), let parts) = self, Self.conversions.contains(name) else { return nil }
        let given = parts.filter { $0 != .name("Number") }
        let isInBase = given.count == 2 && name == "parseInt" && given[1].isConstant
        return given.count == 1 || isInBase ? given[0] : nil
    }

    private static let conversions: Set<String> = [
        "+",
        "Number", "parseInt", "parseFloat", "int", "float", "Decimal", "str", "String", "Boolean", "bool", "BigInt", "new Date", "toString", "new Decimal",
    ]

    var isArithmetic: Bool {
        if case .operation(let op, _) = self { op.isArithmetic } else { false }
    }
}

extension Routine {
    /// Every value that its steps hold.
    func visitValues(_ look: (Value) -> Void) {
        body.visit { step in
            switch step.kind {
            case .branch(let condition, _, _): look(condition)
            case .read(let read): for filter in read.filters { look(filter.value) }
            case .write(let write):
                for filter in write.filters { look(filter.value) }
                for assignment in write.assignments + (write.conflict?.assignments ?? []) { look(assignment.value) }
            case .effect(let effect): effect.arguments.forEach(look)
            case .lock(let lock): look(lock.key)
            default: break
            }
        }
    }
}
