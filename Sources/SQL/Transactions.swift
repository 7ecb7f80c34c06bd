import Flow

// Where a transaction begins, and at which level.
extension SQLReader {
    mutating func begin() -> [Statement.Operation] {
        advance()
        var isolation = Isolation.standard, open: Value?
        while !atStatementEnd {
            if current.isWord("immediate") || current.isWord("exclusive") { isolation = .exclusive }
            if let level = isolationLevel() { isolation = level }
            open = openLevel() ?? open
            advance()
        }
        return [.begin(isolation, asking: open)]
    }

    mutating func setTransaction() -> [Statement.Operation] {
        advance()
        guard current.isWord("transaction") || current.isWord("session") || current.isWord("local") else { return [] }
        while !atStatementEnd {
            if let level = isolationLevel() { return [.begin(level)] }
            if let open = openLevel() { return [.begin(.standard, asking: open)] }
            advance()
        }
        return []
    }

    private func isolationLevel() -> Isolation? {
        switch (current.text, peek().text) {
        case ("serializable", _): .serializable
        case ("repeatable", "read"): .repeatableRead
        case ("read", "committed"), ("read", "uncommitted"): .readCommitted
        default: nil
        }
    }

    /// `BEGIN ISOLATION LEVEL ${level}`
    private func openLevel() -> Value? { current.isWord("level") && peek().kind == .hole ? .hole(peek().text) : nil }
}
