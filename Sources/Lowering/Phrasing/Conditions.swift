import Flow
import SQL
import Vocabulary

// What a library's arguments say, read from their values: the same in every language.

/// The conditions of a statement, as far as they could be read.
struct Conditions {
    var predicates: [Predicate] = []
    /// Some condition could not be read; a rule must not rely on its absence.
    var partlyUnknown = false
    /// Objects that linking may know.
    var open: [Value] = []
    private let phrases: Phrases

    init(_ phrases: Phrases) { self.phrases = phrases }

    /// `{id, status: 'open'}`, `and(eq(t.id, id), isNull(t.usedAt))`, `[…]`. Loosely: some of them, or none, hold.
    mutating func add(_ value: Value, loosely: Bool = false) {
        switch value {
        case .object(let fields, let rest):
            for field in fields { add(field, loosely) }
            if let rest { rest.isRow ? () : add(rest, loosely: loosely) }
        case .list(let items): for item in items { add(item, loosely: loosely) }
        case .either(let items): for item in items { add(item, loosely: true) }
        case .operation(.conditional, let parts) where parts.count == 3:
            for part in parts.dropFirst() { add(part, loosely: true) }
        case .operation(.and, let parts): if let last = parts.last { add(last, loosely: true) }
        case .operation(.or, let parts), .operation(.coalesce, let parts): for part in parts { add(part, loosely: true) }
        case .operation(.call(let name), let operands):
            if phrases.conditions[name] == nil, !phrases.raw.contains(name), value.isOpen { return open.append(value) }
            call(name, operands.filter { !$0.isCallOutcome }, loosely)
        case .literal(.null), .literal(.boolean): return
        // `Order.status == "open"`, where the language computes conditions with its operators.
        case .operation(let op, let parts) where Self.comparisons[op] != nil && parts.count == 2 && parts[0].isModelColumn:
            add(parts[0].columnName ?? "", Self.comparisons[op] ?? .other, parts[1], loosely: loosely)
        case .operation(.not, let parts):
            for part in parts {
                part.isModelColumn ? add(part.columnName ?? "", .equal, .literal(.boolean(false)), loosely: loosely) : add(part, loosely: true)
            }
        case .member where value.isModelColumn: add(value.columnName ?? "", .equal, .literal(.boolean(true)), loosely: loosely)
        // `...STILL_OPEN`: conditions under a name of another file.
        case .name where !loosely: open.append(value)
        default: if value.isOpen, !loosely { open.append(value) } else { partlyUnknown = true }
        }
    }

    /// One condition on one column.
    mutating func add(_ column: String, _ comparison: Predicate.Comparison, _ value: Value, through: String? = nil, loosely: Bool = false) {
        var comparison = comparison
        if value == .literal(.null) { comparison = comparison == .equal ? .isNull : comparison == .notEqual ? .isNotNull : comparison }
        predicates.append(Predicate(column, loosely ? .other : comparison, value, through: through))
    }

    private static let comparisons: [Operator: Predicate.Comparison] = [
        .equal: .equal, .notEqual: .notEqual, .less: .less, .lessOrEqual: .lessOrEqual, .greater: .greater, .greaterOrEqual: .greaterOrEqual,
        .oneOf: .oneOf, .notOneOf: .notOneOf,
    ]

    /// `used__lt=5`, `user__email="…"`, `used_at__isnull=True`: a column with a comparison behind it.
    private mutating func lookup(_ field: Value.Field, _ separator: String, _ loosely: Bool) {
        var parts = field.name.components(parted: separator), comparison = Predicate.Comparison.equal
        if parts.count > 1, let last = parts.last, let known = phrases.conditions[last] {
            parts.removeLast()
            if case .comparison(let named) = known { comparison = named } else { comparison = .other }
            if comparison == .isNull {
                let holds = field.value != .literal(.boolean(false))
                return add(parts.joined(separator: separator), holds ? .isNull : .isNotNull, .literal(.null), loosely: loosely)
            }
        }
        // `created__date=today`, `created__month__gte=3`
        let transform = parts.count > 1 ? parts.last.flatMap { phrases.transforms.contains($0) ? $0 : nil } : nil
        if transform != nil { parts.removeLast() }
        if parts.last == "pk" { parts[parts.count - 1] = "id" }
        let isReference = parts.count > 1 && parts.last == "id"
        if isReference { parts.removeLast() }
        add(parts.joined(separator: separator) + (isReference ? "_id" : ""), comparison, field.value, through: transform, loosely: loosely)
    }

    private mutating func add(_ field: Value.Field, _ loosely: Bool) {
        if let separator = phrases.lookup { return lookup(field, separator, loosely) }
        switch phrases.conditions[field.name] {
        case .all: add(field.value, loosely: loosely)
        case .loose, .compare: add(field.value, loosely: true)
        case .comparison, nil: condition(field.name, field.value, loosely)
        }
    }

    /// `column: value`, `column: {gt: value}`, `column: In([…])`, and what lies inside the key of several columns or a relation.
    private mutating func condition(_ column: String, _ value: Value, _ loosely: Bool) {
        switch value {
        case .object(let fields, let rest) where !fields.isEmpty && fields.allSatisfy({ isComparison($0.name) }):
            for field in fields {
                guard case .comparison(let comparison)? = phrases.conditions[field.name] else { continue }
                if case .object = field.value {
                    add(column, .other, field.value, loosely: loosely)
                } else {
                    add(column, comparison, field.value, loosely: loosely)
                }
            }
            if rest != nil { partlyUnknown = true }
        case .object(let fields, _) where !fields.isEmpty:
            for field in fields {
                // `event: {id}` is the column `eventId`.
                if field.name == "id" { condition(column + "Id", field.value, loosely) } else { add(field, loosely) }
            }
        case .operation(.call(let name), let operands):
            guard case .comparison(let comparison)? = phrases.conditions[name] else { return add(column, .equal, value, loosely: loosely) }
            let inner = operands.last { !$0.isCallOutcome }
            if case .operation(.call(let negated), _)? = inner, case .comparison(.isNull)? = phrases.conditions[negated] {
                add(column, comparison == .notEqual ? .isNotNull : .other, .literal(.null), loosely: loosely)
            } else {
                add(column, comparison, inner ?? .literal(.null), loosely: loosely)
            }
        default: add(column, .equal, value, loosely: loosely)
        }
    }

    private func isComparison(_ name: String) -> Bool { if case .comparison? = phrases.conditions[name] { true } else { false } }

    private mutating func call(_ name: String, _ operands: [Value], _ loosely: Bool) {
        if phrases.raw.contains(name) { return text(operands, loosely) }
        switch phrases.conditions[name] {
        case .all: for operand in operands where !operand.isBareName { add(operand, loosely: loosely) }
        case .loose: for operand in operands where !operand.isBareName { add(operand, loosely: true) }
        case .compare: compare(operands, loosely)
        case .comparison(let comparison):
            let takesValue = comparison != .isNull && comparison != .isNotNull
            let arguments = operands.suffix(takesValue ? 2 : 1)
            guard let column = arguments.first?.columnName else {
                // `not(eq(a, b))`: a comparison of conditions.
                for operand in operands { add(operand, loosely: true) }
                return
            }
            add(column, comparison, takesValue ? arguments.last ?? .unknown : .literal(.null), loosely: loosely)
        case nil: partlyUnknown = true
        }
    }

    /// `eb('column', '<', value)`.
    mutating func compare(_ operands: [Value], _ loosely: Bool = false) {
        guard operands.count >= 3, let column = operands[operands.count - 3].columnName, let word = operands[operands.count - 2].stringLiteral else {
            partlyUnknown = true
            return
        }
        add(column, Self.operators[word.lowercased()] ?? .other, operands[operands.count - 1], loosely: loosely)
    }

    static let operators: [String: Predicate.Comparison] = [
        "=": .equal, "==": .equal, "!=": .notEqual, "<>": .notEqual, "<": .less, "<=": .lessOrEqual, ">": .greater, ">=": .greaterOrEqual, "in": .oneOf,
        "not in": .notOneOf, "is": .equal, "is not": .notEqual, "like": .like, "ilike": .like,
    ]

    // MARK: SQL text

    /// The pieces of a raw condition: text, columns, and values in its holes.
    private mutating func text(_ pieces: [Value], _ loosely: Bool) {
        var text = HostText()
        for piece in pieces {
            if let literal = piece.stringLiteral {
                text.text.append(literal.utf8, host: 0)
            } else if case .member(.name, let column) = piece {
                text.text.append(column.utf8, host: 0)
            } else {
                text.text.appendHole(text.holes.count, host: 0)
                text.holes.append(piece)
            }
        }
        add(text, parameters: [], loosely: loosely)
    }

    /// The condition of a WHERE as text, with its parameters in order or as one object of names.
    mutating func add(_ text: HostText, parameters: [Value], loosely: Bool = false) {
        var whole = SQLText()
        whole.append("SELECT 1 FROM t WHERE ".utf8, host: 0)
        whole.append(text.text, holesFrom: 0)
        guard let statement = SQLReader.statements(in: whole).first else { return partlyUnknown = true }
        guard case .read(let read)? = statement.bound(to: parameters, holes: text.holes).operations.first, !read.filters.isEmpty else {
            return partlyUnknown = true
        }
        for filter in read.filters { add(filter.column, filter.comparison, filter.value, loosely: loosely) }
    }
}

extension Value {
    /// The column that an argument names: `users.id`, `'u.id'`.
    var columnName: String? {
        switch self {
        case .member(_, let name): return name
        case .column(let name): return name
        case .literal(.string(let text)):
            let last = text.split(separator: ".").last.map(String.init)
            return last?.contains(" ") == false ? last : nil
        case .operation(.call(let name), let operands) where ["ref", "col"].contains(name): return operands.last?.columnName
        default: return nil
        }
    }

    /// A column of a class: `Order.status`.
    var isModelColumn: Bool {
        switch self {
        case .member(.name(let owner), _): (65...90).contains(owner.utf8.first ?? 0)
        // `rooms.c.status`
        case .member(.member(let table, "c"), _): if case .name = table { true } else { table.made == "Table" }
        default: false
        }
    }

    /// The table that an argument names: `users`, `schema.users`, `'users as u'`, `User`.
    var tableName: String? {
        switch self {
        case .name(let name): return name
        case .member(_, let name): return name
        case .literal(.string(let text)): return text.split(separator: " ").first.map { String($0.split(separator: ".").last ?? $0) }
        case .operation(.text, let parts): return parts.first?.stringLiteral.flatMap { Value.literal(.string($0)).tableName }
        default: return nil
        }
    }

    fileprivate var isCallOutcome: Bool { if case .outcome(_, .result) = self { true } else { false } }
    fileprivate var isBareName: Bool { if case .name = self { true } else { false } }

    /// A row, or what a row was made from.
    var isRow: Bool {
        switch self {
        case .outcome(_, .row), .outcome(_, .rows): true
        case .object(_, let rest): rest?.isRow ?? false
        default: false
        }
    }
}

extension String {
    /// The parts between a separator of several characters.
    func components(parted separator: String) -> [String] {
        let mark = Array(separator.utf8)
        var found: [String] = [], part: [UInt8] = [], rest = Array(utf8)[...]
        while let byte = rest.first {
            if rest.starts(with: mark), !mark.isEmpty {
                found.append(String(decoding: part, as: UTF8.self))
                part = []
                rest = rest.dropFirst(mark.count)
            } else {
                part.append(byte)
                rest = rest.dropFirst()
            }
        }
        return found + [String(decoding: part, as: UTF8.self)]
    }
}
