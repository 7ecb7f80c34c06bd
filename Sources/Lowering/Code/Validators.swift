import Flow
import Syntax
import Vocabulary

// What schemas of requests ask of URL fields: `z.object({ website: z.string().url() })`, `website: HttpUrl`. A field is known by
// its name; which schema a request goes through is often decided by a framework.
extension FileLowering {
    mutating func noteValidators(_ root: Node) {
        if source.isPython {
            notePythonValidators(root, depth: 0)
            for name in checked { interface.validated[name] = true }
            return
        }
        guard source.packageNames.values.contains(where: { source.vocabulary.surfaces.validates($0) }) else { return }
        note(in: root, depth: 0)
    }

    private mutating func note(in node: Node, depth: Int) {
        guard depth < 200 else { return }
        // `@Matches(/^https?:/) website: string`
        if source.kind(node) == .field, let name = (node.child(source.field.name) ?? node.child(source.field.property)).map({ source.text($0) }), name.namesURL
        {
            let decorators = node.children.filter { source.kind($0) == .decorator }.map { source.text($0) }.joined()
            if !decorators.isEmpty { add(name, isSafe: decorators.contains("http") || decorators.contains("protocols")) }
        }
        if source.kind(node) == .pair, let key = node.child(source.field.key), let value = node.child(source.field.value),
            [.call, .identifier].contains(source.kind(value))
        {
            let name = source.literalText(key) ?? source.text(key)
            // `target: z.string().url()` is one too, whatever it is called.
            if let links = links(of: value), name.namesURL || links.contains(where: { ["url", "uri", "httpUrl"].contains($0) }) {
                add(name, isSafe: source.vocabulary.surfaces.allowsSchemes(links, in: source.text(value)))
            }
        }
        if source.kind(node) == .variableDeclarator {
            declareRequest(node)
            // `export const image = z.string().refine(…)`, which schemas take by its name.
            if let name = node.child(source.field.name).map({ source.text($0) }), name.namesURL, let value = node.child(source.field.value),
                source.kind(value) == .call, let links = links(of: value)
            {
                add(name, isSafe: source.vocabulary.surfaces.allowsSchemes(links, in: source.text(value)))
            }
        }
        for child in node.children { note(in: child, depth: depth + 1) }
    }

    /// `const endpointSchema = z.object({ url, name: z.string() })`
    private mutating func declareRequest(_ declarator: Node) {
        guard let name = declarator.child(source.field.name), let value = declarator.child(source.field.value), source.kind(value) == .call,
            links(of: value) != nil,
            let object = value.child(source.field.arguments)?.children.first(where: { source.kind($0) == .object })
        else { return }
        let fields = object.children.compactMap { field -> String? in
            switch source.kind(field) {
            case .pair: field.child(source.field.key).map { source.literalText($0) ?? source.text($0) }
            case .shorthandProperty: source.text(field)
            default: nil
            }
        }
        guard fields.contains(where: \.namesURL) else { return }
        let holder = source.text(name), bare = holder.lowercased().hasSuffix("schema") && holder.count > 6 ? String(holder.dropLast(6)) : holder
        declarations.append(.init(name: bare, fields: fields, span: source.span(name), isRequest: true))
    }

    /// `[string, url, optional, zod.string, …]` of `z.string().url().optional()`; nil where no validator begins it.
    private func links(of call: Node) -> [String]? {
        var names: [String] = [], current = call
        for _ in 0..<24 {
            switch source.kind(current) {
            case .call: if let function = current.child(source.field.function) { current = function } else { return nil }
            case .member:
                guard let object = current.child(source.field.object), let property = current.child(source.field.property) else { return nil }
                names.append(source.text(property))
                current = object
            case .identifier:
                let root = source.text(current)
                if let package = source.packageNames[root], source.vocabulary.surfaces.validates(package) { return names + names.map { package + "." + $0 } }
                // `redirectUrl: RedirectUrlSchema`: a schema of its own for such a thing asks for more than a text.
                return root.nameWords.contains { ["url", "redirect", "link", "href", "uri"].contains($0) } ? ["refine"] : nil
            default: return nil
            }
        }
        return nil
    }

    /// `website: HttpUrl`, `website = models.URLField()`
    private mutating func notePythonValidators(_ node: Node, depth: Int) {
        guard depth < 12 else { return }
        switch source.kind(node) {
        case .assignment:
            guard let left = node.child(source.field.left), source.kind(left) == .identifier, source.text(left).namesURL || source.text(left).namesPictures
            else { return }
            if let type = node.child(source.field.type) {
                // A column lets in whatever a statement gives it.
                guard !source.text(type).hasPrefix("Mapped") else { return }
                add(
                    source.text(left),
                    isSafe: source.vocabulary.surfaces.allowsSchemes([], in: source.text(type) + (node.child(source.field.right).map { source.text($0) } ?? ""))
                )
            } else if let right = node.child(source.field.right), source.kind(right) == .call,
                let made = right.child(source.field.function).flatMap({ source.path(of: $0) })?.split(separator: ".").last, made.hasSuffix("Field")
            {
                add(source.text(left), isSafe: source.vocabulary.surfaces.allowsSchemes([String(made)], in: source.text(right)))
            }
        case .classDeclaration:
            declare(node)
            // What is only sent back lets nothing in.
            if node.child(source.field.name).map({ isAnswer(source.text($0)) }) == true, !source.isModel(node) { return }
            for child in node.children { notePythonValidators(child, depth: depth + 1) }
        case .decorated where source.text(node).contains("validator("):
            // `@field_validator("website")`, whose body names the schemes.
            let text = source.text(node)
            guard text.contains("http"), let decorator = node.children.first, let list = decorator.children.first?.child(source.field.arguments) else { return }
            for argument in list.children { if let name = source.literalText(argument), name.namesURL { checked.insert(name) } }
        case .program, .statementBlock, .expressionStatement, .decorated:
            for child in node.children { notePythonValidators(child, depth: depth + 1) }
        default:
            if depth == 0 { for child in node.children { notePythonValidators(child, depth: depth + 1) } }
        }
    }

    /// `AppOut`, `UserResponse`; `CheckOut` is another kind of out.
    private func isAnswer(_ name: String) -> Bool {
        let words = name.nameWords
        guard words.count > 1, let last = words.last else { return false }
        return ["read", "response", "public"].contains(last)
            || last == "out" && !["check", "sign", "log", "opt", "pay", "roll", "cash"].contains(words[words.count - 2])
    }

    /// `class PromoCode(BaseModel): code: str`
    private mutating func declare(_ node: Node) {
        guard let name = node.child(source.field.name), let body = node.child(source.field.body) else { return }
        // What is only said about others: the shape of an answer, how a table is shown.
        let bases = source.bases(of: node)
        guard !bases.contains(where: { ["TypedDict", "NamedTuple", "Enum", "Protocol"].contains($0) || $0.hasSuffix("Admin") }) else { return }
        let fields = body.children.compactMap { statement -> String? in
            guard let field = source.assignment(statement), let left = field.child(source.field.left), source.kind(left) == .identifier,
                // `success_url = '/done'` says how a view behaves.
                field.child(source.field.type) != nil || field.child(source.field.right).map({ source.kind($0) == .call }) == true
            else { return nil }
            return source.text(left)
        }
        if !fields.isEmpty { declarations.append(.init(name: source.text(name), fields: fields, span: source.span(name))) }
    }

    /// One schema that lets anything pass is one too many.
    private mutating func add(_ name: String, isSafe: Bool) { interface.validated[name] = (interface.validated[name] ?? true) && isSafe }
}
