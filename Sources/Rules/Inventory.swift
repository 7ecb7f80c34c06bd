package import Flow

// Every surface of a project, guarded or not, so that the one sibling without a guard stands out.
extension Rule {
    /// - Parameter seen: what the rules saw in the routines of the project.
    package static func inventory(_ seen: [Seen]) -> [Surface] {
        var groups: [Group: [Surface]] = [:]
        for surface in places(seen) { groups[Group(surface), default: []].append(surface) }
        return groups.values.map { $0.merged }.sorted { ($0.kind.rawValue, $0.name, $0.span) < ($1.kind.rawValue, $1.name, $1.span) }
    }

    /// The same, each place for itself.
    package static func places(_ seen: [Seen]) -> [Surface] {
        seen.flatMap { $0.races + $0.surfaces.sorted { $0.key < $1.key }.flatMap(\.value) }.filter { !$0.name.isEmpty }
    }

    /// What the races of a routine are about.
    static func races(in paths: Paths, _ project: Project, _ findings: [Finding]) -> [Surface] {
        let racy = Set(findings.flatMap { [$0.span] + $0.evidence.filter { $0.role == .act }.map(\.span) })
        return paths.acts.flatMap { act -> [Surface] in
            guard let table = act.write.table else { return [] }
            let name = paths.spelled(table), guardian = racy.contains(act.step.span) ? nil : Surface.Guardian(paths.guarding(act), act.step.span)
            var found: [Surface] = []
            func add(_ kind: Surface.Kind, _ name: String) {
                var surface = Surface(kind, name, act.step.span, routine: paths.routine.name, guardian: guardian)
                surface.writes = [.init(act.step.span, isGuarded: guardian != nil)]
                found.append(surface)
            }
            if act.write.operation == .update, Naming.hasLife(table), let status = act.write.assignments.first(where: { Naming.isStatus($0.column) }) {
                add(.status, name + "." + status.column)
            }
            if act.write.operation != .insert, Naming.isSingleUse(table),
                act.write.operation == .delete && act.write.filters.contains(where: { $0.comparison == .equal && Naming.isSecret($0.column) })
                    || act.write.assignments.contains(where: { Naming.isConsumption($0.column) })
            {
                add(.token, name)
            }
            let isCapped = paths.facts(of: act).contains { if case .below = $0.meaning { true } else { false } } || act.write.conflict?.filters.isEmpty == false
            if act.write.operation != .delete, isCapped { add(.cap, name) }
            return found
        }
    }

    /// Surfaces that a reader takes for one: a field, a status column, an endpoint.
    private struct Group: Hashable {
        let kind: Surface.Kind, name: String, place: Span?

        init(_ surface: Surface) {
            kind = surface.kind
            // `source_url` says what it is of, whoever holds it.
            let field = surface.name.split(separator: ".").last.map(String.init) ?? surface.name
            name = Naming.fold(kind == .url && Naming.words(field).count > 1 ? field : surface.name)
            place = surface.kind == .auth || surface.kind == .payment ? surface.span : nil
        }
    }
}

extension [Surface] {
    /// One surface with the writes of all; it is guarded where every one of them is.
    fileprivate var merged: Surface {
        let sorted = self.sorted { $0.span < $1.span }
        var whole = sorted.first { $0.guardian == nil } ?? sorted[0]
        let isField = whole.kind == .url
        let writes = sorted.flatMap { item in
            item.writes.isEmpty && isField && item.sink == .field ? [Surface.Writing(item.span, isGuarded: item.guardian != nil)] : item.writes
        }
        whole.writes = writes.reduce(into: []) { known, writing in if !known.contains(writing) { known.append(writing) } }
        // What every write lets in clean is clean where it is shown.
        if isField, !writes.isEmpty, writes.allSatisfy(\.isGuarded) {
            let written = whole.writes
            whole = sorted.first { $0.guardian != nil && $0.sink == .field } ?? whole
            whole.writes = written
        }
        return whole
    }
}

extension Paths {
    /// What makes check and act one.
    fileprivate func guarding(_ act: Act) -> String {
        for fact in facts(of: act) {
            switch protection(of: fact.step, act) {
            case .lock: return "a lock around check and act"
            case .rowLock: return "the row is locked before it is checked"
            case .isolation: return "the transaction's isolation"
            case .claim: return "a claim that was won before"
            case nil: continue
            }
        }
        return act.write.filters.count > 1 || act.write.conflict != nil ? "the condition is in the statement" : "nothing was decided on a stale read"
    }
}
