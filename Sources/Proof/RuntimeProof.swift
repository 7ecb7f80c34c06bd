package import Flow
import Migrations

/// What `interlock migrate` writes, played as every fix is: two requests in the order that breaks code, then 64 at once. Each play
/// begins one short of the limit, so that one request may get through, and no second.
package struct RuntimeProof {
    /// What is guarded, as the command is asked for it.
    package let kind: String
    /// The operation that two requests call at once.
    package let operation: String
    /// What must hold, as the end of a sentence.
    package let promise: String
    let blueprint: Blueprint
    /// Rows that are the user's own, and calls, before the requests come.
    var rows: [String] = []
    var before: [(operation: String, arguments: [String: Argument])] = []
    let arguments: @Sendable (_ client: Int) -> [String: Argument]
    /// The column and the value by which a request knows that it got through; a row of any kind where nil.
    var answer: (column: String, value: String)?

    enum Argument: Hashable, Sendable {
        case text(String)
        case integer(Int)
        /// Seconds from the moment in which everything happens.
        case moment(Int)
    }

    package func play(on ground: ProofGround) -> Proof.Fix {
        let database = ground.database
        do throws(Obstacle) {
            try database.build([])
            var fix = Fix(steps: steps(database.engine))
            fix.definitions = [blueprint.up(database.engine == .sqlite ? .sqlite : .postgres)]
            if database.engine == .postgres { fix.definitions.append("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA proof TO request") }
            fix.setup =
                rows.map { Statement(.write, $0.replacing("{later}", with: later(database.engine))) }
                + before.flatMap { statements($0.operation, $0.arguments, database.engine) }
            fix.allowed = 1
            let tables = blueprint.emptied
            var found = try fix.run(on: database) { () throws(Obstacle) in try database.fill(tables, []) }
            found.statements = statements(operation, arguments(0), database.engine).map(\.shown)
            return found
        } catch {
            return Proof.Fix(statements: [], holds: false, clients: 0, winners: 0, reason: "it could not be played: \(error.reason)")
        }
    }

    /// One transaction, the last statement of which gives the answer.
    private func steps(_ engine: Proof.Engine) -> [Fix.Step] {
        let count = statements(operation, arguments(0), engine).count, answer = answer
        let (make, asked) = (arguments, self)
        let calls = (0..<count).map { at in
            let isLast = at == count - 1
            return Fix.Step {
                asked.statements(asked.operation, make($0), engine)[at]
            } goesOn: { outcome in
                guard isLast else { return true }
                guard let row = outcome.rows.first else { return false }
                guard let answer else { return true }
                let found = row.value(answer.column)
                return answer.value == "true" ? found.converted(to: .boolean) == .boolean(true) : found == .text(answer.value)
            }
        }
        return [.plain(.begin, engine == .sqlite ? "BEGIN IMMEDIATE" : "BEGIN")] + calls + [.plain(.commit, "COMMIT")]
    }

    /// An hour from now, as the engine writes it.
    private func later(_ engine: Proof.Engine) -> String {
        engine == .sqlite ? String((Clock.seconds + 3_600) * 1_000) : "'\(Clock.text(3_600))'"
    }

    /// A call of an operation: a function in PostgreSQL, statements in SQLite.
    private func statements(_ name: String, _ arguments: [String: Argument], _ engine: Proof.Engine) -> [Statement] {
        let procedure = blueprint[name], results = procedure.results.map(\.name.folded)
        var arguments = arguments
        if procedure.parameters.contains(where: { $0.name == "now" }) { arguments["now"] = .moment(0) }
        guard engine == .sqlite else {
            let given = procedure.parameters.map(\.name).filter { arguments[$0] != nil }
            var call = Statement(.read, "SELECT * FROM \(procedure.function(of: blueprint.prefix).sql)(")
            for (at, name) in given.enumerated() {
                call += "\(at > 0 ? ", " : "")\(blueprint.parameterPrefix)\(name) => "
                switch arguments[name] {
                case .text(let text)?: call.bind(.text(text), as: .text)
                case .integer(let number)?: call += String(number)
                case .moment(let seconds)?: call.bind(.moment(seconds), as: .moment)
                case nil: break
                }
            }
            call += ")"
            call.results = results
            return [call]
        }
        return procedure.statements.map { bound in
            var statement = Statement(.write)
            statement.add(bound.sql) { number, statement in
                switch arguments[bound.parameters[number - 1]] {
                case .text(let text)?: statement.bind(.text(text), as: .text)
                case .integer(let value)?: statement.bind(.number(Double(value)), as: .number)
                case .moment(let seconds)?: statement.bind(.number(Double((Clock.seconds + seconds) * 1_000)), as: .number)
                case nil: statement.bind(.null, as: .text)
                }
            }
            statement.results = results
            return statement
        }
    }
}

/// A throw-away database, kept for several plays.
package final class ProofGround {
    let database: any Database
    package var version: String { database.version }

    /// - Throws: a sentence that says why there is none.
    package init(_ engine: Proof.Engine) throws(ProofGroundError) {
        do throws(Obstacle) {
            database = try engine.open()
        } catch { throw ProofGroundError(reason: error.reason) }
    }
}

package struct ProofGroundError: Error, CustomStringConvertible {
    let reason: String
    package var description: String { reason + "." }
}
