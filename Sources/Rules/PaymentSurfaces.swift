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
        if found.isEmpty, known.isDisjoint(with: paths.surfaces.filter(\.step.kind.isPayment).map(\.step.span)), let booking = booking(in: paths) {
            found.append(booking)
        }
        return found
    }

    /// A request after which something counts as paid, or owes a price: whoever pays is somewhere else.
    private static func booking(in paths: Paths) -> Surface? {
        guard [.route, .action, .none].contains(paths.routine.entry) else { return nil }
        let isAsked = paths.routine.entry != .none || Naming.speaksOfPayment(paths.routine.name)
        let marks = isAsked ? paths.acts.filter(\.marksAsPaid) : [], orders = paths.acts.filter(\.asksPrice)
        guard let act = marks.first ?? orders.first else { return nil }
        let amounts = orders.flatMap(\.write.assignments).filter { Naming.isAmount($0.column) }
        let isChosen = amounts.contains { paths.isChosenByClient($0.value) && !paths.isCompared($0.value, at: act.reached) }
        // Whoever says how much is added to their own account adds what they like.
        let isGiven = marks.contains { act in
            act.write.assignments.contains {
                Naming.isPurse($0.column) && $0.value.parts.contains { paths.isChosenByClient($0) } && !paths.isCompared($0.value, at: act.reached)
            }
        }
        let guardian: String? =
            if isGiven { nil } else if marks.isEmpty { isChosen ? nil : "computed on the server" } else if paths.verifiesSender {
                "its signature is verified"
            } else if paths.asksProvider(before: act) { "the provider is asked" } else if paths.looksAtCaller { "depends on who asks" } else { nil }
        let what = marks.isEmpty ? "makes" : "books"
        var surface = Surface(
            .payment, "\(paths.routine.name): \(what) \(paths.spelled(act.write.table))", paths.routine.span, routine: paths.routine.name,
            guardian: guardian.map { .init($0, act.step.span) })
        surface.writes = (marks.isEmpty ? orders : marks).map { .init($0.step.span, isGuarded: guardian != nil) }
        return surface
    }
}

extension Value {
    fileprivate var isArithmetic: Bool {
        if case .operation(let op, _) = self { [.add, .subtract, .multiply].contains(op) } else { false }
    }
}

extension Step.Kind {
    fileprivate var isPayment: Bool {
        switch self {
        case .effect(let effect): effect.kind == .money
        case .call(let call): call.purpose == .payment
        case .branch: true
        default: false
        }
    }
}

extension Act {
    /// `paid = true`, `status = 'refunded'`, `captured_at = now()`
    fileprivate var marksAsPaid: Bool {
        write.operation != .delete
            && write.assignments.contains { assignment in
                if Naming.isStatus(assignment.column) {
                    let isPayout = write.table.map { Naming.movesMoney($0) } == true
                    return assignment.value.possibleStrings.contains { Naming.isPaid($0) || isPayout && Naming.isGranted($0) }
                }
                // `balance = balance + ?`
                if Naming.isPurse(assignment.column) { return write.operation != .insert && (assignment.isRelative || assignment.value.isArithmetic) }
                guard Naming.isPaid(assignment.column), !assignment.isRelative else { return false }
                return assignment.value == .literal(.boolean(true)) || assignment.value.isTime || assignment.value.isClock
            }
    }

    /// A new row of what is to be paid, with its price.
    fileprivate var asksPrice: Bool {
        write.operation == .insert && write.table.map { Naming.isOwed($0) } == true && write.assignments.contains { Naming.isAmount($0.column) }
    }
}

extension Naming {
    /// What somebody owns here: `wallet_balance`, `credits`.
    fileprivate static func isPurse(_ column: String) -> Bool {
        words(column).last.map { ["balance", "wallet", "credit", "credits", "coins", "funds"].contains($0) } == true && !words(column).contains("load")
    }

    fileprivate static func isGranted(_ state: String) -> Bool {
        words(state).contains { ["approved", "completed", "confirmed", "released", "done"].contains($0) }
    }

    fileprivate static func isOwed(_ table: String) -> Bool {
        guard let last = words(table).last, words(table).first != "sort" else { return false }
        return [
            "order", "payment", "invoice", "checkout", "purchase", "charge", "refund", "payout", "withdrawal", "withdraw", "donation", "booking", "tip",
            "transfer", "deposit",
        ].contains(
            singular(last))
    }

    fileprivate static func speaksOfPayment(_ routine: String) -> Bool {
        words(routine).contains {
            [
                "webhook", "paid", "payment", "wallet", "balance", "credit", "bonus", "commission", "withdraw", "transfer", "deposit", "payments", "invoice",
                "refund", "refunds", "payout", "payouts", "charge", "checkout", "pay",
            ].contains($0)
        }
    }
}

extension Paths {
    /// It is done only where another program has answered that something was paid.
    fileprivate func asksProvider(before act: Act) -> Bool {
        act.decisions.contains { decision in
            decision.condition.parts.contains { part in
                let (base, name): (Value, String)
                switch part {
                case .member(let holder, let field): (base, name) = (holder, field)
                case .operation(.call("get"), let operands):
                    guard let field = operands.last?.stringLiteral else { return false }
                    (base, name) = (operands[0], field)
                default: return false
                }
                guard
                    Naming.isPaid(name) || Naming.isStatus(name) || Naming.words(name).contains(where: { ["verified", "succeeded", "completed"].contains($0) })
                else { return false }
                return base.steps.contains { id in
                    switch steps[id]?.kind {
                    case .call, .effect: true
                    default: false
                    }
                }
            }
        }
    }

    fileprivate var verifiesSender: Bool {
        var isFound = false
        routine.body.visit { step in if case .call(let call) = step.kind, call.purpose == .authenticate { isFound = true } }
        return isFound
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
