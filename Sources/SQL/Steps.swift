package import Flow

extension Step.Kind {
    /// The step of one operation of a statement, its table filled in where a hole names it.
    package init?(_ operation: Statement.Operation, _ api: API?, holes: [Value]) {
        func name(_ table: String?) -> String? {
            guard let table, table.hasPrefix("\u{1}") else { return table }
            guard let hole = Int(table.dropFirst()), hole < holes.count else { return nil }
            return holes[hole].stringLiteral
        }
        switch operation {
        case .read(var read):
            read.table = name(read.table)
            read.api = api
            self = .read(read)
        case .write(var write):
            write.table = name(write.table)
            write.api = api
            self = .write(write)
        case .begin(let isolation, let level): self = level.map { .begin(isolation, options: $0) } ?? .begin(isolation)
        case .end: self = .end
        case .lock(let lock): self = .lock(lock)
        case .call(let name, let arguments, _): self = .call(Call("rpc:" + name, arguments))
        case .schema, .define, .dropProcedure, .trigger, .dropTrigger, .opaque: return nil
        }
    }
}
