import Flow

// What a decision demands of a column where one of several tests is enough: `status === 'open' || status === 'pending'`.
extension Decision {
    /// The states of which one lets the way go on; none where the choice is between other things as well, and nil where no choice
    /// speaks of the column.
    func choice(of column: String, readBy step: StepID) -> [Value]? { condition.choice(of: column, readBy: step, holds: holds) }
}

extension Value {
    fileprivate func choice(of column: String, readBy step: StepID, holds: Bool) -> [Value]? {
        switch self {
        case .operation(.not, let parts): return parts.first?.choice(of: column, readBy: step, holds: !holds)
        case .operation(.and, let parts) where holds, .operation(.or, let parts) where !holds:
            return parts.firstMapped { $0.choice(of: column, readBy: step, holds: holds) }
        case .operation(.or, let parts), .operation(.and, let parts):
            guard parts.contains(where: { part in part.parts.contains { $0.isColumn(column, of: step) } }) else { return nil }
            return states(of: column, readBy: step, holds: holds) ?? []
        default: return nil
        }
    }

    /// The states that it lets through; nil where it asks for something else.
    private func states(of column: String, readBy step: StepID, holds: Bool) -> [Value]? {
        switch self {
        case .operation(.not, let parts): return parts.first?.states(of: column, readBy: step, holds: !holds)
        case .operation(.or, let parts) where holds, .operation(.and, let parts) where !holds:
            let found = parts.compactMap { $0.states(of: column, readBy: step, holds: holds) }
            return found.count == parts.count ? found.flatMap(\.self) : nil
        case .operation(.equal, let parts) where holds && parts.count == 2, .operation(.notEqual, let parts) where !holds && parts.count == 2:
            let isFirst = parts[0].isColumn(column, of: step)
            guard isFirst || parts[1].isColumn(column, of: step), case let state = parts[isFirst ? 1 : 0], state.isConstant, state != .literal(.null) else {
                return nil
            }
            return [state]
        default: return nil
        }
    }

    private func isColumn(_ column: String, of step: StepID) -> Bool {
        if case .member(.outcome(step, .row), let name) = self { Naming.same(name, column) } else { false }
    }
}
