package import Flow

// Every surface of a project, guarded or not, so that the one sibling without a guard stands out.
extension Rule {
    /// - Parameters:
    ///   - seen: what the rules saw in the routines of the project.
    ///   - declared: fields of models, which stand for themselves where no routine does anything with them; models before migrations.
    ///   - mounted: what frameworks do by themselves.
    package static func inventory(_ seen: [Seen], declared: [Surface] = [], mounted: [Surface] = []) -> [Surface] {
        var groups: [Group: [Surface]] = [:]
        for surface in places(seen) + mounted { groups[Group(surface), default: []].append(surface) }
        let known = Set(groups.keys)
        var homes: [Group: Surface] = [:]
        for surface in declared {
            let group = Group(surface)
            if !known.contains(group) { groups[group, default: []].append(surface) }
            if homes[group] == nil { homes[group] = surface }
        }
        return groups.map { $0.value.merged(declaredAs: homes[$0.key]) }.sorted { ($0.kind.rawValue, $0.name, $0.span) < ($1.kind.rawValue, $1.name, $1.span) }
    }

    /// The same, each place for itself.
    package static func places(_ seen: [Seen]) -> [Surface] {
        seen.flatMap { $0.races + $0.surfaces.sorted { $0.key < $1.key }.flatMap(\.value) }.filter { !$0.name.isEmpty }
    }

    /// Surfaces that a reader takes for one: a field, a status column, an endpoint.
    private struct Group: Hashable {
        let kind: Surface.Kind, name: String, place: Span?

        init(_ surface: Surface) {
            kind = surface.kind
            // `source_url` says what it is of, whoever holds it.
            let parts = surface.name.split(separator: ".").map(String.init), field = parts.last ?? surface.name
            name =
                kind != .url
                ? Naming.fold(surface.name)
                : Naming.words(field).count > 1
                    ? Naming.fold(field) : (parts.dropLast().suffix(1) + [field]).map { Naming.singular(Naming.fold($0)) }.joined(separator: ".")
            place = [.auth, .payment, .cap].contains(surface.kind) ? surface.span : nil
        }
    }
}

extension [Surface] {
    /// One surface with the writes of all; it is guarded where every one of them is.
    /// - Parameter home: the field of a model that all this happens to.
    fileprivate func merged(declaredAs home: Surface?) -> Surface {
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
        if let home { (whole.span, whole.name) = (home.span, home.name) }
        return whole
    }
}
