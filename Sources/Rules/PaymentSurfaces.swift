import Flow

// Every payment of a routine, for the inventory, beyond those of which a rule has something to say.
extension Rule {
    /// - Parameter known: the places that the rules have noted.
    static func payments(in paths: Paths, beyond known: Set<Span>) -> [Surface] {
        var found: [Surface] = []
        func add(_ name: String, _ span: Span, _ guardian: String?) {
            guard !known.contains(span), !found.contains(where: { $0.span == span }) else { return }
            var surface = Surface(
                .payment, "\(paths.routine.name): \(name)", span, routine: paths.routine.name, guardian: guardian.map { .init($0, span) })
            surface.writes =
                paths.surfaces.first { $0.step.span == span }.map { paths.calls(to: $0.step.id).suffix(1).map { .init($0, isGuarded: guardian != nil) } } ?? []
            found.append(surface)
        }
        for reached in paths.surfaces {
            let name: String, arguments: [Value]
            switch reached.step.kind {
            case .effect(let effect) where effect.kind == .money: (name, arguments) = (effect.name, effect.arguments)
            case .call(let call) where call.purpose == .payment: (name, arguments) = (call.callee, call.arguments)
            default: continue
            }
            let amounts = arguments.flatMap(\.amounts)
            let isChosen = amounts.contains { paths.isChosenByClient($0.value) && !paths.isCompared($0.value, at: reached) }
            add(name, reached.step.span, isChosen ? nil : paths.looksAtCaller ? "depends on who asks" : amounts.isEmpty ? nil : "computed on the server")
        }
        // `stripe.webhooks.constructEvent(…)`: a message of a provider, and who has sent it.
        let speaksOfPayment = paths.routine.name.lowercased().contains("webhook") || paths.routine.body.mentionsPayment
        paths.routine.body.visit { step in
            if case .call(let call) = step.kind, call.purpose == .authenticate, speaksOfPayment { add("webhook", step.span, "its signature is verified") }
        }
        return found
    }
}

extension [Step] {
    /// Some decision asks whether a message says that something was paid.
    fileprivate var mentionsPayment: Bool {
        var isFound = false
        visit { step in
            guard !isFound, case .branch(let condition, _, _) = step.kind else { return }
            isFound = condition.parts.contains { $0.stringLiteral.map(Naming.isPaymentEvent) == true }
        }
        return isFound
    }
}
