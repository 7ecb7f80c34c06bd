import ArgumentParser
import Foundation
import Migrations
import Reporters

/// What can be asked for, and which options say something about it.
enum Guard: String, ExpressibleByArgument, CaseIterable {
    case counter, promo, lockout, token, status, payment, idempotency

    var summary: String {
        switch self {
        case .counter: "a cap that two requests cannot both pass"
        case .promo: "promo codes that run out, for the code and for the person"
        case .lockout: "a lock for each account, counted before the secret is compared"
        case .token: "tokens that work once, and families that fall with a replay"
        case .status: "a status that changes only from the one the decider saw"
        case .payment: "payments for the caller's own session over the server's amount"
        case .idempotency: "a run of a job that one worker makes"
        }
    }

    fileprivate var options: Set<String> {
        switch self {
        case .counter: ["scope", "cap", "period", "time-zone", "retention-days", "prefix"]
        case .lockout: ["scope", "account", "cap", "window"]
        case .status: ["id", "status", "transition"]
        case .promo, .token, .payment, .idempotency: []
        }
    }
}

extension Dialect: ExpressibleByArgument {}
extension SlotCounterTables.Period: ExpressibleByArgument {}

/// A column of the user's, with its type where that matters: `affiliate_id:uuid`.
struct ColumnOption: ExpressibleByArgument {
    var name: String
    var type: KeyType?

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, let name = parts.first else { return nil }
        (self.name, type) = (name, nil)
        if parts.count == 2 {
            guard let type = KeyType(rawValue: parts[1]) else { return nil }
            self.type = type
        }
    }
}

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Write the migration that makes a race impossible.",
        discussion: """
            Writes the tables, the functions (PostgreSQL, Supabase) or statements (SQLite, D1), what undoes them, and the job that prunes them. Files that exist are never overwritten.

            \(Guard.allCases.map { "  \($0.rawValue): \($0.summary)" }.joined(separator: "\n"))
            """)

    @Argument(help: ArgumentHelp("What to guard: \(Guard.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "guard"))
    var kind: Guard

    @Option(help: "postgres, supabase, sqlite or d1.")
    var dialect: Dialect

    @Option(help: "The name of the table to make, or, for status, of the one that you have. For promo, token and payment: what their tables begin with.")
    var table: String

    @Option(help: "The column that a counter is for, with its type: affiliate_id:uuid. Types: text, uuid, bigint, integer. For lockout: the tenant.")
    var scope: ColumnOption?

    @Option(help: "How many fit: slots of a counter, attempts of a lockout.")
    var cap: Int?

    @Option(help: "When a counter begins anew: minute, day, month or forever.")
    var period: SlotCounterTables.Period?

    @Option(help: "Where its days begin: a name such as Europe/Istanbul. Default: UTC.")
    var timeZone: String?

    @Option(help: "How long counters are kept. Default: 60.")
    var retentionDays: Int?

    @Option(help: "What the functions begin with. Default: the table's name without its end, as affiliate_coupon of affiliate_coupon_daily_count.")
    var prefix: String?

    @Option(help: "The column that names the account. Default: account.")
    var account: String?

    @Option(help: "The minutes that a lockout lasts. Default: 30.")
    var window: Int?

    @Option(help: "The key of your table, with its type. Default: id:bigint.")
    var id: ColumnOption?

    @Option(help: "The column of your table that holds the status. Default: status.")
    var status: String?

    @Option(help: "A transition that is allowed, prior:next. Give it once for each.")
    var transition: [String] = []

    @Option(help: "The schema in PostgreSQL. Default: public.")
    var schema: String?

    @Option(help: "The version that the file's name begins with. Default: the time now, as 20260523000001.")
    var version: Int?

    @Option(help: "The folder to write to; it is made if it is missing.")
    var out: String

    mutating func validate() throws {
        let given: [(String, Bool)] = [
            ("scope", scope != nil), ("cap", cap != nil), ("period", period != nil), ("time-zone", timeZone != nil),
            ("retention-days", retentionDays != nil), ("prefix", prefix != nil), ("account", account != nil), ("window", window != nil), ("id", id != nil),
            ("status", status != nil), ("transition", !transition.isEmpty),
        ]
        if let stray = given.first(where: { $0.1 && !kind.options.contains($0.0) }) {
            throw ValidationError("--\(stray.0) says nothing about a \(kind.rawValue).")
        }
        if schema != nil, dialect == .sqlite || dialect == .d1 { throw ValidationError("--schema: SQLite has no schemas.") }
        if let timeZone, !TimeZone.knownTimeZoneIdentifiers.contains(timeZone), timeZone != "UTC" {
            throw ValidationError("--time-zone \(timeZone): there is no such zone; write it as in Europe/Istanbul.")
        }
        if timeZone != nil, period == .minute { throw ValidationError("--time-zone: a minute is one everywhere; leave it out.") }
        if timeZone != nil, dialect == .sqlite || dialect == .d1 {
            throw ValidationError("--time-zone: SQLite knows no zones; your code binds the period, in the zone of your choice.")
        }
        if kind == .status, transition.isEmpty {
            throw ValidationError("--transition is missing: name each allowed change, as in --transition requested:approved.")
        }
        if kind == .counter, scope == nil { throw ValidationError("--scope is missing: the column that each counter is for, as in --scope affiliate_id:uuid.") }
        if kind == .lockout, scope?.type != nil { throw ValidationError("--scope of a lockout is always text: leave the type out.") }
        if let window, window < 1 || window > 1440 { throw ValidationError("--window takes 1 to 1440 minutes.") }
        if let version, version < 1 { throw ValidationError("--version takes a positive number.") }
    }

    func run() async throws {
        let blueprint = try blueprint().checked()
        let files = blueprint.files(dialect, version: version ?? max(Migrate.now(), Migrate.last(in: out) + 1), kind: kind.rawValue)
        let paths = try NewFiles.write(files.map { ($0.path, $0.text) }, under: out)
        try StandardOutput.write(paths.map { $0.printable + "\n" }.joined())
    }

    private func blueprint() throws -> Blueprint {
        let table = try Identifier(table), schema = try Identifier(schema ?? "public")
        switch kind {
        case .counter:
            let column = try scope.map { (try Identifier($0.name), $0.type ?? .text) } ?? (Identifier("scope"), .text)
            var counter = SlotCounterTables(
                prefix: try Identifier(prefix ?? SlotCounterTables.prefix(for: self.table)), table: table, scope: column.0, type: column.1,
                period: period ?? .day)
            (counter.schema, counter.cap) = (schema, cap)
            if let timeZone { counter.zone = timeZone }
            if let retentionDays { counter.retentionDays = retentionDays }
            return try counter.blueprint()
        case .lockout:
            var lockout = LockoutTables(table: table)
            lockout.schema = schema
            if let scope { lockout.scope = try Identifier(scope.name) }
            if let account { lockout.account = try Identifier(account) }
            if let cap { lockout.threshold = cap }
            if let window { lockout.windowSeconds = window * 60 }
            return try lockout.blueprint()
        case .status:
            var machine = StatusTables(table: table, transitions: try transition.map { try StatusTables.Transition(parsing: $0) })
            machine.schema = schema
            if let id { machine.id = (try Identifier(id.name), id.type ?? .bigint) }
            if let status { machine.status = try Identifier(status) }
            return machine.blueprint()
        case .promo: return PromoTables(prefix: table, schema: schema).blueprint()
        case .token: return TokenTables(prefix: table, schema: schema).blueprint()
        case .payment: return PaymentTables(prefix: table, schema: schema).blueprint()
        case .idempotency: return ClaimTables(table: table, schema: schema).blueprint()
        }
    }

    /// The largest version in a folder: two migrations of one second must not have one number.
    private static func last(in folder: String) -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.compactMap { Int($0.prefix { $0.isASCII && $0.isNumber }.prefix(14)) }.max() ?? 0
    }

    private static func now() -> Int {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: Date())
        return [parts.month, parts.day, parts.hour, parts.minute, parts.second].reduce(parts.year ?? 0) { $0 * 100 + ($1 ?? 0) }
    }
}
