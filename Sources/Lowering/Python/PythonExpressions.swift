import Flow
import SQL
import Syntax
import Vocabulary

// Expressions that only Python has, and its functions that mean what other languages say with operators or methods.
extension RoutineLowering {
    /// `a < b <= c`, `x is None`, `x not in list`
    mutating func comparison(_ node: Node) -> Binding {
        var operands: [Node] = [], operators: [String] = []
        node.forEachChild { child in
            if child.isNamed, kind(child) != .comment {
                operands.append(child)
            } else if operands.count > operators.count {
                operators.append(source.text(child))
            } else if !operators.isEmpty {
                // `not` and `in`, `is` and `not` may be two words.
                operators[operators.count - 1] += " " + source.text(child)
            }
        }
        let values = operands.map { settled($0) }
        var tests: [Value] = []
        for (at, name) in operators.enumerated() where at + 1 < values.count {
            if name == "==" || name == "!=" { noteComparison(operands[at], operands[at + 1], [values[at], values[at + 1]], node) }
            tests.append(Value.operation(Self.comparisons[name] ?? .call(name), [values[at], values[at + 1]]).bounded)
        }
        return Binding(tests.count == 1 ? tests[0] : Value.operation(.and, tests).bounded)
    }

    private static let comparisons: [String: Operator] = [
        "<": .less, "<=": .lessOrEqual, ">": .greater, ">=": .greaterOrEqual, "==": .equal, "!=": .notEqual, "is": .equal, "is not": .notEqual,
        "in": .oneOf, "not in": .notOneOf,
    ]

    mutating func negation(_ node: Node) -> Value {
        let value = node.child(field.argument).map { settled($0) } ?? .unknown
        if case .operation(.not, let inner) = value, let first = inner.first { return first }
        return .operation(.not, [value])
    }

    /// `yes if condition else no`
    mutating func conditionalExpression(_ node: Node) -> Value {
        let parts = node.children.filter { kind($0) != .comment }
        guard parts.count == 3 else { return .unknown }
        let condition = settled(parts[1])
        var yes: Value = .unknown, no: Value = .unknown
        let then = collecting { yes = $0.settled(parts[0]) }
        let otherwise = collecting { no = $0.settled(parts[2]) }
        if !then.isEmpty || !otherwise.isEmpty { emit(.branch(condition: condition, then: then, otherwise: otherwise), source.span(parts[1])) }
        return Value.operation(.conditional, [condition, yes, no]).bounded
    }

    /// `[f(x) for x in rows if x.open]`: a loop, and rows where the rows themselves are kept.
    mutating func comprehension(_ node: Node) -> Value {
        let outer = names
        guard let result = node.children.first else { return .unknown }
        let clauses = node.children.dropFirst().filter { kind($0) == .forClause || kind($0) == .ifClause }
        guard let first = clauses.first, let right = first.child(field.right) else { return .unknown }
        let list = settled(right)
        var value: Value = .unknown
        let body = collecting { lowering in
            if let left = first.child(lowering.field.left) { lowering.bind(left, to: Binding(lowering.item(of: list))) }
            for clause in clauses.dropFirst() {
                if lowering.kind(clause) == .forClause, let right = clause.child(lowering.field.right), let left = clause.child(lowering.field.left) {
                    let inner = lowering.settled(right)
                    lowering.bind(left, to: Binding(inner.element))
                } else if let test = clause.children.first {
                    _ = lowering.settled(test)
                }
            }
            value = lowering.kind(result) == .pair ? .unknown : lowering.settled(result)
            if lowering.kind(result) == .pair { for part in result.children { _ = lowering.settled(part) } }
        }
        names = outer
        emitLoop(body, over: list, source.span(right))
        if value == list.element, value != .unknown { return list }
        if case .outcome(_, .rows) = list { return .operation(.call("map"), [list, value]) }
        return value == .unknown ? .unknown : .list([value])
    }

    /// `"…" "…"`: texts that stand one behind the other are one.
    mutating func concatenated(_ node: Node) -> Binding {
        var whole = HostText(), parts: [Value] = []
        for part in node.children where kind(part) == .string {
            let (text, values) = templateText(part)
            whole.append(text)
            parts += values
        }
        if let content = source.literalText(node) { return Binding(.literal(.string(content)), text: whole) }
        return Binding(Value.operation(.text, parts).bounded, text: whole)
    }

    /// `"… %s …" % (a, b)`, `"… {} …".format(a, b)`: text with its holes filled.
    mutating func filled(_ binding: Binding, _ values: [Value], inBraces: Bool = false) -> Binding {
        let value = Value.operation(.text, [binding.value] + values).bounded
        guard let text = binding.text else { return Binding(value) }
        let bytes = text.text.bytes
        var out = HostText(), start = 0, next = 0
        out.holes = text.holes
        for place in Self.placeholders(in: bytes) where (bytes[place.range.lowerBound] == UInt8(ascii: "{")) == inBraces {
            out.text.append(bytes[start..<place.range.lowerBound], host: text.text.host(at: start))
            out.text.appendHole(out.holes.count, host: text.text.host(at: place.range.lowerBound))
            start = place.range.upperBound
            if !place.name.isEmpty, case .object? = values.last {
                out.holes.append(values.last?.member(place.name) ?? .unknown)
            } else {
                out.holes.append(next < values.count ? values[next] : .unknown)
                next += 1
            }
        }
        out.text.append(bytes[start...], host: text.text.host(at: min(start, max(0, bytes.count - 1))))
        return Binding(value, text: out)
    }

    /// `%s`, `%(name)s`, `{}`, `{name}`, in order.
    private static func placeholders(in bytes: [UInt8]) -> [(range: Range<Int>, name: String)] {
        var found: [(range: Range<Int>, name: String)] = [], at = 0
        while at + 1 < bytes.count {
            let isBrace = bytes[at] == UInt8(ascii: "{"), isNamed = bytes[at] == UInt8(ascii: "%") && bytes[at + 1] == UInt8(ascii: "(")
            if isBrace || isNamed, let close = bytes[(at + 1)...].firstIndex(of: UInt8(ascii: isBrace ? "}" : ")")) {
                let end = min(bytes.count, close + (isBrace ? 1 : 2))
                found.append((at..<end, String(decoding: bytes[(at + (isBrace ? 1 : 2))..<close], as: UTF8.self)))
                at = end
            } else if bytes[at] == UInt8(ascii: "%"), "sdfr".utf8.contains(bytes[at + 1]) {
                found.append((at..<(at + 2), ""))
                at += 2
            } else {
                at += 1
            }
        }
        return found
    }

    // MARK: Functions of the language

    /// `len(rows)`, `int(x)`, `next(rows)`, `cast(Order, x)`; nil where the name is no such function.
    mutating func builtin(_ name: String, _ node: Node) -> Binding? {
        let arguments = arguments(of: node)
        switch name {
        case "len", "sum", "any", "all", "next", "list", "dict", "vars", "asdict", "dataclasses.asdict", "tuple", "set", "sorted", "reversed", "iter", "int",
            "str", "float", "bool", "Decimal", "cast",
            "typing.cast",
            "getattr", "setattr", "max", "min", "enumerate", "isinstance", "copy", "deepcopy", "copy.copy", "copy.deepcopy":
            guard let first = arguments.first else { return nil }
            let binding = evaluate(first)
            let value = binding.chain.map { settle($0, awaited: false) } ?? binding.value
            let rest = arguments.dropFirst().map { settled($0) }
            switch name {
            case "len": return Binding(Self.length(of: value))
            case "dict", "vars", "asdict", "dataclasses.asdict": return arguments.count == 1 && kind(first) != .object ? Binding(value) : nil
            case "list", "tuple", "set", "sorted", "reversed", "iter", "int", "float", "bool", "Decimal": return Binding(value)
            case "str": return Binding(value, text: binding.text)
            case "next": return Binding(value.element == .unknown ? .operation(.call("next"), [value] + rest) : value.element)
            case "cast", "typing.cast": return Binding(rest.first ?? value)
            case "copy", "deepcopy", "copy.copy", "copy.deepcopy": return Binding(value)
            case "enumerate": return Binding(.list([.list([.unknown, value.element])]))
            // `sum(row["amount"] for row in rows)`
            case "sum":
                if case .operation(.call("map"), let parts) = value, case .outcome(let id, .rows)? = parts.first { return Binding(.outcome(id, .rowCount)) }
                return Binding(Value.operation(.call("sum"), [value] + rest).bounded)
            case "any", "all": return Binding(Value.operation(.call("some"), [value]).bounded)
            case "getattr":
                guard let column = rest.first?.stringLiteral else { return Binding(.unknown) }
                return Binding(value.member(column))
            case "setattr":
                guard kind(first) == .identifier, rest.count > 1 else { return Binding(.unknown) }
                if let column = rest[0].stringLiteral {
                    set(column, of: source.text(first), to: rest[1])
                } else {
                    changeSomething(of: source.text(first), to: rest[1])
                }
                return Binding(.unknown)
            case "isinstance": return Binding(.unknown)
            default: return Binding(Value.operation(.call(name), [value] + rest).bounded)
            }
        default: return nil
        }
    }

    /// `text("SELECT …")`: what is said in SQL stays text.
    mutating func wrappedText(_ path: String, _ node: Node) -> Binding? {
        guard let name = path.split(separator: ".").last, source.vocabulary.apis.contains(where: { $0.phrases.raw.contains(String(name)) }),
            let first = arguments(of: node).first
        else { return nil }
        let binding = evaluate(first)
        return binding.text == nil && binding.value.stringLiteral == nil ? nil : binding
    }

    /// The number of rows, also of those that were picked from a list of them.
    private static func length(of value: Value) -> Value {
        if case .operation(.call("map"), let parts) = value, let list = parts.first { return list.member("length") }
        return value.member("length")
    }

    /// `for key, value in data.items(): setattr(order, key, value)`: columns of the row that a name holds are set, nobody
    /// knows which, to what somebody gives.
    private mutating func changeSomething(of name: String, to value: Value) {
        guard let known = names[name]?.value else { return }
        var source = value
        while case .member(let base, let part) = source, Int(part) != nil { source = base }
        while case .operation(.call("items"), let parts) = source, let first = parts.first(where: { !$0.isCallResult }) { source = first }
        let some = isFilledLater(source) ? [Value.Field(Value.elided, source)] : []
        if case .object(let fields, let rest) = known {
            if !some.isEmpty, !fields.contains(where: { $0.name == Value.elided }) { names[name]?.value = Value.object(fields + some, rest: rest).held }
            return
        }
        names[name]?.value = Value.object(some, rest: known).held
    }

    /// Methods of texts, lists and dictionaries.
    mutating func pythonMethod(_ method: String, _ node: Node, on receiver: Binding, _ path: String?) -> Binding? {
        switch method {
        // `self.get_object()` of a view that says what it shows.
        case "get_object":
            guard path == "this.get_object", let view, let api = source.api(where: { !$0.managers.isEmpty }) else { return nil }
            return Binding(readRow(view, api, key: .input(.path), source.span(node)))
        // The rows of a view, some of them or all.
        case "get_queryset":
            guard path == "this.get_queryset", let view, let api = source.api(where: { !$0.managers.isEmpty }) else { return nil }
            return Binding(.unknown, chain: rows(of: view, api, node, isSome: true))
        case "format":
            guard receiver.text != nil else { return nil }
            return filled(receiver, arguments(of: node).map { settled($0) }, inBraces: true)
        case "append", "add":
            guard let name = path?.split(separator: ".").dropLast(), name.count == 1, let first = arguments(of: node).first,
                case .list(let items)? = names[String(name[0])]?.value
            else { return nil }
            let item = settled(first)
            if items.count < 12 { names[String(name[0])]?.value = Value.list(items + [item]).held }
            return Binding(.unknown)
        case "get":
            // `row.get("status")`
            guard case .outcome(_, .row) = receiver.value, let key = arguments(of: node).first.flatMap({ source.literalText($0) }) else { return nil }
            return Binding(receiver.value.member(key))
        case "strip", "lower", "upper", "rstrip", "lstrip", "encode", "decode":
            return arguments(of: node).isEmpty ? Binding(receiver.value) : nil
        // A row in another form.
        case "parse_obj", "model_validate", "from_orm", "from_row", "from_dict", "validate_python", "model_construct":
            guard let first = arguments(of: node).first else { return nil }
            let value = settled(first)
            return value.isRow || value.isOpenRow ? Binding(value) : nil
        // `data.model_dump(exclude_unset=True)`
        case "dict", "model_dump":
            return arguments(of: node).allSatisfy { kind($0) == .keywordArgument } ? Binding(receiver.value) : nil
        case "copy", "model_copy", "mappings":
            return arguments(of: node).isEmpty ? Binding(receiver.value) : nil
        default: return nil
        }
    }
}
