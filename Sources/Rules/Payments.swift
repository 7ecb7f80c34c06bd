import Flow

// What a payment is told, and by whom.
extension Value {
    /// The values of fields that say how much: `unit_amount` in `{line_items: [{price_data: {unit_amount: …}}]}`.
    var amounts: [(name: String, value: Value)] {
        var found: [(name: String, value: Value)] = []
        func look(_ value: Value, depth: Int) {
            guard depth < 10, found.count < 8 else { return }
            switch value {
            case .object(let fields, let rest):
                for field in fields {
                    if Naming.isAmount(field.name), field.value.fields == nil {
                        found.append((field.name, field.value))
                    } else {
                        look(field.value, depth: depth + 1)
                    }
                }
                if let rest { look(rest, depth: depth + 1) }
            case .list(let items), .either(let items): items.forEach { look($0, depth: depth + 1) }
            case .operation(.conditional, let parts): parts.dropFirst().forEach { look($0, depth: depth + 1) }
            case .operation(.call, let parts): parts.forEach { look($0, depth: depth + 1) }
            default: return
            }
        }
        look(self, depth: 0)
        return found
    }
}

extension Paths {
    /// Whether the client alone says what a value is: it comes from the request, and nothing that is stored has a part in it.
    func isChosenByClient(_ value: Value) -> Bool {
        // `Number(req.body.fare) || trip.fare`: what is stored counts only where nothing was sent.
        if case .operation(let op, let parts) = value, op == .or || op == .coalesce, let first = parts.first, isChosenByClient(first) { return true }
        var isSent = false
        for part in value.parts {
            switch part {
            case .outcome(let id, let facet):
                if case .read? = steps[id]?.kind { return false }
                // What a call gave back may be a price that was looked up.
                if facet == .result, case .call(let call)? = steps[id]?.kind, !call.arguments.contains(where: \.dependsOnClient),
                    call.receiver?.dependsOnClient != true
                {
                    return false
                }
            case .input: isSent = true
            case .parameter:
                if [.route, .action].contains(routine.entry), !part.isCaller { isSent = true }
            default: continue
            }
        }
        return isSent
    }

    /// A decision on the way has held a value against something that is stored, or against a list of what may be.
    func isCompared(_ value: Value, at reached: Reached) -> Bool {
        let leaves = value.clientLeaves
        return reached.decisions.contains { decision in
            guard leaves.contains(where: decision.condition.mentions) else { return false }
            return decision.condition.steps.contains { id in if case .read? = steps[id]?.kind { true } else { false } }
        }
    }
}

extension Value {
    var dependsOnClient: Bool {
        parts.contains { part in
            switch part {
            case .input, .parameter: true
            default: false
            }
        }
    }

    /// The parts that the client has sent, as a whole: `body.amount`.
    var clientLeaves: [Value] {
        switch self {
        case .member(let base, _): base.isClientRoot ? [self] : base.clientLeaves
        case .input, .parameter: [self]
        case .literal, .outcome, .column, .name, .unknown: []
        case .operation, .object, .list, .either: children.flatMap(\.clientLeaves)
        }
    }

    private var isClientRoot: Bool {
        switch self {
        case .input, .parameter: true
        case .member(let base, _): base.isClientRoot
        default: false
        }
    }
}

extension Naming {
    /// A field that says how much is paid.
    static func isAmount(_ name: String) -> Bool {
        let words = words(name)
        guard let last = words.last else { return false }
        if words.contains(where: { ["id", "type", "currency", "count", "method", "quantity", "fee", "data", "label"].contains($0) }) { return false }
        return ["amount", "price", "total", "value", "decimal", "cents", "sum", "cost", "sat", "sats", "msat", "subtotal"].contains(last)
    }

    /// What somebody gives as they like: a tip, a donation, money of their own that they pay in.
    static func isGift(_ name: String) -> Bool {
        words(name).contains {
            [
                "tip", "tips", "donate", "donation", "donations", "topup", "deposit", "contribution", "contribute", "pledge", "gift", "fund", "recharge",
                "sponsor", "payout", "withdraw", "withdrawal",
            ].contains($0)
        } || name.hasWords("topup") || name.hasWords("addfunds") || name.hasWords("addcredit")
    }
}
