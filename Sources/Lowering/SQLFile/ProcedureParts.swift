import Flow
import SQL

extension [Procedure.Part] {
    /// The variables that some statement of the body sets.
    var assigned: Set<String> {
        var found: Set<String> = []
        for part in self {
            switch part.form {
            case .assign(let name, _), .rowCount(let name): found.insert(name)
            case .statement(_, let names): found.formUnion(names)
            case .branch(let arms, let otherwise):
                for arm in arms { found.formUnion(arm.body.assigned) }
                found.formUnion(otherwise.assigned)
            case .loop(_, let body), .each(_, _, let body): found.formUnion(body.assigned)
            case .block(let body, let handlers):
                found.formUnion(body.assigned)
                for handler in handlers { found.formUnion(handler.body.assigned) }
            case .returns, .returnsRows, .raise, .leave, .opaque: continue
            }
        }
        return found.filter { !$0.contains(".") && !$0.hasSuffix("[]") }
    }
}

extension Statement {
    var callsFunction: Bool { if case .call? = main { true } else { false } }
}

extension Read {
    /// Of a sub-select one row counts.
    func single(_ api: API) -> Read {
        var copy = self
        if aggregate == .rows { copy.aggregate = .row }
        copy.api = api
        return copy
    }
}
