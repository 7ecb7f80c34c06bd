import Flow

extension Rule {
    /// A secret that can be guessed is verified as often as somebody asks.
    package static let authWithoutLockout = Rule(
        id: "auth-without-lockout", summary: "A secret is verified without counting failures for the account", severity: .error,
        .surfaces(in: { paths, project in Verification.all(in: paths, project) }, judged: { surfaces, _ in Verification.judged(surfaces) }))
}

/// A place where a secret is verified.
private struct Verification {
    let reached: Reached
    let secret: Secret
    let account: String?
    let confidence: Confidence
    let isRecheck: Bool

    init?(_ reached: Reached, _ paths: Paths) {
        self.reached = reached
        switch reached.step.kind {
        case .call(let call):
            // How two hashes are compared; who asks is somewhere else.
            guard case .verify(let secret)? = call.purpose, !paths.routine.name.hasSuffix("__eq__") else { return nil }
            self.secret = secret
            let names = call.arguments.flatMap(\.parts).compactMap(\.ownName)
            // A new secret that must differ from the old one proves nothing.
            guard !call.arguments.contains(where: { $0.ownName.map(Naming.isNewSecret) == true }) else { return nil }
            // A key that a program made cannot be guessed.
            guard !call.arguments.contains(where: { $0.ownName.map(Naming.isLongSecret) == true }) else { return nil }
            isRecheck = names.contains(where: Naming.isOldSecret)
            if paths.routine.entry == .none, call.arguments.allSatisfy(\.isHandedIn), !paths.readsAnything { return nil }
            if paths.refusesSame(reached.step.id) { return nil }
            // Whoever sends the secret along with the code enrols: there is nothing to guess.
            let sides = ((call.receiver.map { [$0] } ?? []) + call.arguments).filter { !$0.isConstant && !$0.isName }
            if secret == .code, !call.isComparison, sides.count > 1, sides.allSatisfy(\.comesWithRequest), sides.contains(where: \.isSeed) { return nil }
            let values = call.arguments + (call.receiver.map { [$0] } ?? [])
            account = values.firstMapped { paths.table(of: $0) }
            if call.isComparison {
                guard Self.comparesStored(call.arguments) else { return nil }
                confidence = .medium
            } else if Naming.isHosted(call.callee) || call.callee.hasWords("auth") && account == nil && call.arguments.count == 1 {
                // The provider counts, but it sees the address of this server only.
                guard paths.routine.entry == .route || paths.routine.entry == .action else { return nil }
                confidence = .low
            } else {
                confidence = .high
            }
        case .read(let read):
            // What is looked for in order to be stored where it is missing is not guessed.
            guard let secret = read.looksUpSecret, !paths.acts.contains(where: { $0.write.operation != .update && $0.step.span == reached.step.span }) else {
                return nil
            }
            self.secret = secret
            account = read.table
            isRecheck = false
            confidence = .medium
        case .write(let write):
            // What nobody looks at is tidied up, and not asked.
            guard let secret = write.looksUpSecret, paths.uses.outcomes.contains(reached.step.id) else { return nil }
            self.secret = secret
            account = write.table
            isRecheck = false
            confidence = .medium
        default: return nil
        }
    }

    /// One side is what somebody sent, the other is what the server keeps.
    private static func comparesStored(_ values: [Value]) -> Bool {
        // What carries the server's own signature was not guessed.
        guard values.count == 2, !values.contains(where: \.isSigned) else { return false }
        return values.contains(where: \.isKept) && !(values.allSatisfy(\.isKept) && values.allSatisfy { !$0.isGiven })
    }

    /// Whoever enrols proves nothing: the secret is fresh and the caller's own.
    private func isEnrolment(_ paths: Paths) -> Bool {
        secret == .code
            && (reached.later(because: nil) + reached.earlier).contains { step in
                guard case .write(let write) = step.kind else { return false }
                return write.assignments.contains { Naming.isSecondFactor($0.column) && $0.value == .literal(.boolean(true)) }
            }
    }

    static func all(in paths: Paths, _ project: Project) -> [Surface] {
        var open: [(Verification, [Limit])] = [], found: [Surface] = []
        // A helper that is called to verify stands for what it does inside.
        let verifying = paths.surfaces.filter { if case .call(let call) = $0.step.kind, case .verify? = call.purpose { true } else { false } }.map(\.step.span)
        for reached in paths.surfaces where !paths.calls(to: reached.step.id).contains(where: verifying.contains) {
            guard let verification = Verification(reached, paths), !verification.isEnrolment(paths) else { continue }
            let limits = paths.limits(before: reached)
            let guardian =
                limits.first { $0.key == .account }.map { Surface.Guardian($0.text, $0.span) }
                ?? (project.locksAccounts && reached.step.isAuthenticate ? Surface.Guardian("the backend of the framework", reached.step.span) : nil)
            if guardian == nil { open.append((verification, limits)) }
            found.append(
                Surface(.auth, "\(paths.routine.name): \(verification.secret.word)", reached.step.span, routine: paths.routine.name, guardian: guardian))
        }
        // One endpoint, one finding: what it verifies besides is part of it.
        let surest = open.map(\.0.confidence).max()
        guard let first = open.first(where: { $0.0.confidence == surest }),
            let at = found.firstIndex(where: { $0.span == first.0.reached.step.span })
        else { return found }
        found[at].finding = first.0.finding(first.1, others: open.map(\.0).filter { $0.reached.step.id != first.0.reached.step.id }, paths)
        return found
    }

    /// Names the sibling that has what this one lacks.
    static func judged(_ surfaces: [Surface]) -> [Finding] {
        let sibling = surfaces.first { $0.guardian != nil }
        return surfaces.compactMap { surface in
            guard var finding = surface.finding else { return nil }
            if let sibling, let guardian = sibling.guardian, sibling.routine != surface.routine {
                finding.message += " Its sibling `\(sibling.routine)` has a lockout (`\(guardian.text)`)."
                finding.evidence.append(Evidence(.call, guardian.span, "the sibling `\(sibling.routine)` is limited for the account here"))
            }
            return finding
        }
    }

    private func finding(_ limits: [Limit], others: [Verification], _ paths: Paths) -> Finding {
        // A form, a serializer: what has a password of somebody's is no row yet.
        let table = account.flatMap { paths.schema.tables.isEmpty || paths.schema.table($0) != nil ? $0 : nil }
        let subject = table.map { " of a row of \(Wording.table(paths.spelled($0)))" } ?? ""
        var evidence = [Evidence(.act, reached.step.span, "verifies \(secret.article)\(subject)", step: reached.step.id)]
        for other in others where !evidence.contains(where: { $0.span == other.reached.step.span }) {
            evidence.append(Evidence(.act, other.reached.step.span, "verifies \(other.secret.article), without a lockout either", step: other.reached.step.id))
        }
        let nearest = limits.last
        if let nearest {
            evidence.append(
                Evidence(
                    .check, nearest.span, nearest.key == .address ? "limits by the address of the client" : "limits, but by nothing that names the account"))
        }
        let limited =
            nearest.map { $0.key == .address ? "is limited by IP only (`\($0.text)`)" : "is limited by nothing that names the account (`\($0.text)`)" }
            ?? "counts no failures for the account"
        let name = paths.routine.name
        return Rule.authWithoutLockout.finding(
            nearest?.key == .unknown ? min(confidence, .medium) : confidence, isRecheck ? .warning : .error, at: reached.step.span, paths,
            message: "`\(name)` verifies \(secret.article)\(subject) and \(limited), so many addresses together can try as many as they like for one account.",
            help:
                "Count failures by account in one atomic UPSERT, refuse before the \(secret.word) is looked at once there are \(secret.threshold) in 30 minutes (429), and delete the row on success; keep the limit by IP beside it.",
            remedy: """
                CREATE TABLE \(secret.rawValue)_failures (account TEXT PRIMARY KEY, window_start TIMESTAMP NOT NULL, attempts INTEGER NOT NULL);
                INSERT INTO \(secret.rawValue)_failures (account, window_start, attempts) VALUES (:account, :now, 1)
                ON CONFLICT (account) DO UPDATE SET
                  attempts = CASE WHEN \(secret.rawValue)_failures.window_start < :now_minus_30_minutes THEN 1 ELSE \(secret.rawValue)_failures.attempts + 1 END,
                  window_start = CASE WHEN \(secret.rawValue)_failures.window_start < :now_minus_30_minutes THEN :now ELSE \(secret.rawValue)_failures.window_start END
                RETURNING attempts;
                """ + Wording.migration("lockout", [("table", secret.rawValue + "_failures")], nil),
            evidence: evidence,
            timeline: [
                Moment(.first, "guesses a few times an hour, for one account", evidence: 0),
                Moment(.second, "guesses for the same account, from another address", evidence: 0),
                Moment(.both, "no address reaches a limit of its own, and nothing counts for the account"),
            ])
    }
}

extension Paths {
    /// Something is read here, so that it is no helper that compares what it is given.
    fileprivate var readsAnything: Bool {
        var reads = false
        routine.body.visit { step in if case .read(let read) = step.kind, read.standsFor == nil { reads = true } }
        return reads
    }

    /// `if (await compare(password, user.password)) throw …`: a new secret must not be the old one.
    fileprivate func refusesSame(_ verification: StepID) -> Bool {
        var refuses = false
        routine.body.visit { step in
            guard case .branch(let condition, let then, _) = step.kind, condition.steps.contains(verification), case .exit(.throw)? = then.last?.kind else {
                return
            }
            refuses = refuses || condition.demands(verification)
        }
        return refuses
    }

    /// The table of the row that a value was taken from.
    fileprivate func table(of value: Value) -> String? {
        value.steps.firstMapped { id in if case .read(let read)? = self.steps[id]?.kind { read.table } else { nil } }
    }
}

extension Call {
    /// `stored === given`, written down as a call.
    fileprivate var isComparison: Bool { callee == Call.comparison }
}

extension Value {
    /// It holds only where the verification has succeeded.
    fileprivate func demands(_ verification: StepID) -> Bool {
        switch self {
        case .operation(.not, _), .operation(.equal, _), .operation(.notEqual, _), .operation(.or, _): false
        case .operation(.and, let parts): parts.contains { $0.steps.contains(verification) && $0.demands(verification) }
        default: true
        }
    }

    /// From a row, a store or the configuration.
    fileprivate var isKept: Bool {
        parts.contains { part in
            switch part {
            case .outcome(_, .failure): false
            case .outcome: true
            case .name(let name), .member(_, let name):
                name.utf8.allSatisfy { !(97...122).contains($0) } && !Naming.isPlaceholder(name) || name.hasWords("env") || name.hasWords("config")
                    || name.hasWords("settings")
            default: false
            }
        }
    }

    /// Given by the caller as it is, or a field of the object whose method this is.
    fileprivate var isHandedIn: Bool {
        switch self {
        case .parameter: true
        case .member(.name("this"), _), .member(.outcome, _): true
        default: false
        }
    }

    /// Sent by the client as it is, or an object made of that: `body.secret`, `new TOTP(body.secret)`.
    fileprivate var comesWithRequest: Bool {
        switch self {
        case .input: return true
        case .member(let base, _): return base.comesWithRequest
        case .operation(.call(let name), let operands):
            let made = operands.filter { !$0.isConstant && !$0.isName }
            return name.hasPrefix("new ") && !made.isEmpty && made.allSatisfy(\.comesWithRequest)
        default: return false
        }
    }

    fileprivate var isName: Bool { if case .name = self { true } else { false } }

    /// What codes are computed from, as against the account that they are for: `secret`, `new TOTP(…)`.
    fileprivate var isSeed: Bool {
        switch self {
        case .member(_, let name): ["secret", "seed", "key"].contains { name.hasWords($0) }
        case .operation(.call(let name), _): name.hasPrefix("new ")
        default: false
        }
    }

    /// `serializer.loads(token)["hash"]`, `jwt.verify(token).code`: what a signature was tested of.
    fileprivate var isSigned: Bool {
        switch self {
        case .member(let base, _): return base.isSigned
        case .operation(.call(let name), let operands):
            guard ["loads", "unsign", "unsign_object", "verify"].contains(name) else { return false }
            return operands.contains { operand in
                guard case .name(let owner) = operand else { return false }
                return ["serializer", "signer", "signing", "jwt", "itsdangerous"].contains { owner.hasWords($0) }
            }
        default: return false
        }
    }

    fileprivate var isGiven: Bool {
        parts.contains { part in
            switch part {
            case .input, .parameter: true
            default: false
            }
        }
    }
}

extension Secret {
    var word: String {
        switch self {
        case .password: "password"
        case .pin: "PIN"
        case .code: "one-time code"
        case .recovery: "recovery code"
        case .link: "magic link"
        }
    }

    fileprivate var article: String { "a " + word }

    fileprivate var threshold: Int {
        switch self {
        case .password, .pin, .recovery: 10
        case .code, .link: 5
        }
    }
}

extension Step {
    /// Django's `authenticate`, which asks every backend.
    fileprivate var isAuthenticate: Bool { if case .call(let call) = kind { call.callee.hasSuffix("authenticate") } else { false } }
}
