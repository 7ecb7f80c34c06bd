/// What an expression can be, as far as a race can depend on it: where its parts come from, not what it computes.
package indirect enum Value: Hashable, Sendable {
    case literal(Literal)
    /// What a step of this routine gave back: the rows of a read, the affected count of a write.
    case outcome(StepID, Facet)
    /// A property of a value: `member(outcome(3, .row), "status")` is the column `status` of the row that step 3 read.
    case member(Value, String)
    /// A parameter of the routine, by position.
    case parameter(Int, String)
    /// Something the client controls.
    case input(Input)
    /// A column of the row that the statement itself works on: `SET n = n + 1`.
    case column(String)
    /// A name that is bound outside the routine: a constant, a configuration value, an import.
    case name(String)
    case operation(Operator, [Value])
    case object([Field], rest: Value?)
    case list([Value])
    /// One of several, when branches assigned differently.
    case either([Value])
    case unknown

    package struct Field: Hashable, Sendable {
        package let name: String
        package let value: Value

        package init(_ name: String, _ value: Value) {
            self.name = name
            self.value = value
        }
    }
}

package enum Literal: Hashable, Sendable {
    case string(String)
    case number(String)
    case boolean(Bool)
    case null
}

package enum Facet: String, Hashable, Sendable {
    /// One row, or nothing.
    case row
    /// A list of rows, possibly empty.
    case rows
    /// How many rows a list has.
    case rowCount
    /// The number that an aggregate computed.
    case count
    /// How many rows a write changed.
    case affected
    /// What a call gave back, until linking knows the callee.
    case result
    /// The error that the call reports as a value.
    case failure
}

package enum Input: String, Hashable, Sendable { case body, query, path, header, form, argument }

package enum Operator: Hashable, Sendable {
    case add, subtract, multiply, divide
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    case and, or, not, coalesce
    case conditional
    case isNull, isNotNull, oneOf, notOneOf, like
    /// A sub-select or EXISTS inside a statement.
    case subquery
    case text
    case call(String)
}

extension Value {
    /// Every value in the tree, this one first.
    package var parts: [Value] {
        var found: [Value] = [], open: [Value] = [self]
        while let next = open.popLast() {
            found.append(next)
            open.append(contentsOf: next.children.reversed())
        }
        return found
    }

    package var children: [Value] {
        switch self {
        case .literal, .outcome, .parameter, .input, .column, .name, .unknown: []
        case .member(let base, _): [base]
        case .operation(_, let operands): operands
        case .object(let fields, let rest): fields.map(\.value) + (rest.map { [$0] } ?? [])
        case .list(let items), .either(let items): items
        }
    }

    /// The same tree with every leaf and every inner value passed through `change`, children first.
    package func mapped(_ change: (Value) -> Value) -> Value {
        switch self {
        case .literal, .outcome, .parameter, .input, .column, .name, .unknown: change(self)
        case .member(let base, let name): base.mapped(change).found(name, in: base, change)
        case .operation(let op, let operands): change(.operation(op, operands.map { $0.mapped(change) }))
        case .object(let fields, let rest):
            change(.object(fields.map { Field($0.name, $0.value.mapped(change)) }, rest: rest.map { $0.mapped(change) }))
        case .list(let items): change(.list(items.map { $0.mapped(change) }))
        case .either(let items): change(.either(items.map { $0.mapped(change) }))
        }
    }

    /// A property of a value that has been changed. What is found inside has been changed with it: to change it once more would
    /// take a caller's parameter for the callee's.
    private func found(_ name: String, in former: Value, _ change: (Value) -> Value) -> Value {
        // `options?.lock` of what was not given
        if case .parameter = former, self == .literal(.null) { return self }
        let found = member(name)
        if case .member = found { return change(found) }
        return found
    }

    /// The value of `self.name`, looked up where the shape of `self` is known.
    package func member(_ name: String) -> Value {
        switch self {
        case .object(let fields, let rest):
            if let field = fields.last(where: { $0.name == name }) { return field.value }
            return rest.map { $0.member(name) } ?? .unknown
        case .outcome(let step, .rows):
            if name == "length" { return .outcome(step, .rowCount) }
            return Int(name) == nil ? .member(self, name) : .outcome(step, .row)
        case .list(let items):
            if let index = Int(name) { return items.indices.contains(index) ? items[index] : .unknown }
            return .member(self, name)
        case .either(let items):
            return .merge(items.map { $0.member(name) })
        // `(found ? row : null)?.name`
        case .operation(.conditional, let parts) where parts.count == 3 && parts[2] == .literal(.null):
            return parts[1].member(name)
        case .operation(.conditional, let parts) where parts.count == 3 && parts[1] == .literal(.null):
            return parts[2].member(name)
        case .operation(.conditional, let parts) where parts.count == 3:
            return Value.operation(.conditional, [parts[0], parts[1].member(name), parts[2].member(name)]).bounded
        case .operation(.coalesce, let parts), .operation(.or, let parts):
            return parts.first?.member(name) ?? .unknown
        case .literal: return .unknown
        case .unknown: return .unknown
        case .operation(.call(let made), let parts) where made.hasPrefix("new "):
            for case .object(let fields, let rest) in parts {
                if let field = fields.last(where: { $0.name == name }) { return field.value }
                // `Order(**row).name`
                if parts.count == 1, fields.isEmpty, let rest { return rest.member(name) }
            }
            return .member(self, name)
        default: return .member(self, name)
        }
    }

    /// One element of a list of rows: `rows[0]`, `rows.find(…)`, the variable of a loop over it.
    package var element: Value {
        switch self {
        case .outcome(let step, .rows): .outcome(step, .row)
        case .list(let items): items.isEmpty ? .unknown : .merge(items)
        case .object(_, let rest?): rest.element
        case .either(let items): .merge(items.map(\.element))
        case .operation(.coalesce, let operands), .operation(.or, let operands): operands.first?.element ?? .unknown
        case .operation(.conditional, let parts) where parts.count == 3: .merge(parts.dropFirst().map(\.element))
        case .operation(.call("filter"), let operands): operands.first?.element ?? .unknown
        // `[row.id for row in rows]`
        case .operation(.call("map"), let operands) where operands.count == 2: operands[1]
        // What a constant of another file holds is made of constants.
        case .name(let name) where name.isCapitals: self
        default: isOpen || isSent || isPartOfRow ? .member(self, "0") : .unknown
        }
    }

    /// What a call gave, as a whole; behind its name it says which call is meant.
    package var isCallResult: Bool { if case .outcome(_, .result) = self { true } else { false } }

    /// A list in a column of a row, or a relation of it.
    private var isPartOfRow: Bool {
        switch self {
        case .member(.outcome(_, .row), _): true
        case .member(let base, _): base.isPartOfRow
        case .operation(.call, let operands): operands.prefix(2).contains(where: \.isPartOfRow)
        default: false
        }
    }

    /// A part of what the client sends.
    package var isSent: Bool {
        switch self {
        case .input: true
        case .member(let base, _): base.isSent
        default: false
        }
    }

    /// The join of what several branches gave; it stays small whatever the code does.
    package static func merge(_ values: [Value]) -> Value {
        var distinct: [Value] = []
        for value in values {
            let alternatives: [Value] = if case .either(let items) = value { items } else { [value] }
            for item in alternatives where item != .unknown && !distinct.contains(item) { distinct.append(item) }
        }
        switch distinct.count {
        case 0: return .unknown
        case 1: return distinct[0]
        default: return Value.either(Array(distinct.prefix(4))).bounded
        }
    }

    /// The value itself, or, where it has grown beyond what a reader could follow, its upper part: deep below it only
    /// says what it depends on.
    package var bounded: Value {
        var left = Self.budget
        guard !fits(in: &left) else { return self }
        // Of a few fields or alternatives one is asked for later: each is kept nearly as far as if it stood alone.
        switch self {
        case .object(let fields, let rest) where fields.count <= 8:
            return .object(fields.map { Field($0.name, $0.value.trimmed(to: Self.budget / 2)) }, rest: rest?.trimmed(to: Self.budget / 2))
        case .either(let items): return .either(items.map { $0.trimmed(to: Self.budget / 2) })
        default: return trimmed(to: Self.budget)
        }
    }

    /// The nodes of a value that a reader can follow.
    private static let budget = 60

    private func trimmed(to budget: Int) -> Value {
        var left = budget
        guard !fits(in: &left) else { return self }
        let count = children.count
        guard budget >= 6, count <= budget / 2 else { return dependencies }
        let share = max(2, (budget - 1) / max(1, count))
        switch self {
        case .literal, .outcome, .parameter, .input, .column, .name, .unknown: return self
        case .member(let base, let name): return base.trimmed(to: budget - 1).member(name)
        case .operation(let op, let operands): return .operation(op, operands.map { $0.trimmed(to: share) })
        case .object(let fields, let rest): return .object(fields.map { Field($0.name, $0.value.trimmed(to: share)) }, rest: rest?.trimmed(to: share))
        case .list(let items): return .list(items.map { $0.trimmed(to: share) })
        case .either(let items): return .either(items.map { $0.trimmed(to: share) })
        }
    }

    /// Stands where a call is named for a list with something else in it: `next[at] = item`, `next.push(item)`.
    package static let amended = "amended"

    /// Stands where a call is named for what was left out of a value.
    package static let elided = "…"

    /// What a value that is too large depends on.
    private var dependencies: Value {
        var leaves: [Value] = []
        for part in parts where leaves.count < 12 {
            switch part {
            case .member(.outcome, _), .outcome, .input: if !leaves.contains(part) { leaves.append(part) }
            default: break
            }
        }
        return leaves.isEmpty ? .unknown : .operation(.call(Self.elided), leaves)
    }

    /// The value as a name may hold it. Objects and lists may be large, but code that doubles them statement by
    /// statement must not make the tree grow with it.
    package var held: Value {
        var budget = 1_000
        return fits(in: &budget) ? self : bounded
    }

    /// Whether the tree has no more nodes than the budget, which is used up on the way.
    private func fits(in budget: inout Int) -> Bool {
        budget -= 1
        guard budget >= 0 else { return false }
        switch self {
        case .literal, .outcome, .parameter, .input, .column, .name, .unknown: return true
        case .member(let base, _): return base.fits(in: &budget)
        case .operation(_, let items), .list(let items), .either(let items):
            for item in items where !item.fits(in: &budget) { return false }
            return true
        case .object(let fields, let rest):
            for field in fields where !field.value.fits(in: &budget) { return false }
            return rest?.fits(in: &budget) ?? true
        }
    }

    /// Depends on no step and no parameter, so that it means the same in any routine.
    package var isIndependent: Bool {
        switch self {
        case .outcome, .parameter: return false
        case .literal, .input, .column, .name, .unknown: return true
        case .member(let base, _): return base.isIndependent
        case .operation(_, let items), .list(let items), .either(let items): return items.allSatisfy(\.isIndependent)
        case .object(let fields, let rest): return fields.allSatisfy(\.value.isIndependent) && rest?.isIndependent ?? true
        }
    }

    package var fields: [Field]? {
        if case .object(let fields, _) = self { return fields }
        return nil
    }

    package var stringLiteral: String? {
        if case .literal(.string(let text)) = self { return text }
        return nil
    }

    /// The strings that the value can be; not those on which it only depends, like the arguments of a call.
    package var possibleStrings: [String] {
        switch self {
        case .literal(.string(let text)): [text]
        case .operation(.conditional, let parts): parts.dropFirst().flatMap(\.possibleStrings)
        case .operation(.coalesce, let parts), .operation(.or, let parts), .operation(.and, let parts), .either(let parts): parts.flatMap(\.possibleStrings)
        case .literal, .outcome, .member, .parameter, .input, .column, .name, .operation, .object, .list, .unknown: []
        }
    }

    /// What of it is written out in literals, the rest unknown; nil where nothing is, where it is empty (what is empty is there to be
    /// filled), or larger than a table that somebody keeps by hand.
    package var writtenOut: Value? {
        var budget = 400
        guard fits(in: &budget) else { return nil }
        switch self {
        case .literal(let literal): return literal == .null ? nil : self
        case .object(let fields, _):
            let known = fields.map { Field($0.name, $0.value.writtenOut ?? ($0.value == .literal(.null) ? $0.value : .unknown)) }
            return known.contains { $0.value != .unknown && $0.value != .literal(.null) } ? .object(known, rest: nil) : nil
        case .list(let items):
            let known = items.map { $0.writtenOut ?? .unknown }
            return known.contains { $0 != .unknown } ? .list(known) : nil
        case .operation(let op, let parts) where op.isArithmetic:
            let known = parts.compactMap(\.writtenOut)
            return known.count == parts.count ? .operation(op, known) : nil
        default: return nil
        }
    }

    package var isConstant: Bool {
        if case .literal = self { return true }
        return false
    }

    /// The steps whose outcome this value depends on.
    package var steps: [StepID] {
        var found: [StepID] = []
        for case .outcome(let step, _) in parts where !found.contains(step) { found.append(step) }
        return found
    }
}

extension Value {
    /// Whether the value is certainly true or certainly false where a condition asks.
    package var truth: Bool? {
        switch self {
        case .literal(.boolean(let flag)): flag
        case .literal(.null): false
        case .literal(.string(let text)): !text.isEmpty
        case .literal(.number(let number)): number != "0"
        case .object, .list: true
        case .operation(.not, let parts): parts.first?.truth.map { !$0 }
        case .operation(.and, let parts): parts.contains { $0.truth == false } ? false : parts.allSatisfy { $0.truth == true } ? true : nil
        case .operation(.or, let parts): parts.contains { $0.truth == true } ? true : parts.allSatisfy { $0.truth == false } ? false : nil
        case .operation(.equal, let parts) where parts.count == 2 && parts[0].isConstant && parts[1].isConstant: parts[0] == parts[1]
        case .operation(.notEqual, let parts) where parts.count == 2 && parts[0].isConstant && parts[1].isConstant: parts[0] != parts[1]
        default: nil
        }
    }
}

extension String {
    /// `PLANS`, `DEFAULT_LINKS`
    fileprivate var isCapitals: Bool { utf8.count > 1 && utf8.allSatisfy { (65...90).contains($0) || (48...57).contains($0) || $0 == 95 } }
}
