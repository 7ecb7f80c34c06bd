import Flow
import SQL
import Syntax
import Vocabulary

/// Globals whose functions neither reach the database nor leave the process.
let pureGlobals: Set<String> = [
    "Math", "Object", "JSON", "Number", "String", "Boolean", "Array", "Date", "console", "Symbol", "BigInt", "parseInt", "parseFloat", "isNaN",
    "encodeURIComponent", "decodeURIComponent", "Buffer", "structuredClone", "Response", "NextResponse", "Intl", "RegExp", "process", "Error", "URL",
    "setTimeout", "clearTimeout", "res", "reply", "response", "atob", "btoa", "logger", "log", "Reflect", "TextEncoder", "Headers",
    "Uint8Array", "Set", "Map", "Iterator",
]

private let iterations: Set<String> = ["map", "forEach", "filter", "flatMap", "some", "every", "find", "findIndex", "findLast", "reduce", "sort", "toSorted"]

extension RoutineLowering {
    mutating func call(_ node: Node, awaited: Bool) -> Binding {
        guard var function = node.child(field.function), let list = node.child(field.arguments) else { return Binding(.unknown) }
        // NB: the grammar reads `await f<T>(x)` as a call of `await f`, and so `await f<T>(x).g()` as a link of that.
        if kind(function) == .awaitExpression, let inner = function.children.first {
            let binding = call(node, inner, list, awaited: true)
            return isAwaitedWhole ? binding : Binding(binding.chain.map { settle($0, awaited: true) } ?? binding.value)
        }
        if !isAwaitedWhole, beginsWithAwait(function) {
            isAwaitedWhole = true
            defer { isAwaitedWhole = false }
            let binding = call(node, function, list, awaited: true)
            return Binding(binding.chain.map { settle($0, awaited: true) } ?? binding.value)
        }
        while [.parenthesized, .nonNull].contains(kind(function)), let inner = function.children.first { function = inner }
        // `(() => { … return site })()` is what it gives; what is begun and not waited for is a way of its own.
        if kind(function).isFunction, kind(list) != .templateString, !isModule, !source.bytes[function.start...].starts(with: "async".utf8) {
            return Binding(inline(function, arguments: arguments(of: node).map { settled($0) }))
        }
        return call(node, function, list, awaited: awaited)
    }

    /// `await f<T>(x).g`: a few links below stands the `await`, which the grammar puts around the first alone.
    private func beginsWithAwait(_ function: Node) -> Bool {
        var current = function
        for _ in 0..<Self.linksAfterAwait {
            guard kind(current) == .member, let object = current.child(field.object), kind(object) == .call, let inner = object.child(field.function) else {
                return false
            }
            if kind(inner) == .awaitExpression { return true }
            current = inner
        }
        return false
    }

    private static let linksAfterAwait = 8

    private mutating func call(_ node: Node, _ function: Node, _ list: Node, awaited: Bool) -> Binding {
        if kind(list) == .templateString {
            // ``(id) => sql<Row[]>`…` ``: before types the grammar ends the function behind the tag.
            if whole != nil, kind(function) == .arrowFunction, let tag = function.child(field.body) { return taggedTemplate(node, tag, list) }
            // ``await sql<Row[]>`…` ``: and it puts the `await` around the tag alone.
            guard kind(function) == .awaitExpression, let tag = function.children.first else { return taggedTemplate(node, function, list) }
            let made = taggedTemplate(node, tag, list)
            return made.chain.map { Binding(settle($0, awaited: true)) } ?? made
        }
        guard kind(function) == .member, let object = function.child(field.object), let property = function.child(field.property) else {
            return plainCall(node, function)
        }
        let method = source.text(property)
        let path = source.path(of: function) ?? clonedPath(object, method)
        if let path, path.hasPrefix("Promise.") { return promiseAll(method, arguments(of: node)) }
        if let path, let input = source.vocabulary.calls.inputs[path] {
            for argument in arguments(of: node) { _ = settled(argument) }
            return Binding(.input(input))
        }
        let receiver = managed(object) ?? begun(object) ?? evaluate(object)
        if let chain = receiver.chain {
            if let next = extend(chain, with: method, node, property, awaited: awaited) { return next }
            // `Order.objects.open().get(pk=pk)`: a query of the project's own, which goes on.
            if source.isPython, case .builder(var builder) = chain.form, builder.verb == .read, !source.vocabulary.apis[chain.candidates[0]].managers.isEmpty,
                !iterations.contains(method)
            {
                for argument in arguments(of: node) where !kind(argument).isFunction { builder.filters.append(Predicate("", .other, settled(argument))) }
                builder.partlyUnknown = true
                // What it asks by itself is known to nobody here.
                if arguments(of: node).isEmpty { builder.openFilters.append(.name(method)) }
                var next = chain
                next.form = .builder(builder)
                return Binding(.unknown, chain: next)
            }
            if ["then", "catch", "finally"].contains(method) {
                return Binding(promise(settle(chain, awaited: true), method, node))
            }
            // Not a link of this library: the statement runs, and the method works on its result, or says something about it
            // that the vocabulary does not know.
            var chain = chain
            if case .builder(var builder) = chain.form, !awaited, !iterations.contains(method), !arguments(of: node).isEmpty {
                builder.partlyUnknown = true
                chain.form = .builder(builder)
            }
            return methodCall(node, on: Binding(settle(chain, awaited: awaited)), path, method, property)
        }
        if ["then", "catch", "finally"].contains(method) { return Binding(promise(receiver.value, method, node)) }
        if let begun = statement(method, on: receiver.value, object, node) { return begun }
        if let saved = saveForm(method, object, receiver.value, node) ?? loadRow(method, receiver.value, node) { return saved }
        if let saved = instance(method, of: receiver.value, node, object) { return saved.chain.map { Binding(settle($0, awaited: true)) } ?? saved }
        if let found = handed(method, object, node, property, awaited: awaited) { return found }
        if let value = runTransaction(method, object, node) { return Binding(value) }
        if let opened = open(method, node, property, receiver: path ?? source.tail(of: function), awaited: awaited) { return opened }
        return methodCall(node, on: receiver, path, method, property)
    }

    /// `request.clone().json`: a copy says the same.
    private func clonedPath(_ object: Node, _ method: String) -> String? {
        guard kind(object) == .call, let function = object.child(field.function), kind(function) == .member,
            function.child(field.property).map({ source.text($0) }) == "clone", let owner = function.child(field.object).flatMap({ source.path(of: $0) })
        else { return nil }
        return owner + "." + method
    }

    // MARK: Known shapes

    private mutating func taggedTemplate(_ node: Node, _ tag: Node, _ template: Node) -> Binding {
        // `tx.$queryRaw<Row[]>` carries the types of its rows.
        let path = source.path(of: tag) ?? String(source.text(tag).prefix { $0 != "<" })
        let name = String(path[(path.lastIndex(of: ".").map(path.index(after:)) ?? path.startIndex)...])
        let (text, holes) = templateText(template, isTagged: true)
        // Of a piece of SQL all is kept: `sql`${items.stock} - 1``.
        let parts = source.vocabulary.apis.contains { $0.phrases.raw.contains(name) } ? pieces(of: template, around: holes) : holes
        // The tag of an imported library under the user's own name, or the parameter of its transaction.
        let isAlias = source.tags.contains(path) || names[path]?.value == .name("transaction")
        let opening = isAlias ? "sql" : name
        let candidates = candidates(opening: opening, role: .tag, root: isAlias ? "" : path.prefix { $0 != "." })
        guard !candidates.isEmpty else { return Binding(Value.operation(.call(name), parts).bounded, text: text) }
        let link = source.vocabulary.apis[candidates[0]].links[opening]
        let statements = SQLReader.statements(in: text.text)
        // A piece of a condition, which a builder takes in as text.
        if link?.runs != true, !statements.contains(where: { $0.operations.contains { $0 != .opaque } }) {
            return Binding(Value.operation(.call(name), parts).bounded, text: text)
        }
        let chain = Chain(
            candidates: candidates, span: source.span(node), returns: link?.returns,
            form: .text(statements: statements, parameters: [], host: text))
        return Binding(.unknown, chain: chain)
    }

    private mutating func plainCall(_ node: Node, _ function: Node) -> Binding {
        var path = source.path(of: function)
        // `cls(…)` in a method of a class makes one of its objects.
        if path == "this", case .name(let name)? = names["cls"]?.value { path = name }
        if let path, let input = source.vocabulary.calls.inputs[path] {
            for argument in arguments(of: node) { _ = settled(argument) }
            return Binding(.input(input))
        }
        if source.isPython, let path, let known = builtin(path, node) { return known }
        // `db.transaction(async (t) => t('seats').count())`: the parameter stands for the client, whatever it is called.
        let client = path.flatMap { names[$0]?.value == .name("transaction") ? source.vocabulary.callableClient : nil }
        if let path, let opened = open(client ?? path, node, function, receiver: path, awaited: false) { return opened }
        if let path, source.vocabulary.columns.contains(String(path.split(separator: ".").last ?? "")),
            let column = arguments(of: node).first.flatMap({ source.literalText($0) })
        {
            return Binding(.column(column))
        }
        if source.isPython, let path, let wrapped = wrappedText(path, node) { return wrapped }
        if path == nil { _ = settled(function) }
        if let path, let lock = source.vocabulary.calls.locks[path], lock.receiver == nil { return Binding(locked(lock, node)) }
        return Binding(unknownCall(node, path ?? "", receiver: nil))
    }

    private mutating func methodCall(_ node: Node, on receiver: Binding, _ path: String?, _ method: String, _ property: Node) -> Binding {
        let arguments = arguments(of: node)
        if source.isPython {
            if let path, let wrapped = wrappedText(path, node) { return wrapped }
            if let path, let known = builtin(path, node) ?? pythonMethod(method, node, on: receiver, path) { return known }
            if path == nil, let known = pythonMethod(method, node, on: receiver, nil) { return known }
            if ["append", "extend", "insert", "remove", "pop"].contains(method), let list = node.child(field.function)?.child(field.object) {
                changeInside(list, nil)
            }
            if let result = result(of: method, on: receiver.value, node) { return Binding(result) }
        }
        if iterations.contains(method), let callback = arguments.first, kind(callback).isFunction {
            return Binding(iterate(method, receiver.value, callback, node))
        }
        if let lock = source.vocabulary.calls.locks[method], isLock(lock, path), lock.needs.map({ word in arguments.contains { says(word, $0) } }) ?? true {
            return Binding(locked(lock, node, of: receiver.value))
        }
        // Text and what it says come from the same place.
        if path == "JSON.parse" || path == "json.loads", let text = arguments.first {
            let value = settled(text)
            if value != .unknown, !value.isConstant { return Binding(value) }
        }
        if path == "Object.assign", arguments.count > 1, kind(arguments[0]) == .identifier {
            let name = source.text(arguments[0]), before = settled(arguments[0])
            var fields: [Value.Field] = []
            for argument in arguments.dropFirst() { if case .object(let more, _) = settled(argument) { fields += more } }
            if names[name] != nil { names[name]?.value = Value.object(Array(fields.suffix(60)), rest: before).held }
            return Binding(.object(Array(fields.suffix(60)), rest: before))
        }
        switch method {
        case "at", "find", "findLast", "pop", "shift": if receiver.value.element != .unknown { return Binding(receiver.value.element) }
        case "filter", "slice", "sort", "reverse", "concat": if case .outcome(_, .rows) = receiver.value { return Binding(receiver.value) }
        // `params.get('next')`: a part of what was sent.
        case "get":
            if case .input = receiver.value, let key = arguments.first.flatMap({ source.literalText($0) }) {
                for argument in arguments.dropFirst() { _ = settled(argument) }
                return Binding(receiver.value.member(key))
            }
        case "unshift", "splice":
            if let path, path.split(separator: ".").count == 2, case let name = String(path.prefix { $0 != "." }), names[name]?.value.steps.isEmpty == false {
                for argument in arguments { change(name, by: settled(argument)) }
                return Binding(.unknown)
            }
        case "json": if arguments.isEmpty { return Binding(receiver.value.member("json")) }
        case "push":
            if let name = path?.dropLast(5), !name.contains("."), let first = arguments.first, path.map({ source.callName($0).purpose == nil }) == true {
                let item = settled(first)
                if case .list(let items)? = names[String(name)]?.value {
                    if items.count < 12 { names[String(name)]?.value = Value.list(items + [item]).held }
                } else {
                    change(String(name), by: item)
                }
                return Binding(.unknown)
            }
        // `rows.map(toDTO)`
        case "map" where !source.isPython && arguments.first.map({ kind($0) == .identifier }) == true && !receiver.value.steps.isEmpty:
            _ = unknownCall(node, path ?? "." + method, receiver: receiver.value)
            return Binding(.operation(.call(method), [receiver.value]))
        default: break
        }
        return Binding(unknownCall(node, path ?? "." + method, receiver: receiver.value))
    }

    /// A callback over a list runs once for each element.
    private mutating func iterate(_ method: String, _ list: Value, _ callback: Node, _ node: Node) -> Value {
        let element = list.entry ?? item(of: list)
        var result: Value = .unknown
        let body = collecting { lowering in
            result = lowering.inline(callback, arguments: method == "reduce" ? [.unknown, element] : [element])
        }
        emitLoop(body, over: list, source.span(node))
        switch method {
        // `links.filter((link) => /^https?:/.test(link.url))`: what is left has passed the test.
        case "filter" where list.steps.isEmpty && result.namesWeb && result.parts.contains(element):
            return .list([.operation(.conditional, [result, element, .literal(.null)])])
        // Of rows it is known only later that they are rows.
        case "filter" where !list.steps.isEmpty && !list.isRowList: return .operation(.call(method), [list])
        case "filter", "sort", "toSorted": return list
        // `rows.find((row) => row.kind === kind)`: which row it is to be is part of what was asked.
        case "find", "findLast":
            guard case .outcome(_, .row) = element, result.asksOf(element) else { return element }
            return Value.operation(.conditional, [result, element, .literal(.null)]).bounded
        case "map", "flatMap": return .list([result])
        default: return Value.operation(.call(method), [list, result]).bounded
        }
    }

    /// A loop over rows runs only where there are some.
    mutating func emitLoop(_ body: [Step], over list: Value, _ span: Span) {
        guard !body.isEmpty else { return }
        guard !list.steps.isEmpty else {
            emit(.loop(body), span)
            return
        }
        let branch = Step(id: nextStep, span: span, kind: .branch(condition: list, then: body, otherwise: []))
        nextStep += 1
        emit(.loop([branch]), span)
    }

    // MARK: The rest

    private mutating func unknownCall(_ node: Node, _ callee: String, receiver: Value?) -> Value {
        var values: [Value] = [], callbacks: [Node] = []
        let arguments = arguments(of: node)
        if isModule, arguments.contains(where: { kind($0).isFunction }) { return .unknown }
        // `Order.beforeCreate(…)` in the function that makes the model.
        if let function = node.child(field.function), let (table, operation) = source.hook(function, arguments), let body = arguments.last {
            let first = nested.count
            register(body, as: callee)
            if first < nested.count { nested[first].end(with: operation, on: table, source.head(of: body)) }
            return .unknown
        }
        for argument in arguments {
            if kind(argument).isFunction {
                callbacks.append(argument)
                values.append(.unknown)
            } else if values.count < 12 {
                values.append(settled(argument))
            } else {
                _ = settled(argument)
            }
        }
        noteComparison(callee, arguments, receiver, values, node)
        if registersRoute(callee, arguments) {
            for callback in callbacks { register(callback, as: "route", entry: .route) }
            return .unknown
        }
        var id: StepID?
        let known = source.callName(callee), effect = known.isOwn ? nil : known.effect
        if let effect, effect == .http || callbacks.count >= 4 || !mayBeOwn(callee) {
            if effect != .http || sendsSomething(callee, values) { id = emit(.effect(Effect(effect, name: callee, values)), source.span(node)) }
        } else if effect != nil || known.mayActElsewhere || promised(receiver) != nil || known.purpose != nil
            || receiver?.made.map(source.vocabulary.surfaces.verifies) == true,
            callbacks.count < 4
        {
            // The bodies of callbacks stand right behind the call, until linking knows where the callee runs them.
            var call = Call(callee, values, type: receiverType(callee, receiver))
            if source.isPython { call.receiver = receiver }
            call.isNamed = namesArguments(of: node)
            call.isAwaited = node.start == awaitedStart
            call.purpose = known.isOwn ? known.purpose : purpose(of: call, known, receiver)
            call.isVouchedFor = known.isOwn
            call.effect = effect
            call.callbacks = callbacks.compactMap { callback in arguments.firstIndex { $0.start == callback.start } }
            id = emit(.call(call), source.span(node))
        }
        var result: Value?
        for callback in callbacks {
            if callee.hasPrefix("use"), callee.dropFirst(3).first?.isUppercase == true {
                register(callback, as: callee)
            } else {
                let before = steps.count
                result = inline(callback, arguments: [], isGiven: id != nil)
                // Each callback of a call has its place behind it.
                if id != nil, callbacks.count > 1, steps.count == before { emit(.scope([]), source.span(callback)) }
            }
        }
        if let result, result != .unknown { return result }
        // `Order(**row)` is the row in another form; of `data: OrderIn` an order is made.
        if source.isPython, case .object(let fields, let row?)? = values.last, fields.isEmpty, values.count == 1, row.isRow || row.isOpenRow,
            givenType(of: row).map({ $0 == known.last }) ?? true,
            known.last.first?.isUppercase == true || known.last == "this"
        {
            return row
        }
        // `Order(code=code)` makes what other languages say `new Order({code})`.
        if source.isPython, let first = known.last.utf8.first, (65...90).contains(first),
            known.last.utf8.contains(where: { $0 >= 97 }) || source.vocabulary.surfaces.verifies(known.last)
        {
            return Value.operation(.call("new " + known.last), values).bounded
        }
        // `StockRepo.getInstance()`
        if source.vocabulary.calls.instances.contains(known.last), let owner = known.owner, owner.utf8.first.map({ (65...90).contains($0) }) == true {
            return Value.operation(.call("new " + owner), values).bounded
        }
        if neverReturns(callee) { emit(.exit(.throw), source.span(node)) }
        if let condition = values.first, asserts(callee) { assert(condition, node) }
        let operands = (id.map { [Value.outcome($0, .result)] } ?? []) + (receiver.map { [$0] } ?? []) + values
        return Value.operation(.call(known.last), operands).bounded
    }

    private func neverReturns(_ callee: String) -> Bool {
        let leaving = source.vocabulary.calls.leaving
        return leaving.contains(callee) || source.packageNames[callee].map { leaving.contains($0 + ":" + callee) } ?? false
    }

    /// A function of a package, not one of the project that is called the same.
    private func asserts(_ callee: String) -> Bool {
        source.vocabulary.calls.asserting.contains(callee) && source.packageNames[String(callee.prefix { $0 != "." })] != nil
    }

    /// `this.orders.pay()` where `orders` is declared as an `OrderService`; `service.pay()` after `new OrderService()`.
    private func receiverType(_ callee: String, _ receiver: Value?) -> String? {
        if let made = receiver?.made { return made }
        if let given = promised(receiver) { return given }
        // `const seats = makeSeats(pool)`: what a function gives is known by the function.
        if !source.isPython, case .operation(.call(let maker), let operands)? = receiver, case .outcome(_, .result)? = operands.first { return maker }
        // A row is an object of the class that its table is named after.
        if let receiver, let (table, _) = origin(of: receiver) { return table }
        guard !types.isEmpty, let owner = source.callName(callee).owner, let type = types[owner], type.argument == nil else { return nil }
        return type.name
    }

    /// `def repo(request) -> SpinRepo`, and `repo(request).count(…)`
    private func promised(_ receiver: Value?) -> String? {
        guard case .operation(.call(let maker), _)? = receiver, let type = source.returns[maker], type.first?.isUppercase == true else { return nil }
        return type
    }

    /// A GET changes nothing elsewhere; other methods do.
    private func sendsSomething(_ callee: String, _ values: [Value]) -> Bool {
        guard callee == "fetch" else { return true }
        guard values.count > 1, case .object(let fields, _) = values[1], let method = fields.last(where: { $0.name == "method" }) else { return false }
        return method.value.stringLiteral?.uppercased() != "GET"
    }

    /// `enqueueWithdrawal(…)`, `this.wallets.transfer(…)`: a function of the project may be called what others do.
    private func mayBeOwn(_ callee: String) -> Bool {
        let root = String(callee.prefix { $0 != "." })
        if source.packageNames[root] != nil, !source.ownNames.contains(root) { return false }
        return root == callee || root == "this" || source.ownNames.contains(root) || types[root] != nil
    }

    private func registersRoute(_ callee: String, _ arguments: [Node]) -> Bool {
        guard source.callName(callee).registersRoute, let first = arguments.first, let text = source.literalText(first)
        else { return false }
        return text.hasPrefix("/") || text == "*"
    }
}

extension Value {
    /// A text in it speaks of the schemes of the web.
    var namesWeb: Bool { parts.contains { $0.stringLiteral?.contains("http") == true } }
}

extension Value {
    fileprivate var isRowList: Bool {
        switch self {
        case .outcome(_, .rows): true
        case .member(let base, _): base.isRowList
        case .operation(_, let parts): parts.first?.isRowList ?? false
        default: false
        }
    }

    /// Some column of the row is compared.
    fileprivate func asksOf(_ row: Value) -> Bool {
        parts.contains { part in
            guard case .operation(let op, let sides) = part, op.isComparison else { return false }
            return sides.contains { if case .member(row, _) = $0 { true } else { false } }
        }
    }
}
