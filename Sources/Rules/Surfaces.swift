import Flow

extension Step.Kind {
    /// A place that belongs into an inventory: it verifies a secret, shows a URL or moves money.
    var isSurface: Bool {
        switch self {
        case .call(let call):
            switch call.purpose {
            case .verify, .sink: true
            case .limit, .sanitize, .authenticate, nil: false
            }
        case .effect(let effect): effect.kind == .money
        case .read(let read): read.looksUpSecret != nil
        case .write, .branch, .loop, .scope, .attempt, .begin, .end, .lock, .unlock, .exit, .opaque: false
        }
    }
}

extension Read {
    /// A short code or a password that is looked for among the rows of one account: whoever finds a row has guessed it.
    var looksUpSecret: Secret? {
        guard let table, filters.count > 1, !isPartlyUnknown, aggregate == .row || aggregate == .rows || aggregate == .exists else { return nil }
        for filter in filters where filter.comparison == .equal && !filter.value.isConstant {
            if let secret = Naming.shortSecret(filter.column, of: table) { return secret }
        }
        return nil
    }
}
