import Foundation
import GuardedRuntime
import Racing

/// Contests from the command line:
///   race show DATABASE…                              both forms of every incident, 64 clients, side by side
///   race claims DATABASE FROM TO CLIENTS             claims in every round, and the number that got through: a line a round
///   race drain DATABASE CAP                          claims one slot after another until it is killed: a line a claim
///   race bench DATABASE…                             claims a second of the atomic form, the racy form, and FOR UPDATE
@main
struct Race {
    static func main() async throws {
        let words = Array(CommandLine.arguments.dropFirst())
        switch words.first {
        case "show": for ground in words.dropFirst() { try await show(Ground(ground)) }
        case "claims" where words.count == 5: try await claims(Ground(words[1]), Int(words[2]) ?? 0, Int(words[3]) ?? 0, Int(words[4]) ?? 1)
        case "drain" where words.count == 3: try await drain(Ground(words[1]), cap: Int(words[2]) ?? 1)
        case "bench": for ground in words.dropFirst() { try await Bench(ground: Ground(ground)).run() }
        default:
            FileHandle.standardError.write(Data("race: show, claims, drain or bench.\n".utf8))
            exit(2)
        }
    }

    /// Claims of several processes are of one day, whenever they are made.
    private static let noon = TimeSource.given { Ground.noon }

    private static func show(_ ground: Ground) async throws {
        let arena = try Arena(try ground.store(connections: 64))
        try await arena.prepare()
        let rounds = 20, clients = 64
        say("\(ground): \(clients) requests at once, \(rounds) rounds; how many got through (at most)")
        for contest in Contest.allCases {
            var most = (guarded: 0, racy: 0)
            for _ in 0..<rounds {
                let number = Int.random(in: 1...Int(Int32.max))
                try await arena.open(contest, round: number)
                let ticket = try await arena.ticket(contest)
                most.racy = max(most.racy, try await winners(of: 0..<clients) { try await arena.racy(contest, round: number, client: $0) })
                most.guarded = max(
                    most.guarded, try await winners(of: 0..<clients) { try await arena.guarded(contest, round: number, client: $0, ticket: ticket) })
            }
            let name = contest.rawValue.padding(toLength: 12, withPad: " ", startingAt: 0)
            say("  \(name) allowed \(contest.allowed)\tas in the incident \(most.racy)\tguarded \(most.guarded)")
        }
    }

    private static func claims(_ ground: Ground, _ first: Int, _ last: Int, _ clients: Int) async throws {
        let arena = try Arena(try ground.store(time: noon, connections: min(64, clients), patience: 120))
        for round in first..<last {
            say(try await winners(of: 0..<clients) { try await arena.guarded(.dailyCap, round: round, client: $0) })
        }
    }

    private static func drain(_ ground: Ground, cap: Int) async throws {
        let counter = try SlotCounter(.waitlistJoin, cap: cap, store: try ground.store(time: noon))
        while try await counter.claim("the list").isTaken { say("taken") }
        say("full")
    }
}

/// Written at once: who reads may kill us for it.
func say(_ line: some CustomStringConvertible) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }
