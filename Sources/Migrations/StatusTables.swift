/// A status that changes only from the status the decider saw: of approve and reject one wins, the other is told who won.
package struct StatusTables: Sendable {
    package var table: Identifier
    package var schema = Identifier(own: "public")
    package var id: (name: Identifier, type: KeyType) = (.init(own: "id"), .bigint)
    package var status = Identifier(own: "status")
    package var transitions: [Transition]
    /// The table itself is made only for the reference; a user's is there already.
    package var makesTable = false

    package struct Transition: Hashable, Sendable {
        package var prior: String, next: String

        package init(_ prior: String, _ next: String) { (self.prior, self.next) = (prior, next) }

        /// `requested:approved`, as on a command line.
        package init(parsing text: String) throws(MigrationError) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, parts[0] != parts[1] else { throw .badTransition(text) }
            self.init(parts[0], parts[1])
        }
    }

    package init(table: Identifier, transitions: [Transition]) { (self.table, self.transitions) = (table, transitions) }

    package func blueprint() -> Blueprint {
        let key = Kind.key(id.type)
        let own = Blueprint.Table(
            name: table, columns: [.init(id.name, key), .init(status, .text)], constraints: [.primaryKey([id.name])])
        return Blueprint(
            prefix: table, schema: schema,
            purpose: [
                "The statuses of \(table.name): which may follow which, who changed them, and what has to be sent because of it.",
                "\(table.name)_transition writes only while the row still has the status that the decision was made on.",
            ],
            tables: (makesTable ? [own] : []) + [
                .init(
                    name: legal.identifier, columns: [.init("prior_status", .text), .init("new_status", .text)],
                    constraints: [.primaryKey([.init(own: "prior_status"), .init(own: "new_status")])]),
                .init(
                    name: log.identifier,
                    columns: [
                        .init("id", .text), .init("row_id", key), .init("prior_status", .text), .init("new_status", .text), .init("actor_id", .text),
                        .init("transition_at", .instant), .init("reason", .text, ""),
                    ],
                    constraints: [.primaryKey([.init(own: "id")])],
                    indexes: [.init(name: log.identifier.suffixed("row"), on: "(row_id, transition_at)")]),
                outbox.definition,
            ],
            seeds: transitions.isEmpty ? [] : [.init(table: legal.identifier, rows: transitions.map { [$0.prior, $0.next] })],
            operations: [transition(key)] + outbox.operations, borrowed: [id.name, status])
    }

    private var outbox: OutboxTable { .init(prefix: table, schema: schema) }
    private var legal: TableName { .init(identifier: table.suffixed("legal_transitions"), schema: schema) }
    private var log: TableName { .init(identifier: table.suffixed("transition_log"), schema: schema) }

    /// A status is compared and answered as text, whatever its column is.
    private func text(_ column: String, _ dialect: Dialect) -> String { dialect.hasFunctions ? column + "::text" : column }

    private func transition(_ key: Kind) -> Procedure {
        let name = TableName(identifier: table, schema: schema)
        let isLegal = { (dialect: Dialect) in
            "EXISTS (SELECT 1 FROM \(legal.sql(in: dialect)) AS l WHERE l.prior_status = :prior AND l.new_status = :next)"
        }
        let isUsed = { (dialect: Dialect) in "EXISTS (SELECT 1 FROM \(log.sql(in: dialect)) AS u WHERE u.id = :attempt)" }
        // The same attempt for something else is no repetition.
        let isDone = { (dialect: Dialect) in
            """
            EXISTS (SELECT 1 FROM \(log.sql(in: dialect)) AS d WHERE d.id = :attempt AND d.row_id = :id AND d.prior_status = :prior
                    AND d.new_status = :next AND d.actor_id = :actor)
            """
        }
        let change = { (dialect: Dialect) in
            """
            UPDATE \(name.sql(in: dialect)) SET \(status.sql) = \(dialect.hasFunctions ? "next_status" : ":next")
            WHERE \(id.name.sql) = :id AND \(text(status.sql, dialect)) = :prior AND \(isLegal(dialect)) AND NOT \(isUsed(dialect))
            """
        }
        let record = { (dialect: Dialect, condition: String) in
            """
            INSERT INTO \(log.sql(in: dialect)) (id, row_id, prior_status, new_status, actor_id, transition_at, reason)
            SELECT :attempt, :id, :prior, :next, :actor, :now, :reason\(condition)
            """
        }
        let answer = { (dialect: Dialect) in
            """
            SELECT CASE WHEN \(isDone(dialect)) THEN 'done' WHEN \(isUsed(dialect)) THEN 'attempt_reused' WHEN r.\(id.name.sql) IS NULL THEN 'missing'
                        WHEN NOT \(isLegal(dialect)) THEN 'illegal' ELSE 'conflict' END AS outcome,
                   \(text("r." + status.sql, dialect)) AS current_status,
                   (SELECT g.actor_id FROM \(log.sql(in: dialect)) AS g WHERE g.row_id = :id AND g.new_status = \(text("r." + status.sql, dialect))
                    ORDER BY g.transition_at DESC, g.id DESC LIMIT 1) AS current_reviewer
            FROM (SELECT 1) AS one LEFT JOIN \(name.sql(in: dialect)) AS r ON r.\(id.name.sql) = :id
            """
        }
        return Procedure(
            name: "transition",
            purpose:
                "Changes a status if it still is p_prior: 'done', 'conflict' (answer 409 with the status and who set it), 'illegal' (422), 'missing' (404), 'attempt_reused' for something else (422).",
            parameters: [
                .init("id", key), .init("prior", .text), .init("next", .text), .init("actor", .text), .init("attempt", .text),
                .init("reason", .text, or: "NULL"), .init("topic", .text, or: "NULL"), .init("payload", .text, or: "''"), .now,
            ],
            results: [.init("outcome", .text), .init("current_status", .text), .init("current_reviewer", .text)],
            body: .init(
                postgres: .procedure(
                    // A variable of the column's own type takes text for an enum as for a varchar.
                    declare: "next_status \(name.postgres).\(status.sql)%TYPE;",
                    """
                    IF \(isLegal(.postgres)) THEN
                        next_status := :next;
                        \(change(.postgres).nested(1));
                        IF FOUND THEN
                            \(record(.postgres, "").nested(2));
                            \(outbox.insert(.postgres, where: ":topic IS NOT NULL").nested(2));
                        END IF;
                    END IF;
                    RETURN QUERY \(answer(.postgres));
                    """),
                sqlite: [
                    change(.sqlite), record(.sqlite, " WHERE changes() = 1"), outbox.insert(.sqlite, where: "changes() = 1 AND :topic IS NOT NULL"),
                    answer(.sqlite),
                ]))
    }
}

extension StatusTables {
    /// The payout machine: what may follow what, from the first request to the money that has left.
    package static let payouts = [
        Transition("requested", "approved"), Transition("requested", "rejected"), Transition("approved", "processing"), Transition("approved", "cancelled"),
        Transition("processing", "paid"), Transition("processing", "failed"), Transition("failed", "requested"), Transition("cancelled", "requested"),
    ]
}
