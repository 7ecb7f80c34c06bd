import Flow
import Proof
import Testing

/// A small project, and what comes of its first finding.
struct ProjectCase: CustomTestStringConvertible, Sendable {
    let name: String
    let files: [(String, String)]
    /// nil where nothing is found.
    let verdict: Proof.Verdict?
    /// What the verdict, its assumptions or its transcript must say.
    let says: String
    var testDescription: String { name }

    init(_ name: String, _ files: [(String, String)], _ verdict: Proof.Verdict?, _ says: String = "") {
        (self.name, self.files, self.verdict, self.says) = (name, files, verdict, says)
    }

    func decide() async throws {
        let (project, findings) = try await Playground.scan(files, .low)
        guard let verdict else { return #expect(findings.isEmpty) }
        let proof = Prover(project).prove(try #require(findings.first))
        #expect(proof.verdict == verdict, "\(proof.reason)")
        let said = [proof.reason] + proof.assumptions + proof.transcript.map(\.text)
        #expect(says.isEmpty || said.contains { $0.contains(says) }, "\(said)")
    }
}
