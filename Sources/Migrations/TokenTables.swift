/// Tokens that work once, and the families that fall with them: authorization codes, refresh tokens, one-time codes, magic
/// links. The second use of a token tells that somebody else holds it (RFC 6749 §4.1.2, RFC 9700 §4.14.2), so that everything
/// that came from the same login is revoked.
package struct TokenTables: Sendable {
    package var prefix: Identifier
    package var schema: Identifier

    package init(prefix: Identifier, schema: Identifier = .init(own: "public")) { (self.prefix, self.schema) = (prefix, schema) }

    package func blueprint() -> Blueprint {
        Blueprint(
            prefix: prefix, schema: schema,
            purpose: [
                "Tokens that work once. \(tokens.identifier.name) holds their hashes, never themselves; \(families.identifier.name) what came from one login.",
                "\(prefix.name)_consume is the only way to use one: of two requests one is answered 'consumed', the other 'replayed', and the family is revoked.",
            ],
            tables: [
                .init(
                    name: families.identifier,
                    columns: [
                        .init("id", .text), .init("subject", .text), .init("created_at", .instant), .init("revoked_at", .instant, ""),
                        .init("revoked_reason", .text, ""),
                    ],
                    constraints: [.primaryKey([.init(own: "id")])],
                    indexes: [.init(name: families.identifier.suffixed("subject"), on: "(subject)")]),
                .init(
                    name: tokens.identifier,
                    columns: [
                        .init("hash", .text), .init("kind", .text), .init("family_id", .text), .init("binding", .text, "NOT NULL DEFAULT ''"),
                        .init("created_at", .instant), .init("expires_at", .instant), .init("consumed_at", .instant, ""), .init("consumed_by", .text, ""),
                    ],
                    constraints: [
                        .primaryKey([.init(own: "hash")]), .references(.init(own: "family_id"), families.identifier, key: .init(own: "id"), cascades: true),
                    ],
                    indexes: [
                        .init(name: tokens.identifier.suffixed("family"), on: "(family_id)"),
                        .init(name: tokens.identifier.suffixed("expires"), on: "(expires_at)"),
                    ]),
                .init(
                    name: beacons.identifier,
                    columns: [.init("id", .text), .init("family_id", .text), .init("event", .text), .init("at", .instant)],
                    constraints: [.primaryKey([.init(own: "id"), .init(own: "family_id")])],
                    indexes: [.init(name: beacons.identifier.suffixed("at"), on: "(at)")]),
            ],
            operations: [issue, consume, rotate, check, revoke, prune])
    }

    private func table(_ suffix: String) -> TableName { .init(identifier: prefix.suffixed(suffix), schema: schema) }
    private var families: TableName { table("families") }
    private var tokens: TableName { table("tokens") }
    private var beacons: TableName { table("beacons") }

    /// A token is born into a family that nobody has revoked, or not at all: else a replay that is noticed between the use of
    /// the old token and the birth of the new one would leave the thief with a good one. PostgreSQL takes the family's lock
    /// for that; in SQLite there is one writer.
    private var issue: Procedure {
        let insert = { (dialect: Dialect) in
            """
            INSERT INTO \(tokens.sql(in: dialect)) (hash, kind, family_id, binding, created_at, expires_at)
            SELECT :hash, :kind, f.id, :binding, :now, \(dialect.later(":now", by: ":lifetime"))
            FROM \(families.sql(in: dialect)) AS f
            WHERE f.id = :family AND f.subject = :subject AND f.revoked_at IS NULL AND :lifetime >= 1\(dialect.hasFunctions ? "\nFOR SHARE OF f" : "")
            ON CONFLICT (hash) DO NOTHING
            """
        }
        let family = { (dialect: Dialect) in
            """
            INSERT INTO \(families.sql(in: dialect)) (id, subject, created_at) SELECT :family, :subject, :now WHERE :lifetime >= 1
            ON CONFLICT (id) DO NOTHING
            """
        }
        let void = { (dialect: Dialect) in
            """
            UPDATE \(tokens.sql(in: dialect)) SET expires_at = :now
            WHERE :voids = 1 AND kind = :kind AND consumed_at IS NULL AND expires_at > :now
              AND family_id IN (SELECT f.id FROM \(families.sql(in: dialect)) AS f WHERE f.subject = :subject)
            """
        }
        return Procedure(
            name: "issue",
            purpose:
                "Stores the hash of a new token; opens its family if this is the first. With p_voids = 1 older ones of the subject end. 'issued', 'revoked' or, for a hash that exists, 'duplicate'.",
            parameters: [
                .init("hash", .text), .init("kind", .text), .init("family", .text), .init("subject", .text), .init("binding", .text),
                .init("lifetime", .integer), .init("voids", .integer, or: "0"), .now,
            ],
            results: [.init("outcome", .text)],
            body: .init(
                postgres: .procedure(
                    declare: "",
                    """
                    \(void(.postgres));
                    \(family(.postgres));
                    \(insert(.postgres));
                    IF FOUND THEN
                        RETURN QUERY SELECT 'issued'::text;
                    ELSIF EXISTS (SELECT 1 FROM \(tokens.postgres) AS t WHERE t.hash = :hash) THEN
                        RETURN QUERY SELECT 'duplicate'::text;
                    ELSE
                        RETURN QUERY SELECT 'revoked'::text;
                    END IF;
                    """),
                sqlite: [
                    void(.sqlite), family(.sqlite), insert(.sqlite),
                    """
                    SELECT CASE WHEN changes() = 1 THEN 'issued'
                                WHEN EXISTS (SELECT 1 FROM \(tokens.sqlite) WHERE hash = :hash) THEN 'duplicate' ELSE 'revoked' END AS outcome
                    """,
                ]))
    }

    /// `attempt` names the request: the same request may ask again after a lost connection and is answered as before.
    private var consume: Procedure {
        use("consume", purpose: "Uses a token: 'consumed', 'replayed' (its family is revoked now), 'revoked', 'expired', 'mismatch'. No row: unknown.", [])
    }

    /// Uses a token and makes the next one of its family, both or neither.
    private var rotate: Procedure {
        use(
            "rotate", purpose: "As consume; where the token was good, its successor is stored under p_next, in the same transaction.",
            [.init("next", .text), .init("next_binding", .text), .init("lifetime", .integer)])
    }

    private func use(_ name: String, purpose: String, _ more: [Procedure.Parameter]) -> Procedure {
        let take = { (dialect: Dialect) in
            """
            UPDATE \(tokens.sql(in: dialect)) SET consumed_at = :now, consumed_by = :attempt
            WHERE hash = :hash AND kind = :kind AND binding = :binding AND consumed_at IS NULL AND expires_at > :now AND :attempt IS NOT NULL
              AND EXISTS (SELECT 1 FROM \(families.sql(in: dialect)) AS f WHERE f.id = family_id AND f.revoked_at IS NULL)
            """
        }
        let revoke = { (dialect: Dialect, condition: String) in
            """
            UPDATE \(families.sql(in: dialect)) SET revoked_at = :now, revoked_reason = 'token_replayed'
            WHERE revoked_at IS NULL\(condition)
              AND id = (SELECT t.family_id FROM \(tokens.sql(in: dialect)) AS t
                        WHERE t.hash = :hash AND t.kind = :kind AND t.consumed_at IS NOT NULL AND t.consumed_by IS \(dialect.hasFunctions ? "DISTINCT FROM" : "NOT") :attempt)
            """
        }
        let beacon = { (dialect: Dialect, condition: String) in
            """
            INSERT INTO \(beacons.sql(in: dialect)) (id, family_id, event, at)
            SELECT :attempt, t.family_id, 'token_replayed', :now FROM \(tokens.sql(in: dialect)) AS t
            WHERE t.hash = :hash\(condition)
            ON CONFLICT (id, family_id) DO NOTHING
            """
        }
        let answer = { (dialect: Dialect) in
            """
            SELECT CASE WHEN t.consumed_at IS NOT NULL AND t.consumed_by IS \(dialect.hasFunctions ? "DISTINCT FROM" : "NOT") :attempt THEN 'replayed'
                        WHEN f.revoked_at IS NOT NULL THEN 'revoked' WHEN t.binding <> :binding THEN 'mismatch'
                        WHEN t.consumed_by = :attempt THEN 'consumed' ELSE 'expired' END AS outcome,
                   f.subject, f.id AS family_id, EXISTS (SELECT 1 FROM \(beacons.sql(in: dialect)) AS b WHERE b.id = :attempt AND b.family_id = f.id) AS is_first_replay
            FROM \(tokens.sql(in: dialect)) AS t JOIN \(families.sql(in: dialect)) AS f ON f.id = t.family_id
            WHERE t.hash = :hash AND t.kind = :kind
            """
        }
        // The family's lock: a logout that runs at the same time comes before or after both.
        let follow = { (dialect: Dialect) in
            """
            INSERT INTO \(tokens.sql(in: dialect)) (hash, kind, family_id, binding, created_at, expires_at)
            SELECT :next, :kind, f.id, :next_binding, :now, \(dialect.later(":now", by: ":lifetime"))
            FROM \(tokens.sql(in: dialect)) AS t JOIN \(families.sql(in: dialect)) AS f ON f.id = t.family_id
            WHERE t.hash = :hash AND t.kind = :kind AND t.binding = :binding AND t.consumed_by = :attempt AND f.revoked_at IS NULL\(dialect.hasFunctions ? "\nFOR SHARE OF f" : "")
            ON CONFLICT (hash) DO NOTHING
            """
        }
        return Procedure(
            name: name, purpose: purpose,
            parameters: [.init("hash", .text), .init("kind", .text), .init("binding", .text), .init("attempt", .text)] + more + [.now],
            results: [.init("outcome", .text), .init("subject", .text), .init("family_id", .text), .init("is_first_replay", .flag)],
            body: .init(
                postgres: .procedure(
                    declare: "",
                    """
                    \(take(.postgres));
                    IF NOT FOUND THEN
                        \(revoke(.postgres, "").nested(1));
                        IF FOUND THEN
                            \(beacon(.postgres, "").nested(2));
                        END IF;
                    END IF;
                    \(more.isEmpty ? "" : follow(.postgres) + ";")
                    RETURN QUERY \(answer(.postgres));
                    """),
                sqlite: [take(.sqlite), revoke(.sqlite, " AND changes() = 0"), beacon(.sqlite, " AND changes() = 1")]
                    + (more.isEmpty ? [] : [follow(.sqlite)]) + [answer(.sqlite)]))
    }

    private var check: Procedure {
        let sql = { (dialect: Dialect) in
            """
            SELECT f.subject, f.id AS family_id FROM \(tokens.sql(in: dialect)) AS t JOIN \(families.sql(in: dialect)) AS f ON f.id = t.family_id
            WHERE t.hash = :hash AND t.kind = :kind AND t.consumed_at IS NULL AND t.expires_at > :now AND f.revoked_at IS NULL
            """
        }
        return Procedure(
            name: "check", purpose: "Whom a token that may be used often, such as an access token, belongs to. No row: expired, revoked or unknown.",
            parameters: [.init("hash", .text), .init("kind", .text), .now], results: [.init("subject", .text), .init("family_id", .text)],
            body: .same(sql))
    }

    private var revoke: Procedure {
        let sql = { (dialect: Dialect) in
            "UPDATE \(families.sql(in: dialect)) SET revoked_at = :now, revoked_reason = :reason WHERE id = :family AND revoked_at IS NULL RETURNING id"
        }
        return Procedure(
            name: "revoke", purpose: "Revokes every token of a family, as at a logout. No row: it was revoked before, or there is none.",
            parameters: [.init("family", .text), .init("reason", .text), .now], results: [.init("id", .text)],
            body: .same(sql))
    }

    /// Used and expired tokens stay for the retention: a replay is only seen as long as its token is remembered.
    private var prune: Procedure {
        .pruning("Removes tokens that expired p_days days ago. Until then their second use is noticed.", days: 60, least: 1) { dialect in
            let edge = dialect.earlier(":now", by: ":days * 86400")
            return [
                "DELETE FROM \(beacons.sql(in: dialect)) WHERE at < \(edge)",
                """
                DELETE FROM \(families.sql(in: dialect)) WHERE created_at < \(edge)
                  AND NOT EXISTS (SELECT 1 FROM \(tokens.sql(in: dialect)) AS t WHERE t.family_id = \(families.sql(in: dialect)).id)
                """,
                "DELETE FROM \(tokens.sql(in: dialect)) WHERE expires_at < \(edge)",
            ]
        }
    }
}
