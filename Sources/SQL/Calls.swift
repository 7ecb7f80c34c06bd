import Flow

// Statements that do nothing but call a function of the database.
extension SQLReader {
    /// `SELECT f(…)`, `SELECT f(…) AS taken`, `SELECT * FROM f(…)`, `CALL f(…)`: the call, or the lock that the function takes.
    /// The reader goes on only where it is one.
    mutating func calledFunction() -> Statement.Operation? {
        let start = at, known = nested
        if let call = call() { return call }
        (at, nested) = (start, known)
        return nil
    }

    private mutating func call() -> Statement.Operation? {
        advance()
        guard let from = clause("from") else {
            guard startsCall(at) else { return nil }
            guard case .operation(.call(let name), let arguments) = expression() else { return nil }
            if name.hasSuffix("lock"), name.contains("advisory") || name == "get_lock" || name == "release_lock" { return lock(name, arguments) }
            guard !Procedure.isBuiltIn(name) else { return nil }
            let alias = take("as") || !atStatementEnd ? current.text.lowercased() : name
            if !atStatementEnd { advance() }
            return atStatementEnd ? .call(name, arguments, column: alias) : nil
        }
        guard startsCall(from + 1) else { return nil }
        at = from + 1
        guard case .operation(.call(let name), let arguments) = expression(), !Procedure.isBuiltIn(name), !current.isSymbol(","), !current.isWord("join") else {
            return nil
        }
        return .call(name, arguments, column: nil)
    }

    /// Asking for the lock is having it, where the answer decides; giving it back is nothing that protects.
    private func lock(_ name: String, _ arguments: [Value]) -> Statement.Operation {
        name.contains("unlock") || name.hasPrefix("release")
            ? .opaque : .lock(Lock(.advisory, key: arguments.count > 1 ? .list(arguments) : arguments.first ?? .unknown))
    }

    /// A name with its arguments, `public.claim_slot(`.
    private func startsCall(_ place: Int) -> Bool {
        var place = place
        while place + 2 < tokens.count, tokens[place].isName, tokens[place + 1].isSymbol("."), tokens[place + 2].isName { place += 2 }
        return place + 1 < tokens.count && tokens[place].isName && tokens[place + 1].isSymbol("(")
    }

    /// Where a clause of the statement at hand begins, outside of all brackets.
    private func clause(_ word: String) -> Int? {
        var open = 0, place = at
        while place < tokens.count, tokens[place].kind != .end, !(open == 0 && tokens[place].isSymbol(";")) {
            if tokens[place].isSymbol("(") { open += 1 }
            if tokens[place].isSymbol(")") { open -= 1 }
            if open == 0, tokens[place].isWord(word) { return place }
            place += 1
        }
        return nil
    }
}

extension Token {
    fileprivate var isName: Bool { kind == .word || kind == .identifier }
}
