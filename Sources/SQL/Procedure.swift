package import Flow

/// A function, a procedure or the body of a trigger, as it is defined: PL/pgSQL, or plain statements (`LANGUAGE sql`).
package struct Procedure: Hashable, Sendable {
    package var name: String
    package var parameters: [String] = []
    /// Those that a bare RETURN gives back.
    package var outputs: [String] = []
    /// How many of them a caller gives.
    package var arity = 0
    package var returnsTrigger = false
    /// A set of rows, and not one value.
    package var returnsRows = false
    /// Variables that hold a whole row.
    package var records: Set<String> = []
    package var body: [Part] = []
    /// Byte offsets of the definition in the text that was parsed.
    package var start = 0, end = 0

    /// Functions of the database itself, whose calls are values and nothing else.
    package static func isBuiltIn(_ name: String) -> Bool {
        builtIn.contains(name) || name.hasPrefix("json") || name.hasPrefix("array") || name.hasPrefix("pg_")
    }

    private static let builtIn: Set<String> = [
        "count", "sum", "max", "min", "avg", "coalesce", "nullif", "now", "exists", "greatest", "least", "nextval", "currval", "set_config", "current_setting",
        "abs", "round", "ceil", "floor", "trunc", "mod", "power", "random", "upper", "lower", "trim", "btrim", "length", "char_length", "substring", "substr",
        "left",
        "right", "replace", "concat", "concat_ws", "format", "split_part", "position", "md5", "encode", "decode", "digest", "crypt", "gen_salt",
        "gen_random_uuid",
        "uuid_generate_v4", "gen_random_bytes", "to_char", "to_date", "to_timestamp", "to_jsonb", "to_json", "row_to_json", "date_trunc", "date_part",
        "extract", "age",
        "make_interval", "clock_timestamp", "statement_timestamp", "timezone", "row", "unnest", "generate_series", "string_agg", "cardinality", "operator",
        "subscript", "cast", "uid", "jwt", "role", "hashtext", "regexp_replace", "regexp_match", "lpad", "rpad", "chr", "ascii",
    ]

    /// One statement of a body.
    package struct Part: Hashable, Sendable {
        package var form: Form
        package var start: Int, end: Int
    }

    package indirect enum Form: Hashable, Sendable {
        /// What its operations do, and the variables that take the columns of the result.
        case statement(Statement, into: [String])
        case assign(String, Term)
        case branch([Arm], otherwise: [Part])
        case loop(condition: Term?, [Part])
        /// `FOR row IN SELECT … LOOP`
        case each([String], Statement, [Part])
        case block([Part], handlers: [Handler])
        case returns(Term)
        case returnsRows(Statement)
        case raise
        /// EXIT, which ends the loop, and CONTINUE.
        case leave(condition: Term?, endsLoop: Bool)
        /// `GET DIAGNOSTICS n = ROW_COUNT`
        case rowCount(String)
        case opaque
    }

    package struct Arm: Hashable, Sendable {
        package var condition: Term
        package var body: [Part]
    }

    package struct Handler: Hashable, Sendable {
        /// `unique_violation`, `others`, an SQLSTATE.
        package var conditions: [String]
        package var body: [Part]
    }

    /// An expression, and the reads of its sub-selects: `nested(i)` stands for what the i-th of them gives.
    package struct Term: Hashable, Sendable {
        package var value: Value
        package var reads: [Read] = []
    }
}

extension Value {
    /// A variable of the procedure, until the walk over it knows what it holds.
    static func variable(_ name: String) -> Value { .member(.name("variable"), name) }
    static func nested(_ index: Int) -> Value { .member(.name("nested"), String(index)) }

    package var variableName: String? {
        if case .member(.name("variable"), let name) = self { return name }
        return nil
    }

    /// The number of the sub-select whose result this value is.
    package var nestedNumber: Int? {
        if case .operation(.subquery, let parts) = self, case .member(.name("nested"), let number)? = parts.first { return Int(number) }
        return nil
    }
}
