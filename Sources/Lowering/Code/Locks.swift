import Flow
import Syntax
import Vocabulary

// Locks of the process and of others, and the functions that run under them.
extension RoutineLowering {
    func isLock(_ lock: CallMeanings.LockCall, _ path: String?) -> Bool {
        guard let names = lock.receiver else { return true }
        let parts = (path ?? "").split(separator: ".").dropLast()
        guard let receiver = parts.last else { return false }
        let made = source.objects[String(receiver)] ?? types[String(receiver)]?.name ?? ""
        return names.contains { receiver.lowercased().contains($0) || made.lowercased().contains($0) }
    }

    /// `'NX'`, `{NX: true}`
    func says(_ word: String, _ argument: Node) -> Bool {
        if source.literalText(argument)?.uppercased() == word { return true }
        return kind(argument) == .object && argument.children.contains { source.key(of: $0).map { propertyName($0).uppercased() } == word }
    }

    /// A lock held for the length of a body, or, without one, for the rest of the routine.
    ///
    /// - Parameter owner: `lockFor(id).runExclusive(…)` has its key there.
    mutating func locked(_ lock: CallMeanings.LockCall, _ node: Node, of owner: Value = .unknown) -> Value {
        let arguments = arguments(of: node)
        let body = arguments.last(where: { kind($0).isFunction })
        var key = Value.unknown
        if let at = lock.key {
            // `lock('expire', [id], work)`: the first says what for, and the lock is on the second.
            let isNamed = at + 2 < arguments.count && source.literalText(arguments[at]) != nil && kind(arguments[at + 1]) == .arrayNode
            if at < arguments.count { key = settled(arguments[isNamed ? at + 1 : at]) }
        } else if case .operation(.call, let given) = owner {
            key = .list(given)
        }
        emit(.lock(Lock(lock.kind, key: key)), source.span(node))
        let value: Value
        if let body {
            value = inline(body, arguments: [])
        } else if let given = arguments.last.flatMap({ givenFunction($0) }), kind(arguments[0]) != .arrayNode {
            // `redlock.acquire([key], ttl)` gives the lock back; what takes one key takes a function too.
            value = run(given, node)
        } else {
            return .unknown
        }
        emit(.unlock, source.span(node))
        return value
    }

    /// The parameter that an argument passes on: `lock.runExclusive(work)` in a function of `work`.
    func givenFunction(_ node: Node) -> String? {
        guard kind(node) == .identifier, case .parameter(_, let name)? = names[source.text(node)]?.value, !name.isEmpty else { return nil }
        return name
    }

    /// Runs what was given as a parameter.
    mutating func run(_ name: String, _ node: Node) -> Value {
        .operation(.call(name), [.outcome(emit(.call(Call(name, [])), source.span(node)), .result)])
    }
}
