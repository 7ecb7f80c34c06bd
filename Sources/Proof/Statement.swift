import Flow

/// One statement, made anew from the flow: pieces of SQL and the values between them, which are bound and never written into it.
struct Statement: Hashable, Sendable {
    var pieces: [Piece] = []
    /// What comes back, by the folded names under which the code sees it; a write gives the number of changed rows besides.
    var results: [String] = []
    var kind = Kind.read
    /// Unique columns of which it is not known whether two requests write the same into them.
    var doubts: [String] = []

    enum Kind: Hashable, Sendable { case read, write, begin, commit, rollback, other }

    enum Piece: Hashable, Sendable {
        case sql(String)
        case value(Datum, ColumnKind)
    }

    init(_ kind: Kind, _ sql: String = "") {
        self.kind = kind
        if !sql.isEmpty { pieces = [.sql(sql)] }
    }

    static func += (statement: inout Statement, sql: String) { statement.pieces.append(.sql(sql)) }
    static func += (statement: inout Statement, other: Statement) { statement.pieces += other.pieces }

    mutating func bind(_ value: Datum, as kind: ColumnKind) { pieces.append(.value(value.converted(to: kind), kind)) }

    /// As a reader would type it.
    var text: String {
        pieces.map { piece in
            switch piece {
            case .sql(let sql): sql.plainlyQuoted
            case .value(let value, _): value.literal
            }
        }.joined()
    }

    /// With places for its values, as the engine writes them.
    func prepared(_ place: (Int, ColumnKind) -> String) -> (sql: String, values: [Datum]) {
        var sql = "", values: [Datum] = []
        for piece in pieces {
            switch piece {
            case .sql(let text): sql += text
            case .value(let value, let kind):
                values.append(value)
                sql += place(values.count, kind)
            }
        }
        return (sql, values)
    }
}

/// What a column holds, as far as a proof must know.
enum ColumnKind: String, Hashable, Sendable {
    case text, number, boolean, moment

    var postgres: String {
        switch self {
        case .text: "text"
        case .number: "numeric"
        case .boolean: "boolean"
        case .moment: "timestamp"
        }
    }

    /// From the name of a type in a migration or a model.
    init?(type: String) {
        let type = type.lowercased()
        func has(_ words: [String]) -> Bool { words.contains { type.contains($0) } }
        if has(["bool"]) || type == "tinyint(1)" {
            self = .boolean
        } else if has(["timestamp", "date", "time"]) && !has(["interval"]) {
            self = .moment
        } else if has(["int", "serial", "numeric", "decimal", "float", "double", "real", "money", "number"]) {
            self = .number
        } else if has(["text", "char", "uuid", "string", "json", "enum", "slug", "email", "url"]) {
            self = .text
        } else {
            return nil
        }
    }
}

extension Datum {
    func converted(to kind: ColumnKind) -> Datum {
        switch (self, kind) {
        case (.unknown, _): .null
        case (.boolean(let flag), .number): .number(flag ? 1 : 0)
        case (.boolean(let flag), .text): .text(flag ? "true" : "false")
        case (.boolean(let flag), .moment): flag ? .moment(0) : .null
        case (.number(let number), .text): .text(number.spelled)
        case (.number(let number), .boolean): .boolean(number != 0)
        case (.number(let number), .moment): .moment(Int(max(-1e9, min(1e10, number))) - (number > 1e9 ? Clock.seconds : 0))
        case (.moment(let seconds), .text): .text(Clock.text(seconds))
        case (.moment(let seconds), .number): .number(Double(Clock.seconds + seconds))
        case (.moment, .boolean): .boolean(true)
        case (.text(let text), .number): .number(Double(text) ?? text.asNumber)
        case (.text(let text), .boolean): .boolean(["true", "t", "1", "yes"].contains(text.lowercased()))
        case (.text(let text), .moment): Clock.offset(of: text).map { .moment($0) } ?? .moment(0)
        case (.row(let row), _): row.value("id").isKnown ? row.value("id").converted(to: kind) : .null
        case (.rows, _), (.object, _): kind == .text ? .text("…") : .null
        case (.list(let items), _): .list(items.map { $0.converted(to: kind) })
        case (.null, _), (.boolean, .boolean), (.number, .number), (.text, .text), (.moment, .moment): self
        }
    }
}

extension String {
    /// Text in a column of numbers: the same number for the same text.
    fileprivate var asNumber: Double { Double(utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 } % 90_000 + 10_000) }
}
