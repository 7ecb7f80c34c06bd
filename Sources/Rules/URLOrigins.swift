import Flow

/// Where a URL comes from, as far as it matters who chose its scheme.
struct URLOrigin {
    let source: Source
    /// What holds it: a table, or the name of an object.
    let holder: String?
    let field: String

    enum Source {
        /// The request says so.
        case request
        /// A column of a row that was read.
        case row
        /// A property of an object that a function or a component is given.
        case property
        /// A value that a function is given as it is.
        case given
        /// A property of what a call gave back.
        case answer
        /// Nothing but its name is known.
        case name
    }
}

extension Paths {
    /// The origins of a URL that nobody here has cleaned; none where its scheme is known to do no harm.
    func origins(ofURL value: Value, named path: String) -> [URLOrigin] {
        var found = origins(value, depth: 0)
        if found.isEmpty, value == .unknown, let last = path.split(separator: ".").last {
            let holder = path.split(separator: ".").dropLast().last.map(String.init)
            if holder != nil { found = [URLOrigin(source: .name, holder: holder, field: String(last))] }
        }
        return found
    }

    private func origins(_ value: Value, depth: Int) -> [URLOrigin] {
        guard depth < 12 else { return [] }
        let value = value.leading
        switch value {
        case .literal, .name, .column, .object, .list, .unknown: return []
        case .input: return [URLOrigin(source: .request, holder: nil, field: "")]
        case .parameter(_, let name): return [URLOrigin(source: .given, holder: nil, field: name)]
        case .outcome(let id, let facet): return facet == .row || facet == .rows ? row(id, nil).map { [$0] } ?? [] : []
        case .either(let items): return items.flatMap { origins($0, depth: depth + 1) }
        case .member(let base, let field): return member(base, field).map { [$0] } ?? []
        case .operation(.conditional, let parts):
            if parts.first?.testsScheme == true { return [] }
            return parts.dropFirst().flatMap { origins($0, depth: depth + 1) }
        case .operation(.coalesce, let parts), .operation(.or, let parts): return parts.flatMap { origins($0, depth: depth + 1) }
        case .operation(.and, let parts):
            if parts.dropLast().contains(where: \.testsScheme) { return [] }
            return parts.last.map { origins($0, depth: depth + 1) } ?? []
        case .operation(.call("get"), let operands):
            // `searchParams.get('next')`, `data.get('url')`
            guard let field = operands.last?.stringLiteral, operands.count > 1 else { return [] }
            let holder = operands.first { !$0.isCallResult }
            if let holder, holder.isQuery { return [URLOrigin(source: .request, holder: "query", field: field)] }
            return holder.flatMap { member($0, field) }.map { [$0] } ?? []
        case .operation: return []
        }
    }

    private func member(_ base: Value, _ field: String) -> URLOrigin? {
        // `urls[0]`: the list has the name.
        if Int(field) != nil {
            guard let name = base.holderName, case .member(let list, _) = base.lastNamed else { return nil }
            // `socialLinks[0]` is a link.
            return member(list, name.hasSuffix("s") && String(name.dropLast()).namesURL ? String(name.dropLast()) : name)
        }
        // An item of a list that another file gives, and has not written out.
        if case .member(.name(let list), "0") = base { return URLOrigin(source: .name, holder: list, field: field) }
        if base.isQuery { return URLOrigin(source: .request, holder: "query", field: field) }
        if base.isSanitized || base.isConfiguration { return nil }
        switch base.holderRoot {
        case .input: return URLOrigin(source: .request, holder: base.holderName, field: field)
        case .outcome(let id, let facet):
            if let found = row(id, field) { return found }
            return facet == .result ? URLOrigin(source: .answer, holder: base.holderName, field: field) : nil
        case .parameter(_, let name):
            if case .parameter = base, name.isEmpty || ["props", "params", "properties"].contains(name) {
                return URLOrigin(source: .given, holder: nil, field: field)
            }
            return URLOrigin(source: .property, holder: base.holderName ?? name, field: field)
        // What the function around this one has named.
        case .name(let name) where routine.captured.contains(name): return URLOrigin(source: .name, holder: base.holderName ?? name, field: field)
        case .operation(.call(let name), let operands):
            // A row of the state of a component, an element of a list that a call gave.
            if Self.configurations.contains(name) { return nil }
            // The state of a component holds what somebody has put there, unless it began as it is.
            if name.hasPrefix("use") {
                if base.initial?.member(field).isOwnText == true { return nil }
                return URLOrigin(source: .property, holder: base.holderName ?? (Self.states.contains(name) ? nil : name), field: field)
            }
            if Self.fetching.contains(name) { return URLOrigin(source: .answer, holder: base.holderName, field: field) }
            if operands.first?.isCallResult == true { return URLOrigin(source: .answer, holder: base.holderName ?? name, field: field) }
            return nil
        default: return nil
        }
    }

    /// Calls that give what whoever runs the program has set.
    private static let configurations: Set<String> = ["useRuntimeConfig", "useAppConfig", "useConfig"]
    /// Calls whose name says nothing of what they keep.
    private static let states: Set<String> = ["useState", "useSlot", "useMemo", "useRef", "useReducer"]
    private static let fetching: Set<String> = ["fetch", "$fetch", "ofetch"]

    private func row(_ id: StepID, _ field: String?) -> URLOrigin? {
        guard let step = steps[id], case .read(let read) = step.kind else { return nil }
        let column = field ?? (read.columns.count == 1 ? read.columns[0].column : nil)
        return column.map { URLOrigin(source: .row, holder: read.table, field: $0) }
    }
}

extension Value {
    /// What stands at the bottom of a chain of properties.
    fileprivate var holderRoot: Value {
        switch self {
        case .member(let base, _): base.holderRoot
        case .operation(.coalesce, let parts), .operation(.or, let parts): parts.first?.holderRoot ?? self
        case .either(let items): items.first?.holderRoot ?? self
        default: self
        }
    }

    /// The name nearest to the field that is no number.
    fileprivate var holderName: String? {
        switch self {
        case .member(let base, let name): Int(name) == nil ? name : base.holderName
        case .parameter(_, let name): name.isEmpty ? nil : name
        case .operation(.coalesce, let parts), .operation(.or, let parts): parts.first?.holderName
        default: nil
        }
    }

    /// Up to the last property that is no number.
    fileprivate var lastNamed: Value {
        if case .member(let base, let name) = self, Int(name) != nil { return base.lastNamed }
        return self
    }

    /// What the state of a component began as, as far as this part of it.
    fileprivate var initial: Value? {
        switch self {
        case .operation(.call, let operands): operands.first { !$0.isCallResult }
        case .member(let base, let name): base.initial.map { Int(name) == nil ? $0.member(name) : $0.element }
        default: nil
        }
    }

    /// Texts that stand in the code, and something in them.
    fileprivate var isOwnText: Bool {
        switch self {
        case .literal(.string(let text)): !text.isEmpty
        case .either(let items): !items.isEmpty && items.allSatisfy(\.isOwnText)
        default: false
        }
    }

    /// The query of the page, or of the request.
    fileprivate var isQuery: Bool {
        switch self {
        case .input(.query): true
        case .name(let name): name == "searchParams"
        case .member(_, let name): ["searchParams", "query", "GET", "args"].contains(name)
        case .operation(.call(let name), _): ["useSearchParams", "URLSearchParams", "new URLSearchParams", "useQuery", "useRoute"].contains(name)
        default: false
        }
    }

    /// `$config.public`, `this.$config`
    fileprivate var isConfiguration: Bool {
        switch self {
        case .member(let base, let name): name == "$config" || base.isConfiguration
        case .name(let name): name == "$config"
        default: false
        }
    }

    /// What a call gave that cleans URLs: `sanitizeUrls(form).website`
    fileprivate var isSanitized: Bool {
        if case .operation(.call(let name), _) = self { return name.hasWords("sanitize") || name.hasWords("sanitized") }
        return false
    }
}
