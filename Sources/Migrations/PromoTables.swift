/// Promo codes whose every redemption is counted, for the code and for the person, whatever the ticket then costs.
///
/// The policy is stated once: a quantity of n takes n redemptions, a released redemption gives its n back to both counts, and
/// a ticket without a code counts for its person too, through `admit`.
package struct PromoTables: Sendable {
    package var prefix: Identifier
    package var schema: Identifier

    package init(prefix: Identifier, schema: Identifier = .init(own: "public")) { (self.prefix, self.schema) = (prefix, schema) }

    package func blueprint() -> Blueprint {
        Blueprint(
            prefix: prefix, schema: schema,
            purpose: [
                "Promo codes that run out. Every code has max_uses or is single_use: with a 100 % code a missing limit is a free ticket for everybody.",
                "A quantity of n takes n redemptions; a release gives them back; \(identities.identifier.name) also counts tickets that cost nothing.",
            ],
            tables: [
                .init(
                    name: codes.identifier,
                    columns: [
                        .init("code", .text), .init("campaign", .text), .init("discount_percent", .integer), .init("max_uses", .integer, ""),
                        .init("single_use", .flag, "NOT NULL DEFAULT false"), .init("max_per_identity", .integer, "NOT NULL DEFAULT 1"),
                        .init("used", .integer, "NOT NULL DEFAULT 0"), .init("active", .flag, "NOT NULL DEFAULT true"), .init("expires_at", .instant, ""),
                    ],
                    constraints: [
                        .primaryKey([.init(own: "code")]), .check("discount_percent BETWEEN 0 AND 100"), .check("max_uses IS NOT NULL OR single_use"),
                        .check("max_uses IS NULL OR max_uses >= 1"), .check("max_per_identity >= 1"), .check("used >= 0"),
                        .check("used <= CASE WHEN single_use THEN 1 ELSE max_uses END"),
                    ]),
                .init(
                    name: identities.identifier,
                    columns: [.init("campaign", .text), .init("identity", .text), .init("used", .integer), .init("updated_at", .instant)],
                    constraints: [.primaryKey([.init(own: "campaign"), .init(own: "identity")]), .check("used >= 0")]),
                .init(
                    name: redemptions.identifier,
                    columns: [
                        .init("id", .text), .init("code", .text, ""), .init("campaign", .text), .init("identity", .text), .init("quantity", .integer),
                        .init("redeemed_at", .instant), .init("released_at", .instant, ""),
                    ],
                    constraints: [
                        .primaryKey([.init(own: "id")]), .references(.init(own: "code"), codes.identifier, key: .init(own: "code")), .check("quantity >= 1"),
                    ],
                    indexes: [.init(name: redemptions.identifier.suffixed("code"), on: "(code, identity)")]),
            ],
            operations: [add, redeem, release, admit])
    }

    private func table(_ suffix: String) -> TableName { .init(identifier: prefix.suffixed(suffix), schema: schema) }
    private var codes: TableName { table("codes") }
    private var identities: TableName { table("identities") }
    private var redemptions: TableName { table("redemptions") }

    private var add: Procedure {
        let sql = { (dialect: Dialect) in
            """
            INSERT INTO \(codes.sql(in: dialect)) (code, campaign, discount_percent, max_uses, single_use, max_per_identity, expires_at)
            SELECT :code, :campaign, :discount, :uses, \(dialect.hasFunctions ? ":single = 1" : ":single"), :person, :expires WHERE true
            ON CONFLICT (code) DO NOTHING
            RETURNING code
            """
        }
        return Procedure(
            name: "add", purpose: "Adds a code. p_uses may be NULL only for one of single use, which p_single = 1 says. No row: the code exists.",
            parameters: [
                .init("code", .text), .init("campaign", .text), .init("discount", .integer), .init("uses", .integer), .init("single", .integer),
                .init("person", .integer), .init("expires", .instant),
            ],
            results: [.init("code", .text)], body: .same(sql))
    }

    private let limit = "CASE WHEN c.single_use THEN 1 ELSE c.max_uses END"

    /// What speaks against a redemption, in the order in which it is said; '' is nothing.
    private func obstacle(_ dialect: Dialect) -> String {
        """
        CASE WHEN :quantity < 1 THEN 'quantity' WHEN NOT c.active THEN 'inactive' WHEN c.expires_at <= :now THEN 'expired'
             WHEN c.used > \(limit) - :quantity THEN 'exhausted'
             WHEN coalesce((SELECT i.used FROM \(identities.sql(in: dialect)) AS i WHERE i.campaign = c.campaign AND i.identity = :identity), 0)
                  > c.max_per_identity - :quantity THEN 'identity_limit' ELSE '' END
        """
    }

    /// In PostgreSQL the row of the code is locked first, and that of the person by the statement that counts for them; the
    /// same person with another code of the campaign waits there. In SQLite there is one writer.
    private var redeem: Procedure {
        let sqlite = [
            """
            INSERT INTO \(redemptions.sqlite) (id, code, campaign, identity, quantity, redeemed_at)
            SELECT :attempt, c.code, c.campaign, :identity, :quantity, :now FROM \(codes.sqlite) AS c
            WHERE c.code = :code AND \(obstacle(.sqlite)) = ''
            ON CONFLICT (id) DO NOTHING
            """,
            "UPDATE \(codes.sqlite) SET used = used + :quantity WHERE code = :code AND changes() = 1",
            """
            INSERT INTO \(identities.sqlite) (campaign, identity, used, updated_at)
            SELECT c.campaign, :identity, :quantity, :now FROM \(codes.sqlite) AS c WHERE c.code = :code AND changes() = 1
            ON CONFLICT (campaign, identity) DO UPDATE SET used = used + excluded.used, updated_at = excluded.updated_at
            """,
            """
            SELECT CASE WHEN r.id IS NULL THEN \(obstacle(.sqlite)) WHEN r.code IS NOT c.code OR r.identity <> :identity OR r.quantity <> :quantity
                        THEN 'attempt_reused' WHEN r.released_at IS NOT NULL THEN 'released' ELSE 'redeemed' END AS outcome,
                   c.discount_percent, \(limit) - c.used AS remaining
            FROM \(codes.sqlite) AS c LEFT JOIN \(redemptions.sqlite) AS r ON r.id = :attempt WHERE c.code = :code
            """,
        ]
        return Procedure(
            name: "redeem",
            purpose:
                "Takes p_quantity redemptions: 'redeemed', or why not: 'exhausted', 'identity_limit', 'inactive', 'expired', 'quantity', 'released', 'attempt_reused'. No row: unknown code.",
            parameters: [.init("code", .text), .init("identity", .text), .init("quantity", .integer), .init("attempt", .text), .now],
            results: [.init("outcome", .text), .init("discount_percent", .integer), .init("remaining", .integer)],
            body: .init(
                postgres: .procedure(
                    declare: "why text;\ntaken bigint;",
                    """
                    PERFORM 1 FROM \(codes.postgres) AS c WHERE c.code = :code FOR UPDATE OF c;
                    IF NOT FOUND THEN
                        RETURN;
                    END IF;
                    SELECT CASE WHEN r.code IS DISTINCT FROM :code OR r.identity <> :identity OR r.quantity <> :quantity THEN 'attempt_reused'
                                WHEN r.released_at IS NOT NULL THEN 'released' ELSE 'redeemed' END
                    INTO why FROM \(redemptions.postgres) AS r WHERE r.id = :attempt;
                    IF NOT FOUND THEN
                        SELECT \(obstacle(.postgres)) INTO why FROM \(codes.postgres) AS c WHERE c.code = :code;
                    END IF;
                    IF why = '' THEN
                        INSERT INTO \(identities.postgres) AS i (campaign, identity, used, updated_at)
                        SELECT c.campaign, :identity, :quantity, :now FROM \(codes.postgres) AS c WHERE c.code = :code
                        ON CONFLICT (campaign, identity) DO UPDATE SET used = i.used + excluded.used, updated_at = excluded.updated_at
                        WHERE i.used <= (SELECT c.max_per_identity FROM \(codes.postgres) AS c WHERE c.code = :code) - excluded.used
                        RETURNING used INTO taken;
                        IF taken IS NULL THEN
                            why := 'identity_limit';
                        ELSE
                            UPDATE \(codes.postgres) SET used = used + :quantity WHERE code = :code;
                            INSERT INTO \(redemptions.postgres) (id, code, campaign, identity, quantity, redeemed_at)
                            SELECT :attempt, c.code, c.campaign, :identity, :quantity, :now FROM \(codes.postgres) AS c WHERE c.code = :code;
                            why := 'redeemed';
                        END IF;
                    END IF;
                    RETURN QUERY SELECT why AS outcome, c.discount_percent, \(limit) - c.used AS remaining FROM \(codes.postgres) AS c WHERE c.code = :code;
                    """),
                sqlite: sqlite))
    }

    private var release: Procedure {
        // The redemption is marked last, so that each statement still finds it open.
        let isOpen = "FROM \(redemptions.sqlite) AS r WHERE r.id = :attempt AND r.released_at IS NULL"
        let sqlite = [
            "UPDATE \(codes.sqlite) SET used = used - (SELECT r.quantity \(isOpen)) WHERE code = (SELECT r.code \(isOpen))",
            """
            UPDATE \(identities.sqlite) SET used = used - (SELECT r.quantity \(isOpen)), updated_at = :now
            WHERE (campaign, identity) = (SELECT r.campaign, r.identity \(isOpen))
            """,
            "UPDATE \(redemptions.sqlite) SET released_at = :now WHERE id = :attempt AND released_at IS NULL",
            "SELECT CASE WHEN changes() = 1 THEN 'released' ELSE 'none' END AS outcome",
        ]
        return Procedure(
            name: "release", purpose: "Gives a redemption back, once: 'released', or 'none' where there was nothing to give back.",
            parameters: [.init("attempt", .text), .now], results: [.init("outcome", .text)],
            body: .init(
                postgres: .procedure(
                    declare: "given record;",
                    """
                    UPDATE \(redemptions.postgres) SET released_at = :now WHERE id = :attempt AND released_at IS NULL
                    RETURNING code, campaign, identity, quantity INTO given;
                    IF NOT FOUND THEN
                        RETURN QUERY SELECT 'none'::text;
                        RETURN;
                    END IF;
                    UPDATE \(codes.postgres) SET used = used - given.quantity WHERE code = given.code;
                    UPDATE \(identities.postgres) SET used = used - given.quantity, updated_at = :now
                    WHERE campaign = given.campaign AND identity = given.identity;
                    RETURN QUERY SELECT 'released'::text;
                    """),
                sqlite: sqlite))
    }

    /// A ticket without a code is a redemption without a code, and is released like one.
    private var admit: Procedure {
        let isKnown = { (dialect: Dialect) in "EXISTS (SELECT 1 FROM \(redemptions.sql(in: dialect)) AS r WHERE r.id = :attempt)" }
        let count = { (dialect: Dialect) in
            """
            INSERT INTO \(identities.sql(in: dialect)) AS t (campaign, identity, used, updated_at)
            SELECT :campaign, :identity, :quantity, :now WHERE :quantity >= 1 AND :quantity <= :cap AND NOT \(isKnown(dialect))
            ON CONFLICT (campaign, identity) DO UPDATE SET used = t.used + excluded.used, updated_at = excluded.updated_at
            WHERE t.used <= :cap - excluded.used
            """
        }
        let record = { (dialect: Dialect, condition: String) in
            """
            INSERT INTO \(redemptions.sql(in: dialect)) (id, code, campaign, identity, quantity, redeemed_at)
            SELECT :attempt, NULL, :campaign, :identity, :quantity, :now\(condition)
            """
        }
        let answer = { (dialect: Dialect) in
            """
            SELECT CASE WHEN r.id IS NULL THEN 'identity_limit' WHEN r.code IS NOT NULL OR r.campaign <> :campaign OR r.identity <> :identity
                        OR r.quantity <> :quantity THEN 'attempt_reused' WHEN r.released_at IS NOT NULL THEN 'released' ELSE 'admitted' END AS outcome
            FROM (SELECT :attempt AS id) AS given LEFT JOIN \(redemptions.sql(in: dialect)) AS r ON r.id = given.id
            """
        }
        return Procedure(
            name: "admit",
            purpose: "Counts tickets without a code for their person, under the same cap: 'admitted', 'identity_limit', 'released', 'attempt_reused'.",
            parameters: [
                .init("campaign", .text), .init("identity", .text), .init("quantity", .integer), .init("cap", .integer), .init("attempt", .text), .now,
            ],
            results: [.init("outcome", .text)],
            body: .init(
                postgres: .procedure(
                    declare: "",
                    """
                    \(count(.postgres));
                    IF FOUND THEN
                        \(record(.postgres, "").nested(1));
                    END IF;
                    RETURN QUERY \(answer(.postgres));
                    """),
                sqlite: [count(.sqlite), record(.sqlite, " WHERE changes() = 1"), answer(.sqlite)]))
    }
}
