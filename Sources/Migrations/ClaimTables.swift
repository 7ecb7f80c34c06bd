/// A run of a job that only one worker makes, however many are started: the claim is one statement, and a worker that dies
/// loses it when its lease ends.
package struct ClaimTables: Sendable {
    package var table: Identifier
    package var schema: Identifier

    package init(table: Identifier, schema: Identifier = .init(own: "public")) { (self.table, self.schema) = (table, schema) }

    package func blueprint() -> Blueprint {
        Blueprint(
            prefix: table, schema: schema,
            purpose: ["One worker a run: \(table.name)_claim gives a row to the one that may work, and none to the others."],
            tables: [
                .init(
                    name: table,
                    columns: [
                        .init("job", .text), .init("run", .text), .init("claimed_by", .text), .init("claimed_at", .instant), .init("lease_until", .instant),
                        .init("finished_at", .instant, ""),
                    ],
                    constraints: [.primaryKey([.init(own: "job"), .init(own: "run")])],
                    indexes: [.init(name: table.suffixed("claimed_at"), on: "(claimed_at)")])
            ],
            operations: [claim, finish, prune])
    }

    private var name: TableName { .init(identifier: table, schema: schema) }

    private var claim: Procedure {
        let sql = { (dialect: Dialect) in
            """
            INSERT INTO \(name.sql(in: dialect)) AS t (job, run, claimed_by, claimed_at, lease_until)
            SELECT :job, :run, :worker, :now, \(dialect.later(":now", by: ":lease"))
            WHERE :lease >= 1
            ON CONFLICT (job, run) DO UPDATE
            SET claimed_by = excluded.claimed_by, claimed_at = excluded.claimed_at, lease_until = excluded.lease_until
            WHERE t.finished_at IS NULL AND (t.lease_until <= :now OR t.claimed_by = excluded.claimed_by)
            RETURNING claimed_by
            """
        }
        return Procedure(
            name: "claim", purpose: "Claims a run. A row: the run is yours until the lease ends. None: somebody has it, or it is done.",
            parameters: [.init("job", .text), .init("run", .text), .init("worker", .text), .init("lease", .integer, or: "300"), .now],
            results: [.init("claimed_by", .text)], body: .same(sql))
    }

    private var finish: Procedure {
        let sql = { (dialect: Dialect) in
            """
            UPDATE \(name.sql(in: dialect)) SET finished_at = :now
            WHERE job = :job AND run = :run AND claimed_by = :worker AND finished_at IS NULL RETURNING claimed_by
            """
        }
        return Procedure(
            name: "finish", purpose: "Says that a run is done, for ever. No row: the lease was lost to another worker.",
            parameters: [.init("job", .text), .init("run", .text), .init("worker", .text), .now], results: [.init("claimed_by", .text)],
            body: .same(sql))
    }

    private var prune: Procedure {
        .pruning("Removes runs that were claimed p_days days ago. A run that is started again later than that runs again.", days: 60, least: 2) { dialect in
            [
                "DELETE FROM \(name.sql(in: dialect)) WHERE claimed_at < \(dialect.earlier(":now", by: ":days * 86400")) AND (finished_at IS NOT NULL OR lease_until < :now)"
            ]
        }
    }
}
