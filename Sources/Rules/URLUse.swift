import Flow

/// One place that writes a URL field, or shows it.
struct URLUse {
    let holder: String?
    let field: String
    let span: Span
    let step: StepID
    let sink: Sink
    let guardian: Surface.Guardian?
    let confidence: Confidence
    /// The request brings it.
    var isOfRequest = false

    static func all(in paths: Paths, _ project: Project) -> [Surface] {
        var uses: [URLUse] = []
        for reached in paths.surfaces {
            guard case .call(let call) = reached.step.kind, case .sink(let sink)? = call.purpose else { continue }
            uses += shown(call, sink, reached, paths, project)
        }
        for act in paths.acts where act.write.operation != .delete { uses += written(act, paths, project) }
        let isScript = paths.routine.name.hasPrefix(Routine.pageScript)
        return uses.compactMap { use in
            let isMadeUp = !isScript && use.isMadeUp(project)
            // Without any table nobody can tell.
            if isMadeUp, !project.schema.tables.isEmpty { return nil }
            var surface = Surface(.url, use.name, use.span, routine: paths.routine.name, guardian: use.guardian)
            surface.sink = use.sink
            surface.calls = paths.calls(to: use.step)
            surface.confidence = isMadeUp || paths.routine.entry == .script ? .low : use.confidence
            return surface
        }
    }

    private var name: String { (holder.map { $0 + "." } ?? "") + field }

    /// What a page of the server shows, and neither a table stores nor the request brings, was made up by its view.
    private func isMadeUp(_ project: Project) -> Bool { project.language(of: span.file) == .html && !isOfRequest && project.stores(name) != true }

    // MARK: Shown

    private static func shown(_ call: Call, _ sink: Sink, _ reached: Reached, _ paths: Paths, _ project: Project) -> [URLUse] {
        // `redirect(302, url)`: the status comes first; `redirect('orders:show', id)` goes to a place of its own.
        if sink == .redirect, call.arguments.first?.stringLiteral != nil { return [] }
        let values = call.arguments.filter { !$0.isConstant }
        guard let value = sink == .redirect ? values.last : call.arguments.first, value != .unknown || call.arguments.count > 1 else { return [] }
        let path = call.arguments.count > 1 ? call.arguments[1].stringLiteral ?? "" : ""
        if sink == .field {
            guard isForeign(value) else { return [] }
            let checked = isChecked(call.callee, of: path, project) ? Surface.Guardian("a schema that names the schemes", reached.step.span) : nil
            return [
                URLUse(
                    holder: path.isEmpty ? nil : path, field: call.callee, span: reached.step.span, step: reached.step.id, sink: .field,
                    guardian: paths.schemeGuard(of: value, at: reached) ?? checked, confidence: call.callee.namesImage ? .low : .medium)
            ]
        }
        let origins = paths.origins(ofURL: value, named: path)
        if origins.isEmpty, sink != .redirect, let (holder, field, means) = value.cleanedField {
            return [
                URLUse(
                    holder: holder, field: field, span: reached.step.span, step: reached.step.id, sink: sink, guardian: .init(means, reached.step.span),
                    confidence: .low)
            ]
        }
        return origins.compactMap { origin in
            guard let confidence = confidence(origin, sink), !paths.isComputed(origin), !paths.isRelation(origin) else { return nil }
            var use = URLUse(
                holder: origin.source == .row ? origin.holder : path.holder ?? origin.holder, field: origin.field, span: reached.step.span,
                step: reached.step.id, sink: sink,
                guardian: paths.schemeGuard(of: value, at: reached) ?? origin.modelGuard(project, at: reached.step.span),
                confidence: confidence)
            use.isOfRequest = origin.source == .request
            return use
        }
    }

    private static func confidence(_ origin: URLOrigin, _ sink: Sink) -> Confidence? {
        let speaks = origin.field.namesURL || origin.holder.map { holder in ["links", "socials", "urls"].contains { Naming.words(holder).last == $0 } } == true
        // The server sends a header, in which nothing runs.
        if sink == .redirect, origin.source != .row { return origin.source == .request && origin.field.isTarget ? .medium : nil }
        if sink == .image { return speaks ? .low : nil }
        switch origin.source {
        case .request: return sink == .link ? .high : .medium
        case .row: return speaks || sink == .redirect && ["target", "destination", "location"].contains(origin.field) ? .medium : nil
        case .property, .name:
            guard speaks else { return nil }
            if ownNames.contains(where: { (origin.holder ?? "").hasWords($0) || origin.field.hasWords($0) }) { return nil }
            // `data.url`: of what, nobody says; mostly what a server has answered that made it up.
            if origin.source == .property, answers.contains(origin.holder ?? ""), ["url", "href", "link"].contains(origin.field) { return .low }
            let isPlain = ["href", "to", "path", "next"].contains(origin.field)
            return isPlain || ["url", "link"].contains(origin.field) && menus.contains(Naming.words(origin.holder ?? "").last ?? "") ? .low : .medium
        case .answer:
            guard speaks, sink != .navigation, !ownNames.contains(where: { (origin.holder ?? "").hasWords($0) || origin.field.hasWords($0) }) else {
                return nil
            }
            // What a server of one's own made up to go to.
            return ["url", "href", "link", "redirect"].contains(Naming.words(origin.field).joined()) || origin.field.hasWords("redirect") ? .low : .medium
        case .given: return speaks ? .low : nil
        }
    }

    /// What a server makes up for one visit.
    private static let ownNames = [
        "checkout", "payment", "portal", "billing", "invoice", "session", "login", "logout", "auth", "oauth", "signed", "upload", "download", "charge",
        "transfer",
        "canonical", "preview",
    ]
    private static let answers: Set<String> = ["data", "response", "result", "res", "body", "payload", "value", "json"]
    /// Lists of what a page leads to by itself.
    private static let menus: Set<String> = [
        "items", "item", "nav", "menu", "routes", "route", "tabs", "tab", "breadcrumbs", "crumb", "sidebar", "pages", "navigation", "sections", "section",
        "child", "children",
    ]

    // MARK: Written

    private static func written(_ act: Act, _ paths: Paths, _ project: Project) -> [URLUse] {
        // Text that nothing calls runs where somebody tends the database.
        guard let table = act.write.table, ![.query, .stored, .module].contains(paths.routine.entry) else { return [] }
        let known = project.schema.table(table)
        func nested(_ column: String) -> Schema.Table? { project.schema.table(column.innermost) }
        // By its name, or because a schema of requests asks for one.
        func isURL(_ column: String, _ value: Value) -> Bool { column.namesURL || value.isParsed && project.validated[Naming.fold(column)] != nil }
        var uses: [URLUse] = []
        func add(_ column: String, _ value: Value, of table: String, _ confidence: Confidence) {
            var guardian = paths.schemeGuard(of: value, at: act.reached)
            if guardian == nil,
                isChecked(column, of: table, project) || value.isParsed && value.leading.ownName.map({ project.validated[Naming.fold($0)] == true }) == true
            {
                guardian = Surface.Guardian("a schema that names the schemes", act.step.span)
            }
            uses.append(
                URLUse(
                    holder: table, field: column, span: act.step.span, step: act.step.id, sink: .field, guardian: guardian,
                    confidence: column.namesImage || isFetched(column) || isFetched(table) ? .low : confidence))
        }
        for assignment in act.write.assignments {
            if isURL(assignment.column, assignment.value) {
                if isForeign(assignment.value) {
                    // A helper that nobody calls is given what it writes by somebody unknown.
                    let isGiven = if case .parameter = assignment.value.leading { paths.routine.entry == .none } else { false }
                    add(assignment.column, assignment.value, of: table, isGiven ? .low : .medium)
                } else if let (_, _, means) = assignment.value.cleanedField {
                    uses.append(
                        URLUse(
                            holder: table, field: assignment.column, span: act.step.span, step: act.step.id, sink: .field,
                            guardian: .init(means, act.step.span), confidence: .low))
                } else if assignment.value.leading == .unknown {
                    add(assignment.column, assignment.value, of: table, .low)
                }
            }
            // In a database of rows another table's name is that of a row beside it, which is there already.
            if act.write.api?.keepsDocuments == true, let nested = nested(assignment.column), isForeign(assignment.value) {
                for column in nested.spelledColumns where isURL(column, assignment.value) {
                    add(column, assignment.value, of: assignment.column.innermost, .medium)
                }
            }
            // `$set: {'events.$': {...event}}`: a row inside the row.
            if case .object(let fields, let rest) = assignment.value {
                let inner = assignment.column.innermost
                for field in fields where field.name.namesURL && isForeign(field.value) { add(field.name, field.value, of: inner, .medium) }
                if let rest, isForeign(rest), let nested = nested(inner) {
                    for column in nested.spelledColumns where column.namesURL && !fields.contains(where: { Naming.same($0.name, column) }) {
                        add(column, rest, of: inner, .medium)
                    }
                }
            }
        }
        guard let known else { return uses }
        // `event.save()` keeps what the row of a caller holds already.
        let keepsOwn = act.write.operation == .update && project.language(of: act.step.span.file) == .python
        // `data: PageIn`: what its class does not declare is not sent.
        let declared = act.write.openType.map { type in project.declarations.filter { $0.name == type }.flatMap(\.fields) } ?? []
        for value in act.write.openValues where isForeign(value) {
            if keepsOwn, act.write.row == value || act.write.filters.contains(where: { $0.value == value.member("id") }) { continue }
            for column in known.spelledColumns where isURL(column, value) && !act.write.assignments.contains(where: { Naming.same($0.column, column) }) {
                guard declared.isEmpty || declared.contains(where: { Naming.same($0, column) }) else { continue }
                // Nobody knows which columns a loop sets.
                add(column, declared.isEmpty ? value : value.member(column), of: table, keepsOwn && declared.isEmpty ? .low : .medium)
            }
        }
        return uses
    }

    /// A schema of requests or of the database lets only some schemes pass.
    private static func isChecked(_ column: String, of table: String, _ project: Project) -> Bool {
        let names = [column, table + column, Naming.singular(Naming.fold(table)) + column]
        if names.contains(where: { project.validated[Naming.fold($0)] == true }) { return true }
        return project.schema.table(table).map { $0.urls.contains($0.column(column)) } == true
    }

    /// A URL that a server calls itself runs nowhere.
    private static func isFetched(_ column: String) -> Bool {
        Naming.words(column).contains {
            [
                "webhook", "webhooks", "callback", "postback", "endpoint", "hook", "hooks", "issuer", "jwks", "known", "api", "monitor", "monitors", "feed",
                "feeds",
            ].contains($0)
        }
            || column.hasPrefix("webhook")
    }

    /// From the request, from whoever calls, or from a file that somebody has brought along.
    private static func isForeign(_ value: Value) -> Bool {
        switch value.leading {
        case .input, .parameter: return true
        case .member(let base, _): return isForeign(base)
        case .operation(.conditional, let parts):
            if parts.first?.testsScheme == true { return false }
            return parts.dropFirst().contains(where: isForeign)
        case .operation(.coalesce, let parts), .operation(.or, let parts), .either(let parts): return parts.contains(where: isForeign)
        case .operation(.call(let name), let operands):
            // What a request is checked by gives back what was sent.
            guard reading.contains(name) || name.hasPrefix("new ") else { return false }
            return operands.contains { operand in
                if operand.isCallResult { return false }
                return isForeign(operand) || !name.hasPrefix("new ") && !operand.isConstant
            }
        case .object(let fields, let rest): return fields.isEmpty && rest.map(isForeign) == true
        case .literal, .outcome, .column, .name, .operation, .list, .unknown: return false
        }
    }

    /// Calls that take something out of what was brought along.
    private static let reading: Set<String> = [
        "get", "find", "find_all", "findall", "load", "loads", "json", "parse", "safeParse", "select", "select_one", "text", "read", "fromstring", "at",
        "match",
        "group", "replace", "strip", "split", "attr", "pop", "getElementsByTagName", "getAttribute", "decode", "getvalue", "validate", "validateSync",
        "validateAsync", "parseAsync", "safeParseAsync", "cast", "model_dump", "dict", "get_json", "split_lines", "scrape", "entries",
        "values", "items",
    ]
}

extension String {
    /// Where to go next.
    fileprivate var isTarget: Bool {
        namesURL
            || nameWords.contains {
                ["next", "redirect", "return", "returnto", "continue", "destination", "target", "goto", "to", "from", "callback"].contains($0)
            }
    }

    /// `partner` of `partner.website`, `page.partner.website`
    fileprivate var holder: String? { split(separator: ".").dropLast().last.map(String.init) }

    /// `events` of `profile.events.$`
    fileprivate var innermost: String { split { $0 == "." || $0 == "$" }.last.map(String.init) ?? self }
}

extension URLOrigin {
    /// The model of the table lets only harmless schemes in.
    fileprivate func modelGuard(_ project: Project, at span: Span) -> Surface.Guardian? {
        guard let holder, let table = project.schema.table(holder) ?? project.schema.table(holder + "s"), table.urls.contains(table.column(field)) else {
            return nil
        }
        return Surface.Guardian("a schema that names the schemes", span)
    }
}

extension Paths {
    /// It is another row: `device.site`.
    fileprivate func isRelation(_ origin: URLOrigin) -> Bool {
        guard origin.source == .row, let table = origin.holder.flatMap({ schema.table($0) }) else { return false }
        return table.relations[origin.field.lowercased()] != nil || table.columns.contains(origin.field.lowercased() + "_id")
    }

    /// No column of its table: the model makes it up.
    fileprivate func isComputed(_ origin: URLOrigin) -> Bool {
        guard origin.source == .row, let table = origin.holder.flatMap({ schema.table($0) }), !table.columns.isEmpty else { return false }
        return !table.holds(origin.field)
    }
}

extension Value {
    /// What a schema of requests has let through.
    fileprivate var isParsed: Bool {
        parts.contains { if case .operation(.call(let name), _) = $0 { Self.parsing.contains(name) } else { false } }
    }

    private static let parsing: Set<String> = [
        "parse", "safeParse", "parseAsync", "safeParseAsync", "validate", "validateSync", "validateAsync", "cast", "load", "model_validate",
    ]

    /// The URL field in a value that something has cleaned, and what did.
    fileprivate var cleanedField: (holder: String?, field: String, means: String)? {
        let means = parts.firstMapped { part -> String? in
            switch part {
            case .operation(.conditional, let parts) where parts.first?.testsScheme == true: "a test of its scheme"
            case .operation(.call(let name), _) where name.hasWords("url") || name.hasWords("href") || name.hasWords("link"):
                Naming.words(name).contains { ["safe", "sanitize", "sanitise", "sanitized", "clean", "normalize"].contains($0) } ? name : nil
            default: nil
            }
        }
        guard let means else { return nil }
        for case .member(let base, let field) in parts where field.namesURL { return (base.ownName, field, means) }
        return nil
    }
}
