import Flow
import Syntax

// Objects, lists, what `new` makes, and the arguments of calls.
extension RoutineLowering {
    mutating func object(_ node: Node) -> Value {
        var fields: [Value.Field] = [], rest: Value?
        for part in node.children {
            switch kind(part) {
            case .pair:
                guard let key = part.child(field.key), let value = part.child(field.value) else { continue }
                // What is undefined is not there, for whoever writes the object down or asks by it.
                if kind(value) == .undefined { continue }
                if kind(value).isFunction {
                    register(value, as: propertyName(key), entry: entry(of: propertyName(key), in: node))
                } else {
                    fields.append(.init(propertyName(key), settled(value)))
                }
            case .keywordArgument:
                guard let key = part.child(field.name), let value = part.child(field.value), !kind(value).isFunction else { continue }
                fields.append(.init(source.text(key), settled(value)))
            case .shorthandProperty:
                fields.append(.init(source.text(part), evaluate(part).value))
            case .spread where source.isPython: continue
            case .spread, .dictionarySplat:
                let value = part.children.first.map { settled($0) } ?? .unknown
                if case .object(let inner, let innerRest) = value {
                    fields.append(contentsOf: inner)
                    if let innerRest { rest = rest.map { .merge([$0, innerRest]) } ?? innerRest }
                } else {
                    rest = rest.map { .merge([$0, value]) } ?? value
                }
            case .method:
                if let name = part.child(field.name) {
                    register(part, as: propertyName(name), entry: entry(of: propertyName(name), in: node))
                }
            default: continue
            }
        }
        return .object(Array(fields.prefix(80)), rest: rest)
    }

    /// `{ method: 'POST', path: '/loans', handler: (request) => … }`: a route, as Hapi and Fastify take it.
    private func entry(of name: String, in object: Node) -> Routine.Entry {
        guard name == "handler" else { return .none }
        let keys = Set(object.children.compactMap { $0.child(field.key).map { source.text($0) } })
        return keys.contains("method") && (keys.contains("path") || keys.contains("url")) ? .route : .none
    }

    mutating func elements(of node: Node, awaited: Bool = false) -> [Value] {
        var values: [Value] = []
        for child in node.children where kind(child) != .comment {
            let value = settled(child, awaited: awaited)
            if values.count < 40 { values.append(kind(child) == .spread ? value.element : value) }
        }
        return values
    }

    mutating func construct(_ node: Node) -> Value {
        let name = node.child(field.constructor).map { source.text($0) } ?? "new"
        if isModule, arguments(of: node).contains(where: { kind($0).isFunction }) { return .unknown }
        let values = arguments(of: node).map { argument -> Value in
            kind(argument).isFunction ? inline(argument, arguments: []) : settled(argument)
        }
        return Value.operation(.call("new " + name), values).bounded
    }

    func arguments(of call: Node) -> [Node] {
        if source.isPython { return pythonArguments(of: call) }
        return call.child(field.arguments)?.children.filter { kind($0) != .comment } ?? []
    }
}

extension Value {
    private static let key = "key of entries"

    /// One of `Object.entries(fields)`: a name and its value.
    var entry: Value? {
        guard case .operation(.call("entries"), let parts) = self, let fields = parts.last else { return nil }
        let value: Value = if case .object = fields { .unknown } else { fields.member("0") }
        return .list([.operation(.call(Self.key), [fields]), value])
    }

    /// The object whose columns such a name goes through.
    var keyOfEntries: Value? {
        guard case .operation(.call(Self.key), let parts) = self else { return nil }
        return parts.first
    }
}
