import Flow

extension Step.Kind {
    /// A place that belongs into an inventory: it verifies a secret, shows a URL or moves money.
    var isSurface: Bool {
        switch self {
        case .call(let call):
            switch call.purpose {
            case .verify, .sink, .payment: true
            case .limit, .sanitize, .authenticate, nil: false
            }
        case .effect(let effect): effect.pays
        case .read(let read): read.looksUpSecret != nil
        case .write(let write): write.looksUpSecret != nil
        // A message that says that something was paid.
        case .branch(let condition, _, _): condition.parts.contains { $0.stringLiteral.map(Naming.isPaymentEvent) == true }
        case .loop, .scope, .attempt, .begin, .end, .lock, .unlock, .exit, .opaque: false
        }
    }
}

extension Effect {
    /// A call of a payment provider, and not a function of one's own that is called after what it does.
    private var isProvider: Bool {
        if name.hasWords("invoice") || name.hasWords("paymentrequest") { return true }
        let parts = name.split(separator: ".")
        return parts.count > 1 && parts.last.map { Self.verbs.contains(String($0)) } == true
    }

    private static let verbs: Set<String> = [
        "create", "capture", "confirm", "pay", "refund", "cancel", "initiate", "createPayment", "createRefund", "createPayout", "createOrder", "charge",
    ]

    /// Moves money, or asks another program to: a request that names an amount and its currency.
    var pays: Bool {
        kind == .money && isProvider
            || kind == .http && arguments.contains { $0.fieldNames.contains { ["currency", "currency_code", "purchase_units"].contains($0) } }
    }
}

extension Value {
    /// The names of the fields in an object, at any depth.
    fileprivate var fieldNames: [String] {
        parts.flatMap { part in if case .object(let fields, _) = part { fields.map(\.name) } else { [] as [String] } }
    }
}

extension Read {
    /// A short code or a password that is looked for among the rows of one account: whoever finds a row has guessed it.
    var looksUpSecret: Secret? {
        guard let table, !isPartlyUnknown, aggregate == .row || aggregate == .rows || aggregate == .exists else { return nil }
        return filters.secret(of: table)
    }
}

extension Write {
    /// `DELETE … WHERE email = ? AND code = ?`: what is looked for is used up by the same statement.
    var looksUpSecret: Secret? {
        guard let table, operation == .delete || operation == .update, !isPartlyUnknown else { return nil }
        // A row that was found before has been tested before.
        guard filters.contains(where: { $0.comparison == .equal && Naming.isAccount($0.column) && $0.value.dependsOnClient && !$0.value.isCaller }) else {
            return nil
        }
        return filters.secret(of: table)
    }
}

extension [Predicate] {
    /// The short secret that is asked for beside something else.
    fileprivate func secret(of table: String) -> Secret? {
        guard count > 1 else { return nil }
        return firstMapped { filter in
            filter.comparison == .equal && !filter.value.isConstant ? Naming.shortSecret(filter.column, of: table) : nil
        }
    }
}
