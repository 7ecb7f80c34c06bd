import Flow
import Syntax
import Vocabulary

// Forms and serializers: classes that check what a request brings and then save it as a row.
extension SourceFile {
    /// Whether a class or a variable is called after such a thing.
    func isForm(_ name: some StringProtocol) -> Bool {
        let name = name.lowercased()
        return vocabulary.calls.forms.endings.contains { name.hasSuffix($0) }
    }

    /// The class of rows of a form: what its `Meta` names, or the rest of its own name.
    func rows(ofForm name: String) -> String? {
        if let known = formRows[name] { return known }
        guard let ending = vocabulary.calls.forms.endings.first(where: { name.lowercased().hasSuffix($0) }), name.utf8.count > ending.utf8.count else {
            return nil
        }
        return String(name.dropLast(ending.count))
    }

    /// `class Meta: model = Order` inside a class.
    func metaModel(of node: Node) -> String? {
        for member in node.child(field.body)?.children ?? [] where kind(member) == .classDeclaration {
            for line in member.child(field.body)?.children ?? [] {
                guard let assignment = assignment(line), assignment.child(field.left).map({ text($0) }) == "model", let value = assignment.child(field.right)
                else {
                    continue
                }
                return path(of: value)?.split(separator: ".").last.map(String.init)
            }
        }
        return nil
    }

    /// `serializer_class = OrderSerializer`, `form_class = OrderForm`: the form of a view.
    func form(ofView node: Node) -> String? {
        for member in node.child(field.body)?.children ?? [] {
            guard let assignment = assignment(member), let name = assignment.child(field.left).map({ text($0) }), let value = assignment.child(field.right),
                vocabulary.calls.forms.attributes.contains(name)
            else { continue }
            return path(of: value)?.split(separator: ".").last.map(String.init)
        }
        return nil
    }

    /// The methods of a form that check before anything is saved: `validate`, and one for each field.
    func checks(of node: Node) -> [String] {
        (node.child(field.body)?.children ?? []).compactMap { member in
            guard kind(member) == .functionDeclaration, let name = member.child(field.name).map({ text($0) }) else { return nil }
            return vocabulary.calls.forms.checks.contains { name == $0 || name.hasPrefix($0 + "_") } ? name : nil
        }
    }
}

extension FileLowering {
    /// `create` and `update` of a form run when what it checks has passed.
    func checksBefore(_ method: String, of form: Node) -> [Call] {
        guard ["create", "update", "save"].contains(method) else { return [] }
        return source.checks(of: form).map { check in
            let field = source.vocabulary.calls.forms.checks.first { check.hasPrefix($0 + "_") }.map { String(check.dropFirst($0.utf8.count + 1)) }
            let data = Value.parameter(method == "update" ? 1 : 0, "validated_data")
            return Call("this." + check, [field.map { data.member($0) } ?? data])
        }
    }
}

extension RoutineLowering {
    /// `serializer.save(user=user)`, `form.save()`: the row of a view's form, or of the form that was made here.
    mutating func saveForm(_ method: String, _ object: Node, _ receiver: Value, _ node: Node) -> Binding? {
        guard source.isPython, kind(object) == .identifier, source.isForm(source.text(object)),
            let api = source.api(where: { $0.instances[method]?.role == .save })
        else { return nil }
        let made = receiver.made, form = made.flatMap { source.isForm($0) ? $0 : nil } ?? self.form
        guard let table = (made == nil ? view : nil) ?? form.flatMap({ source.rows(ofForm: $0) }) ?? view else { return nil }
        if let form { for check in source.vocabulary.calls.forms.checks { emit(.call(Call(check, [], type: form)), source.span(node)) } }
        // A form over a row changes that row.
        if let row = receiver.givenRow { return save(source.vocabulary.apis[api].instances[method]!, table, node, api, receiver: row) }
        guard !name.hasSuffix("update"), !name.hasSuffix(".put"), !name.hasSuffix(".patch") else { return nil }
        var write = Write(.insert, table: table)
        if case .object(let fields, _)? = arguments(of: node).last.map({ settled($0) }) { write.assignments = fields.map { Assignment($0.name, $0.value) } }
        write.partlyUnknown = true
        write.api = source.vocabulary.apis[api].flow
        let id = emit(.write(write), source.span(node))
        sources[id] = (table, api)
        return Binding(.outcome(id, .row))
    }
}

extension RoutineLowering {
    /// `UnlockSchema().load(request.json)`: a row that is made of what the request brings; an older version has it in `data`.
    mutating func loadRow(_ method: String, _ receiver: Value, _ node: Node) -> Binding? {
        guard source.isPython, method == "load", let schema = receiver.made?.split(separator: ".").last.map(String.init),
            let ending = source.vocabulary.calls.forms.loaders.first(where: { schema.lowercased().hasSuffix($0) }), schema.utf8.count > ending.utf8.count,
            let given = arguments(of: node).first
        else { return nil }
        let stem = String(schema.dropLast(ending.count))
        // What its `Meta` names, where that can be seen; else its own name without the ending, as the class of rows is called here.
        let type = source.formRows[schema] ?? [stem, stem + "s"].first { modelTable($0) != nil } ?? stem
        let row = Value.operation(.call("new " + type), [settled(given)])
        return Binding(.object([.init("data", row)], rest: row))
    }
}

extension Value {
    /// `OrderForm(request.POST, instance=order)`, `OrderSerializer(order, data=…)`: the row that was given.
    fileprivate var givenRow: Value? {
        guard case .operation(.call, let operands) = self else { return nil }
        for operand in operands {
            if operand.isRow { return operand }
            if case .object(let fields, _) = operand, let instance = fields.first(where: { $0.name == "instance" })?.value, instance.isRow { return instance }
        }
        return nil
    }
}
