/// The types that migrations make.
struct SchemaTypes {
    private(set) var states: [String: Set<String>] = [:]
    /// What the members of enumerations are called, by the values that code gives them.
    private(set) var members: [String: [String: String]] = [:]
    private(set) var domains: [String: (base: String, checks: [Schema.Check])] = [:]
    /// What a domain calls the value.
    static let value = "value"

    mutating func note(_ change: SchemaChange) {
        switch change {
        case .createEnum(let name, let values, let members):
            states[name, default: []].formUnion(values)
            if !members.isEmpty { self.members[name] = members }
        case .createDomain(let name, let base, let checks): domains[name] = (base, Array(checks.prefix(200)))
        // No type has more; text that says so is not read on.
        case .addDomainCheck(let name, let check): if let known = domains[name], known.checks.count < 200 { domains[name]?.checks.append(check) }
        case .dropDomainCheck(let name, let check): domains[name]?.checks.removeAll { $0.isNamed(check, on: name) }
        default: return
        }
    }
}
