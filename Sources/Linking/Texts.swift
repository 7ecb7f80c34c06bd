import Flow
import SQL

extension [Step] {
    /// The same steps, with the statements of texts that have become known: `one(sql, params)` in a helper, called with its SQL.
    func runningTexts(from next: inout StepID) -> [Step] {
        var runs = false
        visit { if case .call(let call) = $0.kind, call.runsText != nil, call.arguments.first?.stringLiteral != nil { runs = true } }
        return runs ? replacingTexts(&next) : self
    }

    private func replacingTexts(_ next: inout StepID) -> [Step] {
        flatMap { step -> [Step] in
            guard case .call(let call) = step.kind, let api = call.runsText, let text = call.arguments.first?.stringLiteral else {
                return [step.withBodies { $0.replacingTexts(&next) }]
            }
            let parameters: [Value] =
                if call.arguments.count > 1, case .list(let items) = call.arguments[1] { items } else { Swift.Array(call.arguments.dropFirst()) }
            var steps: [Step] = []
            for statement in SQLReader.statements(in: Swift.Array(text.utf8)) {
                for operation in statement.bound(to: parameters, holes: []).operations {
                    guard let kind = Step.Kind(operation, api, holes: []) else { continue }
                    steps.append(Step(id: next, span: step.span, kind: kind))
                    next += 1
                }
            }
            // What the caller looks at is what came last.
            guard !steps.isEmpty else { return [step] }
            steps[steps.count - 1].id = step.id
            return steps
        }
    }
}
