import Flow
import Syntax
import Vocabulary

// What a call is made on: the client of a library, the rows of a class, a repository, a relation.
extension RoutineLowering {
    /// Whether a name holds the client of this library: by its name, as the parameter of a transaction's callback, or by
    /// its class.
    func isClient(_ name: Substring, of api: DatabaseAPI) -> Bool {
        let word = name.lowercased().drop { $0 == "_" }
        if source.isPython, let package = source.packageNames[String(name)], api.isImported(by: package) { return true }
        // `with session_scope() as s`, `async with pool.connection() as c`, `const runner = source.createQueryRunner()`
        if case .operation(.call(let maker), _)? = names[String(name)]?.value,
            api.receivers.contains(where: { $0.utf8.count > (source.isPython ? 3 : 4) && maker.lowercased().contains($0) })
        {
            return true
        }
        if source.isPython, api.receivers.contains(where: { $0.utf8.count > 3 && word.hasSuffix($0) }) { return true }
        if api.receivers.contains(where: { word == $0 || ($0.utf8.count > 4 && word.contains($0)) }) { return true }
        let key = String(name)
        if names[key]?.value == .name("transaction") { return true }
        if let other = standIns[key], standIns[other] == nil { return isClient(other[...], of: api) }
        if let module = types[key]?.module, let package = source.packageNames[module], api.isImported(by: package) { return true }
        let type = types[key]?.name ?? names[key]?.value.made ?? source.objects[key]
        return type.flatMap { source.packageNames[$0] }.map { api.isImported(by: $0) } ?? false
    }

    /// `Order.objects`, `cls.objects`, `Order.query`: a statement on the rows of a class that has begun.
    func manager(_ name: String, of object: Node) -> Chain? {
        guard let path = source.path(of: object) ?? modelCall(object), let owner = path.split(separator: ".").last else { return nil }
        guard let api = source.api(where: { $0.managers.contains(name) }) else { return nil }
        let table = owner == "this" || path == "this.__class__" ? self.name.prefix { $0 != "." } : owner
        guard table.first?.isUppercase == true || table == "model" else { return nil }
        return rows(of: String(table), api, object)
    }

    /// `self.filter(…)` in a method of a manager.
    func managed(_ object: Node) -> Binding? {
        guard let managed, kind(object) == .identifier, source.text(object) == "self", let api = source.api(where: { !$0.managers.isEmpty }) else { return nil }
        return Binding(.unknown, chain: rows(of: managed, api, object))
    }

    /// A statement on the rows of a class that has begun, and may ask for some of them yet.
    /// - Parameter isSome: it has asked for some of them, nobody knows which.
    func rows(of table: String, _ api: Int, _ node: Node, isSome: Bool = false) -> Chain {
        var builder = Chain.Builder(table: table)
        (builder.verb, builder.partlyUnknown) = (.read, isSome)
        return Chain(candidates: [api], span: source.span(node), returns: .facet(.rows), form: .builder(builder))
    }

    /// `rooms.update()`, where `rooms` is a table of the core: of one that another file gives, its columns tell, `rooms.c.state`.
    func statement(_ method: String, on receiver: Value, _ object: Node, _ node: Node) -> Binding? {
        guard source.isPython, let api = source.api(where: { !$0.tables.isEmpty }), let link = source.vocabulary.apis[api].links[method],
            link.opens, !link.runs, link.arguments == [.entity]
        else { return nil }
        var builder = Chain.Builder()
        switch link.role {
        case .read: builder.verb = .read
        case .insert: builder.verb = .insert
        case .update: builder.verb = .update
        case .delete: builder.verb = .delete
        default: return nil
        }
        if let table = source.table(madeAs: receiver) {
            builder.table = table
        } else if case .name(let name) = receiver, kind(object) == .identifier, source.ownNames.contains(name), source.tableNames.contains(name) {
            builder.table = name
        } else {
            return nil
        }
        return Binding(.unknown, chain: Chain(candidates: [api], span: source.span(node), returns: link.returns, form: .builder(builder)))
    }

    /// `users.findOne(…)`, `collections.users.findOne(…)`, `users().findOne(…)`, where another file gives the rows of the collection: they
    /// are called as it is.
    mutating func handed(_ method: String, _ object: Node, _ node: Node, _ property: Node, awaited: Bool) -> Binding? {
        guard let name = handedName(object), name.first?.isLowercase == true,
            let api = source.api(where: { $0.handsOnTables && $0.links[method].map { [.filters, .values].contains($0.arguments.first) } == true }),
            let first = arguments(of: node).first, !kind(first).isFunction
        else { return nil }
        let chain = Chain(candidates: [api], span: source.span(node), returns: .facet(.rows), form: .builder(Chain.Builder(table: name)))
        return extend(chain, with: method, node, property, awaited: awaited)
    }

    private func handedName(_ object: Node) -> String? {
        switch kind(object) {
        case .identifier:
            // Of a module as a whole the methods are functions.
            guard source.ownNames.contains(source.text(object)), !source.wholeModules.contains(source.text(object)), names[source.text(object)] == nil else {
                return nil
            }
            return source.text(object).withoutCollection
        case .member:
            guard let owner = object.child(field.object), kind(owner) == .identifier, source.ownNames.contains(source.text(owner)) else { return nil }
            return object.child(field.property).map { source.text($0).withoutCollection }
        case .call:
            guard let function = object.child(field.function), kind(function) == .identifier, source.ownNames.contains(source.text(function)) else {
                return nil
            }
            // `getUsers()`, `get_users()`
            let name = source.text(function).withoutCollection
            guard name.hasPrefix("get"), name.utf8.count > 4 else { return name }
            let rest = name.dropFirst(3).drop { $0 == "_" }
            return rest.prefix(1).lowercased() + rest.dropFirst()
        default: return nil
        }
    }

    /// `db["users"]`, `client["shop"]["users"]`: the rows of a collection that is asked for by its name.
    func collection(_ name: String, of object: Node) -> Chain? {
        guard let api = source.api(where: { $0.links["[]"] != nil }) else { return nil }
        var owner = object
        while kind(owner) == .subscripted, let inner = owner.child(field.value) { owner = inner }
        guard let last = source.path(of: owner)?.split(separator: ".").last, isClient(last, of: source.vocabulary.apis[api]) else { return nil }
        return Chain(candidates: [api], span: source.span(object), returns: .facet(.rows), form: .builder(Chain.Builder(table: name)))
    }

    /// `get_user_model()`, `apps.get_model("shop", "Order")`: the class that the call gives.
    func modelCall(_ node: Node) -> String? {
        guard kind(node) == .call, let name = node.child(field.function).flatMap({ source.path(of: $0) })?.split(separator: ".").last else { return nil }
        switch name {
        case "get_user_model": return "User"
        case "get_model": return arguments(of: node).last.flatMap { source.literalText($0) }
        default: return nil
        }
    }

    /// `order.line_set`, `voucher.applications`: a relation is a manager where the method is no list's and no dictionary's.
    func managed(_ receiver: [Substring], _ link: Link) -> String? {
        guard link.opens, let last = receiver.last, receiver.count > 1, last.first?.isLowercase == true, source.packageNames[String(receiver[0])] == nil else {
            return nil
        }
        if last.hasSuffix("_set"), last.utf8.count > 4 { return String(last.dropLast(4)) }
        // `event.bookings.create(…)`, where the event is a row that was read here.
        let isOfRow = receiver.count == 2 && names[String(receiver[0])].map { origin(of: $0.value) != nil } == true
        return link.isDistinctive || isOfRow ? String(last) : nil
    }

    /// The rows of `event.booking_set` are those of one event, in a column that is called after it.
    mutating func owner(of receiver: [Substring], _ node: Node) -> Predicate? {
        guard let manager = node.child(field.function)?.child(field.object), let row = manager.child(field.object) else { return nil }
        let name = receiver[receiver.count - 2], isOwn = name == "this"
        guard let column = isOwn ? self.name.split(separator: ".").first : name else { return nil }
        return Predicate(isOwn ? column.lowercased() : String(column), .equal, settled(row))
    }

    /// `Coupon.findOneBy(…)`: a class of the project's own that asks for its rows itself.
    func isModelClass(_ name: Substring) -> Bool {
        name.first?.isUppercase == true && source.packageNames[String(name)] == nil && !pureGlobals.contains(String(name))
    }

    /// `userRepository`, `usersRepo`, or whatever is declared as `Repository<User>`.
    func repositoryTable(_ name: String) -> String? {
        if let type = types[name] { return type.isRepository ? type.argument : nil }
        for ending in ["Repository", "Repo"] where name.hasSuffix(ending) && name.count > ending.count { return String(name.dropLast(ending.count)) }
        return nil
    }

    /// `orderModel`, or whatever is declared as `Model<Order>` or `Model<OrderDocument>`.
    func modelTable(_ name: String) -> String? {
        if let type = types[name] {
            guard type.isRepository, let argument = type.argument else { return nil }
            return argument.hasSuffix("Document") && argument.utf8.count > 8 ? String(argument.dropLast(8)) : argument
        }
        return name.first?.isLowercase == true && name.hasSuffix("Model") && name.utf8.count > 5 ? String(name.dropLast(5)) : nil
    }

    /// The class of a model as an argument: `manager.findOne(Order, {…})`.
    func entity(_ node: Node) -> String? {
        guard kind(node) == .identifier else { return nil }
        let name = source.text(node)
        return name.first?.isUppercase == true ? name : nil
    }
}

extension String {
    /// `usersCollection`, `users_collection` → `users`
    var withoutCollection: String {
        for ending in ["_collection", "Collection", "_coll", "Coll"] where hasSuffix(ending) && utf8.count > ending.utf8.count {
            return String(dropLast(ending.count))
        }
        return self
    }
}
