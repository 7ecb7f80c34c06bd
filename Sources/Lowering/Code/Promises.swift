import Flow
import Syntax

// `then`, `catch`, `finally`, and the functions of `Promise`.
extension RoutineLowering {
    mutating func promise(_ value: Value, _ method: String, _ node: Node) -> Value {
        let callbacks = arguments(of: node)
        guard let first = callbacks.first, kind(first).isFunction else { return value }
        switch method {
        case "then":
            let result = inline(first, arguments: [value])
            if callbacks.count > 1, kind(callbacks[1]).isFunction { handle(callbacks[1]) }
            return result
        case "catch":
            // The steps before it belong to the attempt; what the handler does runs only when they fail.
            let handler = collecting { lowering in _ = lowering.inline(first, arguments: [.name("error")]) }
            let swallowed = steps.popLast()
            emit(.attempt(swallowed.map { [$0] } ?? [], handler: handler, cleanup: []), source.span(node))
            return value
        default:
            _ = inline(first, arguments: [])
            return value
        }
    }

    mutating func handle(_ callback: Node) {
        let body = collecting { lowering in _ = lowering.inline(callback, arguments: [.name("error")]) }
        emit(.branch(condition: .unknown, then: body, otherwise: []), source.span(callback))
    }

    mutating func promiseAll(_ method: String, _ arguments: [Node]) -> Binding {
        guard let first = arguments.first else { return Binding(.unknown) }
        let value = kind(first) == .arrayNode ? Value.list(elements(of: first, awaited: true)) : evaluate(first).value
        switch method {
        case "reject": emit(.exit(.throw), source.span(first))
        case "all", "allSettled": return Binding(value)
        case "race", "any": return Binding(value.element)
        default: break
        }
        return Binding(value)
    }
}
