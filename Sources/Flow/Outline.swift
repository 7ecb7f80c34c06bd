// The flow as text, one step a line: what goldens hold and what `interlock flow` prints.

extension Routine {
    package var outline: String {
        let marks = (isExported ? " exported" : "") + (entry == .none ? "" : " \(entry.rawValue)")
        return "\(name)(\(parameters.joined(separator: ", ")))\(marks)\n" + body.outline(1)
    }
}

extension [Step] {
    fileprivate func outline(_ depth: Int) -> String { map { $0.outline(depth) }.joined() }
}

extension Step {
    fileprivate func outline(_ depth: Int) -> String {
        let margin = String(repeating: "  ", count: depth)
        func line(_ text: String) -> String { margin + "#\(id) " + text + "\n" }
        func block(_ title: String, _ body: [Step]) -> String { body.isEmpty ? "" : margin + title + "\n" + body.outline(depth + 1) }
        switch kind {
        case .read(let read): return line(read.outline)
        case .write(let write): return line(write.outline)
        case .branch(let condition, let then, let otherwise): return line("if \(condition.outline)") + then.outline(depth + 1) + block("else", otherwise)
        case .loop(let body): return line("loop") + body.outline(depth + 1)
        case .scope(let body): return line("scope") + body.outline(depth + 1)
        case .attempt(let body, let handler, let cleanup):
            return line("try") + body.outline(depth + 1) + (handler.map { margin + "catch\n" + $0.outline(depth + 1) } ?? "") + block("finally", cleanup)
        case .begin(let isolation, let asking): return line("begin \(isolation.rawValue)\(asking.map { " unless \($0.outline)" } ?? "")")
        case .end: return line("end")
        case .lock(let lock): return line("lock \(lock.kind.rawValue) \(lock.key.outline)")
        case .unlock: return line("unlock")
        case .effect(let effect): return line("effect \(effect.kind.rawValue) \(effect.name)")
        case .call(let call): return line("call \(call.type.map { "\($0) " } ?? "")\(call.callee)(\(call.arguments.map(\.outline).joined(separator: ", ")))")
        case .exit(.return(let value)): return line("return \(value.outline)")
        case .exit(.throw): return line("throw")
        case .exit(.next): return line("next")
        case .opaque: return line("opaque")
        }
    }
}

extension Read {
    package var outline: String {
        var text = "read \(aggregate.rawValue) \(table ?? "?")"
        if !joined.isEmpty { text += " joined \(joined.joined(separator: ", "))" }
        let items = columns.map { item in
            (item.aggregate.map { "\($0.rawValue)()" } ?? item.column ?? "…") + (item.alias == item.column ? "" : " as \(item.alias)")
        }
        if !items.isEmpty { text += " [\(items.joined(separator: ", "))]" }
        text += filters.outline
        for value in openFilters { text += " …\(value.outline)" }
        for inner in nested { text += " (\(inner.outline))" }
        if let lock { text += " for \(lock.rawValue)" }
        return text + (api?.outline ?? "")
    }
}

extension Write {
    package var outline: String {
        var text = "\(operation.rawValue) \(table ?? "?")"
        if !assignments.isEmpty { text += " set \(assignments.outline)" }
        text += filters.outline
        if let source { text += " from (\(source.outline))" }
        if let conflict {
            text += " on conflict (\(conflict.columns.joined(separator: ", "))) \(conflict.action.rawValue)"
            if !conflict.assignments.isEmpty { text += " \(conflict.assignments.outline)" }
            text += conflict.filters.outline
        }
        if returning { text += " returning" }
        for value in openValues + openFilters { text += " …\(value.outline)" }
        if partlyUnknown { text += " …" }
        return text + (api?.outline ?? "")
    }
}

extension [Assignment] {
    fileprivate var outline: String { map { "\($0.column) = \($0.value.outline)" }.joined(separator: ", ") }
}

extension API { fileprivate var outline: String { " via \(name)" } }

extension [Predicate] {
    var outline: String {
        isEmpty ? "" : " where " + map { "\($0.column) \($0.comparison.rawValue) \($0.value.outline)" }.joined(separator: " and ")
    }
}

extension Value {
    package var outline: String {
        switch self {
        case .literal(.string(let text)): return "'\(text)'"
        case .literal(.number(let text)): return text
        case .literal(.boolean(let flag)): return "\(flag)"
        case .literal(.null): return "null"
        case .outcome(let step, let facet): return "#\(step).\(facet.rawValue)"
        case .member(let base, let name): return "\(base.outline).\(name)"
        case .parameter(let index, let name): return name.isEmpty ? "parameter\(index)" : name
        case .input(let input): return "<\(input.rawValue)>"
        case .column(let name): return "`\(name)`"
        case .name(let name): return name
        case .operation(let op, let operands): return "\(op.outline)(\(operands.map(\.outline).joined(separator: ", ")))"
        case .object(let fields, let rest):
            return "{\((fields.map { "\($0.name): \($0.value.outline)" } + (rest.map { ["..." + $0.outline] } ?? [])).joined(separator: ", "))}"
        case .list(let items): return "[\(items.map(\.outline).joined(separator: ", "))]"
        case .either(let items): return items.map(\.outline).joined(separator: " | ")
        case .unknown: return "_"
        }
    }
}

extension Operator {
    fileprivate var outline: String {
        switch self {
        case .call(let name): name
        default: "\(self)"
        }
    }
}
