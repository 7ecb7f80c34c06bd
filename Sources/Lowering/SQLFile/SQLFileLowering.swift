import Flow
import SQL

/// A file of SQL → the schema changes it states, and one routine for each query that a comment names
/// (`-- name: ClaimSlot :one`, `/* @name claimSlot */`), since such a query is what application code calls.
struct SQLFileLowering {
    let file: FileID
    let bytes: [UInt8]

    func lower() -> Unit {
        var unit = Unit()
        let undoing = self.undoing
        for statement in SQLReader.statements(in: bytes) where !undoing.contains(where: { $0.contains(statement.start) }) {
            for operation in statement.operations {
                note(operation, in: &unit)
                if case .schema(.createTable(let table)) = operation {
                    unit.declarations.append(.init(name: table.name, fields: table.columns.map(\.name), span: head(of: statement)))
                }
            }
            if let name = queryName(before: statement.start) { unit.routines.append(routine(name, statement)) }
        }
        return unit
    }

    /// The parts of a migration that take it back: goose, sql-migrate and dbmate keep both ways in one file.
    private var undoing: [Range<Int>] {
        var found: [Range<Int>] = [], begin: Int?, at = 0
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            defer { at += line.count + 1 }
            guard line.starts(with: "-- ".utf8) else { continue }
            let words = String(decoding: line.dropFirst(3).prefix(40), as: UTF8.self).lowercased().replacing("migrate:", with: "migrate: ").split {
                $0.isWhitespace
            }
            guard words.count >= 2, ["+goose", "+migrate", "migrate:"].contains(words[0]) else { continue }
            if words[1] == "down" { begin = begin ?? at }
            if words[1] == "up", let start = begin {
                if found.count < 100 { found.append(start..<at) }
                begin = nil
            }
        }
        return found + (begin.map { [$0..<bytes.count] } ?? [])
    }

    /// The first line of a statement, which names what it makes.
    private func head(of statement: Statement) -> Span {
        let end = bytes[statement.start..<statement.end].firstIndex(of: UInt8(ascii: "\n")) ?? statement.end
        return Span(file: file, start: statement.start, end: end)
    }

    private func note(_ operation: Statement.Operation, in unit: inout Unit) {
        switch operation {
        case .schema(let change): unit.schema.changes.append(change)
        case .define(let procedure):
            var lowering = ProcedureLowering(procedure, file)
            unit.stored.append(.define(procedure.name, arity: procedure.arity, routine: unit.routines.count))
            unit.routines.append(lowering.routine())
        case .dropProcedure(let name, let arity): unit.stored.append(.drop(name, arity: arity))
        case .trigger(let name, let trigger): unit.stored.append(.trigger(name, trigger))
        case .dropTrigger(let name, let table):
            unit.stored.append(.dropTrigger(name, on: table))
            if table == nil { unit.schema.changes.append(.dropTrigger(name)) }
        case .read, .write, .begin, .end, .lock, .call, .opaque: return
        }
    }

    private func routine(_ name: String, _ statement: Statement) -> Routine {
        let span = Span(file: file, start: statement.start, end: statement.end)
        let parameter = statement.bound { value in value.placeholderName.map { .parameter(0, $0) } ?? value }
        var steps: [Step] = []
        for operation in parameter.operations {
            guard let kind = Step.Kind(operation, nil, holes: []) else { continue }
            steps.append(Step(id: StepID(steps.count), span: span, kind: kind))
        }
        return Routine(name: name, entry: .query, isExported: true, parameters: [], body: steps, nextStep: StepID(steps.count), span: span)
    }

    /// The name in the comment that ends right above a statement.
    private func queryName(before start: Int) -> String? {
        var end = start
        while end > 0, bytes[end - 1] <= 0x20 { end -= 1 }
        var begin = end
        while begin > 0, bytes[begin - 1] != UInt8(ascii: "\n"), end - begin < 200 { begin -= 1 }
        let line = String(decoding: bytes[begin..<end], as: UTF8.self)
        guard line.hasPrefix("--") || line.hasPrefix("/*") || line.hasPrefix(" *") || line.hasPrefix("*/") else { return nil }
        for marker in ["name:", ":name", "@name"] {
            guard let found = line.range(of: marker) else { continue }
            return line[found.upperBound...].split(separator: " ").first.map { String($0) }
        }
        return nil
    }
}

extension String {
    /// Where `needle` stands, without Foundation.
    fileprivate func range(of needle: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(needle) { return start..<index(start, offsetBy: needle.count) }
            start = index(after: start)
        }
        return nil
    }
}
