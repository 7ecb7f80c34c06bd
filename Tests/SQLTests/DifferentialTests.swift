import Flow
import Foundation
import Running
import SQL
import Testing

/// Every statement of statements.sql is also read by SQLite's and PostgreSQL's own parsers, which must agree on the kinds,
/// the tables and the columns.
@Suite struct DifferentialTests {
    private static let here = URL(filePath: #filePath).deletingLastPathComponent()

    @Test func realParsersAgree() throws {
        let lines = try String(contentsOf: Self.here.appending(path: "statements.sql"), encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }
        var questions = Data(), count = 0
        for line in lines {
            let parts = line.split(separator: "|", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            let summary = Summary(dialect: parts[0], sql: parts[1])
            questions.append(try JSONEncoder().encode(summary))
            questions.append(UInt8(ascii: "\n"))
            count += parts[0] == "both" ? 2 : 1
        }
        let oracle = try Run.python(Self.here.appending(path: "oracle.py"), input: questions)
        #expect(oracle.code == 0, "the oracle failed: run scripts/bootstrap --tests; \(oracle.errors)")
        #expect(oracle.output == "\(count) agreed\n")
    }
}

/// What our reader says of a statement, in the oracle's terms.
private struct Summary: Encodable {
    let dialect: String
    let sql: String
    var writes: Set<[String]> = []
    var tables: Set<String> = []
    var assigned: Set<String> = []
    var tested: Set<String> = []
    var locks = false

    init(dialect: String, sql: String) {
        self.dialect = dialect
        self.sql = sql
        var named: Set<String> = []
        let words = sql.replacing(",", with: " ").split(separator: " ").map(String.init)
        if words.first?.uppercased() == "WITH" {
            for (index, word) in words.enumerated() where index + 1 < words.count && words[index + 1].uppercased() == "AS" { named.insert(word) }
        }
        for statement in SQLReader.statements(in: Array(sql.utf8)) {
            for operation in statement.operations {
                switch operation {
                case .read(let read): add(read)
                case .write(let write): add(write)
                default: continue
                }
            }
        }
        tables.subtract(named)
    }

    private mutating func add(_ read: Read) {
        if let table = read.table { tables.insert(table) }
        tables.formUnion(read.joined)
        tested.formUnion(read.filters.map(\.column))
        if read.lock != nil { locks = true }
        read.nested.forEach { add($0) }
    }

    private mutating func add(_ write: Write) {
        guard let table = write.table else { return }
        tables.insert(table)
        switch write.operation {
        case .upsert:
            writes.insert(["insert", table])
            if write.conflict?.action == .update { writes.insert(["update", table]) }
            assigned.formUnion(write.conflict?.assignments.map(\.column) ?? [])
        case .update:
            writes.insert(["update", table])
            assigned.formUnion(write.assignments.map(\.column))
        case .insert, .delete: writes.insert([write.operation.rawValue, table])
        }
        tested.formUnion(write.filters.map(\.column))
        if let source = write.source { add(source) }
    }
}
