/// What a project says its own functions do, by their names: `safeHref`, or with what stands before it, `urls.clean`.
package struct OwnNames: Hashable, Sendable {
    package var sanitizers: [String]
    package var lockouts: [String]
    package var locks: [String]
    package var payments: [String]

    package init(sanitizers: [String] = [], lockouts: [String] = [], locks: [String] = [], payments: [String] = []) {
        self.sanitizers = sanitizers
        self.lockouts = lockouts
        self.locks = locks
        self.payments = payments
    }

    package var all: [String] { sanitizers + lockouts + locks + payments }

    package func joined(_ other: OwnNames) -> OwnNames {
        OwnNames(
            sanitizers: sanitizers + other.sanitizers, lockouts: lockouts + other.lockouts, locks: locks + other.locks, payments: payments + other.payments)
    }
}
