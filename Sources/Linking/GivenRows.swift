import Flow

// Rows that are written here, and were read by no statement of their own: those that came with another row
// (`include: {wallet: true}`), and those that a caller or the session gives.
extension Routine {
    /// The same routine with a read where such a row comes from, so that a test of its columns is a test of that row.
    ///
    /// Only columns that the write changes are taken for the row's; whose row it is stays as the code says it.
    func readingGivenRows(isPython: Bool) -> Routine {
        let given = rowsGiven(isPython)
        guard !given.isEmpty else { return self }
        var routine = self
        for row in given.prefix(6) {
            let id = routine.nextStep
            routine.nextStep += 1
            let columns = row.columns, base = row.value
            var read = Read(table: row.table, aggregate: .row)
            read.filters = [Predicate("id", .equal, row.key)]
            read.standsFor = .given
            read.api = row.api
            routine.body = routine.body.map { step in
                step.rewritten { value in
                    value.mapped { part in
                        guard case .member(base, let name) = part, columns.contains(name) else { return part }
                        return .member(.outcome(id, .row), name)
                    }
                }
            }
            let step = Step(id: id, span: row.span, kind: .read(read))
            routine.body = row.source.map { routine.body.inserting(step, after: $0) } ?? [step] + routine.body
        }
        return routine
    }

    private struct Given {
        let value: Value
        let key: Value
        let table: String
        /// The columns that are written.
        var columns: Set<String>
        /// The step that gave the row, or the one that it came with; none for a parameter.
        let source: StepID?
        let span: Span
        let api: API?
    }

    /// The rows by whose keys something is written, and of whose columns the routine asks what it then writes.
    private func rowsGiven(_ isPython: Bool) -> [Given] {
        var writes: [Write] = []
        body.visit {
            if case .write(let write) = $0.kind, write.operation == .update, write.filters.contains(where: \.value.isKeyOfOther) { writes.append(write) }
        }
        guard !writes.isEmpty else { return [] }
        var found: [Given] = []
        for write in writes {
            guard let table = write.table else { continue }
            for filter in write.filters where filter.comparison == .equal {
                guard let row = filter.value.rowOfKey, write.row != nil || row.isCalled(after: table), !write.copies(row) else { continue }
                let columns = Set(write.assignments.map(\.column))
                guard let (source, span) = place(of: row, asking: columns, isPython) else { continue }
                if let known = found.firstIndex(where: { $0.value == row && $0.table == table }) {
                    found[known].columns.formUnion(columns)
                } else {
                    found.append(Given(value: row, key: filter.value, table: table, columns: columns, source: source, span: span, api: write.api))
                }
            }
        }
        return found
    }

    /// Where the row comes from, if one of the columns is asked for in a condition or computed with; nil where none is, or
    /// where it was read or made by a statement of its own.
    private func place(of row: Value, asking columns: Set<String>, _ isPython: Bool) -> (StepID?, Span)? {
        func asks(_ value: Value) -> Bool { value.parts.contains { if case .member(row, let name) = $0 { columns.contains(name) } else { false } } }
        var first: Span?, origin: Step?
        let root = row.givenRoot
        body.visit { step in
            if case .step(let id)? = root, step.id == id { origin = step }
            guard first == nil else { return }
            switch step.kind {
            case .branch(let condition, _, _): if asks(condition) { first = step.span }
            case .write(let write): if write.assignments.contains(where: { asks($0.value) }) { first = step.span }
            default: return
            }
        }
        guard let first else { return nil }
        switch (root, origin?.kind) {
        // What is named so may be what a client has sent, but for what comes with the session, and what one function of Python
        // gives another.
        case (.parameter?, _): return row.comesWithSession || isPython && entry == .none ? (nil, first) : nil
        case (.step(let id)?, .read(let read)?): return read.aggregate.isNumber ? nil : (id, origin!.span)
        case (.step(let id)?, .call(let call)?):
            guard isPython || row.comesWithSession || call.callee.tellsWho || call.callee.nameWords.contains(where: Value.sessions.contains) else { return nil }
            return (id, origin!.span)
        default: return nil
        }
    }
}

private enum GivenRoot { case parameter, step(StepID) }

extension Value {
    /// `user.wallet.id`, `item.productId`, `project.id`: a key that stands in another value than what a statement gave.
    fileprivate var isKeyOfOther: Bool { rowOfKey != nil }

    /// The row whose key this is, where no statement has read that row itself.
    fileprivate var rowOfKey: Value? {
        guard case .member(let base, let name) = self else { return nil }
        if ["id", "pk", "_id", "uuid"].contains(name) { return base.isGiven ? base : nil }
        let stem = name.hasSuffix("_id") ? name.dropLast(3) : name.hasSuffix("Id") ? name.dropLast(2) : ""
        guard !stem.isEmpty, base.givenRoot != nil else { return nil }
        return .member(base, String(stem))
    }

    private var isGiven: Bool {
        if case .outcome = self { return false }
        return givenRoot != nil
    }

    fileprivate var givenRoot: GivenRoot? {
        switch self {
        case .parameter: .parameter
        // `self.registration`
        case .member(.name("this"), _), .name: .parameter
        case .outcome(let step, .row), .outcome(let step, .rows): .step(step)
        case .operation(.call(let name), let operands):
            if case .outcome(let step, .result)? = operands.first, !name.makesRows { .step(step) } else { nil }
        case .member(let base, _): base.givenRoot
        case .object(_, let rest?): rest.givenRoot
        default: nil
        }
    }

    /// `req.user.wallet`, `self.request.user.credits`
    fileprivate var comesWithSession: Bool {
        switch self {
        case .member(let base, let name): Self.sessions.contains(name.nameWords.last ?? "") || base.comesWithSession
        case .name(let name), .parameter(_, let name): Self.sessions.contains(name.nameWords.last ?? "") || name.tellsWho
        default: false
        }
    }

    fileprivate static let sessions: Set<String> = ["user", "session", "viewer", "account", "auth", "member", "me", "this", "self"]

    /// `user.wallet`, `project`, `requireUser()`: the name says of which table it is a row.
    fileprivate func isCalled(after table: String) -> Bool {
        guard let last = table.nameWords.last?.singular else { return false }
        return switch self {
        case .member(let base, let name): Int(name) == nil ? name.nameWords.last?.singular == last : base.isCalled(after: table)
        case .parameter(_, let name), .name(let name): name.nameWords.last?.singular == last
        case .object(_, let rest?): rest.isCalled(after: table)
        case .operation(.call(let name), let operands):
            operands.dropFirst().prefix(2).contains { operand in
                switch operand {
                case .name(let path), .member(_, let path): path.split(separator: ".").last.map { $0 == table } == true
                default: false
                }
            } || name.split(separator: ".").last.map { String($0).nameWords.contains { $0.singular == last } } ?? false
        default: false
        }
    }
}

extension String {
    /// `authenticate(request)`, `authenticatedEnvironment`: what the server has found out about who asks.
    fileprivate var tellsWho: Bool { nameWords.contains { $0.hasPrefix("authenticat") && !$0.hasPrefix("authenticator") } }

    /// A function of this name gives a row that is new.
    fileprivate var makesRows: Bool {
        let words = (split(separator: ".").last.map(String.init) ?? self).nameWords
        return words.contains {
            ["new", "create", "insert", "add", "upsert", "register", "save", "make", "build", "provision", "sign", "parse", "validate"].contains($0)
        }
    }

    fileprivate var singular: String {
        hasSuffix("ies") ? dropLast(3) + "y" : hasSuffix("s") && !hasSuffix("ss") ? String(dropLast()) : self
    }
}

extension Write {
    /// It writes what the value holds: an object that the client has sent, and no row that was read.
    fileprivate func copies(_ row: Value) -> Bool {
        self.row == nil && openValues.contains { $0.parts.contains(row) } || assignments.contains { $0.value == .member(row, $0.column) }
    }
}

extension [Step] {
    fileprivate func inserting(_ new: Step, after id: StepID) -> [Step] {
        flatMap { step -> [Step] in step.id == id ? [step, new] : [step.withBodies { $0.inserting(new, after: id) }] }
    }
}
