import Flow
import SQL
import Syntax
import Vocabulary

/// Walks the body of one function and writes down what it does. One value of this type lowers one routine;
/// named functions found inside become routines of their own in `nested`.
struct RoutineLowering {
    let source: SourceFile
    let name: String
    var steps: [Step] = []
    var nextStep: StepID = 0
    var names: [String: Binding]
    var nested: [Routine] = []
    /// The function with what the grammar takes for something that is done with it.
    var whole: Node?
    /// Where the function stands; nil of what runs when the file is loaded.
    var extent: Span?
    /// The functions whose queries are being followed.
    var beginning: Set<String> = []
    /// The class whose rows `self` gives, in a method of a manager.
    var managed: String?
    /// The declared types of names: parameters, and the fields of the class around.
    var types: [String: TypeName] = [:]
    /// Statements that the constructor prepared, by the field that holds each.
    var members: [String: Binding] = [:]
    /// Where the expression begins that is being awaited.
    var awaitedStart = -1
    /// The table of each row that an ORM read here, and the ORM's number.
    var sources: [StepID: (String, Int)] = [:]
    /// How many fields of the object that a name holds a flush has written.
    var flushed: [String: Int] = [:]
    /// Inside `await f<T>(x).g()`, which is awaited as a whole.
    var isAwaitedWhole = false
    /// The statements that have run here whose results are asked by methods, with the number of their API.
    var ran: [StepID: (step: Step, api: Int)] = [:]
    var depth = 0
    /// The steps that end a loop.
    var ends: Set<StepID> = []
    /// Inside a switch, where `break` does not leave a loop.
    var isInSwitch = false
    /// At the top of a file, where functions are collected by `FileLowering`.
    var isModule = false
    /// What is evaluated is entered by a `with`, which closes it again.
    var isContext = false
    /// The class whose rows the view around shows.
    var view: String?
    /// The form by which the view around saves rows.
    var form: String?
    /// What runs before the function itself.
    var before: [Call] = []
    /// The parameters that are rows, if their types are classes of rows.
    var givens: Set<StepID> = []
    /// The row whose method this is, where the class is one of rows.
    var receiver: Value?
    /// The names that parameters stand for where nothing is given for them: `executor = db`.
    var standIns: [String: String] = [:]
    /// The constants that parameters are where nothing is given for them.
    var defaults: [Int: Value] = [:]

    static let depthLimit = 100

    init(source: SourceFile, name: String, names: [String: Binding]) {
        self.source = source
        self.name = name
        self.names = names
    }

    var field: HostGrammar.Fields { source.field }

    func kind(_ node: Node) -> Kind { source.kind(node) }

    @discardableResult
    mutating func emit(_ kind: Step.Kind, _ span: Span) -> StepID {
        let id = nextStep
        nextStep += 1
        steps.append(Step(id: id, span: span, kind: kind))
        return id
    }

    /// Runs `work` with an empty list of steps and gives back what it wrote there.
    mutating func collecting(_ work: (inout RoutineLowering) -> Void) -> [Step] {
        let outer = steps
        steps = []
        work(&self)
        let inner = steps
        steps = outer
        return inner
    }

    /// After arms that ran under different names, a name means what any arm that goes on left in it.
    ///
    /// - Parameter condition: what led into the first of two arms.
    mutating func join(_ arms: [(steps: [Step], names: [String: Binding])], before: [String: Binding], if condition: Value? = nil) {
        let open = arms.filter { !$0.steps.alwaysLeaves }
        guard let first = open.first else {
            names = before
            return
        }
        guard open.count > 1 else {
            names = first.names
            return
        }
        var merged = first.names
        for (name, binding) in first.names {
            var values = [binding.value], text = binding.text
            for other in open.dropFirst() {
                guard let there = other.names[name] else { continue }
                values.append(there.value)
                if let longer = there.text, longer.text.bytes.count > (text?.text.bytes.count ?? 0) { text = longer }
            }
            if values.dropFirst().contains(where: { $0 != values[0] }) {
                let tested = condition.flatMap { Self.chosen(values, by: $0) }
                merged[name]?.value = tested ?? .merge(values)
            }
            merged[name]?.text = text
            if case .builder(let builder)? = binding.chain?.form {
                // A filter that only one arm adds cannot be relied on, but what it tests was looked at.
                for other in open.dropFirst() {
                    if case .builder(let there)? = other.names[name]?.chain?.form, there.filters.count > builder.filters.count {
                        merged[name]?.chain = binding.chain
                    }
                }
                if let condition, case .builder(let there)? = open.last?.names[name]?.chain?.form, let chain = merged[name]?.chain {
                    merged[name]?.chain = chain.locked(as: builder, if: condition, otherwise: there)
                }
            }
        }
        for other in open.dropFirst() { for (name, binding) in other.names where merged[name] == nil { merged[name] = binding } }
        names = merged
    }

    /// `if (!isSafe(url)) url = '#'`: what is tested, or a constant in its place.
    private static func chosen(_ values: [Value], by condition: Value) -> Value? {
        guard condition.namesWeb, values.count == 2, let kept = values.first(where: { !$0.isConstant }), values.contains(where: \.isConstant),
            condition.parts.contains(kept)
        else {
            return nil
        }
        return Value.operation(.conditional, [condition] + values).bounded
    }

    // MARK: Names

    mutating func bindParameters(of function: Node) -> [String] {
        if source.isPython { return bindPythonParameters(of: function) }
        var parameters: [String] = []
        if let list = function.child(field.parameters) {
            for node in list.children where ![.comment, .typeAnnotation].contains(kind(node)) {
                let pattern = node.child(field.pattern) ?? node
                guard kind(pattern) != .this else { continue }
                let index = parameters.count
                let name = kind(pattern) == .identifier ? source.text(pattern) : ""
                parameters.append(name)
                if !name.isEmpty, let type = source.typeName(node.child(field.type)) { types[name] = type }
                bind(pattern, to: Binding(sent(node) ?? .parameter(index, name)))
                let value = node.child(field.value) ?? (kind(node) == .assignmentPattern ? node.child(field.right) : nil)
                noteDefault(value, of: index)
                if let value, !name.isEmpty, kind(value) == .identifier { standIns[name] = source.text(value) }
            }
        } else if let single = function.child(field.parameter) {
            parameters.append(source.text(single))
            names[source.text(single)] = Binding(.parameter(0, source.text(single)))
        }
        return parameters
    }

    /// `lock = true`
    mutating func noteDefault(_ node: Node?, of index: Int) {
        guard let node else { return }
        switch source.text(node) {
        case "true", "True": defaults[index] = .literal(.boolean(true))
        case "false", "False": defaults[index] = .literal(.boolean(false))
        case "null", "undefined", "None": defaults[index] = .literal(.null)
        default: if let text = source.literalText(node) { defaults[index] = .literal(.string(text)) }
        }
    }

    /// `@Body() dto`, `@Param('id') id`: a parameter that a decorator fills from the request.
    private func sent(_ parameter: Node) -> Value? {
        guard let decorator = parameter.children.first(where: { kind($0) == .decorator }), let name = source.decoratorName(decorator) else { return nil }
        let input: Input
        switch name {
        case "Body": input = .body
        case "Param": input = .path
        case "Query": input = .query
        default: return nil
        }
        let key = decorator.children.first?.child(field.arguments)?.children.first.flatMap { source.literalText($0) }
        return key.map { .member(.input(input), $0) } ?? .input(input)
    }

    /// Gives the names of a pattern their parts of a value.
    mutating func bind(_ pattern: Node, to binding: Binding) {
        depth += 1
        defer { depth -= 1 }
        guard depth < Self.depthLimit else { return }
        switch kind(pattern) {
        case .identifier, .shorthandPattern: names[source.text(pattern)] = binding.held
        case .objectPattern:
            var taken: [String] = []
            for part in pattern.children {
                switch kind(part) {
                case .shorthandPattern:
                    let name = source.text(part)
                    taken.append(name)
                    names[name] = Binding(binding.value.member(name))
                case .pairPattern:
                    guard let key = part.child(field.key), let value = part.child(field.value) else { continue }
                    let name = propertyName(key)
                    taken.append(name)
                    bind(value, to: Binding(binding.value.member(name)))
                case .objectAssignmentPattern:
                    guard let left = part.child(field.left) else { continue }
                    let name = source.text(left)
                    taken.append(name)
                    names[name] = Binding(binding.value.member(name))
                case .restPattern:
                    if let name = part.children.first { names[source.text(name)] = Binding(binding.value) }
                default: continue
                }
            }
        case .arrayPattern:
            // Holes count: `[, second]`; they are the commas without a node before them.
            var index = 0
            var parts: [(Int, Node)] = []
            pattern.forEachChild { child in
                if child.isNamed {
                    parts.append((index, child))
                } else if child.end - child.start == 1, source.bytes[child.start] == UInt8(ascii: ",") {
                    index += 1
                }
            }
            for (index, part) in parts {
                if let column = column(at: index, of: binding.value) {
                    bind(part, to: Binding(column))
                } else if index == 0, case .object(_, let rows?) = binding.value, case .outcome(_, .rows) = rows {
                    bind(part, to: Binding(rows.element))
                } else if index == 0, case .object(let fields, _) = binding.value, let rows = fields.first(where: { $0.name == "rows" }) {
                    // A driver that gives its rows in a list, taken for one that gives them in an object.
                    bind(part, to: Binding(rows.value))
                } else if case .list = binding.value {
                    bind(part, to: Binding(binding.value.member(String(index))))
                } else {
                    bind(part, to: Binding(binding.value.element))
                }
            }
        case .assignmentPattern, .objectAssignmentPattern:
            if let left = pattern.child(field.left) { bind(left, to: binding) }
        case .restPattern:
            if let inner = pattern.children.first { bind(inner, to: binding) }
        case .requiredParameter, .optionalParameter:
            if let inner = pattern.child(field.pattern) { bind(inner, to: binding) }
        case .member:
            guard let object = pattern.child(field.object), let property = pattern.child(field.property) else { return }
            if kind(object) == .identifier { return set(source.text(property), of: source.text(object), to: binding.value) }
            // `order.product.stock = …`: a column of a row to which another leads.
            guard let path = reachedPath(object) else { return }
            if names[path] == nil { names[path] = Binding(settled(object)) }
            set(source.text(property), of: path, to: binding.value)
        // `row["status"] = value`
        case .subscripted:
            guard let object = pattern.child(field.object) ?? pattern.child(field.value) else { return }
            let key = pattern.child(field.index).flatMap { source.literalText($0) }
            guard kind(object) == .identifier else { return changeInside(object, key.map { Value.Field($0, binding.value) }) }
            if let key { set(key, of: source.text(object), to: binding.value) } else { change(source.text(object), by: binding.value) }
        case .defaultParameter:
            if let name = pattern.child(field.name) { bind(name, to: binding) }
        case .nonNull, .parenthesized, .asExpression:
            if let inner = pattern.children.first { bind(inner, to: binding) }
        default: return
        }
    }

    /// The name under which a row is kept that another leads to: `order.product`, as long as it is a name and a property.
    func reachedPath(_ node: Node) -> String? {
        guard kind(node) == .member, let owner = node.child(field.object), kind(owner) == .identifier, let property = node.child(field.property) else {
            return nil
        }
        let name = source.text(owner)
        if source.isPython { return source.pythonName(owner) + "." + source.text(property) }
        // Elsewhere the row must have been read here.
        return names[name].map { origin(of: $0.value) != nil } == true ? name + "." + source.text(property) : nil
    }

    /// `data.column = value` adds a field to what `data` is known to be.
    mutating func set(_ column: String, of name: String, to value: Value) {
        let field = Value.Field(column, value)
        switch names[name]?.value {
        case .object(let fields, let rest): names[name]?.value = Value.object(Array(fields.suffix(60)) + [field], rest: rest).held
        case let other?: names[name]?.value = Value.object([field], rest: other).held
        // `from flask_login import current_user`
        case nil:
            if source.isPython, source.packageNames[name] != nil, name.nameWords.last == "user" { names[name] = Binding(.object([field], rest: .name(name))) }
        }
    }

    /// `next[at] = item`, `next.push(item)`: a list that came from the database is the same with something else in it.
    mutating func change(_ name: String, by item: Value) {
        guard let before = names[name]?.value, !before.steps.isEmpty else { return }
        if case .operation(.call(Value.amended), _) = before { return }
        names[name]?.value = Value.operation(.call(Value.amended), [before, item]).held
    }

    /// `alert.options["muted"] = True`, `user.groups.append(group)`: the column holds what it held, and something else. Libraries
    /// for JavaScript that write such changes write them in place.
    mutating func changeInside(_ container: Node, _ field: Value.Field?) {
        guard source.isPython else { return }
        var container = container
        while kind(container) == .subscripted, let outer = container.child(self.field.object) ?? container.child(self.field.value) { container = outer }
        guard kind(container) == .member, let object = container.child(self.field.object), kind(object) == .identifier,
            let column = container.child(self.field.property).map({ source.text($0) }), let row = names[source.text(object)]?.value
        else { return }
        let before = row.member(column)
        set(column, of: source.text(object), to: field.map { .object([$0], rest: before) } ?? .operation(.call("assign"), [before]))
    }

    func propertyName(_ key: Node) -> String {
        if kind(key) == .computedName, let inner = key.children.first { return source.literalText(inner) ?? source.text(inner) }
        return source.literalText(key) ?? source.text(key)
    }

    // MARK: Functions inside

    /// Lowers a function literal in place, its parameters bound to `arguments`; gives back what it returns.
    ///
    /// - Parameters:
    ///   - isGiven: another function runs it, and gets its result from the steps.
    ///   - end: what runs at the end of it, while its names are known.
    mutating func inline(_ function: Node, arguments: [Value], isGiven: Bool = false, end: ((inout RoutineLowering) -> Void)? = nil) -> Value {
        depth += 1
        defer { depth -= 1 }
        guard depth < Self.depthLimit, let body = function.child(field.body) else { return .unknown }
        let outer = names
        var result: Value = .unknown
        let inner = collecting { lowering in
            for (index, node) in lowering.parameters(of: function).enumerated() {
                lowering.bind(node.child(lowering.field.pattern) ?? node, to: Binding(index < arguments.count ? arguments[index] : .unknown))
            }
            if lowering.kind(body) == .statementBlock {
                lowering.statements(of: body)
            } else {
                result = lowering.settled(body)
                if isGiven { lowering.emit(.exit(.return(result)), lowering.source.span(body)) }
            }
            end?(&lowering)
        }
        if kind(body) == .statementBlock { result = inner.result ?? .unknown }
        if !inner.isEmpty { emit(.scope(inner), source.span(function)) }
        // Assignments to outer names inside the callback are seen after it.
        for (name, binding) in names where outer[name] != nil && outer[name]?.value != binding.value {
            names[name]?.value = .merge([outer[name]?.value ?? .unknown, binding.value])
        }
        names = names.filter { outer[$0.key] != nil }
        return result
    }

    /// The parameters of a function, be it one without parentheses.
    func parameters(of function: Node) -> [Node] {
        function.child(field.parameters)?.children.filter { kind($0) != .comment } ?? function.child(field.parameter).map { [$0] } ?? []
    }

    /// A function literal that runs some other time: a routine of its own, which sees the constants of this one.
    mutating func register(_ function: Node, as innerName: String, entry: Routine.Entry = .none) {
        guard !isModule, depth < Self.depthLimit else { return }
        var outer: [String: Binding] = [:]
        var captured: Set<String> = []
        for (name, binding) in names {
            if binding.value.isIndependent {
                outer[name] = binding
            } else {
                outer[name] = Binding(.name(name))
                captured.insert(name)
            }
        }
        var inner = RoutineLowering(source: source, name: "\(name).\(innerName)", names: outer)
        inner.depth = depth
        inner.types = types
        inner.members = members
        var found = inner.routines(of: function, entry: entry, isExported: false)
        found[0].captured = captured
        nested.append(contentsOf: found)
    }

    /// Lowers a whole function; the routine itself comes first, then those found inside it.
    mutating func routines(of function: Node, entry: Routine.Entry, isExported: Bool) -> [Routine] {
        extent = source.span(function.start..<(whole ?? function).end)
        let parameters = bindParameters(of: function)
        for call in before {
            let head = source.head(of: function)
            if call.context == .opens {
                _ = provide(call, parameters, head)
            } else {
                // `@ratelimit(key='post:username')`
                var call = call
                if source.callName(call.callee).purpose == .limit { call.purpose = .limit }
                emit(.call(call), head)
            }
        }
        if let body = whole ?? function.child(field.body) {
            if kind(body) == .statementBlock {
                statements(of: body)
                if source.isPython { endPending(function) }
            } else {
                let value = settled(body)
                emit(.exit(.return(value)), source.span(body))
            }
        }
        var routine = Routine(
            name: name, entry: entry, isExported: isExported, parameters: parameters, body: steps, nextStep: nextStep, span: source.span(function))
        routine.defaults = defaults
        return [routine] + nested
    }
}
