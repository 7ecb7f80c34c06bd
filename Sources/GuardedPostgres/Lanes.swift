import Dispatch
import Foundation
import Synchronization

/// A connection and the thread that its blocking calls are made on. Threads of Swift's tasks or of Dispatch are few and shared:
/// a call that waits for a lock must not keep another from being made that would release it.
final class Lane: Sendable {
    private let mail = Mailbox()

    init(_ parameters: String, patience: TimeInterval) {
        let mail = mail
        let thread = Thread {
            var connection = Connection(parameters, patience: patience)
            while let job = mail.next() { job(&connection) }
        }
        thread.name = "guarded.postgres"
        thread.stackSize = 1 << 20
        thread.start()
    }

    deinit { mail.put(nil) }

    func perform(_ work: @escaping @Sendable (inout Connection) -> Reply) async -> Reply {
        await withCheckedContinuation { continuation in mail.put { continuation.resume(returning: work(&$0)) } }
    }
}

/// What a lane has to do next. Whoever has the lane is alone with it, so that there is room for one.
private final class Mailbox: Sendable {
    typealias Job = @Sendable (inout Connection) -> Void

    private let job = Mutex<Job?>(nil)
    private let arrived = DispatchSemaphore(value: 0)

    /// No job ends the lane.
    func put(_ job: Job?) {
        self.job.withLock { $0 = job }
        arrived.signal()
    }

    func next() -> Job? {
        arrived.wait()
        return job.withLock { $0.take() }
    }
}

/// Hands out lanes, to those who wait longest first. A lane is made when all others are taken.
actor LanePool {
    private var free: [Lane] = []
    private var waiting: [CheckedContinuation<Lane, Never>] = []
    private var served = 0, made = 0
    private let most: Int
    private let make: @Sendable () -> Lane

    init(most: Int, _ make: @escaping @Sendable () -> Lane) { (self.most, self.make) = (most, make) }

    func perform(_ work: @escaping @Sendable (inout Connection) -> Reply) async -> Reply {
        let lane = await take()
        let reply = await lane.perform(work)
        give(lane)
        return reply
    }

    private func take() async -> Lane {
        if let lane = free.popLast() { return lane }
        if made < most {
            made += 1
            return make()
        }
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
