import Flow

// What decides that a URL has a scheme that does no harm.
extension Value {
    /// The part of a URL that chooses its scheme: what it begins with, through everything that leaves the beginning as it is.
    var leading: Value {
        switch self {
        case .operation(.text, let parts), .operation(.add, let parts): parts.first?.leading ?? self
        case .operation(.call(let name), let operands) where Self.keepsBeginning.contains(name) || name == "new URL":
            operands.first { !$0.isCallResult }?.leading ?? self
        case .member(let base, let name) where name == "href" || name == "toString":
            if case .operation(.call("new URL"), _) = base { base.leading } else { self }
        default: self
        }
    }

    private static let keepsBeginning: Set<String> = [
        "trim", "toString", "String", "slice", "substring", "decodeURIComponent", "decodeURI", "strip", "str", "trimEnd", "trimStart", "toLowerCase", "lower",
        "encodeURI", "rstrip", "unquote", "first",
    ]

    /// Whether it is `other`, or something that was taken from it.
    func mentions(_ other: Value) -> Bool { parts.contains(other) }

    /// A test of the beginning of a URL: `/^https?:/.test(url)`, `url.startsWith('https://')`, `parsed.protocol === 'https:'`.
    var testsScheme: Bool {
        switch self {
        case .operation(.call(let name), let operands):
            if Self.tests.contains(name), operands.contains(where: { $0.parts.contains(where: \.namesScheme) }) { return true }
            if name.hasWords("url") || name.hasWords("host") { return name.nameWords.contains { ["safe", "allowed", "trusted", "external"].contains($0) } }
            return operands.contains(where: \.testsScheme)
        case .operation(.equal, let parts), .operation(.notEqual, let parts), .operation(.oneOf, let parts), .operation(.notOneOf, let parts):
            return parts.contains(where: \.isScheme) || parts.contains(where: \.testsScheme)
        case .member, .literal, .outcome, .parameter, .input, .column, .name, .unknown: return false
        case .operation(_, let parts), .list(let parts), .either(let parts): return parts.contains(where: \.testsScheme)
        case .object(let fields, let rest): return fields.contains { $0.value.testsScheme } || rest?.testsScheme == true
        }
    }

    private static let tests: Set<String> = [
        "startsWith", "startswith", "test", "match", "search", "fullmatch", "exec", "includes", "has", "indexOf", "some", "every", "matches", "matchAll",
    ]

    /// A text or an expression that says which schemes are allowed, or that only a path is.
    private var namesScheme: Bool {
        switch self {
        case .literal(.string(let text)):
            text.contains("http") || text == "/" || text.hasPrefix("/^\\/") || text.contains("mailto") || text.hasPrefix("data:image")
        case .name(let name): ["http", "url", "scheme", "schemes", "protocol", "protocols", "hosts"].contains { name.hasWords($0) }
        case .member(_, let name): Self.schemes.contains(name)
        default: false
        }
    }

    private static let schemes: Set<String> = ["protocol", "scheme", "origin", "host", "hostname", "netloc"]

    /// `new URL(x).protocol`, `urlparse(x).scheme`, an origin
    private var isScheme: Bool {
        if case .member(_, let name) = leading { return Self.schemes.contains(name) }
        return false
    }
}

extension Paths {
    /// What on the way to a place has tested the scheme of a URL, or cleaned it.
    func schemeGuard(of value: Value, at reached: Reached) -> Surface.Guardian? {
        let leaf = value.leading
        for decision in reached.decisions where decision.condition.testsScheme && decision.condition.mentions(leaf) {
            return Surface.Guardian("a test of its scheme", decision.span)
        }
        // `if not allowed(target): target = "/"`: what did not pass was replaced.
        if case .either(let items) = leaf {
            var found: Surface.Guardian?
            routine.body.visit { step in
                guard found == nil, step.id < reached.step.id, case .branch(.operation(.not, let condition), _, _) = step.kind,
                    let condition = condition.first, condition.testsScheme,
                    items.contains(where: { !$0.isConstant && condition.mentions($0.leading) })
                else { return }
                found = Surface.Guardian("a test of its scheme", step.span)
            }
            if let found { return found }
        }
        for step in reached.earlier {
            guard case .call(let call) = step.kind, call.purpose == .sanitize, call.arguments.contains(where: { $0.mentions(leaf) }) else { continue }
            return Surface.Guardian(call.callee, step.span)
        }
        return nil
    }
}
