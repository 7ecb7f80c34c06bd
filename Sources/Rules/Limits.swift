import Flow

/// What stands before a verification and refuses those who try too often.
struct Limit {
    let key: Key
    let text: String
    let span: Span

    /// What it counts for.
    enum Key {
        /// The account, however many addresses try it.
        case account
        /// The address of who asks, alone or together with the account.
        case address
        case unknown
    }
}

extension Paths {
    /// The limits that a path has passed, in order.
    func limits(before reached: Reached) -> [Limit] {
        var found: [Limit] = []
        for step in reached.earlier where step.id != reached.step.id {
            switch step.kind {
            case .call(let call) where call.purpose == .limit || call.isLimiter:
                found.append(Limit(key: key(of: call, before: reached), text: call.name, span: step.span))
            case .call(let call) where call.purpose == nil && call.countsUp:
                found.append(Limit(key: call.limitKey, text: call.callee, span: step.span))
            case .read(let read) where read.table.map(Naming.countsAttempts) == true:
                found.append(Limit(key: read.limitKey, text: read.table ?? "", span: step.span))
            // `UPDATE challenges SET attempts = attempts + 1 WHERE id = ? AND attempts < 5`
            case .write(let write):
                guard let cap = write.filters.first(where: { Naming.countsAttempts($0.column) && [.less, .lessOrEqual].contains($0.comparison) }),
                    write.assignments.contains(where: { Naming.same($0.column, cap.column) }),
                    reached.decisions.contains(where: { $0.condition.steps.contains(step.id) })
                else { continue }
                found.append(Limit(key: .account, text: cap.column, span: step.span))
            default: break
            }
        }
        for decision in reached.decisions {
            for part in decision.condition.parts {
                if case .member(let base, let column) = part, Naming.countsAttempts(column) || Naming.isLocked(column), let step = base.steps.first {
                    found.append(Limit(key: .account, text: column, span: steps[step]?.span ?? decision.span))
                }
                // `const attempts = await redis.get(`fails:${email}`)`
                if case .outcome(let id, .result) = part, case .call(let call)? = steps[id]?.kind, call.purpose == nil, call.readsCounter {
                    found.append(Limit(key: call.limitKey, text: call.callee, span: steps[id]?.span ?? decision.span))
                }
            }
        }
        return found
    }

    /// What a limiter counts for: the value by which the row is found whose secret is verified, `driver_id`, is its account by
    /// whatever name.
    private func key(of call: Call, before reached: Reached) -> Limit.Key {
        let named = call.limitKey
        guard case .unknown = named, case .call(let verification) = reached.step.kind else { return named }
        let given = call.arguments.filter { !$0.isConstant }
        let rows = Set((verification.arguments + [verification.receiver].compactMap(\.self)).flatMap(\.steps))
        let isSought = rows.contains { id in
            guard case .read(let read)? = steps[id]?.kind, read.aggregate == .row else { return false }
            return read.filters.contains(where: { $0.comparison == .equal && given.contains($0.value) })
        }
        return isSought ? .account : named
    }
}

extension Call {
    fileprivate var limitKey: Limit.Key {
        // What was handed on by its name alone has not turned out to be anything.
        isVouchedFor ? .account : Limit.Key(of: (arguments + (receiver.map { [$0] } ?? [])).filter { $0.dotted != callee })
    }

    /// `router.post('/login', perAccount, …)`, where another file makes it a limiter.
    fileprivate var isLimiter: Bool { arguments.contains { if case .operation(.call(Call.limiter), _) = $0 { true } else { false } } }

    /// Raises a number in a key-value store.
    fileprivate var countsUp: Bool { callee.split(separator: ".").last.map { ["incr", "incrby", "hincrby"].contains($0.lowercased()) } == true }

    /// Reads a number from a key-value store.
    fileprivate var readsCounter: Bool {
        guard let last = callee.split(separator: ".").last, ["incr", "get", "incrby", "zcard", "hincrby", "llen", "eval"].contains(last.lowercased()) else {
            return false
        }
        return arguments.first.map { $0.parts.contains { $0.stringLiteral.map(Naming.countsAttempts) == true } } == true
            || Limit.Key(of: arguments) == .account && last.lowercased() == "incr"
    }
}

extension Read {
    fileprivate var limitKey: Limit.Key {
        let key = Limit.Key(of: filters.map(\.value)), columns = filters.map(\.column)
        if key != .unknown { return key }
        if columns.contains(where: Naming.isAccount) { return .account }
        return columns.contains(where: Naming.isAddress) ? .address : .unknown
    }
}

extension Limit.Key {
    /// Of several values the one that names the account alone decides.
    init(of values: [Value]) {
        var sees = false
        for value in values.flatMap(\.separateKeys) {
            let names = value.keyNames
            let hasAccount = names.contains(where: Naming.isAccount)
            let hasAddress = names.contains(where: Naming.isAddress) || !hasAccount && value.parts.contains(.input(.header))
            if hasAccount, !hasAddress {
                self = .account
                return
            }
            sees = sees || hasAddress
        }
        self = sees ? .address : .unknown
    }
}

extension Value {
    /// `limiters.login`
    fileprivate var dotted: String? {
        switch self {
        case .name(let name): name
        case .member(let base, let name): base.dotted.map { $0 + "." + name }
        default: nil
        }
    }

    /// The fields and items of what is given; a text that is put together is one key.
    fileprivate var separateKeys: [Value] {
        switch self {
        case .object(let fields, let rest): return fields.flatMap(\.separateKeys) + (rest?.separateKeys ?? [])
        case .list(let items): return items.flatMap(\.separateKeys)
        default: return [self]
        }
    }

    /// The names of what it is made of; of a property its own, and not those of what it is a property of.
    fileprivate var keyNames: [String] {
        if case .operation(.call("get"), let operands) = self {
            // `session.get("pending_id")` is somebody, whatever it is called.
            return operands.compactMap(\.stringLiteral) + (operands.contains { $0.ownName == "session" } ? ["account"] : [])
        }
        return ownName.map { [$0] } ?? children.flatMap(\.keyNames)
    }

    /// The name by which the code calls it.
    var ownName: String? {
        switch self {
        case .member(_, let name): name
        case .parameter(_, let name): name.isEmpty ? nil : name
        case .name(let name): name
        case .literal, .outcome, .input, .column, .operation, .object, .list, .either, .unknown: nil
        }
    }
}

extension Value.Field {
    /// `@ratelimit(key='post:username')` names its key in a text.
    fileprivate var separateKeys: [Value] {
        guard name == "key", let text = value.stringLiteral else { return value.separateKeys }
        return [.name(String(text.map { $0 == ":" ? "_" : $0 }))]
    }
}
