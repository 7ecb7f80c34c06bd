import Foundation
import GRDB
import Migrations
import Racing
import Running
import Testing

/// What `interlock migrate` writes, run by the databases that it is for.
@Suite struct MigrateTests {
    /// One order for each guard, with the names of the incidents.
    static let plain: [[String]] = [
        ["counter", "--table", "affiliate_coupon_daily_count", "--scope", "affiliate_id:uuid", "--cap", "50"],
        ["counter", "--table", "seat_count", "--scope", "event_id:bigint", "--period", "forever"],
        ["promo", "--table", "promo"],
        ["lockout", "--table", "pw_failures", "--scope", "restaurant_id", "--account", "email_lc"],
        ["token", "--table", "auth"],
        ["status", "--table", "payouts", "--transition", "requested:approved", "--transition", "requested:rejected"],
        ["payment", "--table", "pay"],
        ["idempotency", "--table", "cron_idempotency_claims"],
    ]

    /// Names that are words of SQL, hold quotes of every kind, or try to end what they stand in.
    static let awkward: [[String]] = [
        ["counter", "--table", "Order \"x\" 'y'", "--scope", "select", "--prefix", "$guarded$; --", "--cap", "5"],
        ["promo", "--table", "user"], ["lockout", "--table", "group", "--scope", "table", "--account", "E-Mail 100%"], ["token", "--table", "Größe"],
        ["status", "--table", "from", "--id", "primary:uuid", "--status", "the \"status\"", "--transition", "it's:o\"k"],
        ["counter", "--table", "p_count", "--scope", "p_scope", "--prefix", "mine"],
        ["lockout", "--table", "lk", "--scope", "p_scope", "--account", "p_account"],
        ["payment", "--table", "a.b"], ["idempotency", "--table", "'; DROP TABLE x; --"],
    ]

    private func write(_ order: [String], _ dialect: Dialect, to folder: String, version: Int = 20_260_523_000_001) throws -> [String] {
        let run = try Run(Built.program("interlock"), ["migrate"] + order + ["--dialect", dialect.rawValue, "--version", "\(version)", "--out", folder])
        try #require(run.code == 0, "\(run.errors)")
        return run.output.split(separator: "\n").map(String.init)
    }

    private func folder() throws -> String { try Scratch.folder.get() + "/\(UUID().uuidString)" }

    /// Up twice, down twice, up again: the same each time, and nothing stays behind.
    @Test(arguments: [Dialect.postgres, .supabase], plain + awkward) func postgres(_ dialect: Dialect, _ order: [String]) throws {
        let connection = try Server.shared.get().newDatabase(), folder = try folder(), files = try write(order, dialect, to: folder)
        func run(_ path: String) throws {
            let run = try Run(URL(filePath: "/usr/bin/env"), ["psql", "-v", "ON_ERROR_STOP=1", "-qAt", connection, "-f", path])
            #expect(run.code == 0, "\(path): \(run.errors)")
        }
        func objects() throws -> String {
            try Server.psql("SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'", connection).output
                + Server.psql("SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = 'public'", connection).output
        }
        if order[0] == "status" { try make(order, connection) }
        let before = try objects()
        let up = files.filter { !$0.contains("/down/") && !$0.contains("/cron/") }, down = files.filter { $0.contains("/down/") }
        #expect(up.count >= 1 && down.count == 1)
        for _ in 0..<2 { for file in up { try run(file) } }
        let made = try objects()
        #expect(made != before)
        for _ in 0..<2 { for file in down { try run(file) } }
        #expect(try objects() == before)
        for file in up { try run(file) }
        #expect(try objects() == made)
    }

    /// The table of the user's that a status machine stands on.
    private func make(_ order: [String], _ connection: String) throws {
        let sql =
            order.contains("payouts")
            ? "CREATE TABLE payouts (id bigint PRIMARY KEY, status text)" : "CREATE TABLE \"from\" (\"primary\" uuid PRIMARY KEY, \"the \"\"status\"\"\" text)"
        #expect(try Server.psql(sql, connection).code == 0)
    }

    @Test(arguments: [Dialect.sqlite, .d1], plain + awkward) func sqlite(_ dialect: Dialect, _ order: [String]) throws {
        let folder = try folder(), files = try write(order, dialect, to: folder), database = try DatabaseQueue()
        func run(_ path: String) throws {
            let text = try String(contentsOfFile: path, encoding: .utf8)
            try database.writeWithoutTransaction { try $0.execute(sql: text) }
        }
        func objects() throws -> Int { try database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_schema") } ?? 0 }
        if order[0] == "status" {
            let sql =
                order.contains("payouts")
                ? "CREATE TABLE payouts (id INTEGER PRIMARY KEY, status TEXT)"
                : "CREATE TABLE \"from\" (\"primary\" TEXT PRIMARY KEY, \"the \"\"status\"\"\" TEXT)"
            try database.write { try $0.execute(sql: sql) }
        }
        let before = try objects(), down = files.filter { $0.contains("/down/") }
        let up = files.filter { !$0.contains("/down/") && !$0.contains("/cron/") && !$0.contains("/queries/") }
        for _ in 0..<2 { for file in up { try run(file) } }
        #expect(try objects() > before)
        for file in files where file.contains("/cron/") { try run(file) }
        // Every statement for other languages is one that SQLite knows, with as many parameters as its comment names.
        for file in files where file.contains("/queries/") {
            let text = try String(contentsOfFile: file, encoding: .utf8)
            let blocks = text.components(separatedBy: "\n\n").dropFirst()
            #expect(!blocks.isEmpty)
            for block in blocks {
                let parameters = block.split(separator: "\n").first?.split(separator: "?").count ?? 0
                try database.read { db in
                    let statement = try db.makeStatement(sql: block)
                    #expect(statement.sql.hasSuffix(";") || !statement.sql.isEmpty)
                    #expect((try? statement.setArguments(StatementArguments(Array(repeating: 1, count: parameters - 1)))) != nil)
                }
            }
        }
        for _ in 0..<2 { for file in down { try run(file) } }
        #expect(try objects() == before)
    }

    /// On Supabase whoever has the public key could call a function that nobody closed.
    @Test func supabaseRights() throws {
        let server = try Server.shared.get(), connection = try server.newDatabase()
        for role in ["anon", "authenticated", "service_role"] {
            _ = try server.psql("DO $$ BEGIN CREATE ROLE \(role); EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        }
        // As on Supabase, where new objects are open to all three.
        let open =
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role; ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role; GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;"
        #expect(try Server.psql(open, connection).code == 0)
        try apply(Self.plain[0], connection, .supabase)
        let call = "SELECT count FROM public.affiliate_coupon_claim_slot('6f9619ff-8b86-d011-b42d-00cf4fc964ff')"
        for role in ["anon", "authenticated"] {
            #expect(try Server.psql("SET ROLE \(role); \(call)", connection).errors.contains("permission denied"))
            #expect(try Server.psql("SET ROLE \(role); SELECT * FROM affiliate_coupon_daily_count", connection).errors.contains("permission denied"))
        }
        #expect(try Server.psql("SET ROLE service_role; \(call)", connection).output == "1\n")
        // A table of somebody's own that is found first must not be written instead.
        let trap =
            "CREATE SCHEMA trap; CREATE TABLE trap.affiliate_coupon_daily_count (affiliate_id uuid, ymd text, count bigint, updated_at timestamptz); SET search_path = trap, public;"
        #expect(try Server.psql("\(trap) \(call)", connection).output == "2\n")
        #expect(
            try Server.psql(
                "SELECT relrowsecurity FROM pg_class WHERE relname = 'affiliate_coupon_daily_count' AND relnamespace = 'public'::regnamespace", connection
            ).output == "t\n")
    }

    /// A cap of nothing, a quantity above the cap, and nonsense, asked of the function itself.
    @Test func theFunctionAlone() throws {
        let connection = try Server.shared.get().newDatabase()
        try apply(Self.plain[1], connection)
        for arguments in ["1, 0", "1, -1", "1, 5, 6", "1, 5, 0", "1, 5, -1", "1, NULL", "1, 9223372036854775807, 0"] {
            let run = try Server.psql("SELECT * FROM seat_claim_slot(\(arguments))", connection)
            #expect(run.output == "" && run.code == 0, "\(arguments) \(run.errors)")
        }
        #expect(try Server.psql("SELECT count(*) FROM seat_count", connection).output == "0\n")
        #expect(try Server.psql("SELECT * FROM seat_claim_slot(1, 5, 5)", connection).output == "5|always\n")
        #expect(try Server.psql("SELECT * FROM seat_claim_slot(1, 5)", connection).output == "")
        #expect(try Server.psql("SELECT used, remaining FROM seat_remaining(1, 5)", connection).output == "5|0\n")
        #expect(try Server.psql("SELECT * FROM seat_release_slot(1, 9)", connection).output == "0\n")
    }

    private func apply(_ order: [String], _ connection: String, _ dialect: Dialect = .postgres) throws {
        for file in try write(order, dialect, to: try folder()) where !file.contains("/down/") && !file.contains("/cron/") {
            let run = try Run(URL(filePath: "/usr/bin/env"), ["psql", "-v", "ON_ERROR_STOP=1", "-qAt", connection, "-f", file])
            #expect(run.code == 0, "\(run.errors)")
        }
    }

    /// Columns that are called like parameters stay columns: what is asked for one row must not be done to all.
    @Test func columnsThatLookLikeParameters() throws {
        let connection = try Server.shared.get().newDatabase()
        #expect(
            try Server.psql("CREATE TABLE orders (p_id bigint PRIMARY KEY, p_status text); INSERT INTO orders VALUES (1, 'a'), (2, 'a')", connection).code == 0)
        try apply(["status", "--table", "orders", "--id", "p_id:bigint", "--status", "p_status", "--transition", "a:b"], connection)
        #expect(try Server.psql("SELECT outcome FROM orders_transition(1, 'a', 'b', 'me', 'x')", connection).output == "done\n")
        #expect(try Server.psql("SELECT p_id, p_status FROM orders ORDER BY 1", connection).output == "1|b\n2|a\n")
        try apply(["lockout", "--table", "lk", "--scope", "p_scope", "--account", "p_account"], connection)
        for tenant in ["t1", "t2"] { _ = try Server.psql("SELECT lk_attempt('\(tenant)', 'a')", connection) }
        #expect(try Server.psql("SELECT lk_clear('t1', 'a')", connection).code == 0)
        #expect(try Server.psql("SELECT p_scope, attempts FROM lk ORDER BY 1", connection).output == "t1|0\nt2|1\n")
    }

    /// Statuses stand in enums and in columns with a length, too.
    @Test(arguments: ["varchar(20)", "payout_status"]) func statusColumns(_ type: String) throws {
        let connection = try Server.shared.get().newDatabase()
        let table =
            "CREATE TYPE payout_status AS ENUM ('requested', 'approved', 'rejected'); CREATE TABLE payouts (id bigint PRIMARY KEY, status \(type)); INSERT INTO payouts VALUES (1, 'requested')"
        #expect(try Server.psql(table, connection).code == 0)
        try apply(Self.plain[5], connection)
        func transition(_ prior: String, _ next: String, _ attempt: String) throws -> String {
            try Server.psql("SELECT outcome, current_status FROM payouts_transition(1, '\(prior)', '\(next)', 'me', '\(attempt)')", connection).output
        }
        #expect(try transition("requested", "nonsense", "w") == "illegal|requested\n")
        #expect(try transition("requested", "approved", "x") == "done|approved\n")
        #expect(try transition("requested", "rejected", "y") == "conflict|approved\n")
        // A transition that is taken out of the migration is illegal afterwards.
        try apply(["status", "--table", "payouts", "--transition", "requested:rejected"], connection)
        #expect(try Server.psql("SELECT * FROM payouts_legal_transitions", connection).output == "requested|rejected\n")
    }

    /// What would switch a guard off, asked of the functions themselves.
    @Test func functionsDoNotFailOpen() throws {
        let connection = try Server.shared.get().newDatabase()
        for order in [Self.plain[0], Self.plain[3], Self.plain[7]] { try apply(order, connection) }
        for window in ["NULL", "0", "-5"] { #expect(try Server.psql("SELECT * FROM pw_failures_attempt('t', 'a', 10, \(window))", connection).output == "") }
        #expect(
            try Server.psql(
                "SELECT * FROM affiliate_coupon_claim_slot('6f9619ff-8b86-d011-b42d-00cf4fc964ff'); SELECT pw_failures_attempt('t', 'a'); SELECT cron_idempotency_claims_claim('j', 'r', 'w')",
                connection
            ).code == 0)
        for function in ["affiliate_coupon_prune(0)", "affiliate_coupon_prune(1)", "pw_failures_prune(0)", "cron_idempotency_claims_prune(-3)"] {
            #expect(try Server.psql("SELECT removed FROM \(function)", connection).output == "0\n", "\(function)")
        }
    }

    /// D1 binds what a Worker reads from its environment as text, which SQLite takes for larger than any number.
    @Test func capsThatAreText() throws {
        let folder = try folder(), files = try write(["counter", "--table", "seat_count", "--scope", "event_id", "--period", "forever"], .d1, to: folder)
        let database = try DatabaseQueue()
        try database.writeWithoutTransaction { try $0.execute(sql: try String(contentsOfFile: files[0], encoding: .utf8)) }
        let query = try String(contentsOfFile: try #require(files.first { $0.hasSuffix("claim_slot.sql") }), encoding: .utf8)
        #expect(query.contains("-- ?1 scope, ?2 period, ?3 quantity, ?4 now, ?5 cap"))
        let taken = try database.write { db in
            try [("0", "1"), ("50", "999"), ("50", "50"), ("50", "1")].map { cap, quantity in
                try !Row.fetchAll(db, sql: query, arguments: ["spring", "always", quantity, 1, cap]).isEmpty
            }
        }
        #expect(taken == [false, false, true, false])
        // The user's own cap stands in the statement.
        let own = try write(Self.plain[0], .d1, to: try self.folder()).first { $0.hasSuffix("claim_slot.sql") }
        #expect(try String(contentsOfFile: try #require(own), encoding: .utf8).contains("<= 50"))
    }

    @Test func versionsFollowOneAnother() throws {
        let folder = try folder()
        for order in [Self.plain[2], Self.plain[3], Self.plain[4]] {
            #expect(try Run(Built.program("interlock"), ["migrate"] + order + ["--dialect", "supabase", "--out", folder]).code == 0)
        }
        let versions = try FileManager.default.contentsOfDirectory(atPath: folder).compactMap { Int($0.prefix(14)) }
        #expect(versions.count == 6 && Set(versions).count == 6)
    }

    /// PostgreSQL's linter of migrations, and our own.
    @Test func lintersAreSilent() throws {
        let folder = try folder()
        for (number, order) in Self.plain.enumerated() {
            for dialect in Dialect.allCases { _ = try write(order, dialect, to: folder + "/" + dialect.rawValue, version: 20_260_523_000_001 + number * 2) }
        }
        let scan = try Run(Built.program("interlock"), ["scan", folder, "--min-confidence", "low"])
        #expect(scan.code == 0 && scan.output.contains("No findings"), "\(scan.output)")
        let squawk = Built.repository.appending(path: ".build/oracles/bin/squawk").path()
        for dialect in [Dialect.postgres, .supabase] {
            let files = try FileManager.default.subpathsOfDirectory(atPath: folder + "/" + dialect.rawValue).filter {
                $0.hasSuffix(".sql") && !$0.hasPrefix("cron")
            }.sorted()
            #expect(files.count == Self.plain.count * 3 - 2)
            let run = try Run(
                URL(filePath: "/usr/bin/env"),
                ["PYTHONPATH=\(Built.repository.appending(path: ".build/oracles").path())", squawk, "--pg-version", "13"]
                    + files.map { folder + "/" + dialect.rawValue + "/" + $0 })
            #expect(run.code == 0, "\(run.output) \(run.errors)")
        }
    }

    @Test func nothingIsOverwritten() throws {
        let folder = try folder(), files = try write(Self.plain[0], .postgres, to: folder)
        let kept = try String(contentsOfFile: files[0], encoding: .utf8)
        try FileManager.default.removeItem(atPath: files[1])
        let again = try Run(
            Built.program("interlock"), ["migrate"] + Self.plain[0] + ["--dialect", "postgres", "--version", "20260523000001", "--out", folder])
        #expect(again.code == 2 && again.errors == "interlock: \(files[0]): exists already, and nothing was written.\n" && again.output.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: files[1]))
        #expect(try String(contentsOfFile: files[0], encoding: .utf8) == kept)
        #expect(try FileManager.default.subpathsOfDirectory(atPath: folder).allSatisfy { !$0.contains(".interlock-") })
    }

    @Test(
        arguments: [
            (["counter", "--table", "t"], "--scope is missing"), (["counter", "--table", "", "--scope", "s"], "cannot be empty"),
            (["counter", "--table", "t", "--scope", "s", "--cap", "0"], "0: a cap is at least 1"),
            (["counter", "--table", "t", "--scope", "s:float"], "--scope"),
            (["counter", "--table", "a\u{1}b", "--scope", "s"], "no control characters"),
            (["counter", "--table", String(repeating: "x", count: 64), "--scope", "s"], "at most 63 bytes"),
            (["counter", "--table", "t", "--scope", "s", "--retention-days", "1"], "keep at least 2"),
            (["counter", "--table", "t", "--scope", "Count"], "two columns"),
            (["counter", "--table", "t", "--scope", "s", "--time-zone", "GMT+3"], "there is no such zone"),
            (["counter", "--table", "t", "--scope", "s", "--time-zone", "Mars/Olympus"], "there is no such zone"),
            (["token", "--table", "t", "--cap", "5"], "--cap says nothing about a token"),
            (["status", "--table", "t"], "--transition is missing"), (["status", "--table", "t", "--transition", "a"], "prior:next"),
            (["status", "--table", "t", "--transition", "a:a"], "two different statuses"), (["lockout", "--table", "t", "--window", "0"], "--window takes"),
            (["nothing", "--table", "t"], "nothing"),
        ] as [([String], String)]) func badOrders(_ order: [String], _ sentence: String) throws
    {
        let folder = try folder()
        let run = try Run(Built.program("interlock"), ["migrate"] + order + ["--dialect", "postgres", "--out", folder])
        #expect(run.code == 2 && run.errors.contains(sentence) && run.errors.split(separator: "\n").count == 1, "\(run.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder))
    }
}
