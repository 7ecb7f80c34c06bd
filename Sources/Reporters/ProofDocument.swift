import Flow

/// What came of playing a finding, for programs: the same in JSON and in SARIF's properties.
struct ProofDocument: Encodable {
    let verdict, reason, engine: String
    /// `src/app.ts:12`, where the code stands that could not be played.
    let place: String?
    let stage, assumptions: [String]
    let transcript: [Moment]
    let fix: Fix?

    struct Moment: Encodable { let request, text: String }

    struct Fix: Encodable {
        let holds: Bool
        let clients, winners: Int
        let reason: String
        let statements: [String]
    }

    init(_ proof: Proof, _ presentation: Presentation) {
        place = proof.place.map { presentation.place($0) }
        verdict = proof.verdict.rawValue
        (reason, engine, stage, assumptions) = (proof.reason, proof.engine, proof.stage, proof.assumptions)
        transcript = proof.transcript.map { Moment(request: $0.lane == .first ? "A" : "B", text: $0.text) }
        fix = proof.fix.map { Fix(holds: $0.holds, clients: $0.clients, winners: $0.winners, reason: $0.reason, statements: $0.statements) }
    }
}
