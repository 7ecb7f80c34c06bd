import Flow

// The tables of a play as SQL.
extension Stage.Table {
    /// Its definition, and the indexes that a CREATE TABLE cannot hold.
    func definition(for engine: Proof.Engine) -> [String] {
        let columns = columns.map { column in
            let fallback = column.fallback.map { " DEFAULT \(Datum($0).converted(to: column.kind ?? .text).literal)" } ?? ""
            return "\(quoted(column.name)) \(engine.type(column.kind ?? .text))\(column.kind == .moment ? "" : fallback)"
        }
        let checks = checks.map { "CHECK (\($0))" }
        var statements = ["CREATE TABLE \(quoted(name)) (\((columns + checks).joined(separator: ", ")))"]
        for (number, key) in keys.enumerated() {
            let list = key.columns.compactMap { column($0) }.map { column in
                engine == .sqlite && key.nullsCollide ? "coalesce(\(quoted(column.name)), '')" : quoted(column.name)
            }
            guard !list.isEmpty else { continue }
            let condition = (key.condition ?? []).compactMap { $0.constant(in: self) }
            statements.append(
                "CREATE UNIQUE INDEX \(quoted("\(name)_key_\(number + 1)")) ON \(quoted(name)) (\(list.joined(separator: ", ")))"
                    + (engine == .postgres && key.nullsCollide ? " NULLS NOT DISTINCT" : "")
                    + (condition.isEmpty ? "" : " WHERE \(condition.joined(separator: " AND "))"))
        }
        return statements
    }
}

extension Predicate {
    /// A condition of a partial key, as SQL.
    func constant(in table: Stage.Table) -> String? {
        guard let known = table.column(column) else { return nil }
        let name = quoted(known.name)
        func literal(_ value: Value) -> String? {
            guard case .literal(let literal) = value else { return nil }
            return Datum(literal).converted(to: known.kind ?? .text).literal
        }
        switch comparison {
        case .isNull: return "\(name) IS NULL"
        case .isNotNull: return "\(name) IS NOT NULL"
        case .oneOf, .notOneOf:
            guard case .list(let items) = value else { return nil }
            return "\(name) \(comparison == .oneOf ? "IN" : "NOT IN") (\(items.compactMap(literal).joined(separator: ", ")))"
        default: return comparison.sign.flatMap { sign in literal(value).map { "\(name) \(sign) \($0)" } }
        }
    }
}

func quoted(_ name: String) -> String { "\"" + name.filter { $0 != "\0" }.replacing("\"", with: "\"\"") + "\"" }

extension Predicate.Comparison {
    var sign: String? {
        switch self {
        case .equal, .like: "="
        case .notEqual: "<>"
        case .less: "<"
        case .lessOrEqual: "<="
        case .greater: ">"
        case .greaterOrEqual: ">="
        case .isNull, .isNotNull, .oneOf, .notOneOf, .other, .distinct: nil
        }
    }
}

extension String {
    /// SQL of ours as a person would write it: names in quotes where they need them, so that it can be run as it stands.
    var plainlyQuoted: String {
        let parts = split(separator: "\"", omittingEmptySubsequences: false)
        // A name with quotes in it needs all of them.
        guard parts.count > 2, parts.count % 2 == 1, !contains("\"\"") else { return self }
        return parts.enumerated().map { at, part in
            at % 2 == 0 ? String(part) : spelled(String(part)) == part ? String(part) : "\"" + part + "\""
        }.joined()
    }
}
