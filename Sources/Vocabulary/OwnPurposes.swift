package import Flow

/// What a project's own functions are for, as its configuration says.
package struct OwnPurposes: Sendable {
    /// By the last name: what a callee must end in.
    private var endings: [String: [(ending: String, purpose: Call.Purpose)]] = [:]

    init(_ names: OwnNames) {
        for (purpose, names) in [(Call.Purpose.sanitize, names.sanitizers), (.limit, names.lockouts), (.payment, names.payments)] {
            for name in names { endings[Self.last(of: name), default: []].append((name, purpose)) }
        }
    }

    package func purpose(of callee: String) -> Call.Purpose? {
        guard !endings.isEmpty else { return nil }
        return endings[Self.last(of: callee)]?.first { callee == $0.ending || callee.hasSuffix("." + $0.ending) }?.purpose
    }

    private static func last(of name: String) -> String { String(name.split(separator: ".").last ?? "") }
}

extension CallMeanings {
    /// With locks of the project's own. Whom they keep out is theirs to know: each is taken for one that keeps out everybody.
    func knowing(_ names: OwnNames) -> CallMeanings {
        var all = self
        for name in names.locks {
            let parts = name.split(separator: ".").map(String.init)
            guard let last = parts.last else { continue }
            all.locks[last] = LockCall(kind: .distributed, key: nil, receiver: parts.dropLast().last.map { [$0.lowercased()] }, needs: nil, isOwn: true)
        }
        return all
    }
}
