package import Flow

/// What the calls of one database library mean. Read from `apis/<name>.yml`; adding a library needs no Swift.
package struct DatabaseAPI: Decodable, Sendable {
    package let name: String
    package let dialect: Flow.API.Dialect
    /// Module specifiers (or their beginnings) whose import says that the file uses this library.
    package let imports: [String]
    /// When the calls are taken for this library's in a file that does not import it itself.
    package let recognised: Recognition
    /// Its calls block the process, so that two requests of one process cannot come between them.
    package let blocking: Bool
    package let links: [String: Link]

    package enum Recognition: String, Decodable, Sendable {
        /// Its calls look like nobody else's.
        case always
        /// Where the call is awaited.
        case awaited
        /// Only in files that import it.
        case imported
    }

    private enum Keys: String, CodingKey { case name, dialect, imports, recognised, blocking, links }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Keys.self)
        name = try values.decode(String.self, forKey: .name)
        dialect = Flow.API.Dialect(rawValue: try values.decodeIfPresent(String.self, forKey: .dialect) ?? "any") ?? .any
        imports = try values.decodeIfPresent([String].self, forKey: .imports) ?? []
        recognised = try values.decodeIfPresent(Recognition.self, forKey: .recognised) ?? .imported
        blocking = try values.decodeIfPresent(Bool.self, forKey: .blocking) ?? false
        links = try values.decode([String: Link].self, forKey: .links)
    }

    package var flow: Flow.API { Flow.API(name: name, dialect: dialect, blocking: blocking) }
}

/// One method of a call chain.
package struct Link: Decodable, Sendable {
    package let role: Role
    /// Which argument carries the table, the SQL text, the columns, the values or the filtered column.
    package let at: Int
    /// Which argument carries the value of a filter.
    package let value: Int
    /// Which argument names the comparison of a filter, where it is not fixed.
    package let comparing: Int?
    package let comparison: Predicate.Comparison
    package let negated: Bool
    /// Which argument carries the parameters of SQL text; `spread` where all from `parameters` on are.
    package let parameters: Int?
    package let spread: Bool
    /// Where an object stands for the SQL text: the names of its fields `text` and `parameters`.
    package let object: [String: String]
    /// Options inside an object argument and what they mean.
    package let options: [String: Option]
    /// The call runs the statement at once.
    package let runs: Bool
    package let returns: Shape?
    /// Which argument is the function that runs inside a transaction or a lock.
    package let body: Int?
    package let isolation: Isolation

    package enum Role: String, Decodable, Sendable {
        /// Chains of a query builder.
        case table, read, insert, update, upsert, delete, filter, filters, one, orNone = "or-none", returning, lock
        /// SQL text.
        case sql, tag, parameters, run
        /// A stored function.
        case routine
        /// Several statements at once, in one transaction.
        case batch
        case transaction
        /// A step that changes nothing that matters here.
        case skip
    }

    package enum Option: String, Decodable, Sendable { case count, conflict, ignore }

    private enum Keys: String, CodingKey {
        case role, at, value, comparing, comparison, negated, parameters, spread, object, options, runs, returns, body, isolation
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Keys.self)
        role = try values.decode(Role.self, forKey: .role)
        at = try values.decodeIfPresent(Int.self, forKey: .at) ?? 0
        value = try values.decodeIfPresent(Int.self, forKey: .value) ?? 1
        comparing = try values.decodeIfPresent(Int.self, forKey: .comparing)
        comparison = try Self.comparison(values.decodeIfPresent(String.self, forKey: .comparison))
        negated = try values.decodeIfPresent(Bool.self, forKey: .negated) ?? false
        parameters = try values.decodeIfPresent(Int.self, forKey: .parameters)
        spread = try values.decodeIfPresent(Bool.self, forKey: .spread) ?? false
        object = try values.decodeIfPresent([String: String].self, forKey: .object) ?? [:]
        options = try values.decodeIfPresent([String: Option].self, forKey: .options) ?? [:]
        runs = try values.decodeIfPresent(Bool.self, forKey: .runs) ?? (role == .run)
        returns = try values.decodeIfPresent(Shape.self, forKey: .returns)
        body = try values.decodeIfPresent(Int.self, forKey: .body)
        isolation = Isolation(rawValue: try values.decodeIfPresent(String.self, forKey: .isolation) ?? "standard") ?? .standard
    }

    private static func comparison(_ name: String?) throws -> Predicate.Comparison {
        guard let name else { return .equal }
        guard let comparison = Predicate.Comparison(rawValue: name) else { throw VocabularyError.unknownWord(name) }
        return comparison
    }
}

/// The form of a call's result: facets of the statement, in the objects and lists that the library wraps around them.
package indirect enum Shape: Decodable, Sendable {
    case facet(Facet)
    /// Row or rows, as the statement says.
    case result
    /// The column of the row that an argument names.
    case column(Int)
    case nothing
    case object([String: Shape], rest: Shape?)
    case list([Shape])

    package init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let items = try? value.decode([Shape].self) {
            self = .list(items)
        } else if var fields = try? value.decode([String: Shape].self) {
            let rest = fields.removeValue(forKey: "self")
            self = .object(fields, rest: rest)
        } else {
            let word = try value.decode(String.self)
            if word == "result" {
                self = .result
            } else if let facet = Facet(rawValue: word) {
                self = .facet(facet)
            } else if word == "nothing" {
                self = .nothing
            } else if word == "column" {
                self = .column(0)
            } else {
                throw VocabularyError.unknownWord(word)
            }
        }
    }
}

package enum VocabularyError: Error { case unknownWord(String) }
