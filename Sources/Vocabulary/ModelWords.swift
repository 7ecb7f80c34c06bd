/// What models and migrations call the parts of a table. Read from `models.yml`.
package struct ModelWords: Sendable {
    /// Packages, or their beginnings, whose import says that a file may define tables.
    package let imports: [String]
    /// Calls of migrations.
    package let migrations: Set<String>
    package let tables: Set<String>
    package let creators: Set<String>
    package let enums: Set<String>
    package let classes: [String: Rows]
    package let decorators: [String: Meaning]
    package let links: [String: Meaning]
    package let keys: [String: Meaning]
    package let options: [String: Meaning]
    /// Bases of classes of rows, in languages where a column is an assignment in a class.
    package let bases: Set<String>
    /// Calls that such an assignment makes a column by: the type, or the meaning of the field.
    private let columns: [String: Meaning]
    /// Bases of classes whose assignments are the states of a column.
    package let stateBases: Set<String>

    /// What a class of rows says about NULL by saying nothing.
    package enum Rows: String, Sendable { case required, optional, document }

    package enum Meaning: String, Sendable {
        case column, type, name, model, primary, unique, required, optional, states, version, condition, columns, keys, index, check, relation, reference, join
        /// Filled in where an insert says nothing; computed from other columns.
        case `default`, computed
        /// Of two rows that agree in some columns and overlap in others the second is refused.
        case exclusion
        /// Rows without a value are not in the index.
        case sparse
        case skip
    }

    init(_ entry: Entry) throws {
        let fields = try entry.fields(of: [
            "imports", "migrations", "tables", "creators", "enums", "classes", "decorators", "links", "keys", "options", "bases", "columns", "stateBases",
        ])
        func names(_ key: String) throws -> [String] { try fields[key]?.strings() ?? [] }
        func meanings(_ key: String) throws -> [String: Meaning] { try fields[key]?.fields().mapValues { try $0.word(Meaning.self) } ?? [:] }
        imports = try names("imports")
        migrations = Set(try names("migrations"))
        tables = Set(try names("tables"))
        creators = Set(try names("creators"))
        enums = Set(try names("enums"))
        classes = try fields["classes"]?.fields().mapValues { try $0.word(Rows.self) } ?? [:]
        decorators = try meanings("decorators")
        links = try meanings("links")
        keys = try meanings("keys")
        options = try meanings("options")
        bases = Set(try names("bases"))
        columns = try meanings("columns")
        stateBases = Set(try names("stateBases"))
        hints = ModelHints(imports: imports, calls: Array(migrations).sorted())
    }

    private let hints: ModelHints

    /// What the call of a name makes of the field that it is assigned to; `*Field` is every name that ends so.
    package func column(_ name: String) -> Meaning? {
        columns[name] ?? (name.hasSuffix("Field") && name.utf8.count > 5 ? columns["*Field"] : nil)
    }

    /// Whether a model may stand in the text: cheap, so that files without one are not looked at twice.
    package func mayStand(in bytes: [UInt8]) -> Bool { hints.stand(in: bytes) }
}

/// Pieces of text without which no file defines a table: the beginning of an import, a call, or SQL.
struct ModelHints: Sendable {
    /// By first byte: what follows a quote.
    private let imports: [[[UInt8]]]
    /// By last byte: what stands before `(`.
    private let calls: [[[UInt8]]]
    private static let create = Array("reate ".utf8), alter = Array("lter table".utf8)

    init(imports: [String], calls: [String]) {
        var first = [[[UInt8]]](repeating: [], count: 256), last = first
        for name in imports { if let byte = name.utf8.first { first[Int(byte)].append(Array(name.utf8)) } }
        for name in calls { if let byte = name.utf8.last { last[Int(byte)].append(Array(name.utf8)) } }
        self.imports = first
        self.calls = last
    }

    func stand(in bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { text in
            for at in text.indices {
                switch text[at] {
                case UInt8(ascii: "'"), UInt8(ascii: "\""):
                    guard at + 1 < text.count else { return false }
                    for name in imports[Int(text[at + 1])] where matches(text, at + 1, name, lowercase: false) { return true }
                case UInt8(ascii: "("):
                    guard at > 0 else { continue }
                    for name in calls[Int(text[at - 1])] where name.count <= at && matches(text, at - name.count, name, lowercase: false) { return true }
                case UInt8(ascii: "C"), UInt8(ascii: "c"): if definesTable(text, at) { return true }
                case UInt8(ascii: "A"), UInt8(ascii: "a"): if matches(text, at + 1, Self.alter, lowercase: true) { return true }
                default: continue
                }
            }
            return false
        }
    }

    /// `create table`, `create temporary table`, `create unique index`: not any sentence with "create".
    private func definesTable(_ text: UnsafeBufferPointer<UInt8>, _ at: Int) -> Bool {
        guard matches(text, at + 1, Self.create, lowercase: true) else { return false }
        return [Array("table".utf8), Array("unique".utf8), Array("temp".utf8), Array("type".utf8)].contains { matches(text, at + 7, $0, lowercase: true) }
    }

    private func matches(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ wanted: [UInt8], lowercase: Bool) -> Bool {
        guard start + wanted.count <= text.count else { return false }
        for offset in wanted.indices {
            let byte = text[start + offset]
            guard (lowercase && byte >= 65 && byte <= 90 ? byte | 0x20 : byte) == wanted[offset] else { return false }
        }
        return true
    }
}
