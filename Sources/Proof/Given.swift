import Flow

/// What a request brings and a configuration says: values that the code takes from outside, chosen so that a row can hold them.
struct Given {
    /// What both requests bring alike: by it they meet in the same rows.
    private let shared: Set<Value>
    /// What a request must bring to get to the act.
    private var chosen: [Value: Datum] = [:]
    private var kinds: [Value: ColumnKind] = [:]

    init(_ routine: Routine, _ stage: Stage, shared: Set<Value>) {
        self.shared = shared
        var tables: [StepID: String] = [:]
        func note(_ value: Value, _ kind: ColumnKind?) {
            guard let kind else { return }
            for part in value.bare.sides where part.isGiven && kinds[part] == nil { kinds[part] = kind }
        }
        routine.body.visit { step in
            switch step.kind {
            case .read(let read):
                tables[step.id] = read.table
                for filter in read.filters { note(filter.value, stage[read.table]?.column(filter.column)?.kind) }
            case .write(let write):
                tables[step.id] = write.table
                for filter in write.filters { note(filter.value, stage[write.table]?.column(filter.column)?.kind) }
                for assignment in write.assignments { note(assignment.value, stage[write.table]?.column(assignment.column)?.kind) }
            default: break
            }
        }
        routine.visitValues { value in
            for case .operation(let op, let operands) in value.parts where operands.count == 2 {
                if op.isArithmetic { for operand in operands where !value.isClock { note(operand, .number) } }
                guard op.isComparison else { continue }
                for (side, other) in [(operands[0], operands[1]), (operands[1], operands[0])] {
                    switch other.bare {
                    case .outcome(_, .count), .outcome(_, .rowCount), .literal(.number): note(side, .number)
                    case let other where other.columnPath != nil:
                        let (step, name) = other.columnPath ?? (0, "")
                        note(side, stage[tables[step]]?.column(name)?.kind ?? (op.isOrdering ? .number : nil))
                    default: if op.isOrdering, !other.isClock, !side.isClock { note(side, .number) }
                    }
                }
            }
        }
    }

    /// Small enough to be reached, large enough not to be a special case.
    private static let limit = 3.0

    /// Both requests come from one person, as where a row is only for its owner.
    var isOnePerson = false
    /// What each names for itself even so.
    var apart: Set<Value> = []

    /// Both bring it in any case, whoever they are.
    func isFixed(_ value: Value) -> Bool { shared.contains(value) }

    func isShared(_ value: Value) -> Bool {
        if apart.contains(value) { return false }
        if isOnePerson || shared.contains(value) { return true }
        // What is made of the same is the same.
        guard case .operation(.call, let parts) = value else { return false }
        let brought = parts.flatMap(\.given)
        return !brought.isEmpty && brought.allSatisfy { $0 != value && isShared($0) }
    }

    /// Both requests bring this.
    mutating func choose(_ value: Value, _ datum: Datum) -> Bool {
        // What names a row names one of its own for each request.
        guard !shared.contains(value), chosen[value] != datum else { return false }
        chosen[value] = datum
        return true
    }

    /// All that it is made of has been chosen: so it cannot be what one likes any more.
    func hasChosen(_ value: Value) -> Bool {
        guard !chosen.isEmpty else { return false }
        let given = value.given
        return !given.isEmpty && given.allSatisfy { chosen[$0] != nil }
    }

    func datum(of value: Value, in lane: LaneName) -> Datum {
        if let chosen = chosen[value] { return chosen }
        let isShared = isShared(value), label = value.label
        switch kinds[value] ?? .text {
        case .number:
            switch value {
            case .name, .operation: return .number(Self.limit)
            default: break
            }
            let isKey = label.nameWords.contains { ["id", "number", "no", "pk"].contains($0) }
            return .number(isKey && !isShared ? lane == .first ? 1 : 2 : 1)
        case .boolean: return .boolean(true)
        case .moment: return .moment(0)
        case .text: return .text(isShared || value.isIndependent && !value.isSent ? "\(label)-1" : "\(label)-\(lane == .first ? "A" : "B")")
        }
    }
}

/// The two requests.
package enum LaneName: String, Hashable, Sendable { case first = "A", second = "B" }

extension Value {
    /// Comes from outside of the routine, as a whole.
    var isGiven: Bool {
        switch self {
        case .parameter, .input, .name, .outcome(_, .result): true
        case .member(let base, _): base.isGiven
        // What a helper makes of it, and what a configuration says of a name.
        case .operation(.call, let parts):
            converted == nil && !isFresh && !isMoment && !parts.isEmpty && parts.allSatisfy(\.isGivenOrFixed)
        default: false
        }
    }

    private var isGivenOrFixed: Bool {
        switch self {
        case .literal: true
        case .list(let items): items.allSatisfy(\.isGivenOrFixed)
        case .object(let fields, let rest): fields.allSatisfy { $0.value.isGivenOrFixed } && rest?.isGivenOrFixed != false
        default: isGiven
        }
    }

    /// Itself, or the values among which it is chosen.
    fileprivate var sides: [Value] {
        switch self {
        case .either(let items), .list(let items): items.flatMap(\.sides)
        case .operation(.coalesce, let parts), .operation(.or, let parts): parts.flatMap(\.sides)
        default: [self]
        }
    }

    /// The values from outside that it is made of.
    var given: [Value] {
        if case .member = self, isGiven { return [self] }
        return (isGiven ? [self] : []) + children.flatMap(\.given)
    }

    /// A word for it.
    var label: String {
        switch self {
        case .parameter(_, let name): name.isEmpty ? "value" : name
        case .name(let name): name
        case .member(_, let name): name
        case .input(let input): input.rawValue
        case .operation(.call(let name), _): name
        default: "value"
        }
    }
}
