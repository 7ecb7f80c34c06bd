import Flow
import Syntax
import Vocabulary

/// One file of a programming language → its routines: every function that no other function contains, and the
/// statements at the top of the file.
struct FileLowering {
    let source: SourceFile
    let own: Set<String>
    var interface = Interface()
    var routines: [Routine] = []
    var declarations: [Declaration] = []
    /// Fields whose own validator names the schemes of URLs.
    var checked: Set<String> = []
    /// The functions of the file that no other contains, found before any is lowered.
    var functions: [Function] = []
    /// The top of the file calls something.
    var runsItself = false
    var handsOn = false
    /// The classes of rows that the managers of the file give: `objects = OrderManager()`.
    var managed: [String: String] = [:]
    /// The classes of rows that the views of the file show, for those that are based on them.
    var views: [String: String] = [:]
    /// Inside the arguments of a call that registers a request handler.
    var isInRoute = false
    /// The types of the fields of the class that is being read.
    var fields: [String: TypeName] = [:]
    /// The statements that its constructor or its properties prepare.
    var members: [String: Binding] = [:]
    /// The class that is being read, where its objects are rows.
    var row: String?
    /// The class whose rows it shows, where it is a view.
    var view: String?
    /// The form by which it saves rows.
    var form: String?
    /// Its bases, and the transaction in which all its methods run.
    var bases: [String] = []
    var isolation: Isolation?
    /// Inside the arguments of a call that runs one job at a time: what the jobs have in common of which one runs.
    var serial: Value?

    /// - Parameter own: the module names that mean files of the project.
    init(_ source: SourceFile, own: Set<String>) {
        self.own = own
        self.source = source
    }

    /// - Parameter demand: nil lowers every function, whatever it does.
    mutating func lower(_ root: Node, for demand: Demand?) -> Unit {
        let statements = root.children
        if source.isPython {
            collectPython(statements)
            noteManagers(in: statements)
            for statement in statements { pythonTopLevel(statement) }
        } else {
            for statement in statements {
                noteImports(statement)
                noteInterface(statement)
            }
            source.objects = interface.objects
            collectConstants(statements)
            for statement in statements { topLevel(statement, exported: false) }
        }
        source.ownNames = Set(interface.imports.filter { isOwn($0.value.module) }.keys)
        source.wholeModules = Set(interface.imports.filter { ["*", "default"].contains($0.value.name) }.keys)
        noteValidators(root)
        functions.sort { $0.node.start < $1.node.start }
        noteScopes()
        noteReturns()
        if let demand { lowerWanted(root, demand) } else { lowerAll(root) }
        for node in source.localImports { source.isPython ? noteImport(node) : declared(node) }
        if source.isPython { markPythonScript(statements) } else { markScript() }
        var unit = Unit()
        unit.routines = routines
        unit.schema.changes = source.isPython ? PythonModels.changes(in: statements, of: source) : ModelLowering.changes(in: root, of: source)
        interface.enumerators = source.enumerators
        interface.constants = source.constants.compactMapValues { $0.chain == nil ? $0.value.writtenOut : nil }
        interface.constants.merge(source.classes) { constant, _ in constant }
        for (name, field) in source.limiterKeys { interface.constants[name] = .operation(.call(Call.limiter), [.name(field)]) }
        unit.interface = interface
        unit.declarations = declarations
        unit.hasSyntaxErrors = root.hasError
        return unit
    }

    private mutating func lowerAll(_ root: Node) {
        for function in functions { lower(function) }
        moduleRoutine(root)
    }

    private mutating func lowerWanted(_ root: Node, _ demand: Demand) {
        var names = Array(demand.reaching)
        let types = demand.reaching
        names += source.tags
        for function in functions { names += function.members.keys }
        names += source.constants.filter { $0.value.chain != nil }.map(\.key)
        for (name, type) in interface.objects where types.contains(type) { names.append(name) }
        for function in functions { for (field, type) in function.fields where types.contains(type.name) { names.append(field) } }
        let places = functions.map { (name: String($0.name.split(separator: ".").last ?? ""), start: $0.range.lowerBound, end: $0.range.upperBound) }
        var relevance = Relevance(source.bytes, places: demand.places, reaching: names, functions: places.map(\.name))
        for (function, isRelevant) in zip(functions, relevance.select(places)) {
            let range = function.range
            let isWanted = isRelevant && demand.regions.contains { $0.overlaps(range) } || demand.helpers.contains { $0.overlaps(range) }
            // What is read like a column may say what the column says: `bool(self.customer_id)`.
            if isWanted || function.hook != nil || interface.properties.contains(function.name) || function.bases.contains(where: demand.reaching.contains) {
                lower(function)
            }
        }
        if relevance.holdsPlace(outside: places, within: demand.regions) { moduleRoutine(root) }
    }

    /// A file that exports nothing and registers no handler, but calls its own functions, is run by hand.
    private mutating func markScript() {
        guard runsItself, !handsOn, interface.exports.isEmpty, functions.allSatisfy({ !$0.isExported && $0.entry == .none }),
            routines.allSatisfy({ $0.entry == .none })
        else { return }
        for index in routines.indices { routines[index].entry = .script }
    }

    private mutating func lower(_ function: Function) {
        var lowering = RoutineLowering(source: source, name: function.name, names: [:])
        lowering.types = function.fields
        lowering.members = function.members
        lowering.view = function.view
        // A method of the class itself works on none of its rows.
        let first = function.node.child(source.field.parameters)?.children.first.map { source.text($0) }
        if let row = function.row, first != "cls" { lowering.enter(rowOf: row, source.head(of: function.node)) }
        lowering.managed = function.managed
        lowering.whole = function.whole
        lowering.before = function.before
        lowering.form = function.form
        if let instance = function.instance { lowering.types["instance"] = TypeName(name: instance) }
        var found = lowering.routines(of: function.node, entry: function.entry, isExported: function.isExported)
        if let isolation = function.isolation {
            // `const pay = db.transaction((id) => …)`: the whole function is the transaction.
            found[0].body.insert(Step(id: found[0].nextStep, span: source.span(function.node), kind: .begin(isolation)), at: 0)
            found[0].nextStep += 1
        }
        if let key = function.serial {
            found[0].body.insert(Step(id: found[0].nextStep, span: source.span(function.node), kind: .lock(Lock(.mutex, key: key))), at: 0)
            found[0].nextStep += 1
        }
        if let hook = function.hook {
            let table = function.table ?? String(function.name.prefix { $0 != "." })
            found[0].end(with: hook, on: table, source.head(of: function.node), row: lowering.receiver)
        }
        routines.append(contentsOf: found)
    }

    /// What runs when the file is loaded.
    private mutating func moduleRoutine(_ root: Node) {
        var lowering = RoutineLowering(source: source, name: "module", names: [:])
        lowering.isModule = true
        lowering.statements(of: root)
        guard lowering.steps.contains(where: { $0.kind.touchesDatabase }) else { return }
        routines.append(
            Routine(
                name: "module", entry: .module, isExported: false, parameters: [], body: lowering.steps, nextStep: lowering.nextStep, span: source.span(root)))
    }
}

/// A function of the file, before it is lowered.
struct Function {
    let node: Node
    /// All of it, where its body goes on behind the node.
    var whole: Node?
    var range: Range<Int> { node.start..<(whole ?? node).end }
    let name: String
    let isExported: Bool
    let entry: Routine.Entry
    let isolation: Isolation?
    /// Its caller runs it for one job at a time: what those jobs have in common, as far as it is known.
    let serial: Value?
    /// The types of the fields of the class around.
    let fields: [String: TypeName]
    let members: [String: Binding]
    /// The write before which the library runs it.
    var hook: Write.Operation?
    /// The table of that write, where the function's name does not begin with it.
    var table: String?
    /// The class whose objects are the rows that it is a method of.
    var row: String?
    /// The class whose rows its class gives, as a manager.
    var managed: String?
    /// The class whose rows its class shows.
    var view: String?
    /// The form by which its class saves rows.
    var form: String?
    /// The class of rows of the form that it is a method of.
    var instance: String?
    /// What runs before it: dependencies, and what its decorators hold around it.
    var before: [Call] = []
    /// The bases of its class, through which it may reach the database.
    var bases: [String] = []
}

extension Routine {
    /// A method that the library runs before it writes a row: the write stands at its end.
    /// - Parameter row: the row, where it is no parameter.
    mutating func end(with operation: Write.Operation, on table: String, _ span: Span, row: Value? = nil) {
        var write = Write(operation, table: table)
        let row = row ?? Value.parameter(0, parameters.first ?? "")
        if operation != .insert { write.filters = [Predicate("id", .equal, row.member("id"))] }
        write.openValues = [row]
        // `return query(args)` is the write itself.
        var end = body.endIndex
        if case .exit(.return)? = body.last?.kind { end -= 1 }
        body.insert(Step(id: nextStep, span: span, kind: .write(write)), at: end)
        nextStep += 1
    }
}

extension Step.Kind {
    fileprivate var touchesDatabase: Bool {
        switch self {
        case .read, .write: true
        case .branch(_, let then, let otherwise): (then + otherwise).contains { $0.kind.touchesDatabase }
        case .loop(let body), .scope(let body): body.contains { $0.kind.touchesDatabase }
        case .attempt(let body, let handler, let cleanup): (body + (handler ?? []) + cleanup).contains { $0.kind.touchesDatabase }
        case .begin, .end, .lock, .unlock, .effect, .call, .exit, .opaque: false
        }
    }
}
