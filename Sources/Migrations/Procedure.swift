/// Something that a client asks the database to do, whole or not at all. In PostgreSQL it is a function of its own (an RPC);
/// in SQLite it is statements that run in one transaction, the last of which gives the answer.
package struct Procedure: Sendable {
    package var name: String
    /// One sentence: what it does and what comes back.
    var purpose: String
    package var parameters: [Parameter]
    package var results: [Column]
    let body: Body
    /// A retention job deletes nothing for fewer days than these.
    package var leastDays: Int?
    /// The statements that SQLite and D1 run in one transaction.
    package let statements: [BoundStatement]

    init(name: String, purpose: String, parameters: [Parameter], results: [Column], body: Body) {
        (self.name, self.purpose, self.parameters, self.results, self.body) = (name, purpose, parameters, results, body)
        statements = body.sqlite.map { BoundStatement(named: $0, parameters) }
    }

    struct Body: Sendable {
        var postgres: Code
        var sqlite: [String]

        enum Code: Sendable {
            /// One statement, whose rows are the answer.
            case statement(String)
            /// PL/pgSQL: declarations, and what stands between BEGIN and END.
            case procedure(declare: String, String)
        }

        /// One statement, which both engines understand but for its names and the way they reckon with time.
        static func same(_ sql: (Dialect) -> String) -> Body { Body(postgres: .statement(sql(.postgres)), sqlite: [sql(.sqlite)]) }
    }

    package struct Parameter: Sendable {
        package var name: String
        var kind: Kind
        /// SQL of the default in PostgreSQL. Parameters with one come last.
        package var fallback: String?
        /// The default is the user's own number, which SQLite, without defaults, has in the statement.
        var isBaked = false

        init(_ name: String, _ kind: Kind, or fallback: String? = nil, isBaked: Bool = false) {
            (self.name, self.kind, self.fallback, self.isBaked) = (name, kind, fallback, isBaked)
        }

        /// The time is the database's where there is one to ask: its clients' clocks differ.
        static let now = Parameter("now", .instant, or: "clock_timestamp()")
    }

    package struct Column: Sendable {
        package var name: String
        package var kind: Kind

        init(_ name: String, _ kind: Kind) { (self.name, self.kind) = (name, kind) }
    }

    /// Whether it only looks: it may then be asked again after any failure.
    package var isRead: Bool { body.sqlite.count == 1 && body.sqlite[0].hasPrefix("SELECT") }
}

/// A statement of SQLite with the parameters that it binds, in order.
package struct BoundStatement: Hashable, Sendable {
    package var sql: String
    package var parameters: [String]

    /// From a statement whose parameters are written `:name`. Numbers are cast: a cap that a Worker reads from its environment is
    /// text, and in SQLite every number is less than any text. `baked` stand in the statement as they are.
    init(named text: String, _ parameters: [Procedure.Parameter], baked: [String: String] = [:]) {
        var order: [String] = []
        sql = Placeholders.replaced(in: text) { name in
            if let value = baked[name] { return value }
            if !order.contains(name) { order.append(name) }
            let place = "?\((order.firstIndex(of: name) ?? 0) + 1)"
            let kind = parameters.first { $0.name == name }?.kind
            return kind == .integer || kind == .instant ? "CAST(\(place) AS INTEGER)" : place
        }
        self.parameters = order
    }
}

extension Procedure {
    /// The name of its function, or of its file.
    package func function(of prefix: Identifier) -> Identifier { prefix.suffixed(name) }

    /// The function for PostgreSQL. It runs as its owner and sees no schema but what it names, so that nobody can slip a table
    /// of their own under it (CVE-2018-1058).
    func definition(prefix: Identifier, schema: Identifier, parameter: String) -> String {
        let named = parameters.map { "    \(parameter)\($0.name) \($0.kind.name(in: .postgres))" + ($0.fallback.map { " DEFAULT " + $0 } ?? "") }
        let columns = results.map { "\(Identifier(own: $0.name).sql) \($0.kind.name(in: .postgres))" }.joined(separator: ", ")
        let (declare, code) =
            switch body.postgres {
            // PL/pgSQL keeps the plan of a statement for the next call, which a function in plain SQL would make anew.
            case .statement(let sql): ("", "RETURN QUERY\n\(sql);")
            case .procedure(let declare, let code): (declare, code)
            }
        let text =
            "#variable_conflict use_column\n" + (declare.isEmpty ? "" : "DECLARE\n" + declare.indented + "\n") + "BEGIN\n"
            + Placeholders.replaced(in: code) { parameter + $0 }.indented + "\nEND"
        return """
            -- \(purpose(parameter))
            CREATE OR REPLACE FUNCTION \(schema.sql).\(function(of: prefix).sql)(
            \(named.joined(separator: ",\n"))
            ) RETURNS TABLE (\(columns))
            LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = '' AS \(text.dollarQuoted);
            """
    }

    /// Its sentence, with the names of its parameters as they are called.
    func purpose(_ prefix: String) -> String {
        purpose.split(separator: " ").map { $0.hasPrefix("p_") ? prefix + $0.dropFirst(2) : String($0) }.joined(separator: " ")
    }

    func signature(prefix: Identifier, schema: Identifier) -> String {
        "\(schema.sql).\(function(of: prefix).sql)(\(parameters.map { $0.kind.name(in: .postgres) }.joined(separator: ", ")))"
    }
}

extension String {
    /// Between dollar quotes whose tag does not stand in the text: a name with the tag in it would end the body.
    var dollarQuoted: String {
        var tag = "$guarded$", number = 1
        while contains(tag) { (tag, number) = ("$guarded\(number)$", number + 1) }
        return "\(tag)\n\(self)\n\(tag)"
    }

    /// As text in SQL.
    var literal: String { "'" + replacing("'", with: "''") + "'" }

    /// All lines but the first moved in, for a statement that is written into a block.
    func nested(_ depth: Int) -> String { replacing("\n", with: "\n" + String(repeating: "    ", count: depth)) }

    var indented: String { split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : "    " + $0 }.joined(separator: "\n") }
}

/// `:name` in a statement. Text in quotes and casts (`::text`) are left alone.
enum Placeholders {
    static func replaced(in text: String, by name: (String) -> String) -> String {
        var out = "", rest = text[...], quote: Character?
        while let first = rest.first {
            rest.removeFirst()
            if let open = quote {
                if first == open { quote = nil }
                out.append(first)
            } else if first == "'" || first == "\"" {
                quote = first
                out.append(first)
            } else if first == ":", rest.first == ":" {
                rest.removeFirst()
                out += "::"
            } else if first == ":", let letter = rest.first, letter.isLetter {
                let word = rest.prefix { $0.isLetter || $0 == "_" }
                out += name(String(word))
                rest = rest.dropFirst(word.count)
            } else {
                out.append(first)
            }
        }
        return out
    }
}
