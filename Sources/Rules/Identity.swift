import Flow

// Who asks, and whether a routine ever looks.
extension Paths {
    /// Something in the routine depends on who the caller is, or on who signed the message.
    var looksAtCaller: Bool {
        var looks = false
        routine.body.visit { step in
            guard !looks else { return }
            switch step.kind {
            case .call(let call):
                looks = call.purpose == .authenticate || Naming.identifies(call.callee) || call.arguments.contains { $0.isCaller || $0.namesCredential }
            case .read(let read): looks = read.filters.contains { $0.value.isCaller }
            case .write(let write): looks = write.filters.contains { $0.value.isCaller } || write.assignments.contains { $0.value.isCaller }
            case .branch(let condition, _, _): looks = condition.isCaller
            case .effect(let effect): looks = effect.arguments.contains(where: \.isCaller)
            case .loop, .scope, .attempt, .begin, .end, .lock, .unlock, .exit, .opaque: break
            }
        }
        return looks || routine.parameters.contains { $0 != "session" && Naming.isCaller($0) }
    }
}

extension Value {
    /// What says who the caller is: `req.user.id`, `session.user`, `await auth()`; not what the caller says of itself.
    var isCaller: Bool {
        switch self {
        case .member(let base, let name):
            if Naming.isCaller(name), !base.isSent, !base.isRow { return true }
            return base.isCaller
        case .name(let name): return Naming.isCaller(name)
        // `withTeam(async (data, team) => …)`: what a wrapper hands in is whose it is.
        case .parameter(let index, let name): return name != "session" && Naming.isCaller(name) || index > 0 && Naming.isTenant(name)
        // `c.get('userId')`
        case .operation(.call("get"), let operands) where operands.last?.stringLiteral.map(Naming.isCaller) == true: return !operands.contains(where: \.isSent)
        case .operation(.call(let name), let operands): return Naming.identifies(name) || operands.contains(where: \.isCaller)
        case .operation(_, let parts), .list(let parts), .either(let parts): return parts.contains(where: \.isCaller)
        case .object(let fields, let rest): return fields.contains { $0.value.isCaller } || rest?.isCaller == true
        case .literal, .outcome, .input, .column, .unknown: return false
        }
    }

    /// `header('authorization')`: what a caller proves to be somebody with.
    var namesCredential: Bool {
        guard let name = stringLiteral?.lowercased() else { return false }
        return name == "authorization" || name == "cookie"
    }

    /// A row, whose owner is another question.
    private var isRow: Bool {
        switch self {
        case .outcome(_, .row), .outcome(_, .rows): true
        case .member(let base, _): base.isRow
        case .operation(.coalesce, let parts), .operation(.or, let parts), .either(let parts): parts.contains(where: \.isRow)
        default: false
        }
    }
}

extension Naming {
    /// `user`, `session`, `currentUser`, `userId`: what a program calls the one who asks.
    static func isCaller(_ name: String) -> Bool {
        let words = words(name)
        guard let last = words.last else { return false }
        if ["user", "session", "viewer", "actor", "principal", "auth", "claims", "member"].contains(last) { return true }
        return words.count > 1 && last == "id" && ["user", "auth", "viewer", "actor", "member", "account"].contains(words[words.count - 2])
    }

    /// Whom the caller belongs to.
    static func isTenant(_ name: String) -> Bool {
        ["team", "workspace", "org", "organization", "organisation", "tenant", "ctx", "context", "store"].contains(name.lowercased())
    }

    /// A call that finds out who asks: `auth()`, `getServerSession`, `requireUser`, `getUser`.
    static func identifies(_ callee: String) -> Bool {
        guard let last = callee.split(separator: ".").last.map(String.init) else { return false }
        let words = words(last)
        if ["auth", "authenticate", "authorize", "authorise", "protect", "protected", "login_required", "currentuser", "admin", "isloggedin"].contains(last) {
            return true
        }
        // A session of the database is nobody.
        guard let first = words.first, let end = words.last, last != "get_session", last != "get_async_session" else { return false }
        let asks = ["get", "require", "verify", "check", "assert", "ensure", "validate", "current", "with", "is", "has", "fetch", "use", "load", "resolve"]
            .contains(first)
        return asks
            && [
                "user", "session", "auth", "token", "login", "signature", "owner", "ownership", "access", "permission", "permissions", "role", "admin",
                "claims", "jwt", "member", "membership", "authenticated", "authorized", "account",
            ].contains(end)
    }
}

extension Write {
    /// What is taken from one is given to another: the row that is inserted, or added to, has another key than the one that was read.
    func isForAnother(than read: Read, of check: StepID) -> Bool {
        read.filters.contains { filter in
            guard filter.comparison == .equal, let asked = filter.value.given else { return false }
            return assignments.contains { Naming.same($0.column, filter.column) && $0.value.given.map { $0 != asked } == true }
        }
    }
}

extension Value {
    /// What the caller or the request has given, without what only converts it: two that are called differently are two things.
    fileprivate var given: Value? {
        switch self {
        case .parameter, .input, .name: self
        case .member(let base, _): base.given == nil ? nil : self
        // `body.get("to")`
        case .operation(.call(let name), let operands) where name.hasSuffix("get") && operands.count > 1:
            operands[0].given != nil && operands.dropFirst().allSatisfy(\.isConstant) ? self : nil
        case .operation(.call, let operands) where operands.count == 1: operands[0].given
        default: nil
        }
    }
}
