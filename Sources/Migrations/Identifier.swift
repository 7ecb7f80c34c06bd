/// A name in a database, checked once where it comes in and quoted wherever it is written.
package struct Identifier: Hashable, Sendable {
    package let name: String

    /// PostgreSQL cuts names after 63 bytes without an error, so that two long ones can become one.
    package static let longest = 63

    package init(_ name: String) throws(MigrationError) {
        guard !name.isEmpty else { throw .emptyName }
        guard name.utf8.count <= Identifier.longest else { throw .longName(name) }
        guard name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }) else { throw .controlCharacter(name) }
        self.name = name
    }

    /// A name of our own, known to be a good one.
    package init(own name: String) { self.name = name }

    /// The name as SQL: bare where that means the same in every dialect, else in double quotes with those inside doubled.
    package var sql: String {
        let isPlain =
            name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
            && !(0x30...0x39).contains(name.utf8.first ?? 0x30) && !Identifier.reserved.contains(name)
        return isPlain ? name : "\"" + name.replacing("\"", with: "\"\"") + "\""
    }

    /// This name with words behind it, for a function or an index. A name that grows too long is cut in its first part.
    package func suffixed(_ suffix: String) -> Identifier {
        var kept = name[...]
        while kept.utf8.count + suffix.utf8.count + 1 > Identifier.longest { kept = kept.dropLast() }
        return Identifier(own: kept + "_" + suffix)
    }

    /// The words that PostgreSQL or SQLite keep for themselves where a name of a table or a column may stand.
    private static let reserved: Set<String> = Set(
        """
        abort action add after all alter always analyse analyze and any array as asc asymmetric attach authorization autoincrement before begin \
        between binary both by cascade case cast check collate collation column commit concurrently conflict constraint create cross current \
        current_catalog current_date current_role current_schema current_time current_timestamp current_user database default deferrable \
        deferred delete desc detach distinct do drop each else end escape except exclude exclusive exists explain fail false fetch filter \
        first following for foreign freeze from full generated glob grant group groups having if ignore ilike immediate in index indexed \
        initially inner insert instead intersect into is isnull join key last lateral leading left like limit localtime localtimestamp match \
        materialized natural no not nothing notnull null nulls of offset on only or order others outer over overlaps partition placing plan \
        pragma preceding primary query raise range recursive references regexp reindex release rename replace restrict returning right \
        rollback row rows savepoint select session_user set similar some symmetric system_user table tablesample temp temporary then ties to \
        trailing transaction trigger true unbounded union unique update user using vacuum values variadic verbose view virtual when where \
        window with without
        """.split(separator: " ").map(String.init))
}

/// Why a migration cannot be written. Every case is one sentence for the person who asked.
package enum MigrationError: Error, Hashable, CustomStringConvertible {
    case emptyName
    case longName(String)
    case controlCharacter(String)
    case invalidCap(Int)
    case shortRetention(days: Int, least: Int)
    case badTransition(String)
    case sameName(String)

    package var description: String {
        switch self {
        case .emptyName: "A name in the database cannot be empty."
        case .longName(let name): "\(name): a name in the database holds at most \(Identifier.longest) bytes, since PostgreSQL cuts longer ones."
        case .controlCharacter(let name):
            "\(String(name.unicodeScalars.map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? "?" : Character($0) })): a name in the database holds no control characters."
        case .invalidCap(let cap): "\(cap): a cap is at least 1."
        case .shortRetention(let days, let least): "A retention of \(days) days would prune counters that are in use: keep at least \(least)."
        case .sameName(let name): "\(name): this table would have two columns of that name; choose another."
        case .badTransition(let text): "\(text): write a transition as prior:next, with two different statuses that are not empty."
        }
    }
}
