import Flow
import Migrations

/// The counter that a finding offers, as statements: what the remedy shows, and what `interlock migrate counter` writes.
struct Slots {
    private let counter: Cure.Counter
    private let cap: Int
    private let rendering: Rendering
    private let evaluator: Evaluator
    private let key: [(column: String, value: Datum)]

    init?(_ counter: Cure.Counter, cap: Int, _ rendering: Rendering, _ evaluator: Evaluator) {
        (self.counter, self.cap, self.rendering, self.evaluator) = (counter, cap, rendering, evaluator)
        key = counter.key.map { part in
            let value = part.value == .name("ymd") ? .text(String(Clock.text(0).prefix(10))) : evaluator.written(part.value).converted(to: .text)
            return (part.column, value == .null ? .text("\(part.column)-1") : value)
        }
        guard (try? Identifier(counter.name)) != nil, key.allSatisfy({ (try? Identifier($0.column)) != nil }), Set(key.map(\.column.folded)).count == key.count
        else { return nil }
    }

    private var name: String { quoted(counter.name) }
    private var columns: String { key.map { quoted($0.column) }.joined(separator: ", ") }

    /// Its table, where no migration makes it.
    var table: String {
        "CREATE TABLE \(name) (\(key.map { "\(quoted($0.column)) text NOT NULL" }.joined(separator: ", ")), count integer NOT NULL, PRIMARY KEY (\(columns)))"
    }

    private func values(_ statement: inout Statement) {
        for (at, part) in key.enumerated() {
            if at > 0 { statement += ", " }
            statement.bind(part.value, as: .text)
        }
    }

    var claim: Statement {
        var statement = Statement(.write, "INSERT INTO \(name) (\(columns), count) SELECT ")
        values(&statement)
        statement +=
            ", 1 WHERE \(cap) >= 1 ON CONFLICT (\(columns)) DO UPDATE SET count = \(name).count + 1 WHERE \(name).count < \(cap) RETURNING count"
        statement.results = ["count"]
        return statement
    }

    /// As MySQL has it: the row first, then the number under a condition.
    var inTwo: (row: Statement, claim: Statement) {
        var row = Statement(.write, "INSERT INTO \(name) (\(columns), count) VALUES (")
        values(&row)
        row += ", 0) ON CONFLICT DO NOTHING"
        var claim = Statement(.write, "UPDATE \(name) SET count = count + 1 WHERE ")
        for part in key {
            claim += "\(quoted(part.column)) = "
            claim.bind(part.value, as: .text)
            claim += " AND "
        }
        claim += "count < \(cap)"
        return (row, claim)
    }

    /// What makes its table and functions, and the claim by them; nil where the command cannot be asked for it.
    var migrated: (definitions: [String], claim: Statement)? {
        guard let column = counter.scopeColumn, let prefix = try? Identifier(SlotCounterTables.prefix(for: counter.name)),
            let table = try? Identifier(counter.name), let scope = try? Identifier(column)
        else { return nil }
        var tables = SlotCounterTables(prefix: prefix, table: table, scope: scope, type: .text, period: counter.period == .day ? .day : .forever)
        tables.schema = Identifier(own: "proof")
        guard let blueprint = try? tables.blueprint().checked() else { return nil }
        let procedure = blueprint["claim_slot"]
        let given: [String: Datum] = [
            "scope": key[0].value, "cap": .number(Double(cap)), "quantity": .number(1), "period": key[1].value, "now": .number(0),
        ]
        guard rendering.engine == .sqlite else {
            var claim = Statement(.read, "SELECT count FROM \(procedure.function(of: prefix).sql)(")
            for (at, name) in ["scope", "cap", "period"].enumerated() {
                claim += "\(at > 0 ? ", " : "")\(blueprint.parameterPrefix)\(name) => "
                if name == "cap" { claim += String(cap) } else { claim.bind(given[name] ?? .null, as: .text) }
            }
            claim += ")"
            claim.results = ["count"]
            return ([blueprint.up(.postgres), "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA proof TO request"], claim)
        }
        var claim = Statement(.write)
        let bound = procedure.statements[0]
        claim.add(bound.sql) { number, statement in
            let name = bound.parameters[number - 1]
            statement.bind(given[name] ?? .null, as: name == "scope" || name == "period" ? .text : .number)
        }
        claim.results = ["count", "period"]
        return ([blueprint.up(.sqlite)], claim)
    }

    /// What the counter knows when it begins: the rows that are there.
    func start(_ table: Stage.Table, _ held: Int) -> Statement {
        let columns = counter.scope.map { table.column($0.column)?.name }
        guard let fixed = counter.counted, !columns.contains(nil), let filters = try? rendering.conditions(fixed, table, evaluator) else {
            var statement = Statement(.write, "INSERT INTO \(name) (\(self.columns), count) VALUES (")
            values(&statement)
            statement += ", \(held))"
            return statement
        }
        let own = columns.compactMap { $0.map(quoted) }
        let values = own.isEmpty ? ["'all'"] : own.map { rendering.engine == .postgres ? "CAST(\($0) AS text)" : $0 }
        var statement = Statement(.write, "INSERT INTO \(name) (\(self.columns), count) SELECT \((values + ["'always'", "count(*)"]).joined(separator: ", "))")
        statement += " FROM \(quoted(table.name))"
        statement += filters
        if !own.isEmpty { statement += " GROUP BY \(own.joined(separator: ", "))" }
        return statement
    }
}

extension Statement {
    /// SQL with places written `?1`, each of which `value` fills; what stands in quotes is left alone.
    mutating func add(_ sql: String, _ value: (_ number: Int, _ statement: inout Statement) -> Void) {
        var rest = sql[...], piece = "", quote: Character?
        while let first = rest.popFirst() {
            if quote == first { quote = nil } else if quote == nil, first == "'" || first == "\"" { quote = first }
            guard quote == nil, first == "?", let number = Int(rest.prefix { $0.isNumber }) else {
                piece.append(first)
                continue
            }
            rest = rest.drop { $0.isNumber }
            self += piece
            piece = ""
            value(number, &self)
        }
        self += piece
    }
}
