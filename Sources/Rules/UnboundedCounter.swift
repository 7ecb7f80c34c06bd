import Flow

extension Rule {
    /// A counter with a row for every day, which nobody ever takes away.
    package static let unboundedCounter = Rule(
        id: "unbounded-counter", summary: "A counter keyed by day or window is never pruned", severity: .note,
        .surfaces(
            in: { paths, project in WindowCounter.all(in: paths, project) }, judged: { surfaces, project in WindowCounter.judged(surfaces, project) }))
}

/// A table with a row for each stretch of time, in which something is counted.
private enum WindowCounter {
    static func all(in paths: Paths, _ project: Project) -> [Surface] {
        paths.acts.compactMap { act in
            guard act.write.operation == .upsert || act.write.operation == .insert, let table = act.write.table, let known = project.schema.table(table),
                let key = known.keys.first(where: { $0.columns.count > 1 && $0.columns.contains(where: Naming.isWindow) }),
                let window = key.columns.first(where: Naming.isWindow),
                let counter = known.columns.first(where: { Naming.counts($0) && !key.columns.contains($0) }),
                act.write.conflict != nil || act.write.operation == .upsert
            else { return nil }
            let place = project.pruning(table)
            var surface = Surface(
                .cap, paths.spelled(table), act.step.span, routine: paths.routine.name, guardian: place.map { .init("old rows are deleted", $0) })
            guard place == nil else { return surface }
            let name = paths.spelled(table)
            surface.finding = Rule.unboundedCounter.finding(
                .high, nil, act, paths,
                message: "`\(name)` gets a row for every `\(window)` and nothing in the project deletes old ones, so it grows without end.",
                help: "Delete what is older than the longest window that anybody asks for (60 days will do), from a cron job.",
                remedy:
                    "DELETE FROM \(name) WHERE \(window) < :sixty_days_ago;\n-- PostgreSQL: SELECT cron.schedule('prune-\(name)', '17 3 * * *', $$DELETE FROM \(name) WHERE \(window) < …$$);",
                evidence: [Evidence(.act, act.step.span, "counts `\(counter)` in a row of its own for each `\(window)`", step: act.step.id)],
                timeline: [
                    Moment(.first, "counts in the row of today", evidence: 0), Moment(.both, "the rows of all other days stay, and every index with them"),
                ])
            return surface
        }
    }

    static func judged(_ surfaces: [Surface], _ project: Project) -> [Finding] {
        var seen: Set<String> = []
        return surfaces.sorted { $0.span < $1.span }.compactMap { surface in surface.finding.flatMap { seen.insert(surface.name).inserted ? $0 : nil } }
    }
}

extension Project {
    /// Where rows of a table are deleted by something other than their key.
    fileprivate func pruning(_ table: String) -> Span? {
        var place: Span?
        for routine in routines where place == nil {
            routine.body.visit { step in
                guard place == nil, case .write(let write) = step.kind, write.operation == .delete,
                    isSame(write.table, table) || Naming.sameRows(write.table, table)
                else { return }
                if write.filters.contains(where: { [.less, .lessOrEqual, .greater, .greaterOrEqual, .other, .oneOf].contains($0.comparison) })
                    || write.partlyUnknown
                {
                    place = step.span
                }
            }
        }
        return place
    }
}

extension Naming {
    /// A column that names a day or another stretch of time. A row a month is no load.
    fileprivate static func isWindow(_ column: String) -> Bool {
        words(column).contains { ["ymd", "day", "date", "hour", "week", "window", "minute", "period", "bucket", "yyyymmdd"].contains($0) }
    }

    fileprivate static func counts(_ column: String) -> Bool {
        words(column).contains { ["count", "counter", "attempts", "hits", "requests", "used", "uses", "total", "failures", "n"].contains($0) }
    }
}
