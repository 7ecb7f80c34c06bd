import Flow
import Syntax

/// What an expression of a model says, as far as models say anything: literals, names, lists, objects and chains of calls.
indirect enum Notation {
    case text(String)
    case flag(Bool)
    case null
    case number(String)
    /// Text with holes, each by the last part of its name, and those names.
    case template(String, names: [String])
    /// `status`, `DataTypes.STRING`
    case path([String])
    case list([Notation])
    case object([(name: String, value: Notation)])
    case chain(CallChain)
    case function(parameters: [String], body: Node)
    /// `Q(a=1) | ~Q(b=2)`: conditions, joined by Python's operators.
    case joined(String, [Notation])
    case unknown
}

/// `t.string('code').unique()`: what the first call stands on, and the calls. `new Schema({…})` is one call.
struct CallChain {
    var base: [String] = []
    var calls: [Call] = []

    struct Call {
        let name: String
        let arguments: [Notation]
    }

    var first: Call? { calls.first }

    func call(_ name: String) -> Call? { calls.first { $0.name == name } }
}

extension Notation {
    var text: String? {
        switch self {
        case .text(let text): text
        case .template(let text, _): text
        default: nil
        }
    }

    /// The last part of a name: the property of a column, the type of an option.
    var lastName: String? {
        if case .path(let parts) = self { return parts.last }
        return nil
    }

    var flag: Bool? {
        if case .flag(let flag) = self { return flag }
        return nil
    }

    /// A constant that a column may hold.
    var literal: Literal? {
        switch self {
        case .text(let text): .string(text)
        case .flag(let flag): .boolean(flag)
        case .number(let number): .number(number)
        default: nil
        }
    }

    /// Nothing that a list of columns can hold.
    var isUnread: Bool {
        switch self {
        case .unknown, .joined: true
        default: false
        }
    }

    fileprivate var isJoined: Bool { if case .joined = self { true } else { false } }

    var items: [Notation]? {
        if case .list(let items) = self { return items }
        return nil
    }

    var fields: [(name: String, value: Notation)]? {
        if case .object(let fields) = self { return fields }
        return nil
    }

    var chain: CallChain? {
        if case .chain(let chain) = self { return chain }
        return nil
    }

    /// The strings of a list, or of an object's values.
    var texts: [String] { (items ?? fields?.map(\.value) ?? []).compactMap(\.text) }

    subscript(name: String) -> Notation? { fields?.last { $0.name == name }?.value }
}

/// Reads notations from syntax, with the constants of the file in place of their names.
struct NotationReader {
    let source: SourceFile
    /// What names of the file were bound to.
    var constants: [String: Node] = [:]
    private let budget: Budget

    private static let depthLimit = 40
    /// Few objects spread others that spread others; one that spreads itself twice is soon at an end.
    private static let spreadCost = 9

    init(source: SourceFile) {
        self.source = source
        budget = Budget(2 * source.bytes.count + 1_000)
    }

    /// How much is still read of this file. Constants that stand in each other several times would otherwise be read
    /// more often than there is text.
    private final class Budget {
        private var left: Int

        init(_ left: Int) { self.left = left }

        func allows() -> Bool {
            left -= 1
            return left >= 0
        }
    }

    func read(_ node: Node, depth: Int = 0) -> Notation {
        guard depth < Self.depthLimit, budget.allows() else { return .unknown }
        switch source.kind(node) {
        case .string: return .text(source.literalText(node) ?? "")
        case .templateString: return source.literalText(node).map { .text($0) } ?? template(node, depth)
        case .number: return .number(source.text(node))
        case .unary:
            guard let argument = node.child(source.field.argument) else { return .unknown }
            if source.kind(argument) == .number { return .number(source.text(node)) }
            return source.bytes[node.start] == UInt8(ascii: "~") ? .joined("~", [read(argument, depth: depth + 1)]) : .unknown
        case .trueLiteral: return .flag(true)
        case .falseLiteral: return .flag(false)
        case .nullLiteral, .undefined: return .null
        case .identifier: return .path([source.text(node)])
        case .this: return .path(["this"])
        case .member: return source.path(of: node).map { .path($0.split(separator: ".").map(String.init)) } ?? .unknown
        case .asExpression, .satisfies, .parenthesized, .nonNull, .awaitExpression: return node.children.first.map { read($0, depth: depth + 1) } ?? .unknown
        case .arrayNode: return .list(node.children.flatMap { element($0, depth) })
        case .object: return .object(node.children.flatMap { fields($0, depth) })
        case .call, .newExpression: return .chain(chain(node, depth))
        case .arrowFunction, .functionExpression, .functionOld: return function(node)
        // SQL text is often put together from lines.
        case .concatenatedString: return source.literalText(node).map { .text($0) } ?? .unknown
        case .binary:
            guard let left = node.child(source.field.left), let right = node.child(source.field.right) else { return .unknown }
            let parts = [read(left, depth: depth + 1), read(right, depth: depth + 1)]
            if parts[0].chain != nil || parts[0].isJoined, let sign = node.child(source.field.operatorToken).map({ source.text($0) }),
                sign == "&" || sign == "|"
            {
                return .joined(sign, parts)
            }
            guard let a = parts[0].text, let b = parts[1].text else { return .unknown }
            return .text(a + b)
        default: return .unknown
        }
    }

    /// A name's constant, where the file has one.
    func resolve(_ notation: Notation, depth: Int = 0) -> Notation {
        guard depth < Self.depthLimit, case .path(let parts) = notation, let first = parts.first, let node = constants[first] else { return notation }
        var value = resolve(read(node, depth: depth + 1), depth: depth + 5)
        for part in parts.dropFirst() { value = value[part] ?? .unknown }
        if case .unknown = value { return notation }
        return value
    }

    /// The value that a function's body is, or returns.
    func result(of notation: Notation) -> Notation {
        guard case .function(_, let body) = notation else { return resolve(notation) }
        guard source.kind(body) == .statementBlock else { return resolve(read(body)) }
        for statement in body.children where source.kind(statement) == .returnStatement {
            return statement.children.first.map { resolve(read($0)) } ?? .unknown
        }
        return .unknown
    }

    /// The calls of an expression, from the first to the last, in one pass.
    func chain(_ node: Node, _ depth: Int = 0) -> CallChain {
        var chain = CallChain()
        var current: Node? = node
        while let call = current {
            current = nil
            guard let function = call.child(source.field.function) ?? call.child(source.field.constructor) else { break }
            let arguments = arguments(of: call, depth)
            switch source.kind(function) {
            case .member:
                guard let property = function.child(source.field.property), let object = function.child(source.field.object) else { break }
                chain.calls.append(.init(name: source.text(property), arguments: arguments))
                var inner = object
                while [.parenthesized, .nonNull, .awaitExpression].contains(source.kind(inner)), let child = inner.children.first { inner = child }
                if [.call, .newExpression].contains(source.kind(inner)) {
                    current = inner
                } else {
                    chain.base = path(inner)
                }
            case .call: current = function
            default: chain.calls.append(.init(name: source.text(function), arguments: arguments))
            }
        }
        chain.calls.reverse()
        return chain
    }

    /// The names of the calls alone: what decides whether the chain is worth reading.
    func names(_ node: Node) -> [String] {
        var names: [String] = []
        var current: Node? = node
        while let call = current {
            current = nil
            guard [.call, .newExpression].contains(source.kind(call)) else { break }
            guard let function = call.child(source.field.function) ?? call.child(source.field.constructor) else { break }
            if source.kind(function) == .member, let property = function.child(source.field.property) {
                names.append(source.text(property))
                current = function.child(source.field.object)
            } else if source.kind(function) == .call {
                current = function
            } else {
                names.append(source.text(function))
            }
        }
        return names
    }

    func arguments(of call: Node, _ depth: Int = 0) -> [Notation] {
        guard let arguments = call.child(source.field.arguments) else { return [] }
        if source.kind(arguments) == .templateString { return [read(arguments, depth: depth + 1)] }
        guard source.isPython else { return arguments.children.flatMap { element($0, depth) } }
        let named = arguments.children.filter { source.kind($0) == .keywordArgument }.flatMap { fields($0, depth) }
        let rest = arguments.children.filter { source.kind($0) != .keywordArgument && source.kind($0) != .dictionarySplat }.flatMap { element($0, depth) }
        return named.isEmpty ? rest : rest + [.object(named)]
    }

    private func path(_ node: Node) -> [String] { source.path(of: node)?.split(separator: ".").map(String.init) ?? [] }

    private func element(_ node: Node, _ depth: Int) -> [Notation] {
        switch source.kind(node) {
        case .comment: []
        case .spread:
            // What cannot be spread out is kept as one element, so that a list is not taken for shorter than it is.
            if let value = node.children.first.map({ resolve(read($0, depth: depth + 1), depth: depth + Self.spreadCost) }) {
                value.items ?? [value]
            } else {
                []
            }
        default: [read(node, depth: depth + 1)]
        }
    }

    private func fields(_ node: Node, _ depth: Int) -> [(name: String, value: Notation)] {
        switch source.kind(node) {
        case .pair:
            guard let key = node.child(source.field.key), let value = node.child(source.field.value) else { return [] }
            // `[Model.status]: …` is a key that no one can read here.
            return [(source.literalText(key) ?? source.text(key), read(value, depth: depth + 1))]
        case .keywordArgument:
            guard let key = node.child(source.field.name), let value = node.child(source.field.value) else { return [] }
            return [(source.text(key), read(value, depth: depth + 1))]
        case .shorthandProperty: return [(source.text(node), .path([source.text(node)]))]
        case .method:
            guard let name = node.child(source.field.name) else { return [] }
            return [(source.text(name), function(node))]
        case .spread: return node.children.first.flatMap { resolve(read($0, depth: depth + 1), depth: depth + Self.spreadCost).fields } ?? []
        default: return []
        }
    }

    private func function(_ node: Node) -> Notation {
        guard let body = node.child(source.field.body) else { return .unknown }
        var parameters: [String] = []
        if let single = node.child(source.field.parameter) { parameters = [source.text(single)] }
        for parameter in node.child(source.field.parameters)?.children ?? [] {
            parameters.append(source.text(parameter.child(source.field.pattern) ?? parameter))
        }
        return .function(parameters: parameters, body: body)
    }

    private func template(_ node: Node, _ depth: Int) -> Notation {
        var text = "", names: [String] = [], at = node.start + 1
        for child in node.children where source.kind(child) == .substitution {
            if child.start > at { text += String(decoding: source.bytes[at..<child.start], as: UTF8.self) }
            at = child.end
            let hole = child.children.first.map { resolve(read($0, depth: depth + 1), depth: depth + 1) } ?? .unknown
            if let name = hole.lastName { names.append(name) }
            // `${t.order}` stands for a column, whatever it is called.
            text += hole.text ?? hole.lastName.map { ReservedWords.contains($0) ? "\"\($0)\"" : $0 } ?? "?"
        }
        if node.end - 1 > at { text += String(decoding: source.bytes[at..<(node.end - 1)], as: UTF8.self) }
        return .template(text, names: names)
    }
}
