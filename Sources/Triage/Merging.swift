package import Flow

extension [Report] {
    /// Several ways that lead from one decision to one act are mended together: for a reader they are one. Comments, the
    /// baseline and a change speak of each way, so that a new one is told; what is left of them is merged.
    package var merged: [Report] {
        var byKey: [Merge: [Report]] = [:]
        for report in self { byKey[Merge(report.finding), default: []].append(report) }
        return byKey.values.map { group in
            var first = group.reduce(group[0]) { $1.finding.says(more: $0.finding) ? $1 : $0 }
            first.finding.take(from: group.map(\.finding))
            first.fails = group.contains(where: \.fails)
            return first
        }.sorted { ($0.finding.span, $0.finding.rule) < ($1.finding.span, $1.finding.rule) }
    }
}

extension [Finding] {
    /// Of those that share a key, the one that says most, of equals the first; with the places by which the others come there.
    func merged(by key: (Finding) -> Merge) -> [Finding] {
        Dictionary(grouping: self, by: key).values.map { group in
            var best = group.reduce(group[0]) { $1.says(more: $0) ? $1 : $0 }
            best.take(from: group)
            return best
        }.sorted { ($0.span, $0.rule) < ($1.span, $1.rule) }
    }
}

/// What makes two findings one.
struct Merge: Hashable {
    let rule: String
    let places: [Span]

    init(rule: String, places: [Span]) {
        self.rule = rule
        self.places = places
    }

    /// By decision and act, where it has both: whoever reads the row for them, they are mended where they stand.
    fileprivate init(_ finding: Finding) {
        let places = [Evidence.Role.decision, .act].compactMap { role in finding.evidence.first { $0.role == role }?.span }
        self.init(rule: finding.rule, places: places.count == 2 ? places : [finding.span])
    }
}

extension Finding {
    fileprivate func says(more other: Finding) -> Bool {
        if confidence != other.confidence { return confidence > other.confidence }
        // The way with fewer calls is the one that is followed more easily.
        let (calls, others) = (evidence.count { $0.role == .call }, other.evidence.count { $0.role == .call })
        let (rest, otherRest) = (evidence.count - calls, other.evidence.count - others)
        if rest != otherRest { return rest > otherRest }
        if calls != others { return calls < others }
        return (span, routine) < (other.span, other.routine)
    }

    /// The acts of others that it was not told with, and the calls that lead to its own.
    fileprivate mutating func take(from group: [Finding]) {
        guard group.count > 1 else { return }
        let known = Set(spans)
        let acts = group.flatMap { $0.evidence.filter { $0.role == .act } }.filter { !known.contains($0.span) }
        evidence += Set(acts.map { Evidence(.act, $0.span, $0.note) }).sorted { ($0.span, $0.note) < ($1.span, $1.note) }.prefix(Self.otherPlaces)
        var taken: Set<Course?> = [course]
        otherCourses = group.flatMap(\.courses).sorted().filter { taken.insert($0).inserted }.prefix(Self.otherPlaces).map(\.self)
        evidence += Set(group.flatMap(\.way)).subtracting(spans).sorted().prefix(Self.otherPlaces).map { Evidence(.call, $0, "comes here, too") }
    }

    /// More of them tell a reader nothing new.
    private static let otherPlaces = 8

    private var courses: [Course] { [course].compactMap(\.self) + otherCourses }

    /// The calls that lead to the act.
    private var way: [Span] { evidence.prefix { $0.role != .act }.filter { $0.role == .call }.map(\.span) }
}
