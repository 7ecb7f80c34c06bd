import Flow

/// A tolerant reader of SQLite, PostgreSQL and MySQL. It takes what it knows from a statement and steps over the rest;
/// it never throws, and it moves forward with every token it looks at.
package struct SQLReader {
    var tokens: [Token]
    var at = 0
    var depth = 0
    /// Of the statement at hand: operations that take their rows from those that another has changed.
    var feeds: [Int: Int] = [:]
    /// What a WITH has locked, by its name there.
    var lockedRows: [String: Read] = [:]
    /// Reads found inside the conditions of the statement at hand.
    var nested: [Read] = []
    /// Inside stored code: what its names mean.
    var scope: Scope?

    struct Scope {
        /// The name of the function, by which its parameters may be qualified.
        let routine: String
        /// Names that are no columns.
        var variables: Set<String>
        /// Those of them that hold a whole row.
        var records: Set<String> = []
        var cursors: [String: Statement] = [:]
        /// Labels of blocks, by which their variables may be qualified.
        var labels: Set<String> = []
    }

    package static func statements(in text: SQLText) -> [Statement] { statements(in: text.bytes) }

    package static func statements(in bytes: [UInt8]) -> [Statement] {
        var reader = SQLReader(tokens: Lexer.tokens(of: bytes))
        var found: [Statement] = []
        while reader.current.kind != .end {
            if reader.take(symbol: ";") { continue }
            found.append(reader.statement())
        }
        return found
    }

    var current: Token { tokens[at] }

    func peek(_ ahead: Int = 1) -> Token { tokens[min(at + ahead, tokens.count - 1)] }

    mutating func advance() { if at < tokens.count - 1 { at += 1 } }

    mutating func take(_ word: String) -> Bool {
        guard current.isWord(word) else { return false }
        advance()
        return true
    }

    mutating func take(symbol: String) -> Bool {
        guard current.isSymbol(symbol) else { return false }
        advance()
        return true
    }

    /// Takes all the words in a row, or none.
    mutating func take(words: String...) -> Bool {
        for (offset, word) in words.enumerated() where !peek(offset).isWord(word) { return false }
        for _ in words { advance() }
        return true
    }

    var atStatementEnd: Bool { current.kind == .end || current.isSymbol(";") }

    /// Steps to the end of the statement, past semicolons inside a BEGIN … END body.
    mutating func skipToStatementEnd(hasBody: Bool = false) {
        var open = 0
        while current.kind != .end {
            if hasBody {
                if current.isWord("begin") || current.isWord("case") { open += 1 }
                if current.isWord("end"), !peek().isWord("if"), !peek().isWord("loop") { open -= 1 }
            }
            if open <= 0, current.isSymbol(";") { return }
            advance()
        }
    }

    /// From an opening parenthesis to behind its closing one.
    mutating func skipParentheses() {
        guard take(symbol: "(") else { return }
        var open = 1
        while current.kind != .end, open > 0 {
            if current.isSymbol("(") { open += 1 }
            if current.isSymbol(")") { open -= 1 }
            advance()
        }
    }

    mutating func statement() -> Statement {
        let start = current.start
        nested = []
        depth = 0
        var operations = operations()
        if operations.isEmpty { operations = [.opaque] }
        skipToStatementEnd()
        defer { feeds = [:] }
        return Statement(operations: operations, feeds: feeds, start: start, end: max(start, tokens[max(at - 1, 0)].end))
    }

    private mutating func operations() -> [Statement.Operation] {
        guard current.kind == .word else { return current.isSymbol("(") ? select().map { [.read($0)] } ?? [] : [] }
        switch current.text {
        case "with": return with()
        case "select", "values": return selectStatement()
        case "insert", "replace": return insert().map { [.write($0)] } ?? []
        case "update": return update().map { [.write($0)] } ?? []
        case "delete": return delete().map { [.write($0)] } ?? []
        case "merge": return merge()
        case "begin", "start": return begin()
        case "commit", "end", "rollback":
            advance()
            // ROLLBACK TO a savepoint leaves the transaction open.
            return current.isWord("to") ? [] : [.end]
        case "set": return setTransaction()
        case "lock":
            advance()
            _ = take("table")
            _ = take("only")
            let lock = Lock(.table, key: .literal(.string(name() ?? "")))
            // https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES: two may hold these at once, and write.
            while take(symbol: ",") { _ = name() }
            _ = take("in")
            return take(words: "row", "exclusive") || take(words: "row", "share") || take(words: "access", "share") ? [] : [.lock(lock)]
        case "create": return create()
        case "alter": return alter().map { .schema($0) }
        case "drop": return dropProcedure().map { [$0] } ?? drop().map { .schema($0) }
        case "call", "perform": return calledFunction().map { [$0] } ?? []
        case "do": return anonymousBlock()
        default: return []
        }
    }

    /// `DO $$ … $$`: the definitions that a migration wraps in IF NOT EXISTS, triggers and functions among them.
    private mutating func anonymousBlock() -> [Statement.Operation] {
        advance()
        if take("language") { advance() }
        guard current.kind == .string else { return [] }
        var inner = SQLReader(tokens: Lexer.tokens(of: Array(current.text.utf8)))
        var found: [Statement.Operation] = []
        while inner.current.kind != .end {
            let before = inner.at
            if inner.current.isWord("alter") {
                found += inner.alter().map { .schema($0) }
            } else if inner.current.isWord("create") {
                found += inner.create().filter { $0.isDefinition }
            }
            if inner.at == before { inner.advance() }
        }
        return found
    }

    private mutating func selectStatement() -> [Statement.Operation] {
        if current.isWord("select"), let call = calledFunction() { return [call] }
        guard let read = select() else { return [] }
        if let lock = advisoryLock { return [.lock(lock)] }
        return [.read(read)]
    }

    /// - Note: rows that a data-modifying WITH gives back feed the statement behind it:
    ///   <https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-MODIFYING>.
    private mutating func with() -> [Statement.Operation] {
        advance()
        _ = take("recursive")
        depth += 1
        defer { depth -= 1 }
        guard depth < 20 else {
            skipToStatementEnd()
            return []
        }
        var operations: [Statement.Operation] = [], changing: [String: Int] = [:]
        while !atStatementEnd {
            guard let name = name() else { break }
            if current.isSymbol("(") { skipParentheses() }
            guard take("as") else { break }
            _ = take("not")
            _ = take("materialized")
            let close = matchingClose()
            guard take(symbol: "(") else { break }
            operations.append(contentsOf: self.operations())
            switch operations.last {
            case .write(let write)?:
                if depth == 1 { feeds[operations.count - 1] = write.source?.table.flatMap { changing[$0.lowercased()] } }
                if write.returning { changing[name.lowercased()] = operations.count - 1 }
            case .read(let read)?: if let lock = read.lock, lock != .share { lockedRows[name.lowercased()] = read }
            default: break
            }
            at = max(at, close)
            _ = take(symbol: ")")
            if !take(symbol: ",") { break }
        }
        let main = self.operations()
        if depth == 1 { lockedRows = [:] }
        guard !changing.isEmpty, depth == 1, main.count == 1 else { return operations + main }
        switch main[0] {
        // `WITH d AS (DELETE … RETURNING *) SELECT * FROM d`: what was changed is what the caller sees.
        case .read(let read):
            guard let feeder = read.table.flatMap({ changing[$0.lowercased()] }), feeder == operations.count - 1 || feeds.isEmpty, read.joined.isEmpty,
                read.nested.isEmpty,
                !read.isAggregated
            else { return operations + main }
            operations.append(operations.remove(at: feeder))
            return operations
        // `… INSERT INTO credits SELECT … FROM d`: nothing was changed, nothing is written.
        case .write(let write):
            feeds[operations.count] = write.source?.table.flatMap { changing[$0.lowercased()] }
            return operations + main
        default: return operations + main
        }
    }

    /// The index of the token that closes the parenthesis at the current one.
    func matchingClose() -> Int {
        var open = 0
        for index in at..<tokens.count {
            if tokens[index].isSymbol("(") { open += 1 }
            if tokens[index].isSymbol(")") {
                open -= 1
                if open <= 0 { return index }
            }
        }
        return tokens.count - 1
    }

    /// `schema.table`, quoted or not: the last part, in the spelling of the statement. A hole stands for an unknown name.
    mutating func name() -> String? {
        var last: String?
        while true {
            switch current.kind {
            case .word, .identifier: last = current.text
            case .hole: last = "\u{1}\(current.text)"
            default: return last
            }
            advance()
            guard current.isSymbol("."), [.word, .identifier, .hole].contains(peek().kind) else { return last }
            advance()
        }
    }

    mutating func columnList() -> [String] {
        var columns: [String] = []
        guard take(symbol: "(") else { return [] }
        while !atStatementEnd, !current.isSymbol(")") {
            if [.word, .identifier].contains(current.kind), columns.count < 400 { columns.append(current.text) }
            advance()
            // A column may carry COLLATE, ASC or an operator class: step to the comma.
            while !atStatementEnd, !current.isSymbol(","), !current.isSymbol(")") {
                if current.isSymbol("(") { skipParentheses() } else { advance() }
            }
            _ = take(symbol: ",")
        }
        _ = take(symbol: ")")
        return columns
    }
}

extension Statement.Operation {
    fileprivate var isDefinition: Bool {
        switch self {
        case .schema, .define, .trigger: true
        default: false
        }
    }
}
