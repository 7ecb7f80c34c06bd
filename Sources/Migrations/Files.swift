/// A migration as files, under the names that the tools of its dialect look for.
///
/// What undoes a migration stands in a folder of its own: the tools of Supabase and D1 run every `.sql` that lies beside it.
package struct MigrationFile: Hashable, Sendable {
    /// Relative to the folder of the migrations.
    package var path: String
    package var text: String
}

extension Blueprint {
    /// `version` is what migrations are ordered by, `20260523000001`; `kind` tells files of one table apart.
    package func files(_ dialect: Dialect, version: Int, kind: String) -> [MigrationFile] {
        let name = "\(prefix.fileName)_\(kind)"
        var files = [
            MigrationFile(path: "\(version)_\(name).sql", text: up(dialect)),
            MigrationFile(path: "down/\(version)_\(name).sql", text: down(dialect)),
        ]
        if dialect.hasFunctions {
            let indexes = indexes(dialect)
            if !indexes.isEmpty { files.append(MigrationFile(path: "\(version + 1)_\(name)_indexes.sql", text: indexes)) }
        } else {
            files += operations.map { MigrationFile(path: "queries/\(prefix.fileName)_\($0.name).sql", text: query($0, dialect)) }
        }
        for prune in operations where prune.name.hasSuffix("prune") {
            files.append(MigrationFile(path: "cron/\(prefix.fileName)_\(prune.name).sql", text: job(prune, dialect)))
        }
        return files
    }

    /// The statements of one operation, for those who bind them from another language.
    private func query(_ operation: Procedure, _ dialect: Dialect) -> String {
        let baked = operation.parameters.filter(\.isBaked).reduce(into: [String: String]()) { $0[$1.name] = $1.fallback }
        let statements = operation.body.sqlite.map { BoundStatement(named: $0, operation.parameters, baked: baked) }
        var lines = ["-- \(operation.purpose(""))"]
        lines.append("-- Times are milliseconds since 1970, as of Date.now(); \(operation.results.map(\.name).joined(separator: ", ")) come back.")
        if statements.count > 1 {
            let how = dialect == .d1 ? "one env.DB.batch([…])" : "one transaction that begins with BEGIN IMMEDIATE"
            lines.append("-- Run the \(statements.count) statements in this order in \(how); the last one answers.")
        }
        for statement in statements {
            let names = statement.parameters.enumerated().map { "?\($0 + 1) \($1)" }.joined(separator: ", ")
            lines += ["", "-- " + (names.isEmpty ? "no parameters" : names), statement.sql + ";"]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func job(_ prune: Procedure, _ dialect: Dialect) -> String {
        let name = prune.function(of: prefix).name, file = "cron/\(prefix.fileName)_\(prune.name).sql"
        guard dialect.hasFunctions else {
            let days = prune.parameters.first { $0.name == "days" }?.fallback ?? "60"
            let deletes = prune.body.sqlite.dropLast().map {
                Placeholders.replaced(in: $0) { $0 == "days" ? days : "CAST(strftime('%s', 'now') AS INTEGER) * 1000" } + ";"
            }
            let command = dialect == .d1 ? "npx wrangler d1 execute DB --remote --file \(file)" : "sqlite3 -cmd '.timeout 10000' app.db < \(file)"
            return "-- Once a day, from cron: 17 3 * * * \(command)\n\(deletes.joined(separator: "\n"))\n"
        }
        let call = "SELECT removed FROM \(schema.sql).\(prune.function(of: prefix).sql)()"
        return """
            -- Once a day. With pg_cron (in Supabase: Integrations, Cron):
            SELECT cron.schedule(\(name.literal), '17 3 * * *', \(call.literal));
            -- Without it, from cron: 17 3 * * * psql "$DATABASE_URL" -c '\(call)'

            """
    }
}

extension Identifier {
    /// The name as part of a file's name: letters, digits and underscores.
    fileprivate var fileName: String {
        String(name.unicodeScalars.map { $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil) ? Character($0) : "_" })
    }
}
