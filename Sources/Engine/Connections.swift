import Flow
import Vocabulary

/// What a file says of the connections that a project makes: at which isolation they run, and to which database they go.
struct Connections {
    /// The levels that an argument asks for, each with the calls in whose parentheses it stands and the keys in whose braces.
    private(set) var asked: [(holders: [UInt64], level: Isolation)] = []
    /// The level at which a database is told to begin every transaction.
    private(set) var standing: Isolation?
    /// The levels of sessions of which nobody knows which they are: of those that a pool makes, or of one in a function.
    private(set) var ofSessions: [Isolation] = []
    /// Django runs each request in a transaction: https://docs.djangoproject.com/en/stable/topics/db/transactions/#tying-transactions-to-http-requests
    private(set) var wrapsRequests = false
    /// The databases that URLs of connections and Django's backends name.
    private(set) var dialects: Set<API.Dialect> = []

    init() {}

    init(in bytes: [UInt8], _ language: Language) {
        guard language == .python || language == .sql || language.isProgram else { return }
        if bytes.hold(Array("isolation".utf8), foundBy: UInt8(ascii: "o")) || bytes.hold(Array("CHARACTERISTICS".utf8), foundBy: UInt8(ascii: "H")) {
            noteLevels(bytes)
            // What a script sets for its session ends with it.
            if language == .sql { ofSessions = [] }
        }
        if language == .python, bytes.hold(Array("ATOMIC_REQUESTS".utf8), foundBy: UInt8(ascii: "Q")) { noteWrapping(bytes) }
        if language == .python, bytes.hold(Array("sql".utf8), foundBy: UInt8(ascii: "q")) || bytes.hold(Array("postg".utf8), foundBy: UInt8(ascii: "g")) {
            noteDialects(bytes)
        }
    }

    /// `isolation_level="REPEATABLE READ"`, of an engine or of Django's options;
    /// `ALTER DATABASE app SET default_transaction_isolation = 'serializable'`, or so among the options of a connection;
    /// `SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE`.
    private mutating func noteLevels(_ bytes: [UInt8]) {
        var option: (word: UInt64, place: Range<Int>)?, found = self
        bytes.withUnsafeBufferPointer { text in
            WordSet.forEachWord(in: text) { hash, place in
                if Self.options.contains(hash) || Self.ofDatabases.contains(hash) || Self.ofSessions.contains(hash) {
                    option = (hash, place)
                } else if let (word, named) = option, let level = Self.levels[hash] {
                    option = nil
                    if place.lowerBound - named.upperBound < 80 { found.note(level, by: word, at: named, in: text) }
                }
            }
        }
        self = found
    }

    /// `"ATOMIC_REQUESTS": True`, `DATABASES["default"]["ATOMIC_REQUESTS"] = True`
    private mutating func noteWrapping(_ bytes: [UInt8]) {
        let key = WordSet.hash("ATOMIC_REQUESTS"), yes = WordSet.hash("True")
        var last: UInt64 = 0, wraps = false
        bytes.withUnsafeBufferPointer { text in
            WordSet.forEachWord(in: text) { hash, place in
                if hash == yes, last == key, !Self.isRemark(Self.line(text, place.lowerBound)) { wraps = true }
                last = hash
            }
        }
        wrapsRequests = wraps
    }

    private mutating func note(_ level: Isolation, by word: UInt64, at place: Range<Int>, in text: UnsafeBufferPointer<UInt8>) {
        if Self.options.contains(word) {
            // `conn.isolation_level = …` says what `conn.set_session(…)` does.
            let own = Self.setters.contains(word) ? word : text.stands(".", before: place.lowerBound) ? Self.setter : nil
            asked.append(([own].compactMap(\.self) + Self.holders(text, place.upperBound), level))
            return
        }
        let line = Self.line(text, place.upperBound)
        if Self.ofDatabases.contains(word), line.contains("alter ") || line.contains("-c default") {
            if !Self.isRemark(line) { standing = level }
        } else if Self.ofDatabases.contains(word), Self.isKey(text, place.upperBound) {
            // `postgres(url, { connection: { default_transaction_isolation: "serializable" } })`
            asked.append((Self.holders(text, place.upperBound), level))
        } else if !Self.isRemark(line) {
            ofSessions.append(level)
        }
    }

    /// What asks for a level: keys and arguments, and methods of a connection, which are their own holders.
    private static let options = WordSet(["isolation_level", "isolationLevel", "set_isolation_level", "set_session"])
    fileprivate static let setters = WordSet(["set_isolation_level", "set_session"]), setter = WordSet.hash("set_session")
    private static let ofDatabases = WordSet(["default_transaction_isolation"])
    private static let ofSessions = WordSet(["CHARACTERISTICS", "characteristics"])
    /// Options of one statement or session, wherever they stand by themselves.
    fileprivate static let ofStatements = WordSet(["execution_options"])

    /// A colon follows, behind a quote or none.
    private static func isKey(_ text: UnsafeBufferPointer<UInt8>, _ end: Int) -> Bool {
        text[end..<min(end + 4, text.count)].first { ![0x20, UInt8(ascii: "'"), UInt8(ascii: "\"")].contains($0) } == UInt8(ascii: ":")
    }

    /// What stands before a place in its line or statement.
    private static func line(_ text: UnsafeBufferPointer<UInt8>, _ end: Int) -> String {
        var start = end
        while start > 0, end - start < 200, text[start - 1] != UInt8(ascii: ";"), text[start - 1] != UInt8(ascii: "\n") { start -= 1 }
        return String(decoding: text[start..<end], as: UTF8.self).lowercased()
    }

    private static func isRemark(_ line: String) -> Bool {
        let start = line.drop { $0 == " " || $0 == "\n" || $0 == "\t" }
        return line.contains("--") || line.contains("#") || start.hasPrefix("//") || start.hasPrefix("*")
    }

    /// The calls and keys that are open at a place, from the innermost: `create_engine` of `create_engine(url, options={"…`.
    private static func holders(_ text: UnsafeBufferPointer<UInt8>, _ place: Int) -> [UInt64] {
        var found: [UInt64] = [], closed = 0, at = place
        while at > 0, place - at < 800, found.count < 4 {
            at -= 1
            switch text[at] {
            case UInt8(ascii: ")"), UInt8(ascii: "}"): closed += 1
            case UInt8(ascii: "("), UInt8(ascii: "{"):
                if closed > 0 { closed -= 1; continue }
                // `"OPTIONS": {`, `connect(`
                var end = at
                while end > 0, [0x20, UInt8(ascii: ":"), UInt8(ascii: "="), UInt8(ascii: "'"), UInt8(ascii: "\"")].contains(text[end - 1]) { end -= 1 }
                var start = end
                while start > 0, WordSet.isWordByte(text[start - 1]) { start -= 1 }
                if start < end { found.append(WordSet.hash(of: text[start..<end])) }
            default: continue
            }
        }
        return found
    }

    private static let levels: [UInt64: Isolation] = {
        let spelled: [Isolation: [String]] = [
            .serializable: ["SERIALIZABLE", "serializable", "Serializable", "ISOLATION_LEVEL_SERIALIZABLE"],
            .repeatableRead: ["REPEATABLE", "repeatable", "REPEATABLE_READ", "repeatable_read", "RepeatableRead", "ISOLATION_LEVEL_REPEATABLE_READ"],
            .readCommitted: ["READ", "read", "READ_COMMITTED", "read_committed", "ReadCommitted", "AUTOCOMMIT", "autocommit"],
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
    /// The level of every transaction through calls that make connections: the weakest that is asked for, if each of them asks.
    ///
    /// - Parameters:
    ///   - made: how often each file makes one.
    ///   - alone: how often it makes one that is no pool.
    func sessions(of engines: [String], made: [Int], alone: [Int]) -> Sessions {
        // Django's databases are keys of a dictionary, with their options in another below.
        let isDjango = engines.contains("ENGINE"), holders = WordSet(isDjango ? ["OPTIONS"] : engines)
        var levels: [Isolation] = [], unplaced = flatMap(\.ofSessions)
        for (at, file) in enumerated() {
            // A connection that is made here may be told here, too; of a pool it is one of many.
            let isOne = alone[at] > 0 && alone[at] == made[at]
            for (names, level) in file.asked {
                let isSet = names.contains(where: Connections.setters.contains)
                if names.contains(where: holders.contains) || isOne && isSet {
                    levels.append(level)
                } else if isSet || names.contains(where: Connections.ofStatements.contains) {
                    unplaced.append(level)
                }
            }
        }
        let total = made.reduce(0, +), isForAll = total > 0 && levels.count >= total
        if !isForAll { unplaced += levels }
        let level = isForAll ? levels.min { $0.strength < $1.strength } ?? standing : standing
        return Sessions(
            isolation: level, unplaced: unplaced.filter { $0.strength > level.strength }.max { $0.strength < $1.strength },
            beginThemselves: isDjango && contains(where: \.wrapsRequests))
    }

    /// The level that the database itself begins at.
    var standing: Isolation { compactMap(\.standing).min { $0.strength < $1.strength } ?? .standard }

    /// The one database to which they go. SQLite stands in for another too often, in development and in tests.
    var dialect: API.Dialect? {
        let named = reduce(into: Set<API.Dialect>()) { $0.formUnion($1.dialects) }.subtracting([.sqlite])
        return named.count == 1 ? named.first : nil
    }
}

extension UnsafeBufferPointer<UInt8> {
    fileprivate func stands(_ mark: Character, before place: Int) -> Bool { place > 0 && self[place - 1] == mark.asciiValue }
}
