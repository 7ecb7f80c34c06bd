import Flow

/// What is left when both requests have ended.
struct Ending: Hashable {
    /// The rows that the act of each request changed.
    var acted: [LaneName: Int] = [:]
    /// How often what cannot be taken back was done.
    var effects: [String: Int] = [:]
    var otherRows = 0
    /// Who ended in an error: it does not go on.
    var failed: Set<LaneName> = []
    /// Who was told that it may not.
    var turnedBack: Set<LaneName> = []
    var tables: [String: [[String: Datum]: Int]] = [:]

    var winners: Int { acted.count { $0.value > 0 && !failed.contains($0.key) } }
    var effectCount: Int { effects.values.reduce(0, +) }

    init(_ performance: Performance, _ database: any Database, _ stage: Stage) throws(Obstacle) {
        for (name, lane) in performance.lanes {
            acted[name] = lane.actRows
            if !lane.endsInError { otherRows += lane.otherRows } else { failed.insert(name) }
            if lane.isTurnedBack { turnedBack.insert(name) }
            for effect in lane.effects { effects[effect, default: 0] += 1 }
        }
        for (key, table) in stage.tables {
            for row in try database.rows(of: table) { tables[key, default: [:]][row.values, default: 0] += 1 }
        }
    }

    /// Nothing more is there, and nothing more was done, however often it was written.
    func isTheSame(as other: Ending) -> Bool { tables == other.tables && effectCount <= other.effectCount && otherRows <= other.otherRows }

    func rows(of table: String) -> Int { tables[table]?.values.reduce(0, +) ?? 0 }

    /// What a column holds in all rows, in order.
    func values(_ column: String, of table: String) -> [String] {
        (tables[table] ?? [:]).flatMap { row, count in Array(repeating: row[column.folded]?.literal ?? "NULL", count: count) }.sorted()
    }

    /// The rows of a table that another ending does not have.
    func difference(from other: Ending, of table: String) -> [[String: Datum]] {
        (tables[table] ?? [:]).filter { other.tables[table]?[$0.key] != $0.value }.map(\.key)
    }
}

/// What two requests at once leave that no order of the two would have left.
struct Anomaly {
    let text: String

    /// - Parameters:
    ///   - before: what the rows were, for the column that is changed: all of it.
    ///   - serial: the endings where one request comes after the other, in either order.
    init?(_ ending: Ending, from before: Double, against serial: [Ending], _ course: Course, _ write: Write, _ stage: Stage) {
        guard !serial.contains(ending) else { return nil }
        let key = stage.key(of: write.table ?? ""), table = stage[write.table]?.name ?? "the table"
        let most = serial.map(\.winners).max() ?? 0, effects = serial.map(\.effectCount).max() ?? 0
        let rows = serial.map { $0.rows(of: key) }
        switch course.promise {
        case .cap, .absence, .supply:
            if let allowed = rows.max(), ending.rows(of: key) > allowed {
                text = "\(table) ends with \(ending.rows(of: key)) rows, where one request after the other leaves \(allowed)"
                return
            }
        case .remainder:
            if let least = rows.min(), ending.rows(of: key) < least {
                text = "\(table) ends with \(ending.rows(of: key)) rows, where one request after the other leaves \(least)"
                return
            }
        case .value(let column):
            let found = ending.values(column, of: key), right = Set(serial.map { $0.values(column, of: key) })
            // Of a request that was told so nothing is lost.
            if !right.contains(found), ending.failed.isEmpty, ending.turnedBack.isEmpty {
                /// Less has changed than should have.
                func isLost(_ found: [String], _ right: Set<[String]>) -> Bool {
                    (Self.sum(found) - before).magnitude < (right.map { (Self.sum($0) - before).magnitude }.max() ?? 0)
                }
                let expected = right.map { $0.joined(separator: ", ") }.sorted().joined(separator: " or ")
                text =
                    "`\(column)` of \(table) ends as \(found.joined(separator: ", ")), where one request after the other leaves \(expected): a change is \(isLost(found, right) ? "lost" : "made twice")"
                return
            }
        case .once, .use, .state: break
        }
        // What is let in is what counts, wherever in the code it is written.
        let countsRows: Bool
        switch course.promise {
        case .cap, .absence, .supply: countsRows = write.operation != .update
        case .remainder, .once, .use, .value, .state: countsRows = false
        }
        if !countsRows, ending.winners > most, !serial.contains(where: { ending.isTheSame(as: $0) && $0.turnedBack.isEmpty }) {
            text = "both requests change \(table) and go on, where one request after the other lets \(most == 1 ? "one" : "none") do so"
        } else if ending.effectCount > effects,
            let effect = ending.effects.filter({ name, count in count > (serial.map { $0.effects[name] ?? 0 }.max() ?? 0) }).keys.min()
        {
            text =
                "\(effect) is called \(Self.times(ending.effects[effect] ?? 2)), where one request after the other calls it \(Self.times(serial.map { $0.effects[effect] ?? 0 }.max() ?? 0))"
        } else if countsRows {
            return nil
        } else if ending.otherRows > serial.map(\.otherRows).max() ?? 0 {
            text = "what follows is written twice, where one request after the other writes it once"
        } else if case .value = course.promise {
            return nil
        } else if ending.tables != serial.first?.tables, serial.allSatisfy({ $0.tables != ending.tables }), ending.winners == most {
            text = "the rows of \(table) end as no order of the two requests would leave them"
        } else {
            return nil
        }
    }

    private static func times(_ count: Int) -> String { count == 0 ? "never" : count == 1 ? "once" : count == 2 ? "twice" : "\(count) times" }

    private static func sum(_ values: [String]) -> Double { values.compactMap { Double($0.filter { $0 != "'" }) }.reduce(0, +) }
}
