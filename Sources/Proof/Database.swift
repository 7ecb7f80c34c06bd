package import Flow

extension Proof {
    /// The databases on which a finding is played.
    package enum Engine: String, Hashable, Sendable, CaseIterable {
        case sqlite, postgres

        func open() throws(Obstacle) -> any Database { self == .sqlite ? try SQLiteDatabase() : try PostgresDatabase() }

        func type(_ kind: ColumnKind) -> String {
            switch self {
            case .sqlite: kind == .text ? "TEXT" : "NUMERIC"
            case .postgres: kind.postgres
            }
        }
    }
}

/// A throw-away database with a session for each request.
protocol Database: AnyObject {
    var engine: Proof.Engine { get }
    /// As in `SQLite 3.40.1`.
    var version: String { get }
    /// Makes the tables anew.
    func build(_ definitions: [String]) throws(Obstacle)
    /// Makes more, beside the tables.
    func add(_ definition: String) throws(Obstacle)
    /// Takes every row away and puts these in.
    func fill(_ tables: [String], _ inserts: [Statement]) throws(Obstacle)
    func run(_ statement: Statement, in lane: LaneName) -> Reply
    /// Asks again for a statement that had to wait.
    func resume(_ lane: LaneName) -> Reply
    /// All rows of a table.
    func rows(of table: Stage.Table) throws(Obstacle) -> [Datum.Row]
    /// As the engine begins a transaction of that isolation.
    func begin(_ isolation: Isolation) -> String
    /// Runs the same transaction for many clients at once; for each whether it succeeded.
    func contest(clients: Int, setup: [Statement], _ body: @escaping @Sendable (_ client: Int, _ run: (Statement) -> Reply) -> Bool) throws(Obstacle) -> Int
}

/// What a session says to a statement.
enum Reply: Hashable, Sendable {
    case answer(Outcome)
    /// Another request holds what it needs.
    case waiting
    case refused(String, Refusal)

    enum Refusal: Hashable, Sendable { case duplicate, check, conflict, other }
}
