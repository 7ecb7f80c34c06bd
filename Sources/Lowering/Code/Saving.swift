import Flow
import Syntax
import Vocabulary

// Rows that know how to save themselves, and what saves rows.
extension RoutineLowering {
    /// `order.save()`, `user.update({…})`, `doc.deleteOne()` on a row that was read or made here.
    mutating func instance(_ method: String, of receiver: Value, _ node: Node, _ object: Node) -> Binding? {
        guard source.vocabulary.instances[method] != nil else { return nil }
        // `save(seats: Repository<Seat>)`: the parameter is no row.
        if kind(object) == .identifier, repositoryTable(source.text(object)) != nil { return nil }
        if let (read, index) = origin(of: receiver) {
            let api = source.vocabulary.apis[index]
            guard let link = api.instances[method] else { return nil }
            if link.role == .save { return save(link, read, node, index, receiver: receiver) }
            if link.role == .add { return change(receiver, node) }
            if link.refreshes { return refresh(receiver, read, index, node) }
            var builder = Chain.Builder()
            builder.table = read
            build(&builder, link, node, api.phrases)
            builder.filters = [Predicate("id", .equal, receiver.identity)]
            builder.checksVersion = api.versioned
            return Binding(
                .unknown, chain: Chain(candidates: [index], span: source.span(node), returns: link.returns, form: .builder(builder), isRunning: true))
        }
        // `new Order({…}).save()`
        guard let index = source.known(instance: method) else { return nil }
        let api = source.vocabulary.apis[index]
        guard let link = api.instances[method] else { return nil }
        if link.role == .delete, arguments(of: node).isEmpty { return delete(receiver, node, index) }
        guard link.role == .save else { return nil }
        guard let type = receiver.made else {
            // `order.save()` on what a caller passes in, or a call gives.
            guard isGiven(receiver) else { return nil }
            return save(link, source.isPython ? nil : receiver.reachedName, node, index, receiver: receiver)
        }
        // `new this.orderModel({…}).save()`
        let made = type.split(separator: ".").last.flatMap { modelTable(String($0)) } ?? type
        return save(link, made, node, index, receiver: receiver)
    }

    /// `invitation.delete()`, `session.delete(invitation)` of a row that a caller passes in, or a call gives: linking tells whose it is.
    mutating func delete(_ row: Value, _ node: Node, _ index: Int) -> Binding? {
        guard origin(of: row) == nil, row.made == nil, row.isOpenRow else { return nil }
        var written = Write(.delete, table: nil)
        written.row = row
        written.filters = [Predicate("id", .equal, row.identity)]
        written.api = source.vocabulary.apis[index].flow
        return Binding(.outcome(emit(.write(written), source.span(node)), .affected))
    }

    /// `order.refresh_from_db()`: the row as it is now.
    private mutating func refresh(_ row: Value, _ table: String, _ index: Int, _ node: Node) -> Binding {
        let fresh = readRow(table, index, key: row.identity, source.span(node))
        if let object = node.child(field.function)?.child(field.object), kind(object) == .identifier { names[source.text(object)]?.value = fresh }
        return Binding(fresh)
    }

    /// `order.set({…})`, `order.set('status', 'paid')`: written by the next save.
    mutating func change(_ row: Value, _ node: Node) -> Binding {
        let values = arguments(of: node).map { settled($0) }
        var fields: [Value.Field] = []
        if case .object(let known, _)? = values.first { fields = known }
        if let column = values.first?.stringLiteral, values.count > 1 { fields = [.init(column, values[1])] }
        var changed = Value.object(fields, rest: row)
        if case .object(let earlier, let rest) = row { changed = .object(Array((earlier + fields).suffix(60)), rest: rest) }
        if let object = node.child(field.function)?.child(field.object), kind(object) == .identifier { names[source.text(object)]?.value = changed }
        return Binding(changed)
    }

    /// A row that somebody gives: a caller, a call, or another row that leads to it.
    private func isGiven(_ value: Value) -> Bool { value.isOpenRow || value.isReachedRow(anywhere: source.isPython) }

    /// The declared class of a parameter: its rows, if it is one of rows.
    func givenType(of value: Value) -> String? {
        if case .outcome(let id, .row) = value, givens.contains(id) { sources[id]?.0 } else { nil }
    }

    /// A parameter, or what a call gives: nobody knows yet what it holds.
    func isFilledLater(_ value: Value) -> Bool { givenType(of: value) != nil || value.isOpen || value.isSent }

    /// The table of the row that a value is, and the API that read it.
    func origin(of value: Value) -> (String, Int)? {
        switch value {
        case .outcome(let id, .row), .outcome(let id, .rows): sources[id]
        case .object(_, let rest?): origin(of: rest)
        case .operation(.coalesce, let parts), .operation(.or, let parts): parts.firstMapped { origin(of: $0) }
        case .either(let items): items.firstMapped { origin(of: $0) }
        default: nil
        }
    }

    /// `repository.create({…})`, `em.create(Order, {…})`: an object for a row that is not written yet.
    mutating func make(_ link: Link, _ known: String?, _ node: Node) -> Binding? {
        let values = arguments(of: node).map { settled($0) }
        guard let table = known ?? (link.arguments.first == .table ? values.first?.tableName : nil) else { return nil }
        return Binding(.operation(.call("new " + table), values.filter { if case .object = $0 { true } else { false } }))
    }

    /// What was set in rows is written where the transaction ends, or, in the end, by whoever ends it.
    mutating func flushPending(_ node: Node) {
        for index in source.vocabulary.apis.indices where source.vocabulary.apis[index].writesPending && source.knows(index) {
            guard let link = source.vocabulary.apis[index].flushing else { continue }
            _ = flush(link, node, index)
        }
    }

    /// At the end of a routine, before what it gives back.
    mutating func endPending(_ function: Node) {
        guard source.vocabulary.apis.contains(where: \.writesPending) else { return }
        beforeReturning { $0.flushPending(function.child($0.field.body)?.children.last ?? function) }
    }

    /// Runs `work` where the steps so far have not returned yet.
    mutating func beforeReturning(_ work: (inout RoutineLowering) -> Void) {
        let last = if case .exit(.return)? = steps.last?.kind { steps.removeLast() } else { nil as Step? }
        work(&self)
        if let last { steps.append(last) }
    }

    /// `em.flush()` writes every row that was read here and changed since.
    mutating func flush(_ link: Link, _ node: Node, _ index: Int) -> Binding? {
        for name in names.keys.sorted() {
            guard let value = names[name]?.value.sumOfWays, case .object(_, .some) = value, value != source.constants[name]?.value else { continue }
            guard origin(of: value)?.1 == index || origin(of: value) == nil && value.made == nil && isGiven(value) else { continue }
            // What an earlier flush has written is not written again.
            guard case .object(let fields, let rest) = value, fields.count > flushed[name] ?? 0 else { continue }
            let changed = Value.object(Array(fields.dropFirst(flushed[name] ?? 0)), rest: rest)
            flushed[name] = fields.count
            _ = save(link, nil, node, index, receiver: changed)
        }
        if link.ends { emit(.end, source.span(node)) }
        return Binding(.unknown)
    }

    /// `save(update_fields=["status"])`: the columns that are written, where an argument names them.
    private static func columns(named option: String, in values: [Value]) -> Set<String>? {
        guard case .object(let fields, _)? = values.last, case .list(let items)? = fields.last(where: { $0.name == option })?.value else { return nil }
        let names = items.compactMap(\.stringLiteral)
        return names.count == items.count ? Set(names.flatMap { [$0, $0 + "_id"] }) : nil
    }

    /// An object goes to the database: over the row that it was read from, or as a new one.
    mutating func save(_ link: Link, _ table: String?, _ node: Node, _ index: Int, receiver: Value? = nil) -> Binding? {
        let api = source.vocabulary.apis[index]
        let values = arguments(of: node).map { settled($0) }
        // What is added to a session is not written once more when it ends.
        for argument in arguments(of: node) where kind(argument) == .identifier {
            let name = source.text(argument)
            if case .object(let fields, _)? = names[name]?.value { flushed[name] = fields.count }
        }
        // The object comes first, but for a class that says what it is; options come last.
        // `db.update("orders", order)`
        let tableAt = link.arguments.first == .table && values.count > 1 ? 0 : nil
        let table = table ?? tableAt.flatMap { values[$0].tableName }
        guard
            var object = receiver ?? values.dropFirst(tableAt == nil ? 0 : 1).first(where: { value in if case .name = value { false } else { true } })
                ?? values.last
        else { return nil }
        guard table != nil || object.made != nil || origin(of: object) != nil || isGiven(object) else { return Binding(object) }
        if case .list(let items) = object, let first = items.first { object = first }
        // Of the rows of a list, the one that a loop over it has changed speaks for the others.
        if case .outcome(_, .rows) = object {
            let row = object.element
            for name in names.keys.sorted() { if let changed = names[name]?.value.changed(of: row) { object = changed; break } }
        }
        // Where only some ways set a field, the way that sets most says what may be written.
        if case .either(let items) = object, let fullest = items.max(by: { $0.fieldCount < $1.fieldCount }) { object = fullest }
        var changes = Changes(api.phrases)
        if case .object(let fields, _) = object { for field in fields { changes.add(field) } }
        var written: Write
        let isNew = link.creates ?? (object.made != nil || { if case .object(_, nil) = object { true } else { false } }())
        if isNew {
            written = Write(.insert, table: table ?? object.made)
            for field in object.madeFields { changes.add(field) }
            changes.open += object.madeRests.filter(isFilledLater)
            written.assignments = changes.assignments
        } else {
            written = Write(.update, table: table ?? origin(of: object)?.0)
            if written.table == nil || isGiven(object) { written.row = object }
            if isGiven(object), case .object(_, let rest?) = object { changes.open.append(rest) } else if isGiven(object) { changes.open.append(object) }
            written.filters = [Predicate("id", .equal, object.identity)]
            if object.made != nil { for field in object.madeFields { changes.add(field) } }
            written.assignments = changes.assignments
            let columns = Self.columns(named: "update_fields", in: values)
            if let columns { written.assignments.removeAll { !columns.contains($0.column) } }
            written.isWhole = link.whole && columns == nil
            guard !changes.assignments.isEmpty || !changes.open.isEmpty || origin(of: object) == nil else { return Binding(object) }
        }
        written.openValues = changes.open
        written.openType = changes.open.firstMapped { givenType(of: $0) }
        written.partlyUnknown = changes.assignments.isEmpty && changes.open.isEmpty
        written.returning = true
        written.checksVersion = api.versioned
        written.api = api.flow
        let id = emit(.write(written), source.span(node))
        guard isNew else { return Binding(object) }
        if let table = written.table, object.made != nil { keep(object, as: id, of: table, index, savedBy: node) }
        return Binding(.outcome(id, .row))
    }

    /// What was a new object is now the row that was made of it: saved once more, that row is changed.
    private mutating func keep(_ object: Value, as id: StepID, of table: String, _ index: Int, savedBy node: Node) {
        sources[id] = (table, index)
        let holders = arguments(of: node) + [node.child(field.function)?.child(field.object)].compactMap { $0 }
        for holder in holders where kind(holder) == .identifier && names[source.text(holder)]?.value == object {
            names[source.text(holder)]?.value = .outcome(id, .row)
            flushed[source.text(holder)] = 0
        }
    }
}

extension RoutineLowering {
    /// A method of a class of rows: `self` is a row that somebody has read, when nobody knows.
    mutating func enter(rowOf table: String, _ span: Span) {
        receiver = given(table, .receiver, key: .name("this").member("id"), span)
    }

    /// A row that a caller has read.
    mutating func given(_ table: String, _ stand: Read.Stand, key: Value, _ span: Span) -> Value? {
        guard let api = source.api(where: \.keepsRows) else { return nil }
        return readRow(table, api, key: key, standsFor: stand, span)
    }

    /// The row of this key is read here.
    mutating func readRow(_ table: String, _ api: Int, key: Value, standsFor stand: Read.Stand? = nil, _ span: Span) -> Value {
        var read = Read(table: table, aggregate: .row)
        read.filters = [Predicate("id", .equal, key)]
        read.standsFor = stand
        read.api = source.vocabulary.apis[api].flow
        let id = emit(.read(read), span)
        sources[id] = (table, api)
        if case .parameter? = stand { givens.insert(id) }
        return .outcome(id, .row)
    }
}

extension Value {
    /// It may be a row that a caller passes in, or that a call gives back.
    var isOpenRow: Bool {
        switch self {
        case .object(_, let rest?): rest.isOpenRow
        case .either(let items): items.contains { $0.isOpenRow }
        case .parameter: true
        case .operation(.call(let name), let operands):
            if case .outcome(_, .result)? = operands.first { !name.hasPrefix("new ") } else { false }
        default: false
        }
    }

    /// A row to which another leads, `order.product`, or one that stands for the session's, `current_user`.
    ///
    /// - Parameter anywhere: it need not have been changed, and the other need not have been read here.
    func isReachedRow(anywhere: Bool) -> Bool {
        switch self {
        case .object(let fields, let rest?): !fields.isEmpty && rest.isReachedRow(anywhere: anywhere)
        case .member(.outcome(_, .row), _): true
        case .member(.parameter, _), .member(.name("this"), _): anywhere
        case .member(let base, _): anywhere && base.isReachedRow(anywhere: true)
        case .name(let name): anywhere && name.nameWords.last == "user"
        default: false
        }
    }

    /// What the row is called to which another leads.
    fileprivate var reachedName: String? {
        switch self {
        case .object(_, let rest?): rest.reachedName
        case .member(_, let name): name
        default: nil
        }
    }

    /// The class of what `new Order(…)` or `repository.create(…)` made.
    var made: String? {
        switch self {
        case .operation(.call(let name), _) where name.hasPrefix("new "): String(name.dropFirst(4))
        case .object(_, let rest?): rest.made
        case .either(let items): items.firstMapped(\.made)
        default: nil
        }
    }

    /// What was set in this row, where the value is that row with other fields.
    fileprivate func changed(of row: Value) -> Value? {
        switch self {
        case .object(let fields, let rest?): !fields.isEmpty && rest == row ? self : nil
        case .either(let items): items.firstMapped { $0.changed(of: row) }
        default: nil
        }
    }

    /// A row in which some ways set a field and others another: what any of them sets.
    fileprivate var sumOfWays: Value {
        guard case .either(let items) = self else { return self }
        var row: Value?, fields: [Field] = []
        for item in items {
            let rest: Value
            if case .object(let own, let base?) = item {
                rest = base
                for field in own { fields.append(field) }
            } else {
                rest = item
            }
            guard row == nil || row == rest else { return self }
            row = rest
        }
        guard let row, !fields.isEmpty, fields.count < 40 else { return self }
        var names: [String] = []
        for field in fields where !names.contains(field.name) { names.append(field.name) }
        return .object(names.map { name in Field(name, .merge(fields.filter { $0.name == name }.map(\.value))) }, rest: row)
    }

    fileprivate var fieldCount: Int {
        switch self {
        case .object(let fields, let rest): fields.count + (rest?.fieldCount ?? 0)
        case .operation(.call, let operands): operands.map(\.fieldCount).max() ?? 0
        default: 0
        }
    }

    /// The fields that an object was made with, whatever was set in it since.
    fileprivate var madeFields: [Field] {
        switch self {
        case .object(_, let rest?): rest.madeFields
        case .operation(.call, let operands): operands.flatMap { value -> [Field] in if case .object(let fields, _) = value { fields } else { [] } }
        default: []
        }
    }

    /// What an object was made of besides: `Order(**data)`, where it is known only later what that holds.
    fileprivate var madeRests: [Value] {
        switch self {
        case .object(_, let rest?): rest.madeRests
        case .operation(.call, let operands):
            operands.flatMap { value -> [Value] in if case .object(_, let rest?) = value { [rest] } else { [] } }
        default: []
        }
    }

    /// The key of a row: of the object as it was read, whatever was set since.
    var identity: Value {
        if case .object(_, let rest?) = self { return rest.identity }
        return member("id")
    }
}
