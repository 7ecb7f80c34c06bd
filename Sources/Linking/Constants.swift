import Flow

/// What the names that a file imports hold, where another file of the project has written it out: `LIMITS.links`, `Status.Paid`,
/// `social` in a loop.
struct Constants: Sendable {
    private let units: [Unit]
    /// For each file, the file that each of its module names means.
    private let modules: [[String: Int]]

    init(_ units: [Unit], modules: [[String: Int]]) {
        self.units = units
        self.modules = modules
    }

    /// The routines of a file with what it imports put in.
    func settled(_ routines: ArraySlice<Routine>, of file: Int) -> [Routine] {
        let interface = units[file].interface
        var known: [String: Value] = [:], members: [String: Value] = [:]
        for (local, reference) in interface.imports { known[local] = value(of: reference, from: file, depth: 0) }
        for case (let name, let owner?) in interface.enumerators {
            let path = owner.split(separator: ".").map(String.init)
            let holder = path.first.flatMap { known[$0] }.map { path.dropFirst().reduce($0) { $0.member($1) } }
            if let value = holder?.member(name), value.isConstant, value.stringLiteral != name { members[name] = value }
        }
        guard !known.isEmpty else { return Array(routines) }
        func settled(_ step: Step) -> Step {
            let areOptions = if case .begin = step.kind { true } else { false }
            let settledValues = step.withValues { value in
                value.mapped { part in
                    switch part {
                    // A table as a whole says less than its name; of options all are wanted.
                    case .name(let name): areOptions || known[name]?.fields == nil ? known[name] ?? part : part
                    case .member(.name(let name), let field): known[name].map { $0.member(field) }.flatMap { $0 == .unknown ? nil : $0 } ?? part
                    case .literal(.string(let text)): members[text] ?? part
                    default: part
                    }
                }
            }
            return settledValues.withBodies { $0.map(settled) }
        }
        return routines.map { routine in
            var copy = routine
            copy.body = routine.body.map(settled)
            return copy
        }
    }

    private func value(of reference: Interface.Reference, from file: Int, depth: Int) -> Value? {
        guard depth < 8 else { return nil }
        // `from . import limits`, `from shop import limits`: the name may be a module of its own.
        let inner = reference.module.hasSuffix(".") ? reference.module + reference.name : reference.module + "." + reference.name
        if units[file].interface.givesEverything, let target = modules[file][inner] { return everything(of: target) }
        guard let target = modules[file][reference.module] else { return nil }
        return reference.name == "*" ? everything(of: target) : exported(reference.name, from: target, depth: depth + 1)
    }

    private func everything(of file: Int) -> Value? {
        let interface = units[file].interface
        var fields: [Value.Field] = []
        if interface.givesEverything {
            fields = interface.constants.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) }
        } else {
            // Of `exports.FIND = '…'` the constant has the whole path for its name.
            for (name, export) in interface.exports.sorted(by: { $0.key < $1.key }) {
                if case .local(let local) = export, let value = interface.constants[local] { fields.append(.init(name, value)) }
            }
        }
        // What else the module gives is not known by this.
        return fields.isEmpty ? nil : .object(fields, rest: .unknown)
    }

    private func exported(_ name: String, from file: Int, depth: Int) -> Value? {
        guard depth < 8 else { return nil }
        let interface = units[file].interface
        if interface.givesEverything {
            if let value = interface.constants[name] { return value }
            if let reference = interface.imports[name] { return value(of: reference, from: file, depth: depth + 1) }
        } else if let export = interface.exports[name] {
            switch export {
            case .local(let local):
                if let value = interface.constants[local] { return value }
                return interface.imports[local].flatMap { value(of: $0, from: file, depth: depth + 1) }
            case .passed(let reference): return value(of: reference, from: file, depth: depth + 1)
            }
        }
        for module in interface.passedOn {
            if let target = modules[file][module], let value = exported(name, from: target, depth: depth + 1) { return value }
        }
        return nil
    }
}
