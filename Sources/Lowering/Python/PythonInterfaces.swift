import Flow
import Syntax
import Vocabulary

// What a Python file imports, the classes that it declares, and the names that it binds for good.
extension FileLowering {
    /// Everything at the top of a file can be asked for by others, imported names as well.
    mutating func collectPython(_ statements: [Node]) {
        interface.givesEverything = true
        for statement in statements { notePython(statement, depth: 0) }
        source.objects = interface.objects
        var lowering = RoutineLowering(source: source, name: "", names: [:])
        lowering.isModule = true
        for statement in statements { notePythonConstant(statement, &lowering) }
    }

    private mutating func notePython(_ node: Node, depth: Int) {
        guard depth < 6 else { return }
        switch source.kind(node) {
        case .importStatement, .importFrom: noteImport(node)
        case .classDeclaration:
            guard let name = node.child(source.field.name) else { return }
            interface.classes[source.text(name)] = .init(bases: source.bases(of: node))
            if let constants = classConstants(node) { source.noteClass(source.text(name), constants) }
            if let model = source.metaModel(of: node) { source.formRows[source.text(name)] = model }
        case .decorated: if let inner = node.child(source.field.declaration) { notePython(inner, depth: depth + 1) }
        case .expressionStatement:
            guard let assignment = node.children.first, source.kind(assignment) == .assignment, let left = assignment.child(source.field.left),
                source.kind(left) == .identifier, let right = assignment.child(source.field.right)
            else { return }
            // `Wiki = Annotated[WikiService, Depends(wiki)]` is that class by another name.
            if source.kind(right) == .subscripted, right.child(source.field.value).map({ source.text($0) }) == "Annotated", let type = source.pythonType(right)
            {
                interface.classes[source.text(left)] = .init(bases: [type.name])
            }
            guard source.kind(right) == .call,
                let made = right.child(source.field.function).flatMap({ source.path(of: $0) })?.split(separator: ".").last, made.first?.isUppercase == true
            else { return }
            interface.objects[source.text(left)] = String(made)
        case .ifStatement, .tryStatement, .statementBlock, .elseClause, .exceptClause:
            for child in node.children { notePython(child, depth: depth + 1) }
        default: return
        }
    }

    /// `import a.b as c`, `from a.b import c as d`, `from . import crud`, `from .models import *`
    mutating func noteImport(_ node: Node) {
        let module = node.child(source.field.source).map { source.text($0) }
        if let module, !module.hasPrefix(".") { noteLibrary(module) }
        var isFirst = module != nil
        for part in node.children where source.kind(part) != .comment {
            // The first is the module itself.
            if isFirst { isFirst = false; continue }
            let name = source.text(part.child(source.field.name) ?? part), local = part.child(source.field.alias).map { source.text($0) }
            guard let module else {
                noteLibrary(name)
                let root = local ?? String(name.prefix { $0 != "." })
                interface.imports[root] = .init(module: local == nil ? root : name, name: "*")
                source.packageNames[root] = name
                continue
            }
            if name == "*" {
                interface.passedOn.append(module)
            } else {
                interface.imports[local ?? name] = .init(module: module, name: name)
                if !module.hasPrefix(".") { source.packageNames[local ?? name] = module }
            }
        }
    }

    private func noteLibrary(_ module: String) {
        for (index, api) in source.vocabulary.apis.enumerated() where api.isImported(by: module) { source.importedAPIs.insert(index) }
    }

    private mutating func notePythonConstant(_ statement: Node, _ lowering: inout RoutineLowering) {
        guard source.kind(statement) == .expressionStatement, let assignment = statement.children.first, source.kind(assignment) == .assignment,
            let left = assignment.child(source.field.left), source.kind(left) == .identifier, let right = assignment.child(source.field.right)
        else { return }
        switch source.kind(right) {
        case .string, .concatenatedString, .number, .object, .arrayNode, .binary, .trueLiteral, .falseLiteral, .nullLiteral, .unary:
            let binding = lowering.evaluate(right)
            guard binding.chain == nil, binding.value.steps.isEmpty else { return }
            source.constants[source.text(left)] = binding
            lowering.names[source.text(left)] = binding
        // `users = db["users"]`: functions go on from there.
        case .subscripted, .call:
            lowering = RoutineLowering(source: source, name: "", names: lowering.names)
            lowering.isModule = true
            let binding = lowering.evaluate(right)
            if case .builder(let builder)? = binding.chain?.form, builder.table != nil, lowering.steps.isEmpty { source.constants[source.text(left)] = binding }
            if source.table(madeAs: binding.value) != nil { source.constants[source.text(left)] = Binding(binding.value) }
            // `engine = create_engine(url, isolation_level="SERIALIZABLE")`
            if binding.value.parts.contains(where: { $0.stringLiteral?.uppercased() == "SERIALIZABLE" }) {
                source.constants[source.text(left)] = Binding(.object([.init("isolation", .literal(.string("SERIALIZABLE")))], rest: nil))
            }
        default: return
        }
    }
}
