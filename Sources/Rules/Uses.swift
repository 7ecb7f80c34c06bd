import Flow

/// What a routine looks at of the steps that have run: in a condition, a returned value, an argument, a later statement.
struct Uses {
    /// Steps whose outcome is looked at.
    private(set) var outcomes: Set<StepID> = []
    /// Steps whose reported error is looked at.
    private(set) var failures: Set<StepID> = []
    /// Steps whose exception something around them catches.
    private(set) var caught: Set<StepID> = []
    /// Steps whose exception something around them catches and goes on.
    private(set) var swallowed: Set<StepID> = []
    /// Writes that come first in a `try` whose handler turns away: whoever comes second is told so.
    private(set) var attempts: Set<StepID> = []
    /// A condition names the error of a unique violation.
    private(set) var namesUniqueViolation = false

    init(in body: [Step]) {
        func look(_ value: Value) {
            for part in value.parts {
                switch part {
                case .outcome(let step, .failure): failures.insert(step)
                case .outcome(let step, _): outcomes.insert(step)
                case .literal(.string(let text)): if Self.isUniqueViolation(text) { namesUniqueViolation = true }
                case .literal(.number(let text)): if Self.violationNumbers.contains(text) { namesUniqueViolation = true }
                default: continue
                }
            }
        }
        body.visit { step in
            switch step.kind {
            case .branch(let condition, _, _): look(condition)
            case .call(let call): call.arguments.forEach(look)
            case .write(let write): write.assignments.forEach { look($0.value) }
            case .attempt(let inner, let handler?, _):
                let goesOn = !handler.alwaysLeaves
                if !goesOn, let first = inner.firstWrite { attempts.insert(first) }
                inner.visit {
                    caught.insert($0.id)
                    if goesOn { swallowed.insert($0.id) }
                }
            case .read, .loop, .scope, .attempt, .begin, .end, .lock, .unlock, .effect, .exit, .opaque: return
            }
        }
        // What an inner function gives back stands where its caller uses it; only the routine's own results leave here.
        for step in body.ownExits { if case .exit(.return(let value)) = step.kind { look(value) } }
    }

    /// MongoDB's, MySQL's and SQLite's numbers.
    private static let violationNumbers: Set<String> = ["11000", "1062", "2067", "1555"]

    /// PostgreSQL's SQLSTATE, MySQL's and SQLite's names, Prisma's code.
    private static func isUniqueViolation(_ text: String) -> Bool {
        ["23505", "ER_DUP_ENTRY", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT", "SQLITE_CONSTRAINT_PRIMARYKEY", "P2002"].contains(text)
            || text.lowercased().hasPrefix("unique") || text.lowercased().hasPrefix("duplicate")
    }
}

extension [Step] {
    /// The write before which a body asks the database nothing.
    fileprivate var firstWrite: StepID? {
        var first: Step?
        visit { step in
            switch step.kind {
            case .write, .read: first = first ?? step
            default: return
            }
        }
        if case .write? = first?.kind { return first?.id }
        return nil
    }

    /// The exits of the routine itself, not of the functions inside it.
    fileprivate var ownExits: [Step] {
        flatMap { step -> [Step] in
            switch step.kind {
            case .exit: [step]
            case .scope: []
            default: step.bodies.flatMap(\.ownExits)
            }
        }
    }
}
