import Flow
import SQL
import Syntax
import Vocabulary

// Query builders and ORMs whose calls say with their arguments what the statement is; the vocabulary tells which
// argument carries what.
extension RoutineLowering {
    /// `prisma.user.findFirst({where})`, `db.insert(users)`, `User.findOne({…})`, `this.userRepository.save(user)`.
    mutating func begin(_ link: Link, api index: Int, _ node: Node, _ property: Node, _ receiver: [Substring]) -> Binding? {
        let api = source.vocabulary.apis[index]
        var builder = Chain.Builder()
        switch link.table {
        case .receiver:
            if let last = receiver.last, let type = types[String(last)], type.isDelegate(of: api.engines) {
                builder.table = type.argument
                break
            }
            guard receiver.count >= 2, isClient(receiver[receiver.count - 2], of: api) else { return nil }
            builder.table = String(receiver[receiver.count - 1])
        case .type:
            // `this` in a static method is the class.
            guard let last = receiver.last, receiver.count <= 2 else { return nil }
            // `order.$query()`: the statement is about a row that was read.
            if receiver.count == 1, let row = names[String(last)]?.value, let (table, reader) = origin(of: row) {
                guard reader == index else { return nil }
                builder.table = table
                builder.filters = [Predicate("id", .equal, row.identity)]
                break
            }
            if let table = modelTable(String(last)) {
                builder.table = table
                break
            }
            let name = last == "this" || last == "constructor" ? self.name.prefix { $0 != "." } : last
            guard name.first?.isUppercase == true, !pureGlobals.contains(String(name)) else { return nil }
            guard source.packageNames[String(receiver[0])].map({ source.isPython && !source.vocabulary.imports($0) }) ?? true else { return nil }
            builder.table = String(name)
        case .repository:
            guard let name = receiver.last else { return nil }
            if let table = repositoryTable(String(name)) {
                builder.table = table
            } else {
                if receiver.count == 1, isModelClass(name) {
                    builder.table = String(name)
                    break
                }
                // `manager.findOne(Order, {…})` is `orderRepository.findOne({…})`; `manager.save(order)` knows the row.
                let isRepository = link.role == .save && types[String(name)]?.name.hasSuffix("Repository") == true
                guard isRepository || isClient(name, of: api) else { return nil }
                builder.table = isRepository ? nil : arguments(of: node).first.flatMap { entity($0) }
                guard builder.table != nil || link.role == .save || link.arguments.isEmpty else { return nil }
            }
        case .manager:
            // `self.get_jobs().filter(…)`: the name of a function is none of rows.
            if let object = node.child(field.function)?.child(field.object), kind(object) == .call { return nil }
            guard let table = managed(receiver, link) else { return nil }
            builder.table = table
            if let owner = owner(of: receiver, node) {
                // `event.booking_set.create(…)`: the new row is one of that event's.
                if link.role == .insert { builder.assignments = [Assignment(owner.column, owner.value)] } else { builder.filters = [owner] }
            }
        case nil:
            guard receiver.isEmpty || api.receivers.isEmpty || receiver.last.map({ isClient($0, of: api) }) == true else { return nil }
        }
        if link.role == .save { return arguments(of: node).isEmpty ? flush(link, node, index) : save(link, builder.table, node, index) }
        if link.role == .skip, link.arguments.contains(.values) { return make(link, builder.table, node) }
        if link.role == .transaction { return begin(link, node) }
        if link.role == .delete, link.arguments == [.entity], receiver.last.map({ isClient($0, of: api) }) == true,
            let row = arguments(of: node).first.map({ settled($0) }), let deletion = delete(row, node, index)
        {
            return deletion
        }
        build(&builder, link, node, api.phrases)
        if link.table == nil, link.arguments.contains(.table), builder.table == nil { return nil }
        if link.arguments.first == .entity, builder.table == nil, builder.columns.isEmpty { return nil }
        let start = link.table == nil ? property.start : node.start
        let span = source.span(start..<max(start, node.end))
        return Binding(.unknown, chain: Chain(candidates: [index], span: span, returns: link.returns, form: .builder(builder), isRunning: link.runs))
    }

    /// `queryRunner.startTransaction('SERIALIZABLE')`: a transaction that lasts until the routine ends.
    private mutating func begin(_ link: Link, _ node: Node) -> Binding {
        emit(.begin(link.isolation, options: .list(arguments(of: node).map { settled($0) })), source.span(node))
        return Binding(.name("transaction"))
    }

    /// Takes in one link of a builder: its role, and what its arguments carry.
    mutating func build(_ builder: inout Chain.Builder, _ link: Link, _ node: Node, _ phrases: Phrases) {
        switch link.role {
        case .read: if builder.verb == nil || builder.verb == .read { builder.verb = .read } else { builder.returning = true }
        case .insert: builder.verb = .insert
        case .update: builder.verb = .update
        case .delete: builder.verb = .delete
        case .upsert:
            builder.verb = .upsert
            if builder.conflict == nil { builder.conflict = Conflict(columns: [], action: .update) }
        case .one: builder.single = .one
        case .orNone: builder.single = .orNone
        case .returning: builder.returning = true
        case .lock: builder.lock = .update
        case .table, .filter, .filters, .sql, .tag, .parameters, .run, .statement, .routine, .batch, .transaction, .skip, .add, .save, .leave: break
        }
        if let aggregate = link.aggregate { builder.aggregate = aggregate }
        if let action = link.conflict { builder.conflict = Conflict(columns: builder.conflict?.columns ?? [], action: action) }
        if link.failsWhenMissing { builder.failsWhenMissing = true }
        if link.finds { builder.finds = true }
        if link.updates { builder.updates = true }
        var arguments = arguments(of: node)
        if link.table == .repository, let table = arguments.first.flatMap({ entity($0) }) {
            builder.table = table
            arguments.removeFirst()
        }
        if link.arguments.contains(.condition) { return condition(arguments, &builder, phrases) }
        var index = 0
        while index < arguments.count {
            let argument = arguments[index]
            let isNamed = index == arguments.count - 1 && namesArguments(of: node)
            let slot = isNamed ? link.keywords ?? .skip : index < link.arguments.count ? link.arguments[index] : link.rest ?? .skip
            index += 1
            guard slot != .skip else {
                if !kind(argument).isFunction { _ = settled(argument) }
                continue
            }
            if slot == .raised || slot == .lowered {
                let amount = index < arguments.count ? settled(arguments[index]) : .literal(.number("1"))
                index += 1
                compute(settled(argument), slot == .raised ? .relative : .lowered, amount, &builder, phrases)
                continue
            }
            // `get_object_or_404(orders, pk=pk)`: what has begun goes on.
            if slot == .table, case .builder(let begun)? = evaluate(argument).chain?.form {
                (builder.table, builder.lock) = (begun.table, begun.lock)
                builder.filters += begun.filters
                continue
            }
            let value = slot == .options ? options(argument) : argumentValue(argument)
            // `set('status', 'paid')`
            if slot == .values, index < arguments.count, let column = value.stringLiteral {
                fill(slot, with: .object([.init(column, argumentValue(arguments[index]))], rest: nil), link, &builder, phrases)
                index += 1
                continue
            }
            fill(slot, with: value, link, &builder, phrases)
        }
    }

    /// The value of an argument; a callback says what it returns.
    private mutating func argumentValue(_ node: Node) -> Value {
        kind(node).isFunction ? inline(node, arguments: [.name("eb"), .name("eb")]) : settled(node)
    }

    /// An object of options; a function in it says what it returns: `{where: (seat, { eq }) => eq(seat.id, id)}`.
    private mutating func options(_ node: Node) -> Value {
        let value = argumentValue(node)
        guard kind(node) == .object, case .object(var fields, let rest) = value else { return value }
        for pair in node.children {
            guard let key = source.key(of: pair), let body = pair.child(source.field.value), kind(body).isFunction else { continue }
            fields.append(.init(source.text(key), argumentValue(body)))
        }
        return .object(fields, rest: rest)
    }

    private func compute(_ column: Value, _ change: Phrases.Change, _ amount: Value, _ builder: inout Chain.Builder, _ phrases: Phrases) {
        var changes = Changes(phrases)
        if case .object(let fields, _) = column {
            for field in fields { changes.compute(field.name, change, field.value) }
        } else if case .list(let items) = column {
            for item in items { if let name = item.columnName { changes.compute(name, change, amount) } }
        } else if let name = column.columnName {
            changes.compute(name, change, amount)
        }
        builder.assignments += changes.assignments
    }

    private func fill(_ slot: Link.Slot, with value: Value, _ link: Link, _ builder: inout Chain.Builder, _ phrases: Phrases) {
        switch slot {
        case .table: builder.table = value.tableName ?? builder.table
        case .entity: entity(value, &builder, phrases)
        case .columns, .relations:
            // `count('* as n')`, `count({n: 'id'})`
            if let aggregate = link.aggregate, aggregate != .row, aggregate != .rows, slot == .columns {
                let key: String? = if case .object(let fields, _) = value { fields.first?.name } else { nil }
                builder.columns.append(.init(alias: key ?? Self.alias(in: value) ?? "count", aggregate: aggregate))
            } else {
                select(value, &builder, phrases)
            }
        case .values:
            var changes = Changes(phrases)
            changes.add(value)
            builder.assignments += changes.assignments
            builder.created += changes.created
            builder.openValues += changes.open
            if changes.partlyUnknown { builder.partlyUnknown = true }
        case .changes:
            var changes = Changes(phrases)
            changes.add(value)
            if builder.conflict == nil { builder.conflict = Conflict(columns: [], action: .update) }
            builder.conflict?.assignments = changes.assignments
        case .created:
            var changes = Changes(phrases)
            changes.add(value)
            builder.created += changes.assignments
        case .filters: filter(value, &builder, phrases)
        case .excluded:
            var excluded = Chain.Builder()
            filter(value, &excluded, phrases)
            // Not both is less than neither.
            let isOne = excluded.filters.count == 1
            builder.filters += excluded.filters.map {
                Predicate($0.column, isOne ? $0.comparison.negated : .other, $0.value, through: $0.through)
            }
            if excluded.filters.isEmpty { builder.partlyUnknown = true }
        case .key:
            // `remove(order)`
            if value.isRow { return builder.filters.append(Predicate("id", .equal, value.identity)) }
            if case .object = value { return filter(value, &builder, phrases) }
            builder.filters.append(Predicate("id", .equal, value))
        case .lock:
            let words = value.parts.compactMap { $0.stringLiteral ?? { if case .member(_, let name) = $0 { name } else { nil } }($0) }.map { $0.lowercased() }
            guard value != .literal(.boolean(false)), value != .literal(.null), value != .unknown else { return }
            // `lock: forUpdate ? … : undefined`, `lock: forUpdate`
            if case .operation(.conditional, let parts) = value, parts.count == 3, parts[1].truth != parts[2].truth {
                builder.lockedIf = parts[2].truth == false ? parts[0] : .operation(.not, [parts[0]])
            } else if value.isOpen {
                builder.lockedIf = value
            }
            builder.lock =
                words.contains { $0.contains("skip") } ? .skipLocked : words.contains { $0.contains("share") || $0.contains("read") } ? .share : .update
        case .returning: builder.returning = value != .literal(.boolean(false))
        case .conflict:
            var columns: [String] = []
            if case .list(let items) = value { columns = items.compactMap(\.columnName) } else if let name = value.columnName { columns = [name] }
            // `(conflict) => conflict.column('email').doNothing()`
            let changesNothing = value.parts.contains { if case .operation(.call(let name), _) = $0, phrases.changes[name] == .created { true } else { false } }
            var conflict = Conflict(columns: columns, action: changesNothing ? .nothing : builder.conflict?.action ?? .nothing)
            if !changesNothing { conflict.assignments = builder.conflict?.assignments ?? [] }
            builder.conflict = conflict
        case .ignore: if value != .literal(.boolean(false)) { builder.conflict = Conflict(columns: builder.conflict?.columns ?? [], action: .nothing) }
        case .options:
            guard case .object(let fields, let rest) = value else {
                if value.isOpen { return builder.openFilters.append(value.member("where")) }
                if value != .unknown, link.fields.values.contains(.filters) { builder.partlyUnknown = true }
                return
            }
            if let rest {
                builder.partlyUnknown = true
                // `...(forUpdate ? {lock: …} : {})`
                if case .operation(.conditional, let parts) = rest, parts.count == 3 {
                    for (at, arm) in parts.enumerated().dropFirst() {
                        for field in arm.fields ?? [] where link.fields[field.name] == .lock {
                            fill(.lock, with: field.value, link, &builder, phrases)
                            builder.lockedIf = at == 1 ? parts[0] : .operation(.not, [parts[0]])
                        }
                    }
                }
            }
            for field in fields {
                guard let inner = link.fields[field.name] else {
                    // Whatever has no meaning of its own.
                    if let others = link.fields["*"] { fill(others, with: .object([field], rest: nil), link, &builder, phrases) }
                    continue
                }
                // `_sum: {amount: true}`
                if inner == .columns, phrases.aggregates[field.name] != nil {
                    select(field.value, as: field.name, &builder, phrases)
                } else {
                    fill(inner, with: field.value, link, &builder, phrases)
                }
            }
        case .within: builder.isWithin = value != .literal(.null)
        case .skip, .condition, .raised, .lowered: return
        }
    }

    private func entity(_ value: Value, _ builder: inout Chain.Builder, _ phrases: Phrases) {
        // `session.delete(order)`
        if let (table, _) = origin(of: value) {
            builder.table = table
            builder.filters = [Predicate("id", .equal, value.identity)]
            return
        }
        // A class; or a table of the core, which is a name of the module.
        if case .name(let name) = value {
            builder.table = builder.table ?? name
            return
        }
        if let table = source.table(madeAs: value) {
            builder.table = builder.table ?? table
            return
        }
        for part in value.parts {
            if case .member(.name(let owner), _) = part, (65...90).contains(owner.utf8.first ?? 0), builder.table == nil { builder.table = owner }
            if case .operation(.call(let name), _) = part, phrases.aggregates[name] != nil, case .name(let owner)? = part.children.last,
                (65...90).contains(owner.utf8.first ?? 0), builder.table == nil
            {
                builder.table = owner
            }
        }
        // `select(func.count())` finds its table in the next link; anything else that names no class is no statement.
        if value.isModelColumn
            || value.parts.contains(where: { if case .operation(.call(let name), _) = $0 { phrases.aggregates[name] != nil } else { false } })
        {
            select(value, as: nil, &builder, phrases)
        }
    }

    private func filter(_ value: Value, _ builder: inout Chain.Builder, _ phrases: Phrases) {
        var conditions = Conditions(phrases)
        conditions.add(value)
        builder.filters += conditions.predicates
        builder.openFilters += conditions.open
        if conditions.partlyUnknown { builder.partlyUnknown = true }
    }

    /// `where({…})`, `where('column', value)`, `where('column', '<', value)`, `where('column = :name', {name})`.
    private mutating func condition(_ arguments: [Node], _ builder: inout Chain.Builder, _ phrases: Phrases) {
        guard let first = arguments.first else { return }
        var conditions = Conditions(phrases)
        let binding = kind(first).isFunction ? Binding(argumentValue(first)) : evaluate(first)
        let subject = binding.chain.map { settle($0, awaited: false) } ?? binding.value
        // `Object.entries(match).forEach(([column, value]) => query.where(column, value))`
        if let fields = subject.keyOfEntries {
            for argument in arguments.dropFirst() { _ = settled(argument) }
            builder.openFilters.append(fields)
            return
        }
        if let text = binding.text, text.text.bytes.contains(where: { $0 == 0x20 || $0 == UInt8(ascii: "=") }) {
            var parameters = arguments.dropFirst().map { settled($0) }
            if parameters.count == 1, case .list(let items) = parameters[0] { parameters = items }
            conditions.add(text, parameters: parameters)
        } else if arguments.count >= 3 {
            conditions.compare([subject, settled(arguments[1]), argumentValue(arguments[2])])
        } else if arguments.count == 2 {
            let value = argumentValue(arguments[1])
            if let column = subject.columnName { conditions.add(column, .equal, value) } else { conditions.partlyUnknown = true }
        } else {
            conditions.add(subject)
        }
        builder.filters += conditions.predicates
        builder.openFilters += conditions.open
        if conditions.partlyUnknown { builder.partlyUnknown = true }
    }
}
