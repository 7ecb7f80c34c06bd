import Flow

// The URLs that a routine hands to other programs, for the inventory: where a provider sends people back to, what it calls.
extension Rule {
    /// - Parameter known: the places that the rule for URLs has noted.
    static func handedURLs(in paths: Paths, _ project: Project, beyond known: Set<Span>) -> [Surface] {
        guard [.route, .action].contains(paths.routine.entry), project.language(of: paths.routine.span.file)?.isPage != true else { return [] }
        var found: [Surface] = []
        paths.routine.body.visit { step in
            guard !known.contains(step.span), case .call(let call) = step.kind, call.purpose == nil || call.purpose == .payment else { return }
            let callee = call.callee.split(separator: ".").last.map(String.init) ?? call.callee
            // A template of one's own is no other program.
            guard !["render", "render_template", "TemplateResponse"].contains(callee) else { return }
            for field in call.arguments.flatMap(\.givenFields) where field.name.namesURL && Naming.words(field.name).count > 1 {
                let isSent = field.value.leading.dependsOnClient && paths.isChosenByClient(field.value.leading)
                // Its callers say.
                guard isSent || !field.value.leading.dependsOnClient else { continue }
                let guardian = isSent ? nil : Surface.Guardian("the server sets it", step.span)
                var surface = Surface(.url, "\(callee).\(field.name)", step.span, routine: paths.routine.name, guardian: guardian)
                surface.sink = .field
                found.append(surface)
            }
        }
        return found
    }
}

extension Value {
    /// The fields of an object that is handed over, and of those inside it.
    fileprivate var givenFields: [Field] {
        switch self {
        case .object(let fields, let rest): fields.flatMap { field in [field] + field.value.givenFields } + (rest?.givenFields ?? [])
        case .list(let items): items.flatMap(\.givenFields)
        default: []
        }
    }
}
