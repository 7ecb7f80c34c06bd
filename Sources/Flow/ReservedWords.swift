/// Words that PostgreSQL or SQLite keep for themselves and people call tables and columns:
/// https://www.postgresql.org/docs/15/sql-keywords-appendix.html, https://sqlite.org/lang_keywords.html
package enum ReservedWords {
    package static func contains(_ name: String) -> Bool { words.contains(name.lowercased()) }

    private static let words: Set<String> = [
        "all", "and", "any", "array", "as", "asc", "both", "case", "cast", "check", "collate", "column", "constraint", "create", "cross", "default", "desc",
        "distinct", "do", "else",
        "end", "except", "false", "for", "foreign", "freeze", "from", "full", "grant", "group", "having", "in", "index", "inner", "into", "is", "join", "key",
        "leading", "left",
        "like", "limit", "natural", "not", "null", "offset", "on", "only", "or", "order", "outer", "primary", "references", "right", "select", "session_user",
        "set", "some",
        "table", "then", "to", "trailing", "transaction", "true", "union", "unique", "user", "using", "values", "when", "where", "with",
    ]
}
