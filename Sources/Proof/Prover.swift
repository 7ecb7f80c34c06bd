package import Flow

/// Plays findings on throw-away databases: the code's own statements, its own decisions, two requests.
package final class Prover {
    private let project: Project
    private let wanted: Proof.Engine?
    private lazy var hasPostgres = PostgresServer.programs() != nil
    private var databases: [Proof.Engine: any Database] = [:]
    private var broken: [Proof.Engine: Obstacle] = [:]

    /// - Parameters:
    ///   - engine: where to play; by default what the code itself speaks to, where that is installed.
    package init(_ project: Project, engine: Proof.Engine? = nil) {
        self.project = project
        wanted = engine
    }

    /// The rules whose findings can be played.
    package static let rules: Set<String> = ["count-then-insert", "select-then-update", "unguarded-status-write"]

    /// How many rows a question finds in the database that a race has left, in the one that the same requests leave one after the
    /// other, and in the one that the fix has left.
    package func victims(of finding: Finding, asking question: String) -> (proof: Proof, race: Int?, serial: Int?, fix: Int?) {
        guard let course = finding.course else { return (Proof(.notExecutable, "it is no race"), nil, nil, nil) }
        do throws(Obstacle) {
            var play = try Play(course, project)
            play.question = question
            let proof = try play.run(on: try database(try engine(for: play.write)))
            return (proof, play.victims.race, play.victims.serial, play.victims.fix)
        } catch { return (Proof(.notExecutable, error.reason), nil, nil, nil) }
    }

    package func prove(_ finding: Finding) -> Proof {
        guard let course = finding.course, project.routines.indices.contains(course.routine) else {
            return Proof(
                .notExecutable, Self.rules.contains(finding.rule) ? "the finding is about one statement alone" : "this rule is not about two requests that race"
            )
        }
        let proof = prove(course)
        guard proof.verdict != .proved else { return proof }
        var others: [Proof] = []
        for other in finding.otherCourses.prefix(Self.otherWays) {
            var found = prove(other)
            if found.verdict == .proved {
                found.assumptions.append("Played as \(project.routines[other.routine].name) comes to it.")
                return found
            }
            others.append(found)
        }
        // What is kept from breaking on one way may break on another.
        return proof.verdict == .refuted ? others.first { $0.verdict != .refuted } ?? proof : proof
    }

    /// A helper that everybody calls is tried from a few of them.
    private static let otherWays = 4

    private func prove(_ course: Course) -> Proof {
        let proof = play(course)
        guard proof.verdict != .proved, case .once = course.promise else { return proof }
        // The same request twice may do no harm where another one does.
        let other = play(course, meetsRival: true)
        return other.verdict == .proved ? other : proof
    }

    private func play(_ course: Course, meetsRival: Bool = false, isRivalAlone: Bool = false) -> Proof {
        var play: Play?
        do throws(Obstacle) {
            play = try Play(course, project, meetsRival: meetsRival, isRivalAlone: isRivalAlone)
            guard let write = play?.write, let proof = try play?.run(on: try database(try engine(for: write))) else {
                throw Obstacle("there is nothing to play")
            }
            return proof
        } catch {
            // Where the code of the other request cannot be played, its statement may be.
            if !isRivalAlone, play == nil || play?.rival?.key != nil { return self.play(course, meetsRival: meetsRival, isRivalAlone: true) }
            var proof = Proof(.notExecutable, error.reason)
            proof.place = error.place
            proof.transcript = play?.transcript ?? []
            return proof
        }
    }

    /// Why an engine could not be had, where it was needed.
    package func failure(of engine: Proof.Engine) -> String? { broken[engine]?.reason }

    private func engine(for write: Write) throws(Obstacle) -> Proof.Engine {
        if let wanted { return wanted }
        if write.api?.dialect == .sqlite { return .sqlite }
        return hasPostgres ? .postgres : .sqlite
    }

    private func database(_ engine: Proof.Engine) throws(Obstacle) -> any Database {
        if let known = databases[engine] { return known }
        if let failure = broken[engine] { throw failure }
        do throws(Obstacle) {
            let made = try engine.open()
            databases[engine] = made
            return made
        } catch {
            broken[engine] = error
            throw error
        }
    }
}
