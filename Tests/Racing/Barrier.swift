/// Lets nobody through until all have come.
package actor Barrier {
    private let count: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    package init(_ count: Int) { self.count = count }

    package func wait() async {
        if waiting.count + 1 == count {
            for one in waiting { one.resume() }
            waiting = []
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }
}

/// Runs a request for each client at once, and counts those that got through.
package func winners(of clients: Range<Int>, _ request: @escaping @Sendable (Int) async throws -> Bool) async throws -> Int {
    try await withThrowingTaskGroup(of: Bool.self) { group in
        for client in clients { group.addTask { try await request(client) } }
        return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
}
