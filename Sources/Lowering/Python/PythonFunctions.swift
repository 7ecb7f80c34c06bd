import Flow
import Syntax
import Vocabulary

// The functions of a Python file that no other contains: at its top, in its classes, behind their decorators.
extension FileLowering {
    mutating func pythonTopLevel(_ node: Node, depth: Int = 0) {
        guard depth < 20 else { return }
        switch source.kind(node) {
        case .functionDeclaration: addFunction(node, named: "", decorators: [])
        case .classDeclaration: addPythonClass(node)
        case .decorated:
            guard let inner = node.child(source.field.declaration) else { return }
            if source.kind(inner) == .classDeclaration {
                // `@method_decorator(transaction.atomic, name="dispatch")`
                let isAtomic = node.children.contains { source.kind($0) == .decorator && source.text($0).contains("transaction.atomic") }
                isolation = isAtomic ? .standard : nil
                addPythonClass(inner)
                isolation = nil
                return
            }
            addFunction(inner, named: "", decorators: decorators(of: node))
        // `try: import x`, `if settings.DEBUG:` around declarations.
        case .ifStatement, .tryStatement, .statementBlock, .elseClause, .exceptClause, .withStatement:
            for child in node.children { pythonTopLevel(child, depth: depth + 1) }
        default: return
        }
    }

    /// `objects = OrderManager()`, `objects = OrderQuerySet.as_manager()` in a class of rows.
    mutating func noteManagers(in statements: [Node]) {
        var shared: Set<String> = []
        defer { for maker in shared { managed[maker] = nil } }
        for statement in statements where source.kind(statement) == .classDeclaration {
            guard let owner = statement.child(source.field.name).map({ source.text($0) }) else { continue }
            for member in statement.child(source.field.body)?.children ?? [] {
                guard let value = source.assignment(member)?.child(source.field.right), source.kind(value) == .call,
                    let path = value.child(source.field.function).flatMap({ source.path(of: $0) }),
                    let maker = path.split(separator: ".").last(where: { $0.first?.isUppercase == true }).map(String.init),
                    maker.hasSuffix("Manager") || maker.hasSuffix("QuerySet")
                else { continue }
                // Of a manager that several classes have nobody knows whose rows it gives.
                if let other = managed[maker], other != owner { shared.insert(maker) }
                managed[maker] = owner
            }
        }
    }

    struct Decorator {
        /// The last part of its name: `post` of `@router.post("/orders")`.
        let name: String
        let isMethod: Bool
        let path: String
        /// The functions that the framework calls first: `dependencies=[Depends(ensure_capacity)]`.
        let providers: [Call]
        /// What it says of the key by which callers are told apart: `key="post:username"`, `key_func=lambda: request.form["email"]`.
        let key: String?
    }

    func decorators(of node: Node) -> [Decorator] {
        node.children.compactMap { child in
            guard source.kind(child) == .decorator, var inner = child.children.first else { return nil }
            if source.kind(inner) == .call, let function = inner.child(source.field.function) { inner = function }
            guard let path = source.path(of: inner), let last = path.split(separator: ".").last else { return nil }
            return Decorator(name: String(last), isMethod: path.contains("."), path: path, providers: source.providers(in: child), key: limitKey(child))
        }
    }

    private func limitKey(_ decorator: Node) -> String? {
        guard let list = decorator.children.first?.child(source.field.arguments) else { return nil }
        for argument in list.children where source.kind(argument) == .keywordArgument {
            guard let name = argument.child(source.field.name).map({ source.text($0) }), name == "key" || name == "key_func",
                let value = argument.child(source.field.value)
            else { continue }
            let text = source.literalText(value) ?? source.text(value)
            return ["username", "email", "user", "account", "phone"].first { text.contains($0) } ?? "ip"
        }
        return nil
    }

    private mutating func addPythonClass(_ node: Node) {
        guard let name = node.child(source.field.name).map({ source.text($0) }) else { return }
        let bases = source.bases(of: node)
        let isView = bases.contains { base in source.vocabulary.calls.handlers.classes.contains { base.hasSuffix($0) } }
        let outer = (fields, row, members), outerBases = self.bases
        self.bases = bases
        defer { self.bases = outerBases }
        fields = [:]
        members = [:]
        row = source.isModel(node) ? name : nil
        let rows = managed[name]
        let outerView = view
        let shown = source.viewed(node) ?? bases.firstMapped { views[$0] }
        if let shown { views[name] = shown }
        view = isView ? shown : nil
        let outerForm = form
        form = isView ? source.form(ofView: node) : nil
        // A view that names no rows shows those of its form.
        view = view ?? form.flatMap { source.rows(ofForm: $0) }
        defer { (view, form) = (outerView, outerForm) }
        let isForm = source.isForm(name) || bases.contains { source.isForm($0) }
        if row != nil { interface.rows.insert(name) }
        defer { (fields, row, members) = outer }
        let members = node.child(source.field.body)?.children ?? []
        for member in members { noteFields(member) }
        for member in members {
            let inner = source.kind(member) == .decorated ? member.child(source.field.declaration) : member
            guard let inner, source.kind(inner) == .functionDeclaration else { continue }
            let decorators = source.kind(member) == .decorated ? decorators(of: member) : []
            let method = inner.child(source.field.name).map { source.text($0) } ?? ""
            addFunction(inner, named: name, decorators: decorators, isHandler: isView && source.vocabulary.calls.handlers.methods.contains(method))
            functions[functions.count - 1].managed = rows
            if row != nil, !isForm, let api = source.api(where: { $0.hooks.asMethods }) {
                functions[functions.count - 1].hook = source.vocabulary.apis[api].hooks.write(at: method)
            }
            if isForm {
                functions[functions.count - 1].before += checksBefore(method, of: node)
                functions[functions.count - 1].instance = source.formRows[name]
            }
        }
    }

    /// `orders: OrderService` in a class, and what `__init__` keeps.
    private mutating func noteFields(_ member: Node) {
        if source.kind(member) == .expressionStatement, let assignment = member.children.first, source.kind(assignment) == .assignment,
            let left = assignment.child(source.field.left), source.kind(left) == .identifier,
            let type = source.pythonType(assignment.child(source.field.type))
        {
            fields[source.text(left)] = type
        }
        guard source.kind(member) == .functionDeclaration, member.child(source.field.name).map({ source.text($0) }) == "__init__" else { return }
        var types: [String: TypeName] = [:]
        for parameter in member.child(source.field.parameters)?.children ?? [] {
            let name = parameter.child(source.field.name) ?? parameter.children.first
            if let name, let type = source.pythonType(parameter.child(source.field.type)) { types[source.text(name)] = type }
        }
        for statement in member.child(source.field.body)?.children ?? [] {
            guard let assignment = statement.children.first, source.kind(assignment) == .assignment, let left = assignment.child(source.field.left),
                let path = source.path(of: left), path.hasPrefix("this."), let right = assignment.child(source.field.right)
            else { continue }
            let field = String(path.dropFirst(5))
            if source.kind(right) == .subscripted || source.kind(right) == .call {
                var lowering = RoutineLowering(source: source, name: "", names: [:])
                lowering.isModule = true
                let binding = lowering.evaluate(right)
                if case .builder(let builder)? = binding.chain?.form, builder.table != nil, lowering.steps.isEmpty { members[field] = binding }
            }
            if source.kind(right) == .identifier, let type = types[source.text(right)] {
                fields[field] = type
            } else if source.kind(right) == .call, let made = right.child(source.field.function).flatMap({ source.path(of: $0) })?.split(separator: ".").last,
                made.first?.isUppercase == true
            {
                fields[field] = TypeName(name: String(made))
            }
        }
    }

    /// `@click.command()`, `@cli.command("grant")`: what a person types at a shell. Bots have commands, too.
    private func isCommand(_ decorator: Decorator) -> Bool {
        guard decorator.name == "command", let root = decorator.path.split(separator: ".").first.map(String.init) else { return false }
        // `manager = AppGroup()` of Flask.
        if let made = interface.objects[root], ["AppGroup", "Typer"].contains(made) { return true }
        let packages = Set(source.packageNames.values.compactMap { $0.split(separator: ".").first.map(String.init) })
        if let package = source.packageNames[root] { return ["click", "typer"].contains(package.split(separator: ".").first.map(String.init) ?? "") }
        return packages.contains("click") && root.hasWords("cli") || packages.contains("typer") && ["app", "cli"].contains(root)
    }

    private mutating func addFunction(_ node: Node, named owner: String, decorators: [Decorator], isHandler: Bool = false) {
        let own = node.child(source.field.name).map { source.text($0) } ?? ""
        let calls = source.vocabulary.calls
        let isRoute = isHandler || decorators.contains { $0.isMethod ? calls.routes.contains($0.name) : calls.handlers.decorators.contains($0.name) }
        let links = decorators.flatMap { decorator in
            source.vocabulary.apis.indices.filter { source.knows($0) }.compactMap { source.vocabulary.apis[$0].links[decorator.name] }
        }
        let isolation = links.first { $0.role == .transaction }?.isolation ?? (isRoute ? self.isolation : nil)
        let isRunByHand = decorators.contains(where: isCommand)
        add(
            node, named: owner.isEmpty ? own : owner + "." + own, exported: true, entry: isRunByHand ? .script : isRoute ? .route : Routine.Entry.none,
            within: isolation)
        functions[functions.count - 1].row = row
        functions[functions.count - 1].bases = bases
        functions[functions.count - 1].view = view
        functions[functions.count - 1].form = form
        functions[functions.count - 1].before =
            decorators.flatMap(\.providers)
            + decorators.filter { decorator in
                !calls.handlers.decorators.contains(decorator.name) && !calls.handlers.properties.contains(decorator.name)
                    && !calls.routes.contains(decorator.name) && links.isEmpty
            }.map { decorator in
                var call = Call(decorator.path, decorator.key.map { [.name($0)] } ?? [])
                if decorator.key != nil, source.callName(decorator.path).purpose == .limit { call.purpose = .limit } else { call.context = .wraps }
                return call
            }
        if !owner.isEmpty, decorators.contains(where: { calls.handlers.properties.contains($0.name) }) { interface.properties.insert(owner + "." + own) }
    }
}

extension FileLowering {
    /// A file of migrations runs once; a command of Django, and a file that runs itself when it is called by name, and serves
    /// nobody, are run by hand.
    mutating func markPythonScript(_ statements: [Node]) {
        let names = Set(functions.map(\.name))
        let isMigration =
            interface.classes.values.contains { $0.bases.contains("Migration") } || names.isSuperset(of: ["upgrade", "downgrade"])
            || names.contains { name in name.hasPrefix("m0") && name.dropFirst(2).prefix(2).allSatisfy(\.isNumber) }
        let runsItself = statements.contains { statement in
            source.kind(statement) == .ifStatement && statement.child(source.field.condition).map { source.text($0).contains("__main__") } == true
        }
        for (name, known) in interface.classes {
            guard known.bases.contains(where: { interface.imports[$0]?.module.hasPrefix("django.core.management") == true }) else { continue }
            for index in routines.indices where routines[index].name.hasPrefix(name + ".") { routines[index].entry = .script }
        }
        guard isMigration || runsItself && functions.allSatisfy({ $0.entry == .none }) && interface.classes.isEmpty else { return }
        for index in routines.indices { routines[index].entry = .script }
    }
}

extension SourceFile {
    /// The last parts of the names of a class's bases.
    func bases(of node: Node) -> [String] {
        (node.child(grammar.grammar.field("superclasses"))?.children ?? []).compactMap { base in
            // `Repository[Order]`
            let named = kind(base) == .subscripted ? base.child(field.value) ?? base : base
            return path(of: named).flatMap { $0.split(separator: ".").last }.map(String.init)
        }
    }

    /// The class whose rows a view is about: `model = Order`, `queryset = Order.objects.all()`.
    func viewed(_ node: Node) -> String? {
        for member in node.child(field.body)?.children ?? [] {
            guard let assignment = assignment(member), let name = assignment.child(field.left).map({ text($0) }), name == "model" || name == "queryset",
                let value = assignment.child(field.right)
            else { continue }
            let first = text(value).prefix { $0 != "." && $0 != "(" && $0 != "\n" }
            if first.first?.isUppercase == true { return String(first) }
        }
        return nil
    }

    /// Whether the objects of a class are rows: it is made of columns, or one of its bases is called what such classes are based on.
    func isModel(_ node: Node) -> Bool {
        let words = vocabulary.models
        if isMarkedAsTable(node) || bases(of: node).contains(where: { words.bases.contains($0) }) { return true }
        return (node.child(field.body)?.children ?? []).contains { member in
            guard kind(member) == .expressionStatement, let assignment = member.children.first, kind(assignment) == .assignment,
                let value = assignment.child(field.right), kind(value) == .call,
                let name = value.child(field.function).flatMap({ path(of: $0) })?.split(separator: ".").last
            else { return false }
            return words.column(String(name)) != nil
        }
    }
}
