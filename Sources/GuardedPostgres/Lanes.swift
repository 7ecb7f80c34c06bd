import Dispatch
import Foundation
import Synchronization

/// A connection and the queue that its blocking calls are made on, off the threads that Swift's tasks share.
final class Lane: Sendable {
    private let connection: Mutex<Connection>
    private let queue: DispatchQueue

    init(_ parameters: String, number: Int, patience: TimeInterval) {
        connection = Mutex(Connection(parameters, patience: patience))
        queue = DispatchQueue(label: "guarded.postgres.\(number)")
    }

    func perform(_ work: @escaping @Sendable (inout Connection) -> Reply) async -> Reply {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.connection.withLock { work(&$0) }) }
        }
    }
}

/// Hands out lanes, to those who wait longest first.
actor LanePool {
    private var free: [Lane]
    private var waiting: [CheckedContinuation<Lane, Never>] = []
    private var served = 0

    init(_ lanes: [Lane]) { free = lanes }

    func perform(_ work: @escaping @Sendable (inout Connection) -> Reply) async -> Reply {
        let lane = await take()
        let reply = await lane.perform(work)
        give(lane)
        return reply
    }

    private func take() async -> Lane {
        if let lane = free.popLast() { return lane }
        return await withCheckedContinuation { waiting.append($0) }
    }

    private func give(_ lane: Lane) {
        guard served < waiting.count else { return free.append(lane) }
        waiting[served].resume(returning: lane)
        served += 1
        // The served ones are dropped together, so that a long queue costs nothing each time.
        if served == waiting.count || served > 1_000 {
            waiting.removeFirst(served)
            served = 0
        }
    }
}
