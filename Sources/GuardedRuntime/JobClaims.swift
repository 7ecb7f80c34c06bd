public import Foundation
import Migrations

/// One worker for each run of a job, however many are started.
///
/// The claim is one statement. A worker that dies loses its claim when the lease ends, and another one runs the job again: make
/// what the job does idempotent, or its lease longer than it can ever take.
public struct JobClaims: Sendable {
    public enum Run<Value: Sendable>: Sendable {
        /// This worker made the run.
        case made(Value)
        /// Another worker has it, or had it, and nothing was done here.
        case held
        /// The run was made, but its lease had ended, or it could not be noted: another worker may make it too.
        case late(Value)
    }

    private let plan: Blueprint, store: GuardedStore

    public init(store: GuardedStore) {
        (plan, self.store) = (ClaimTables(table: .init(own: "cron_idempotency_claims")).blueprint(), store)
    }

    /// Runs the job if nobody else does or did.
    /// - Parameters:
    ///   - job: The name of the job.
    ///   - work: What the job does.
    ///   - run: Which run it is, the same for all workers: `2026-05-23` of a nightly job.
    ///   - worker: The name of this worker, different from all others.
    ///   - lease: For how many seconds the run is this worker's.
    /// - Throws: What the database ran into, and what the job throws; it then runs again when the lease has ended.
    public func once<Value: Sendable>(
        _ job: String, run: String, worker: String = UUID().uuidString, lease: Int = 300, _ work: () async throws -> Value
    ) async throws -> Run<Value> {
        guard try await claim(job, run: run, worker: worker, lease: lease) else { return .held }
        let value = try await work()
        // The work is done whatever becomes of the note: an error of the database here is no error of the job.
        let isHeld = (try? await store.run(plan["finish"], of: plan, ["job": .text(job), "run": .text(run), "worker": .text(worker)]))?.isEmpty == false
        return isHeld ? .made(value) : .late(value)
    }

    /// Claims a run without making it.
    public func claim(_ job: String, run: String, worker: String, lease: Int = 300) async throws(GuardedError) -> Bool {
        let arguments: [String: Argument] = [
            "job": try Keys.checked(job), "run": try Keys.checked(run), "worker": try Keys.checked(worker), "lease": .integer(try Keys.cap(lease)),
        ]
        return try await !store.run(plan["claim"], of: plan, arguments).isEmpty
    }

    /// Removes runs that were claimed so many days ago; one that is started again later would run again.
    public func prune(olderThanDays days: Int = 60) async throws(GuardedError) -> Int {
        try await store.prune(plan, olderThanDays: days)
    }
}

extension JobClaims: Migrating {
    public var design: GuardDesign { GuardDesign(blueprint: plan) }
}
