import Flow

// Which row a write is of: the one that somebody read, or one that was made and is not written yet.
extension [Step] {
    /// The same steps, with the table of each row that is written where it is known who read it, or else where it is called
    /// after a class of rows.
    ///
    /// - Parameter classes: those classes, by their name in lower case.
    func namingRows(after classes: [String: String]) -> [Step] {
        var tables: [StepID: String] = [:], isNeeded = false
        visit { step in
            switch step.kind {
            case .read(let read): tables[step.id] = read.table
            case .write(let write):
                if write.row != nil { isNeeded = true }
                if let table = write.table { tables[step.id] = table }
            default: return
            }
        }
        return isNeeded ? naming(tables, classes) : self
    }

    /// Classes of rows that frameworks bring along.
    private static var inherited: Set<String> { ["User", "Group", "Permission", "Session", "Token"] }

    private func naming(_ tables: [StepID: String], _ classes: [String: String]) -> [Step] {
        map { step in
            var step = step.withBodies { $0.naming(tables, classes) }
            guard case .write(var write) = step.kind, let row = write.row else { return step }
            // One that was made here and has no key yet is a new row, whoever saves it.
            if let made = row.rowMade, !classes.isEmpty, classes[made.table.lowercased()] == nil, !Self.inherited.contains(made.table) {
                // An error, a form: an object of a class of the project, and no row.
                step.kind = .opaque
                return step
            }
            if write.operation == .update, let made = row.rowMade, !made.fields.contains(where: { $0.name == "id" || $0.name == "pk" }) {
                let api = write.api
                write = Write(.insert, table: write.table ?? made.table)
                write.assignments = made.fields.map { Assignment($0.name, $0.value) }
                write.returning = true
                write.api = api
            } else if write.table == nil, let source = row.rowRead {
                write.table = tables[source]
            } else if write.table == nil {
                write.table = row.rowNames.firstMapped { classes[$0] }
            }
            step.kind = .write(write)
            return step
        }
    }
}

extension Call {
    /// `Invoice.createFor(user)`, `models.Invoice.create_for(user)`: the class whose method is called by its name.
    var classCalled: String? {
        let parts = callee.split(separator: ".").suffix(2)
        guard parts.count == 2, let owner = parts.first, let first = owner.utf8.first, (65...90).contains(first) else { return nil }
        return String(owner)
    }
}

extension [Step] {
    /// What a class does with its own rows, done by one that inherits from it.
    func inheritedFrom(_ base: String, by heir: String) -> [Step] {
        map { step in
            var step = step.withBodies { $0.inheritedFrom(base, by: heir) }
            switch step.kind {
            case .read(var read) where read.table == base:
                read.table = heir
                step.kind = .read(read)
            case .write(var write) where write.table == base:
                write.table = heir
                step.kind = .write(write)
            default: break
            }
            return step
        }
    }
}

extension Routine {
    /// Some write does not know its row yet.
    var leavesRowsOpen: Bool {
        var found = false
        body.visit { if case .write(let write) = $0.kind, write.row != nil { found = true } }
        return found
    }

    /// Leaves out the reads of rows that are none, whose values are then those of their parameters.
    mutating func dropGivens(where isNone: (String) -> Bool) {
        while let first = body.firstIndex(where: { step in
            if case .read(let read) = step.kind, case .parameter? = read.standsFor, let table = read.table { isNone(table) } else { false }
        }), case .read(let read) = body[first].kind, case .parameter(let index)? = read.standsFor {
            let id = body[first].id, name = index < parameters.count ? parameters[index] : ""
            body.remove(at: first)
            body = body.map { $0.rewritten { $0.mapped { $0 == .outcome(id, .row) ? .parameter(index, name) : $0 } } }
        }
    }
}

extension Value {
    /// It may be a row, or is one as far as is known.
    var isRowLike: Bool {
        switch self {
        case .outcome(_, .row): true
        case .object(_, let rest?): rest.isRowLike
        case .operation(.conditional, let parts) where parts.count == 3: parts[1].isRowLike || parts[2].isRowLike
        case .operation(.coalesce, let parts), .operation(.or, let parts): parts.first?.isRowLike ?? false
        case .either(let items): items.contains { $0.isRowLike }
        default: false
        }
    }

    /// The step that read a row, whatever was set in it since.
    var rowRead: StepID? {
        switch self {
        case .outcome(let step, .row), .outcome(let step, .rows): step
        case .object(_, let rest?): rest.rowRead
        case .operation(.coalesce, let parts), .operation(.or, let parts): parts.first?.rowRead
        case .operation(.conditional, let parts) where parts.count == 3: parts[1].rowRead ?? parts[2].rowRead
        case .either(let items): items.firstMapped(\.rowRead)
        default: nil
        }
    }

    /// What a row is called that somebody gives: `project`, `self.event`, `models.Alert.find(…)`.
    fileprivate var rowNames: [String] {
        switch self {
        case .parameter(_, let name), .member(_, let name), .name(let name):
            // `stripe_subscription` is none of ours.
            name.nameWords.contains(where: Self.others.contains) ? [] : [name.lowercased().filter { $0 != "_" }, name.nameWords.last ?? ""]
        case .object(_, let rest?): rest.rowNames
        case .either(let items): items.flatMap(\.rowNames)
        case .operation(.call, let operands):
            operands.dropFirst().prefix(2).compactMap { operand in
                // `stripe.Subscription.retrieve(…)` gives a row of somebody else's.
                let path: [Substring] =
                    switch operand {
                    case .name(let name): name.split(separator: ".")
                    case .member(.name(let base), let name): (base + "." + name).split(separator: ".")
                    default: []
                    }
                guard let at = path.lastIndex(where: { $0.first?.isUppercase == true }), at == 0 || path[at - 1].hasSuffix("models") else { return nil }
                return path[at].lowercased()
            }
        default: []
        }
    }

    private static let others: Set<String> = ["stripe", "paypal", "square", "braintree", "remote", "external", "client", "api"]

    /// The class and the fields of a row that was made here and is not written yet.
    var rowMade: (table: String, fields: [Field])? {
        switch self {
        case .object(let fields, let rest?): rest.rowMade.map { ($0.table, $0.fields + fields) }
        case .operation(.call(let name), let operands) where name.hasPrefix("new "):
            (String(name.dropFirst(4)), operands.flatMap { value -> [Field] in if case .object(let fields, _) = value { fields } else { [] } })
        case .operation(.conditional, let parts) where parts.count == 3: parts[1].rowMade ?? parts[2].rowMade
        case .either(let items): items.firstMapped(\.rowMade)
        default: nil
        }
    }
}
