import Flow

extension Rule {
    /// The amount of a payment is what the client says.
    package static let clientSetAmount = Rule(
        id: "client-set-amount", summary: "The amount of a payment comes from the client", severity: .error,
        .surfaces(in: { paths, project in Charge.all(in: paths, project) }, judged: { surfaces, _ in surfaces.compactMap(\.finding) }))
}

/// A call that takes money, or a row that says how much was taken.
private struct Charge {
    let reached: Reached
    let callee: String
    let amounts: [(name: String, value: Value)]

    static func all(in paths: Paths, _ project: Project) -> [Surface] {
        guard !Naming.isGift(paths.routine.name) else { return [] }
        return paths.surfaces.compactMap { reached in
            let name: String, arguments: [Value]
            var given: [(name: String, value: Value)] = []
            switch reached.step.kind {
            case .effect(let effect): (name, arguments) = (effect.name, effect.arguments)
            case .call(let call) where call.purpose == .payment:
                (name, arguments) = (call.callee, call.arguments)
                // A function of the project's own: `wallet.take(userId, req.body.amount)`.
                if call.isVouchedFor { given = arguments.compactMap { value in value.ownName.flatMap { Naming.isAmount($0) ? ($0, value) : nil } } }
            default: return nil
            }
            // The price of a provider is named by its id, and the provider knows how much it is.
            let amounts = (arguments.flatMap(\.amounts) + given).filter {
                !($0.name == "price" && (name.contains("essions") || name.contains("ubscriptions") || name.contains("Session"))) && !Naming.isGift($0.name)
            }
            guard !amounts.isEmpty else { return nil }
            return Charge(reached: reached, callee: name, amounts: amounts).surface(paths)
        } + paths.acts.compactMap { recorded($0, paths) }
    }

    private func surface(_ paths: Paths) -> Surface {
        let sent = amounts.first { paths.isChosenByClient($0.value) }
        let compared = sent.map { paths.isCompared($0.value, at: reached) } ?? false
        var surface = Surface(
            .payment, "\(paths.routine.name): \(callee)", reached.step.span, routine: paths.routine.name,
            guardian: sent == nil
                ? .init("computed on the server", reached.step.span) : compared ? .init("compared with what is stored", reached.step.span) : nil)
        guard let sent, !compared else { return surface }
        // A refund of one's own choosing takes as surely as a charge gives away.
        let says = sent.value.clientLeaves.compactMap(\.ownName).first.map { "`\($0)` of the request" } ?? "the request"
        surface.finding = Rule.clientSetAmount.finding(
            .high, nil, at: reached.step.span, paths,
            message: "`\(callee)` takes its `\(sent.name)` from \(says), so whoever sends the request decides what is paid.",
            help:
                "Compute the amount on the server from the stored order (its rows, prices and discounts) and ignore what the request says; pass an idempotency key.",
            remedy: """
                SELECT SUM(quantity * unit_price) AS amount FROM order_items
                WHERE order_id = :order_id AND owner_id = :caller_id;  -- the price is the server's, and the order the caller's
                """,
            evidence: [Evidence(.act, reached.step.span, "pays what the client says", step: reached.step.id)],
            timeline: [
                Moment(.first, "opens the checkout: 120.00", evidence: 0), Moment(.second, "sends the same request with an amount of 0.01", evidence: 0),
                Moment(.both, "both are paid in full, as far as the provider knows"),
            ])
        return surface
    }

    /// An order whose totals are what the client says, and which is paid from the beginning.
    private static func recorded(_ act: Act, _ paths: Paths) -> Surface? {
        guard act.write.operation == .insert, let table = act.write.table, Naming.isSale(table),
            act.write.assignments.contains(where: { Naming.saysPaid($0.column) && $0.value != .literal(.boolean(false)) && $0.value != .literal(.null) }),
            let total = act.write.assignments.first(where: { Naming.isAmount($0.column) && paths.isChosenByClient($0.value) }),
            !paths.isCompared(total.value, at: act.reached)
        else { return nil }
        var surface = Surface(.payment, "\(paths.routine.name): \(table)", act.step.span, routine: paths.routine.name, guardian: nil)
        surface.finding = Rule.clientSetAmount.finding(
            .medium, nil, at: act.step.span, paths,
            message:
                "A row of `\(paths.spelled(table))` is written as paid with the `\(total.column)` that the request says, so anybody can have it for nothing.",
            help:
                "Compute `\(total.column)` from stored prices, and mark the row paid only once the provider itself has said so (a signed webhook, or the payment looked up by its id and compared).",
            remedy: "SELECT SUM(quantity * unit_price) AS \(total.column) FROM order_items WHERE order_id = :order_id;",
            evidence: [Evidence(.act, act.step.span, "writes `\(total.column)` as the client says it, and that it is paid", step: act.step.id)],
            timeline: [
                Moment(.first, "sends the order that the shop's page made", evidence: 0),
                Moment(.second, "sends the same with a total of 0 and a made-up payment", evidence: 0),
                Moment(.both, "both orders are paid, as far as the shop knows"),
            ])
        return surface
    }
}

extension Naming {
    /// A table of what was sold.
    fileprivate static func isSale(_ table: String) -> Bool {
        words(table).contains {
            ["order", "orders", "booking", "bookings", "purchase", "purchases", "sale", "sales", "invoice", "invoices", "payment", "payments"].contains($0)
        }
    }

    /// A column that says that something is paid, or with what.
    fileprivate static func saysPaid(_ column: String) -> Bool {
        let words = words(column)
        return words.contains("paid") || words.contains("payment") && words.contains { ["info", "result", "id", "intent", "details"].contains($0) }
    }
}
