package import Flow

/// What a change says about one box.
package struct Assessment: Sendable {
    package let box: Box
    package let verdict: Verdict
    /// One line, with places.
    package let reason: String

    package enum Verdict: Sendable {
        /// Everything that the change touches is guarded.
        case holds
        /// Some finding says otherwise.
        case fails
        /// Nothing of the kind is touched.
        case doesNotApply
        /// Something is touched whose guard is not known, and no finding speaks against it: the author knows.
        case undecided
    }

    /// - Parameters:
    ///   - reports: findings with which the change has to do.
    ///   - excused: findings that a comment takes back, with a reason.
    ///   - surfaces: those that it touches.
    ///   - unread: changed files of code that nobody here can read.
    ///   - place: `src/app.ts:12`
    package static func all(_ reports: [Report], excused: [Report] = [], _ surfaces: [Surface], unread: [String] = [], place: (Span) -> String) -> [Assessment]
    {
        let surfaces = surfaces.map { $0.guardian == nil ? $0.excused(by: excused) : $0 }
        return Box.allCases.map { box in
            let against = reports.filter { box.rules.contains($0.finding.rule) || box == .singleUseToken && $0.finding.isAboutToken(surfaces) }
            if !against.isEmpty {
                let places = listed(against.map { "\($0.finding.rule) at \(place($0.finding.span))" })
                return Assessment(box: box, verdict: .fails, reason: "\(against.count) finding\(against.count == 1 ? "" : "s"): \(places)")
            }
            let touched = surfaces.filter { box.surfaces.contains($0.kind) }
            if touched.isEmpty, !unread.isEmpty {
                return Assessment(box: box, verdict: .undecided, reason: "for you to decide: not read, \(listed(unread))")
            }
            guard !touched.isEmpty else { return Assessment(box: box, verdict: .doesNotApply, reason: "does not apply: no \(box.subject) in this change") }
            let open = touched.filter { $0.guardian == nil }
            guard open.isEmpty else {
                return Assessment(
                    box: box, verdict: .undecided, reason: "for you to decide: no guard is known for \(listed(open.map { "\($0.name) at \(place($0.span))" }))")
            }
            return Assessment(
                box: box, verdict: .holds,
                reason: "\(touched.count) touched, guarded: \(listed(touched.map { "\($0.name) at \(place($0.span)), by \($0.guardian?.text ?? "")" }))")
        }
    }

    /// Whether a file of this name is code in which such things may stand.
    package static func isCode(_ path: String) -> Bool {
        let ending = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
        return [
            "go", "rb", "php", "java", "kt", "kts", "scala", "cs", "fs", "rs", "swift", "ex", "exs", "clj", "c", "cc", "cpp", "h", "vue", "svelte", "astro",
            "html", "erb",
            "ejs", "hbs", "ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs", "py", "sql", "prisma",
        ].contains(ending)
    }

    private static func listed(_ items: [String]) -> String {
        items.prefix(4).joined(separator: "; ") + (items.count > 4 ? "; \(items.count - 4) more" : "")
    }
}

extension Surface {
    /// Somebody has said why it needs no guard.
    fileprivate func excused(by reports: [Report]) -> Surface {
        guard let report = reports.first(where: { report in report.finding.span == span || report.finding.evidence.contains { $0.span == span } }),
            case .comment(let reason)? = report.excuse
        else { return self }
        var surface = self
        surface.guardian = Guardian("a comment that says why not: \(reason)", report.finding.span)
        return surface
    }
}

extension Finding {
    /// It stands where a token is consumed.
    fileprivate func isAboutToken(_ surfaces: [Surface]) -> Bool {
        surfaces.contains { surface in surface.kind == .token && (surface.span == span || evidence.contains { $0.span == surface.span }) }
    }
}
