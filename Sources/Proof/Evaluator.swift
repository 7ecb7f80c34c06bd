import Flow

/// What a statement gave back to its request.
struct Outcome: Hashable, Sendable {
    var rows: [Datum.Row] = []
    /// What an aggregate computed.
    var number: Double?
    var affected = 0
    var error: String?
}

/// A place where a condition looks at the database, and which another row there would change.
enum Leaf: Hashable {
    /// Whether the row is there.
    case presence(StepID)
    /// How many rows there are, or what they add up to.
    case number(StepID)
    case column(StepID, String)
    /// How many rows of a relation came with the row.
    case related(StepID, String)
    /// What the request brings, which may be anything.
    case given(Value)

    var step: StepID? {
        switch self {
        case .presence(let step), .number(let step), .column(let step, _), .related(let step, _): step
        case .given: nil
        }
    }
}

/// Computes what a value is for one request. What is not known stays unknown, and decides nothing.
struct Evaluator {
    var outcomes: [StepID: Outcome]
    let lane: LaneName
    let given: Given
    /// What if this stood in the database?
    var supposed: [Leaf: Datum] = [:]
    /// How the request was let go where nothing known decides: the same question has the same answer later.
    var assumed: [Value: Bool] = [:]

    init(_ outcomes: [StepID: Outcome], _ lane: LaneName, _ given: Given) {
        self.outcomes = outcomes
        self.lane = lane
        self.given = given
    }

    // MARK: Conditions

    /// Whether a condition holds, as far as the database decides it: what only the request decides is left open, until it has
    /// been decided once.
    func truth(_ value: Value) -> Bool? { decided(value) ?? assumed[value] }

    /// What the database alone says of it.
    func seenTruth(_ value: Value) -> Bool? {
        var copy = self
        copy.assumed = [:]
        return copy.truth(value)
    }

    private func decided(_ value: Value) -> Bool? {
        switch value {
        case .literal: return value.truth
        case .operation(.not, let parts): return parts.first.flatMap { truth($0) }.map { !$0 }
        case .operation(.and, let parts):
            let known = truths(parts)
            return known.contains(false) ? false : known.contains(nil) ? nil : true
        case .operation(.or, let parts):
            let known = truths(parts)
            return known.contains(true) ? true : known.contains(nil) ? nil : false
        case .operation(.conditional, let parts) where parts.count == 3:
            guard let condition = truth(parts[0]) else {
                let (yes, no) = (truth(parts[1]), truth(parts[2]))
                return yes == no ? yes : nil
            }
            return truth(parts[condition ? 1 : 2])
        case .operation(.call("Boolean"), let parts), .operation(.call("bool"), let parts): return parts.first.flatMap { truth($0) }
        case .operation(.equal, let parts) where parts.count == 2 && parts[1].truth != nil && parts[0].isLogic:
            return truth(parts[0]).map { $0 == parts[1].truth }
        default: return isSeen(value) || value.isFixed || given.hasChosen(value) ? datum(value).truth : nil
        }
    }

    /// What stands beside a comparison with a limit asks about the same limit: `limit && count >= limit`.
    private func truths(_ parts: [Value]) -> [Bool?] {
        let known = parts.map { truth($0) }
        guard known.contains(nil), known.contains(where: { $0 != nil }) else { return known }
        let compared = Set(zip(parts, known).filter { $0.1 != nil }.flatMap { $0.0.given })
        return zip(parts, known).map { part, flag in
            guard flag == nil, case let given = part.given, !given.isEmpty, given.allSatisfy(compared.contains) else { return flag }
            return datum(part).truth
        }
    }

    /// Rests on something that was asked of the database and answered.
    private func isSeen(_ value: Value) -> Bool { value.steps.contains { outcomes[$0] != nil } }

    // MARK: Values

    func datum(_ value: Value) -> Datum {
        switch value {
        case .literal(let literal): return Datum(literal)
        case .outcome(let step, let facet): return outcome(step, facet)
        case .member(let base, let name): return member(base, name, value)
        case .parameter, .input, .name: return brought(value)
        case .column, .unknown: return .unknown
        case .object(let fields, let rest):
            var known: [String: Datum] = [:]
            if let rest, case .object(let more) = datum(rest) { known = more }
            for field in fields { known[field.name] = datum(field.value) }
            return .object(known)
        case .list(let items): return .list(items.map { datum($0) })
        case .either(let items):
            // Whichever arm was taken has asked last.
            let known = items.map { datum($0) }
            return known.last { $0.isKnown && $0 != .null } ?? known.first { $0.isKnown } ?? .unknown
        case .operation(let op, let parts): return operation(op, parts, value)
        }
    }

    private func outcome(_ step: StepID, _ facet: Facet) -> Datum {
        guard let known = outcomes[step] else { return facet == .result ? given.datum(of: .outcome(step, .result), in: lane) : .unknown }
        switch facet {
        case .row:
            if let flag = supposed[.presence(step)] { return flag == .boolean(true) ? .row(row(of: step) ?? Datum.Row()) : .null }
            if supposed.keys.contains(where: { $0.step == step }) { return .row(row(of: step) ?? Datum.Row()) }
            // An aggregate always gives its row.
            return known.rows.first.map { .row($0) } ?? (known.number == nil ? .null : .row(Datum.Row()))
        case .rows:
            guard let count = number(supposed: step) else { return .rows(known.rows) }
            return .rows(Array(repeating: row(of: step) ?? Datum.Row(), count: min(1_000, max(0, Int(count)))))
        case .rowCount: return .number(number(supposed: step) ?? Double(known.rows.count))
        case .count: return (number(supposed: step) ?? known.number).map { .number($0) } ?? .null
        case .affected: return .number(Double(known.affected))
        case .failure: return known.error.map { .text($0) } ?? .null
        case .result: return .unknown
        }
    }

    /// What comes from outside.
    private func brought(_ value: Value) -> Datum { supposed[.given(value)] ?? given.datum(of: value, in: lane) }

    private func row(of step: StepID) -> Datum.Row? { outcomes[step]?.rows.first }

    private func number(supposed step: StepID) -> Double? {
        if let number = supposed[.number(step)]?.number { return number }
        return supposed[.presence(step)].map { $0 == .boolean(true) ? 1 : 0 }
    }

    private func member(_ base: Value, _ name: String, _ whole: Value) -> Datum {
        if let (step, relation) = whole.relatedCount, outcomes[step] != nil {
            if let count = supposed[.related(step, relation)] { return count }
            if let rows = row(of: step)?.related[relation.folded] { return .number(Double(rows.count)) }
            return .unknown
        }
        // `now.month`
        if let place = ["year", "month", "day", "hour", "minute", "second"].firstIndex(of: name), base.isMoment, case .moment(let offset) = datum(base) {
            return Clock.numbers(offset)[place]
        }
        if let (step, name) = whole.columnPath {
            guard let known = outcomes[step] else { return .unknown }
            if let column = supposed[.column(step, name.folded)] { return column }
            if let number = known.number, known.rows.isEmpty { return supposed[.number(step)] ?? .number(number) }
            guard case .row(let row) = outcome(step, .row) else { return .null }
            if let rows = row.related[name.folded] { return .rows(rows) }
            return row.values.isEmpty ? .null : row.value(name)
        }
        if whole.isGiven { return brought(whole) }
        switch datum(base) {
        case .row(let row): return row.value(name)
        case .rows(let rows): return name == "length" ? .number(Double(rows.count)) : .unknown
        case .list(let items): return name == "length" ? .number(Double(items.count)) : .unknown
        case .object(let fields): return fields[name] ?? .null
        case .null: return .null
        default: return .unknown
        }
    }

    // MARK: Operations

    private func operation(_ op: Operator, _ parts: [Value], _ whole: Value) -> Datum {
        switch op {
        case .and: return parts.lazy.map { datum($0) }.first { $0.truth != true } ?? parts.last.map { datum($0) } ?? .unknown
        case .or: return parts.lazy.map { datum($0) }.first { $0.truth != false } ?? parts.last.map { datum($0) } ?? .unknown
        case .coalesce: return parts.lazy.map { datum($0) }.first { $0 != .null } ?? .null
        case .not: return parts.first.flatMap { datum($0).truth }.map { .boolean(!$0) } ?? .unknown
        case .conditional where parts.count == 3:
            guard let flag = truth(parts[0]) ?? datum(parts[0]).truth else { return .unknown }
            return datum(parts[flag ? 1 : 2])
        case .call(let name): return call(name, parts, whole)
        case .text:
            let known = parts.map { datum($0) }
            return known.contains(.unknown) ? .unknown : .text(known.map(\.plain).joined())
        case .isNull: return parts.first.map { datum($0) }.flatMap { $0 == .unknown ? nil : .boolean($0 == .null) } ?? .unknown
        case .isNotNull: return parts.first.map { datum($0) }.flatMap { $0 == .unknown ? nil : .boolean($0 != .null) } ?? .unknown
        case .oneOf, .notOneOf:
            guard parts.count == 2, case .list(let items) = datum(parts[1]) else { return .unknown }
            let subject = datum(parts[0])
            guard subject.isKnown, !items.contains(.unknown) else { return .unknown }
            return .boolean(items.contains { $0.isSame(as: subject) } == (op == .oneOf))
        case .subquery, .like, .conditional: return .unknown
        case .add, .subtract, .multiply, .divide, .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
            guard parts.count == 2 else { return .unknown }
            return binary(op, datum(parts[0]), datum(parts[1]))
        }
    }

    private func binary(_ op: Operator, _ one: Datum, _ other: Datum) -> Datum {
        if op.isComparison { return compare(op, one, other) }
        if case .moment(let seconds) = one {
            // How long ago it was: since a moment, since seconds that are kept as a number, or since nothing.
            if op == .subtract, other == .null || other.number ?? 0 > 1e9 { return .number(Double(Clock.seconds + seconds) - (other.number ?? 0)) }
            if op == .multiply || op == .divide { return .moment(seconds) }
            let shift = other.number.map { Int(max(-1e8, min(1e8, $0))) } ?? 3_600
            return .moment(op == .subtract ? seconds - shift : seconds + shift)
        }
        guard one.isKnown, other.isKnown else { return .unknown }
        if op == .add, one.number == nil || other.number == nil { return one == .null || other == .null ? .null : .text(one.plain + other.plain) }
        guard let a = one == .null ? 0 : one.number, let b = other == .null ? 0 : other.number else { return .unknown }
        switch op {
        case .add: return .number(a + b)
        case .subtract: return .number(a - b)
        case .multiply: return .number(a * b)
        default: return b == 0 ? .unknown : .number(a / b)
        }
    }

    private func compare(_ op: Operator, _ one: Datum, _ other: Datum) -> Datum {
        guard one.isKnown, other.isKnown else { return .unknown }
        switch op {
        case .equal: return .boolean(one.isSame(as: other))
        case .notEqual: return .boolean(!one.isSame(as: other))
        default:
            // null counts as nothing where numbers are compared.
            let (a, b) = (one == .null ? .number(0) : one, other == .null ? .number(0) : other)
            guard let isBelow = a.isBelow(b), let isAbove = b.isBelow(a) else { return .unknown }
            return .boolean(op == .less ? isBelow : op == .lessOrEqual ? !isAbove : op == .greater ? isAbove : !isBelow)
        }
    }

    private func call(_ name: String, _ parts: [Value], _ whole: Value) -> Datum {
        if whole.isMoment, parts.allSatisfy({ $0.steps.isEmpty }) { return .moment(0) }
        if let inner = whole.converted {
            let known = datum(inner)
            switch name {
            case "+", "Number", "parseInt", "parseFloat", "int", "float", "Decimal", "BigInt", "new Decimal":
                return known.isKnown ? known.number.map { .number($0) } ?? known : .unknown
            case "Boolean", "bool": return known.truth.map { .boolean($0) } ?? .unknown
            default: return known
            }
        }
        // Neither where the call stands is an argument of it, nor the module whose function it is.
        let arguments = parts.filter { !$0.isCallResult && $0 != .name("Math") && $0 != .name("math") }, known = arguments.map { datum($0) }
        switch name {
        case "typeof": if let kind = known.first?.typeName { return .text(kind) }
        case "toLowerCase", "lower", "casefold": if case .text(let text)? = known.first { return .text(text.lowercased()) }
        case "toUpperCase", "upper": if case .text(let text)? = known.first { return .text(text.uppercased()) }
        case "startsWith", "startswith": if case .text(let text)? = known.first, case .text(let start)? = known.last { return .boolean(text.hasPrefix(start)) }
        case "includes", "has", "contains":
            for case .list(let items) in known where !items.contains(.unknown) {
                guard let subject = known.first(where: { if case .list = $0 { false } else { $0.isKnown } }) else { continue }
                return .boolean(items.contains { $0.isSame(as: subject) })
            }
            return .unknown
        case "len", "count", "size": if case .rows(let rows)? = known.first { return .number(Double(rows.count)) }
        case "abs": if let number = known.first?.number { return .number(number.magnitude) }
        case "max": if let highest = known.compactMap(\.number).max(), known.allSatisfy({ $0.number != nil }) { return .number(highest) }
        case "min": if let lowest = known.compactMap(\.number).min(), known.allSatisfy({ $0.number != nil }) { return .number(lowest) }
        case "floor": if let number = known.first?.number { return .number(number.rounded(.down)) }
        case "ceil": if let number = known.first?.number { return .number(number.rounded(.up)) }
        case "round": if known.count == 1, let number = known.first?.number { return .number((number + 0.5).rounded(.down)) }
        default: break
        }
        if whole.isGiven { return brought(whole) }
        // A moment cut to its day, or written in some form.
        if parts.contains(where: \.isTime), parts.allSatisfy({ $0.isTime || $0.isConstant || $0.isIndependent }) {
            return .moment(name.cutsTime ? Clock.startOfDay : 0)
        }
        return whole.isMoment ? .moment(0) : .unknown
    }

    /// What is written where a value is not known: the same text for the same call with the same arguments, and of its own for each
    /// request where it has none or makes something new.
    func written(_ value: Value) -> Datum {
        let known = datum(value)
        if known.isKnown { return known }
        if case .operation(.call(let name), let parts) = value, !value.isFresh, !parts.isEmpty {
            // By this they meet: whatever it is made of, it comes to the same for both.
            if given.isFixed(value), value.steps.allSatisfy({ outcomes[$0] == nil }) { return .text("\(name)-1") }
            return .text("\(name)(\(parts.map { written($0).plain }.joined(separator: ",")))")
        }
        if case .either(let items) = value, let first = items.first { return written(first) }
        // Either arm is possible; one of them it is.
        if case .operation(.conditional, let parts) = value, parts.count == 3,
            let arm = parts.dropFirst().first(where: { $0.isConstant && $0 != .literal(.null) })
                ?? parts.dropFirst().first(where: { $0 != .literal(.null) })
        {
            return written(arm)
        }
        // What somebody else makes is another each time.
        if value.parts.contains(where: \.isMadeElsewhere) { return .text("\(value.label)-\(lane.rawValue)") }
        // What is made of a row is the same for all who see that row.
        if let row = value.steps.firstMapped({ outcomes[$0]?.rows.first }) {
            return .text("\(value.label)-\(row.values.sorted { $0.key < $1.key }.first { $0.key.hasSuffix("id") && $0.value != .null }?.value.plain ?? "1")")
        }
        return .text("\(value.label)-\(given.isShared(value) ? "1" : lane.rawValue)")
    }
}
