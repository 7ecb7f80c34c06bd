import Foundation
import GuardedRuntime
import Testing

@Suite struct TokenTests {
    private func vault(_ engine: Engine, _ clock: TestClock = TestClock()) async throws -> (TokenVault, GuardedStore) {
        let store = try Database(engine).store(clock), vault = try TokenVault(pepper: Array("sixteen bytes or more".utf8), store: store, log: .silent)
        try await store.migrate(vault)
        return (vault, store)
    }

    /// The incident: the second use of a code revokes what came of the first.
    @Test(arguments: Engine.allCases) func aReplayRevokesTheFamily(_ engine: Engine) async throws {
        let (vault, store) = try await vault(engine)
        let code = try await vault.issue(.authorizationCode, for: "anna")
        #expect(try await vault.redeem(code.token, .authorizationCode) == .consumed(subject: "anna", family: code.family))
        let access = try await vault.issue(.accessToken, for: "anna", in: code.family),
            refresh = try await vault.issue(.refreshToken, for: "anna", in: code.family)
        #expect(try await vault.subject(of: access.token) == "anna")
        #expect(try await vault.redeem(code.token, .authorizationCode) == .replayed(family: code.family))
        #expect(try await vault.subject(of: access.token) == nil)
        #expect(try await vault.redeem(refresh.token, .refreshToken) == .revoked)
        await #expect(throws: GuardedError.familyRevoked) { _ = try await vault.issue(.accessToken, for: "anna", in: code.family) }
        #expect(try await vault.redeem(code.token, .authorizationCode) == .replayed(family: code.family))
        #expect(try await store.engine.query("SELECT event, count(*) FROM auth_beacons GROUP BY event", []) == [["token_replayed", "1"]])
    }

    @Test(arguments: Engine.allCases) func aLostAnswerCanBeAskedForAgain(_ engine: Engine) async throws {
        let (vault, _) = try await vault(engine), code = try await vault.issue(.magicLink, for: "anna")
        for _ in 0..<2 { #expect(try await vault.redeem(code.token, .magicLink, attempt: "request 1") == .consumed(subject: "anna", family: code.family)) }
        #expect(try await vault.redeem(code.token, .magicLink, attempt: "request 2") == .replayed(family: code.family))
    }

    @Test(arguments: Engine.allCases) func rotation(_ engine: Engine) async throws {
        let (vault, _) = try await vault(engine), first = try await vault.issue(.refreshToken, for: "anna")
        let (_, second) = try await vault.rotate(first.token), next = try #require(second)
        #expect(next.family == first.family && next.token != first.token)
        // A lost answer is asked for again, and is the same token.
        let third = try await vault.rotate(next.token, attempt: "request 9").1
        #expect(try await vault.rotate(next.token, attempt: "request 9").1 == third)
        #expect(third != nil && third?.token != next.token)
        let (result, none) = try await vault.rotate(first.token)
        #expect(result == .replayed(family: first.family) && none == nil)
        #expect(try await vault.rotate(try #require(third).token).0 == .revoked)
    }

    @Test(arguments: Engine.allCases) func codesAreOfTheirSubject(_ engine: Engine) async throws {
        let clock = TestClock(), (vault, store) = try await vault(engine, clock), code = try await vault.issueCode(for: "anna")
        #expect(code.token.count == 6 && code.token.allSatisfy(\.isNumber))
        #expect(try await vault.redeem(code.token, .oneTimeCode, for: "ben") == .unknown)
        #expect(try await vault.redeem(code.token, .oneTimeCode) == .unknown)
        #expect(try await vault.redeem(code.token, .magicLink, for: "anna") == .unknown)
        #expect(try await vault.redeem(code.token, .oneTimeCode, for: "anna") == .consumed(subject: "anna", family: code.family))
        let older = try await vault.issueCode(for: "anna"), late = try await vault.issueCode(for: "anna")
        #expect(try await vault.redeem(older.token, .oneTimeCode, for: "anna") == .expired, "a new code ends the older one")
        clock.move(301)
        #expect(try await vault.redeem(late.token, .oneTimeCode, for: "anna") == .expired)
        // Nobody who reads the table learns a code from it.
        let stored = try await store.engine.query("SELECT hash FROM auth_tokens", []).compactMap { $0[0] }
        #expect(stored.allSatisfy { $0.count == 64 && !$0.contains(code.token) } && Set(stored).count == stored.count)
    }

    @Test(arguments: Engine.allCases) func proofKeys(_ engine: Engine) async throws {
        let (vault, _) = try await vault(engine)
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        let grant = Grant(client: "app", redirectURI: "https://app.example/cb", challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
        let code = try await vault.issue(.authorizationCode, for: "anna", bound: grant)
        let wrong = try [
            Grant.Proof(client: "app", redirectURI: "https://app.example/cb", verifier: String(repeating: "a", count: 43)),
            Grant.Proof(client: "other", redirectURI: "https://app.example/cb", verifier: verifier),
            Grant.Proof(client: "app", redirectURI: "https://app.example/other", verifier: verifier),
        ]
        for proof in wrong { #expect(try await vault.redeem(code.token, .authorizationCode, proof: proof) == .mismatch) }
        #expect(try await vault.redeem(code.token, .authorizationCode) == .mismatch)
        let right = try Grant.Proof(client: "app", redirectURI: "https://app.example/cb", verifier: verifier)
        #expect(try await vault.redeem(code.token, .authorizationCode, proof: right) == .consumed(subject: "anna", family: code.family))
        for bad in ["short", String(repeating: "a", count: 129), String(repeating: "ä", count: 50)] {
            #expect(throws: GuardedError.self) { _ = try Grant.Proof(client: "app", redirectURI: "x", verifier: bad) }
        }
    }

    @Test(arguments: Engine.allCases) func endsOfLife(_ engine: Engine) async throws {
        let clock = TestClock(), (vault, _) = try await vault(engine, clock), token = try await vault.issue(.refreshToken, for: "anna")
        #expect(try await vault.revoke(token.family))
        #expect(try await !vault.revoke(token.family))
        #expect(try await vault.redeem(token.token, .refreshToken) == .revoked)
        await #expect(throws: GuardedError.invalidCap(0)) { _ = try await vault.issue(.magicLink, for: "anna", lifetime: 0) }
        await #expect(throws: GuardedError.familyRevoked) { _ = try await vault.issue(.refreshToken, for: "ben", in: token.family) }
        #expect(try await vault.redeem(String(repeating: "x", count: 5_000), .magicLink) == .unknown)
        clock.move(91 * 86_400)
        #expect(try await vault.prune() == 1)
        let store = try Database(engine).store()
        #expect(throws: GuardedError.self) { _ = try TokenVault(pepper: [1, 2, 3], store: store) }
    }
}
