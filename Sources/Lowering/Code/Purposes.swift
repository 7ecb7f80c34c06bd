import Flow
import Syntax
import Vocabulary

extension RoutineLowering {
    /// What a call is for. One that only its name says to verify something must be given what it compares: two values, or
    /// one on an object that holds the other.
    func purpose(of call: Call, _ name: CallName, _ receiver: Value?) -> Call.Purpose? {
        if let type = receiver?.made, let secret = source.vocabulary.surfaces.secret(verifiedBy: name.last, of: type) { return .verify(secret) }
        // `const failures = new Ratelimit(…)`, `totpBucket.consume(userId)`
        if name.purpose == nil, let owner = name.owner,
            name.last == "consume" && !call.arguments.isEmpty || source.objects[owner].map({ source.vocabulary.surfaces.limits($0) }) == true
        {
            return .limit
        }
        guard case .verify? = name.purpose else { return name.purpose }
        var given = call.arguments.count
        for case .object(let fields, _) in call.arguments { given += fields.count - 1 }
        // `authenticate(username=…, token=…)`: by what, its arguments say.
        if name.last == "authenticate",
            !call.arguments.contains(where: { $0.fields?.contains { source.vocabulary.surfaces.secret(in: $0.name) != nil } == true })
        {
            return nil
        }
        let isOnObject: Bool
        switch receiver {
        case nil, .name?, .unknown?: isOnObject = false
        default: isOnObject = given > 0
        }
        return given > 1 || isOnObject ? name.purpose : nil
    }
}

// Comparisons of secrets. The names under which a function knows its values tell what is compared, and names are gone in a
// `Value`; so a comparison is written down where it stands, as a call that verifies.
extension RoutineLowering {
    /// `stored === given`
    mutating func noteComparison(_ left: Node, _ right: Node, _ values: [Value], _ node: Node) {
        guard !values.contains(where: \.isConstant) else { return }
        let names = [left, right].flatMap { comparedNames($0, depth: 0) } + values.compactMap { storedName($0) }
        guard let secret = source.secret(among: names) else { return }
        var call = Call(Call.comparison, values)
        call.purpose = .verify(secret)
        emit(.call(call), source.span(node))
    }

    /// `hashes.includes(await hash(password))`, `timingSafeEqual(a, b)`
    mutating func noteComparison(_ callee: String, _ arguments: [Node], _ receiver: Value?, _ values: [Value], _ node: Node) {
        let last = source.callName(callee).last
        let compared: [Value]
        switch last {
        case "includes", "has": compared = values.count == 1 ? (receiver.map { [$0] } ?? []) + values : []
        default: compared = values.count == 2 && (last.hasWords("equal") || last.hasWords("equals") || last == "compare_digest") ? values : []
        }
        guard compared.count == 2, !compared.contains(where: \.isConstant),
            let secret = source.secret(among: arguments.flatMap { comparedNames($0, depth: 0) } + compared.compactMap { storedName($0) })
        else {
            return
        }
        var call = Call(Call.comparison, compared)
        call.purpose = .verify(secret)
        emit(.call(call), source.span(node))
    }

    /// `LoginCode.code`, where a row of that table is called anything: `row.code`.
    private func storedName(_ value: Value) -> String? {
        guard case .member(let row, let name) = value, name == "code" || name == "value", let (table, _) = origin(of: row) else { return nil }
        return table + "." + name
    }

    /// The last names in what is compared: `password` in `hash(body.password)`.
    private func comparedNames(_ node: Node, depth: Int) -> [String] {
        guard depth < 4 else { return [] }
        switch kind(node) {
        case .identifier, .shorthandProperty: return [source.text(node)]
        case .member:
            guard let property = node.child(field.property).map({ source.text($0) }) else { return [] }
            // `otp.code`: what it is a code of says what it is.
            guard property == "code" || property == "value", let object = node.child(field.object), let path = source.path(of: object) else {
                return [property]
            }
            return [path + "." + property]
        case .subscripted: return node.child(field.index).flatMap { source.literalText($0) }.map { [$0] } ?? []
        case .call:
            let subject = node.child(field.function)?.child(field.object).map { comparedNames($0, depth: depth + 1) } ?? []
            return subject + arguments(of: node).prefix(3).flatMap { comparedNames($0, depth: depth + 1) }
        case .parenthesized, .nonNull, .asExpression, .awaitExpression, .satisfies, .binary:
            return node.children.prefix(2).flatMap { comparedNames($0, depth: depth + 1) }
        default: return []
        }
    }
}

extension SourceFile {
    /// The secret that names speak of, unless one is of what is typed twice.
    fileprivate func secret(among names: [String]) -> Secret? {
        var found: Secret?
        for name in names {
            let known: NamedSecret
            if let seen = secretNames[name] {
                known = seen
            } else {
                known = NamedSecret(secret: vocabulary.surfaces.secret(in: name), isRepeated: vocabulary.surfaces.isRepeated(name))
                secretNames[name] = known
            }
            if known.isRepeated || vocabulary.surfaces.isAboutSecret(name) { return nil }
            found = found ?? known.secret
        }
        return found
    }
}

/// What a name says about a secret.
struct NamedSecret {
    let secret: Secret?
    let isRepeated: Bool
}
