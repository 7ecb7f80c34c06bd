import Flow
import Testing

@testable import Proof

/// The runtime's own operations under the schedules that break the code which they replace.
@Suite(.serialized) struct RuntimeTests {
    @Test(arguments: Proof.Engine.allCases) func everyOperationIsSafe(_ engine: Proof.Engine) throws {
        let ground = try ProofGround(engine), plays = try RuntimeProof.all()
        #expect(Set(plays.map(\.kind)) == ["counter", "promo", "lockout", "token", "status", "payment", "idempotency"])
        for play in plays {
            let fix = play.play(on: ground)
            #expect(fix.holds && fix.winners == 1 && fix.clients == 64, "\(play.kind) \(play.operation): \(fix.reason)")
        }
    }

    /// A slot too many, and a slot too few, are seen.
    @Test(arguments: Proof.Engine.allCases, [3, 5]) func whatIsNotSafeIsSeen(_ engine: Proof.Engine, _ taken: Int) throws {
        var counter = try #require(try RuntimeProof.all().first { $0.operation == "claim_slot" })
        counter.before[0].arguments["quantity"] = .integer(taken)
        let fix = counter.play(on: try ProofGround(engine))
        #expect(!fix.holds && fix.winners == (taken == 3 ? 2 : 0), "\(fix.reason)")
    }

    /// An operation that is refused is not taken for one that refuses.
    @Test func whatCannotRunIsNotSafe() throws {
        var token = try #require(try RuntimeProof.all().first { $0.operation == "consume" })
        token.before = []
        #expect(!token.play(on: try ProofGround(.sqlite)).holds)
    }
}
