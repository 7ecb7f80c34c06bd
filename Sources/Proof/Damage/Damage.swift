package import Flow

/// A question to the user's own database: has it happened already, and to whom? It reads, and changes nothing.
package struct Damage: Hashable, Sendable {
    /// One statement, with the user's own names; nil where the schema cannot tell.
    package var query: String?
    /// What its rows are, in one sentence; or which column is missing.
    package var text: String

    /// More rows than these nobody looks at.
    private static let limit = 1_000

    /// - Parameters:
    ///   - lines: of the statement.
    ///   - text: what its rows are.
    init(_ lines: [String], text: String) {
        query = lines.joined(separator: "\n") + "\nLIMIT \(Self.limit);"
        self.text = text
    }

    /// - Parameter reason: why there is no such query.
    init(untold reason: String) { self.init(nothing: "It cannot be told: \(reason)") }

    init(nothing text: String) {
        query = nil
        self.text = text
    }
}

/// Writes such questions for findings.
package struct Auditor {
    let project: Project
    let wanted: Proof.Engine?
    /// What the code speaks, as far as it says so.
    private let spoken: Proof.Engine
    /// The tables that its statements name.
    private let stored: Set<String>

    /// - Parameter engine: in whose SQL; by default what the code speaks.
    package init(_ project: Project, engine: Proof.Engine? = nil) {
        self.project = project
        wanted = engine
        var stored: Set<String> = [], isSQLite = false, isOther = false
        for routine in project.routines {
            routine.body.visit { step in
                let (table, api): (String?, API?)
                switch step.kind {
                case .read(let read): (table, api) = (read.table, read.api)
                case .write(let write): (table, api) = (write.table, write.api)
                default: return
                }
                if let table { stored.insert(Schema.fold(table)) }
                if api?.dialect == .sqlite { isSQLite = true } else if api?.dialect == .postgres || api?.dialect == .mysql { isOther = true }
            }
        }
        self.stored = stored
        spoken = isSQLite && !isOther ? .sqlite : .postgres
    }

    package func damage(of finding: Finding) -> Damage {
        if let course = finding.course, project.routines.indices.contains(course.routine) {
            do throws(Obstacle) {
                let scene = try Scene(course, project, wanted)
                return scene.damage()
            } catch { return Damage(untold: "\(error.reason).") }
        }
        let schema = SchemaDamage(project.schema, wanted ?? spoken, stored: stored)
        return switch finding.rule {
        case "unsafe-url-field": schema.urls(finding.table, finding.column)
        case "auth-without-lockout": schema.bursts()
        case "unowned-payment", "client-set-amount": schema.refunds()
        case "uncapped-code": schema.codes(finding.table)
        case "count-then-insert": Damage(untold: "what is counted stands inside the statement itself.")
        default: Damage(nothing: "Nothing stays behind in the database from which it could be told.")
        }
    }
}
