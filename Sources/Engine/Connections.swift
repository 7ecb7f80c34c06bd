import Flow
import Vocabulary

/// What a file says of the connections that a project makes: at which isolation they run, and to which database they go.
struct Connections {
    /// The levels that an argument asks for where a connection is made, one for each place.
    private(set) var asked: [Isolation] = []
    /// The level at which a database is told to begin every transaction.
    private(set) var standing: Isolation?
    /// The databases that URLs of connections and Django's backends name.
    private(set) var dialects: Set<API.Dialect> = []

    init() {}

    init(in bytes: [UInt8], _ language: Language) {
        guard language == .python || language == .sql || language.isProgram else { return }
        let option = Array("isolation".utf8)
        if bytes.hold(option, foundBy: UInt8(ascii: "o")) { noteLevels(bytes) }
        if language == .python, bytes.hold(Array("sql".utf8), foundBy: UInt8(ascii: "q")) || bytes.hold(Array("postg".utf8), foundBy: UInt8(ascii: "g")) {
            noteDialects(bytes)
        }
    }

    /// `isolation_level="REPEATABLE READ"`, of an engine or of Django's options;
    /// `default_transaction_isolation = 'serializable'`, of a database, a role or a connection.
    private mutating func noteLevels(_ bytes: [UInt8]) {
        let option = WordSet.hash("isolation_level"), standing = WordSet.hash("default_transaction_isolation")
        var asked = -100, isStanding = false
        var found = self
        bytes.withUnsafeBufferPointer { text in
            WordSet.forEachWord(in: text) { hash, place in
                if hash == option || hash == standing { (asked, isStanding) = (place.upperBound, hash == standing) }
                guard asked >= 0, place.lowerBound - asked < 60, let level = Self.levels[hash] else { return }
                if isStanding { found.standing = level } else { found.asked.append(level) }
                asked = -100
            }
        }
        self = found
    }

    private static let levels: [UInt64: Isolation] = {
        let spelled: [Isolation: [String]] = [
            .serializable: ["SERIALIZABLE", "serializable"], .repeatableRead: ["REPEATABLE", "repeatable", "REPEATABLE_READ", "repeatable_read"],
            .readCommitted: ["READ", "read", "READ_COMMITTED", "read_committed", "AUTOCOMMIT", "autocommit"],
        ]
        return Dictionary(spelled.flatMap { level, words in words.map { (WordSet.hash($0), level) } }) { first, _ in first }
    }()

    /// `postgresql+asyncpg://…`, `django.db.backends.mysql`.
    private mutating func noteDialects(_ bytes: [UInt8]) {
        var found: Set<API.Dialect> = [], previous: UInt64 = 0
        bytes.withUnsafeBufferPointer { text in
            WordSet.forEachWord(in: text) { hash, place in
                if let dialect = Self.schemes[hash], previous == Self.backends || Self.isScheme(text, place.upperBound) { found.insert(dialect) }
                previous = hash
            }
        }
        dialects = found
    }

    /// `://` follows, behind the name of a driver or without.
    private static func isScheme(_ text: UnsafeBufferPointer<UInt8>, _ end: Int) -> Bool {
        var at = end
        if at < text.count, text[at] == UInt8(ascii: "+") {
            at += 1
            while at < text.count, WordSet.isWordByte(text[at]) { at += 1 }
        }
        return text[min(at, text.count)...].starts(with: "://".utf8)
    }

    private static let backends = WordSet.hash("backends")
    private static let schemes: [UInt64: API.Dialect] = {
        let spelled: [API.Dialect: [String]] = [
            .postgres: ["postgresql", "postgres", "postgis", "postgresql_psycopg2", "asyncpg"], .mysql: ["mysql", "mariadb", "asyncmy"],
            .sqlite: ["sqlite", "sqlite3", "spatialite"],
        ]
        return Dictionary(spelled.flatMap { dialect, words in words.map { (WordSet.hash($0), dialect) } }) { first, _ in first }
    }()
}

extension [Connections] {
    /// The level of every transaction, where connections are made in so many places: the weakest that is asked for, if each asks.
    func isolation(ofMade made: Int) -> Isolation {
        let asked = flatMap(\.asked)
        guard !asked.isEmpty, made <= asked.count else { return standing }
        return asked.min { $0.strength < $1.strength } ?? standing
    }

    /// The level that the database itself begins at.
    var standing: Isolation { compactMap(\.standing).min { $0.strength < $1.strength } ?? .standard }

    /// The one database to which they go. SQLite stands in for another too often, in development and in tests.
    var dialect: API.Dialect? {
        let named = reduce(into: Set<API.Dialect>()) { $0.formUnion($1.dialects) }.subtracting([.sqlite])
        return named.count == 1 ? named.first : nil
    }
}

extension Isolation {
    fileprivate var strength: Int {
        switch self {
        case .standard, .readCommitted: 0
        case .repeatableRead: 1
        case .serializable, .exclusive: 2
        }
    }
}
