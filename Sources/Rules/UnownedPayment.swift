import Flow

extension Rule {
    /// A payment is worked on because somebody knows its id.
    package static let unownedPayment = Rule(
        id: "unowned-payment", summary: "A payment is not tied to who asks for it", severity: .error,
        .surfaces(in: { paths, project in Claimed.all(in: paths, project) }, judged: { surfaces, _ in surfaces.compactMap(\.finding) }))
}

/// A payment that a request names.
private enum Claimed {
    static func all(in paths: Paths, _ project: Project) -> [Surface] {
        var found: [Surface] = []
        // Most routines have to do with no payment, and need not be asked whether they look at their caller.
        var known: Bool?
        func isTied() -> Bool {
            let tied = known ?? paths.looksAtCaller
            known = tied
            return tied
        }
        if let surface = webhook(in: paths), !isTied() { found.append(surface) }
        for reached in paths.surfaces {
            let name: String, arguments: [Value]
            switch reached.step.kind {
            case .effect(let effect) where effect.kind == .money && Naming.takesBack(effect.name): (name, arguments) = (effect.name, effect.arguments)
            // A message names a payment, and the provider is asked about it.
            case .call(let call) where call.purpose == .payment && !paths.routine.name.lowercased().contains("webhook"):
                (name, arguments) = (call.callee, call.arguments)
            default: continue
            }
            guard [.route, .action, .none].contains(paths.routine.entry), let way = way(of: arguments, reached, paths) else { continue }
            found.append(surface(name, way, reached, paths, isTied() && !paths.leavesOpen(whose: reached, way.ids(arguments), way.row)))
        }
        // One routine, one finding.
        var hasFinding = false
        for index in found.indices where found[index].finding != nil {
            if hasFinding { found[index].finding = nil }
            hasFinding = true
        }
        return found
    }

    /// How the client chooses the payment.
    private enum Way {
        case id(String)
        case row(StepID, table: String)

        /// What the request says, by which the payment or its row is found.
        func ids(_ arguments: [Value]) -> [Value] { if case .id = self { arguments.flatMap(\.clientLeaves) } else { [] } }

        var row: StepID? { if case .row(let step, _) = self { step } else { nil } }
    }

    private static func way(of arguments: [Value], _ reached: Reached, _ paths: Paths) -> Way? {
        for value in arguments {
            let ids = value.fields.map { $0.filter { Naming.namesPayment($0.name) }.map(\.value) } ?? [value]
            for id in ids {
                if paths.isChosenByClient(id) { return .id(id.clientLeaves.compactMap(\.ownName).first ?? "the id") }
                for step in id.steps {
                    guard case .read(let read)? = paths.steps[step]?.kind, let table = read.table,
                        read.filters.contains(where: { $0.comparison == .equal && paths.isChosenByClient($0.value) })
                    else { continue }
                    return .row(step, table: table)
                }
            }
        }
        return nil
    }

    private static func surface(_ name: String, _ way: Way, _ reached: Reached, _ paths: Paths, _ isTied: Bool) -> Surface {
        var surface = Surface(
            .payment, "\(paths.routine.name): \(name)", reached.step.span, routine: paths.routine.name,
            guardian: isTied ? .init("depends on who asks", reached.step.span) : nil)
        guard !isTied else { return surface }
        var evidence: [Evidence] = []
        let chosen: String
        switch way {
        case .id(let id): chosen = "`\(id)` of the request"
        case .row(let step, let table):
            chosen = "a row of `\(paths.spelled(table))` that the request names"
            if let read = paths.steps[step] { evidence.append(Evidence(.check, read.span, "finds the row by what the request says", step: step)) }
        }
        evidence.append(Evidence(.act, reached.step.span, "works on that payment", step: reached.step.id))
        // What is decided because of it: that something is paid.
        paths.routine.body.visit { step in
            guard evidence.count < 4, case .branch(let condition, _, _) = step.kind, condition.steps.contains(reached.step.id), step.span != reached.step.span
            else { return }
            evidence.append(Evidence(.decision, step.span, "decides by it", step: step.id))
        }
        surface.finding = Rule.unownedPayment.finding(
            paths.routine.entry == .none ? .medium : .high, nil, at: reached.step.span, paths,
            message:
                "`\(paths.routine.name)` calls `\(name)` with \(chosen), and nothing ties it to the caller, so whoever knows or guesses an id uses somebody else's payment.",
            help:
                "Ask who calls, and let the statement that finds the payment demand that it is theirs (403 otherwise); of a payment that was made elsewhere compare amount, currency and owner with the stored order, and use it once.",
            remedy: "SELECT id, amount FROM payments WHERE id = :id AND owner_id = :caller_id;  -- no row: 403",
            evidence: evidence,
            timeline: [
                Moment(.first, "pays for something", evidence: evidence.count - 1), Moment(.second, "sends the id of that payment as its own", evidence: 0),
                Moment(.both, "the payment counts for both, or is given back to the wrong one"),
            ])
        return surface
    }

    // MARK: Webhooks

    /// A message that says that something was paid, and that anybody can send.
    private static func webhook(in paths: Paths) -> Surface? {
        guard paths.routine.entry == .route || paths.routine.entry == .none else { return nil }
        var place: Step?
        paths.routine.body.visit { step in
            guard place == nil, case .branch(let condition, let then, _) = step.kind, then.contains(where: \.doesSomething) else { return }
            let says = condition.parts.contains { $0.stringLiteral.map(Naming.isPaymentEvent) == true }
            if says, condition.parts.contains(where: { if case .member(let base, let name) = $0 { Naming.namesEvent(name) && base.isSent } else { false } }) {
                place = step
            }
        }
        guard let place else { return nil }
        var surface = Surface(.payment, "\(paths.routine.name): webhook", place.span, routine: paths.routine.name, guardian: nil)
        surface.finding = Rule.unownedPayment.finding(
            .high, nil, at: place.span, paths,
            message: "`\(paths.routine.name)` believes a message that says that something was paid without testing who signed it, so anybody can send one.",
            help:
                "Verify the signature over the raw body before anything is read from it (`stripe.webhooks.constructEvent`, an HMAC compared in constant time).",
            remedy: "const event = stripe.webhooks.constructEvent(rawBody, request.headers.get('stripe-signature'), process.env.STRIPE_WEBHOOK_SECRET);",
            evidence: [Evidence(.act, place.span, "does as the message says", step: place.id)],
            timeline: [
                Moment(.first, "the provider says what was paid", evidence: 0), Moment(.second, "anybody says so too", evidence: 0),
                Moment(.both, "both are believed"),
            ])
        return surface
    }
}

extension Paths {
    /// Somebody is signed in, and it does not matter who: nothing that is known of the payment is held against the caller, nor is it looked
    /// up among what is theirs; and because of it something is written or given back.
    /// - Parameters:
    ///   - ids: what the request names it by.
    ///   - row: the row that names it, where the request names that.
    fileprivate func leavesOpen(whose reached: Reached, _ ids: [Value], _ row: StepID?) -> Bool {
        guard routine.entry == .route || routine.entry == .action, !isPrivileged else { return false }
        let payment = row ?? reached.step.id
        guard row != nil || !ids.isEmpty, reached.step.kind.givesBack || acts.contains(where: { act in act.earlier.contains { $0.id == reached.step.id } })
        else { return false }
        // The server knows it by itself: who asks, or what belongs to them.
        func isOurs(_ value: Value) -> Bool {
            value.isCaller || !value.isConstant && value != .unknown && !value.parts.contains { if case .input = $0 { true } else { false } }
        }
        func names(_ value: Value) -> Bool { value.steps.contains(payment) || ids.contains(where: value.mentions) }
        func compares(_ sides: [Value]) -> Bool { names(sides[0]) && isOurs(sides[1]) || names(sides[1]) && isOurs(sides[0]) }
        var isTied = false
        if let row, case .read(let read)? = steps[row]?.kind {
            isTied = read.isPartlyUnknown || read.filters.contains { $0.comparison == .equal && isOurs($0.value) }
        }
        routine.body.visit { step in
            guard !isTied else { return }
            switch step.kind {
            case .branch(let condition, _, _):
                isTied =
                    names(condition)
                    && condition.parts.contains { part in
                        if case .operation(.equal, let sides) = part, sides.count == 2 { return compares(sides) }
                        if case .operation(.notEqual, let sides) = part, sides.count == 2 { return compares(sides) }
                        return part.isCaller || part.namesPayer
                    }
            case .read(let read): isTied = step.id != payment && read.filters.contains { names($0.value) }
            case .write(let write):
                let values = write.filters.map(\.value) + write.assignments.map(\.value)
                isTied =
                    row == nil && write.filters.contains { names($0.value) }
                    || write.filters.contains { names($0.value) } && write.filters.contains { $0.value.isCaller }
                    || values.contains { $0.steps.contains(payment) && $0.parts.contains(where: \.namesPayer) }
            case .call(let call):
                // What is handed on as a whole, or side by side with the caller, is looked at elsewhere.
                guard step.id != payment, step.id != reached.step.id else { return }
                isTied = call.arguments.contains { $0.isWhole(payment) } || call.arguments.contains(where: names) && call.arguments.contains(where: \.isCaller)
            default: break
            }
        }
        return !isTied
    }

    /// Only some people get here at all.
    private var isPrivileged: Bool {
        var isFound = false
        routine.body.visit { step in
            guard !isFound else { return }
            switch step.kind {
            case .call(let call): isFound = Naming.demandsRank(call.name)
            case .branch(let condition, _, _):
                isFound = condition.parts.contains { if case .member(_, let name) = $0 { Naming.demandsRank(name) } else { false } }
            default: break
            }
        }
        return isFound
    }
}

extension Step.Kind {
    fileprivate var givesBack: Bool { if case .effect(let effect) = self { Naming.takesBack(effect.name) } else { false } }
}

extension Value {
    /// What a payment says of whoever made it: `session.metadata.userId`, `client_reference_id`, `customer`.
    fileprivate var namesPayer: Bool {
        guard case .member(_, let name) = self else { return false }
        return ["metadata", "reference", "customer", "custom", "payer", "buyer", "email", "user", "client", "receipt", "notes"].contains { name.hasWords($0) }
            || Naming.words(name).contains {
                ["metadata", "reference", "customer", "custom", "payer", "buyer", "email", "user", "client", "notes"].contains($0)
            }
    }

    /// All that a step gave.
    fileprivate func isWhole(_ step: StepID) -> Bool {
        switch self {
        case .outcome(let id, _): id == step
        case .operation(.call, let operands): operands.contains { $0 == .outcome(step, .result) }
        case .object(let fields, let rest): rest?.isWhole(step) == true || fields.contains { $0.value.isWhole(step) }
        default: false
        }
    }
}

extension Naming {
    /// `requireAdmin`, `user.role`, `can('refund')`, `ownsOrder`
    fileprivate static func demandsRank(_ name: String) -> Bool {
        words(name).contains {
            [
                "admin", "admins", "staff", "role", "roles", "permission", "permissions", "can", "policy", "ability", "authorize", "operator", "manager",
                "support", "own", "owns", "owned", "owner", "ownership", "belongs",
            ].contains($0)
        }
    }

    /// Gives money back, or ends what is paid for: what it is done to must be the caller's.
    fileprivate static func takesBack(_ callee: String) -> Bool {
        words(callee).contains { ["refund", "refunds", "cancel", "capture", "confirm"].contains($0) }
    }

    /// A field by which a payment is named.
    fileprivate static func namesPayment(_ field: String) -> Bool {
        words(field).contains {
            ["payment", "charge", "intent", "order", "session", "subscription", "customer", "booking", "transaction", "capture", "destination", "account"]
                .contains($0)
        }
    }

    /// The field of a message that says what it is about.
    fileprivate static func namesEvent(_ field: String) -> Bool {
        ["type", "event", "event_name", "event_type", "eventType", "eventName", "topic", "kind"].contains(field)
    }

    /// `checkout.session.completed`, `payment_intent.succeeded`
    static func isPaymentEvent(_ text: String) -> Bool {
        text.utf8.contains { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") }
            && ["payment", "checkout", "invoice", "charge", "PAYMENT", "CHECKOUT", "order.paid", "subscription"].contains { text.contains($0) }
    }
}

extension Step {
    /// Something is called or written, whatever it is.
    fileprivate var doesSomething: Bool {
        switch kind {
        case .call, .write, .effect, .scope, .loop, .attempt: true
        case .read, .branch, .begin, .end, .lock, .unlock, .exit, .opaque: false
        }
    }
}
