import Flow

/// Methods that a class inherits and that call its own: `process()` of a base calls `check()` and `act()` of each heir. An heir
/// gets the inherited method once more under its own name, so that both are read together.
struct Templates {
    private(set) var routines: [Routine]
    private(set) var files: [Int]
    /// As the methods were written, and with those that heirs were given.
    private let callees: Callees
    private var own: Callees
    /// For each routine, the routine that each of its calls means.
    private(set) var calls: [[StepID: Int]]

    /// The same, before heirs were given any.
    private let written: [[StepID: Int]]
    /// For each routine whether it, or something that it calls, writes.
    private let writes: [Bool]
    /// The methods that each routine calls on its own object, and those of its bases that it calls as theirs.
    private let ownCalls: [[String]], upCalls: [[Int]]

    /// Longer methods are no templates, and who inherits more of them than this is a framework itself.
    private static let lengthLimit: StepID = 200, countLimit = 24

    /// - Parameters:
    ///   - routines: with the file of each, and what it calls.
    init(_ units: [Unit], _ routines: [Routine], _ files: [Int], _ callees: Callees, _ calls: [[StepID: Int]]) {
        (self.routines, self.files, self.callees, own, self.calls, written) = (routines, files, callees, callees, calls, calls)
        guard units.contains(where: { $0.interface.classes.contains { !$0.value.bases.isEmpty } }) else {
            (writes, ownCalls, upCalls) = ([], [], [])
            return
        }
        var writes = routines.map { routine in
            var found = false
            routine.body.visit { if case .write = $0.kind { found = true } }
            return found
        }
        var callers = [[Int]](repeating: [], count: routines.count)
        for at in calls.indices { for target in calls[at].values { callers[target].append(at) } }
        var open = writes.indices.filter { writes[$0] }
        while let next = open.popLast() {
            for caller in callers[next] where !writes[caller] {
                writes[caller] = true
                open.append(caller)
            }
        }
        self.writes = writes
        var ownCalls = [[String]](repeating: [], count: routines.count), upCalls = [[Int]](repeating: [], count: routines.count)
        for (at, routine) in routines.enumerated() where routine.name.contains(".") && routine.nextStep <= Self.lengthLimit {
            routine.body.visit { step in
                guard case .call(let call) = step.kind else { return }
                if call.callee.hasPrefix("this."), !call.callee.dropFirst(5).contains(".") {
                    ownCalls[at].append(String(call.callee.dropFirst(5)))
                } else if call.isOnItself, let target = calls[at][step.id] {
                    upCalls[at].append(target)
                }
            }
        }
        (self.ownCalls, self.upCalls) = (ownCalls, upCalls)
        for file in units.indices {
            for (type, known) in units[file].interface.classes.sorted(by: { $0.key < $1.key }) where !known.bases.isEmpty {
                let handles = units[file].routines.contains { $0.entry == .route && $0.name.hasPrefix(type + ".") }
                adopt(inherited(by: type, known.bases, in: file), as: type, in: file, isRoute: handles)
            }
        }
    }

    /// Gives a class the methods as its own. What they call on their object is the heir's; everything else they mean as it was
    /// written.
    private mutating func adopt(_ methods: [Int], as type: String, in file: Int, isRoute: Bool) {
        guard !methods.isEmpty else { return }
        /// The heir has another in its place, or calls its own from it.
        func isHook(_ call: String, _ target: Int) -> Bool {
            callees.method(call, of: type, in: file, depth: 0).map { $0 != target || methods.contains($0) } ?? false
        }
        let copies = Dictionary(uniqueKeysWithValues: methods.enumerated().map { ($1, routines.count + $0) })
        for at in methods {
            var copy = routines[at]
            let parts = copy.name.split(separator: ".", maxSplits: 1).map(String.init),
                isDispatched = callees.method(parts[1], of: type, in: file, depth: 0) == at
            copy.name = isDispatched ? type + "." + parts[1] : type + "." + parts[1] + "." + parts[0]
            copy.inherited = [copy.span]
            copy.body = bare(copy.body, written[at]) { target in
                copies[target] != nil || isHook(routines[target].name.split(separator: ".").last.map(String.init) ?? "", target)
            }
            if copy.entry == .none, isRoute { copy.entry = .route }
            if isDispatched { own.add(copy.name, in: file, at: copies[at]!) }
            routines.append(copy)
            files.append(file)
            calls.append([:])
        }
        for (original, copy) in copies {
            routines[copy].body.visit { step in
                guard case .call(let call) = step.kind else { return }
                let target = call.callee.hasPrefix("this.") ? own.resolve(call, from: type + ".", in: file) : written[original][step.id]
                guard let target else { return }
                calls[copy][step.id] = call.isOnItself ? copies[target] ?? target : target
            }
        }
        // `super().process()` of the heir itself.
        for name in callees.methods(of: type, in: file) {
            guard let at = callees.method(name, of: type, in: file, depth: 0), copies.values.contains(at) == false else { continue }
            for (step, target) in written[at] { if let copy = copies[target], upCalls[at].contains(target) { calls[at][step] = copy } }
        }
    }

    /// The inherited methods that end, through calls on the object itself, in two methods of the class or of a base before theirs.
    private func inherited(by type: String, _ bases: [String], in file: Int) -> [Int] {
        func method(_ name: String) -> Int? { callees.method(name, of: type, in: file, depth: 0) }
        func isOwn(_ at: Int) -> Bool { files[at] == file && routines[at].name.hasPrefix(type + ".") }
        var edges: [Int: [Int]] = [:], all: Set<Int> = [], overridden: Set<Int> = []
        var open = Set(names(of: bases, in: file)).sorted().compactMap(method)
        while let at = open.popLast() {
            guard edges[at] == nil else { continue }
            let own = ownCalls[at].compactMap(method)
            edges[at] = own + upCalls[at]
            open += edges[at] ?? []
            guard !isOwn(at), let owner = routines[at].name.split(separator: ".").first.map(String.init) else { continue }
            for call in ownCalls[at] {
                guard let here = method(call), callees.method(call, of: owner, in: files[at], depth: 0) != here else { continue }
                overridden.insert(here)
                all.insert(at)
            }
        }
        guard overridden.count > 1, overridden.contains(where: { writes[$0] }) else { return [] }
        // What calls those on the object is a template as well.
        let known = edges.keys.sorted()
        var grows = true
        while grows {
            grows = false
            for at in known where !all.contains(at) && !isOwn(at) && edges[at]!.contains(where: all.contains) { (_, grows) = (all.insert(at), true) }
        }
        // Of those, what leads to two of the heir's methods, one of which writes; and what lies on the way.
        var kept: Set<Int> = []
        for root in all.sorted() where !all.contains(where: { $0 != root && edges[$0]!.contains(root) }) {
            var way: Set<Int> = [], open = [root]
            while let next = open.popLast() { if way.insert(next).inserted { open += edges[next] ?? [] } }
            let hooks = way.intersection(overridden)
            if hooks.count > 1, hooks.contains(where: { writes[$0] }) { kept.formUnion(way.intersection(all)) }
        }
        return kept.count <= Self.countLimit ? kept.sorted() : []
    }

    /// What a template does besides calling its own object's methods is left out, but for what it does with the object: who
    /// it logs, what it renders.
    private func bare(_ steps: [Step], _ targets: [StepID: Int], _ isHook: (Int) -> Bool) -> [Step] {
        steps.compactMap { step in
            switch step.kind {
            case .call(let call):
                guard let target = targets[step.id] else { return step }
                if call.isOnItself { return isHook(target) || writes[target] ? step : nil }
                return writes[target] && call.arguments.contains { $0.parts.contains(.name("this")) } || call.callee == Call.yield ? step : nil
            case .branch, .loop, .scope, .attempt: return step.withBodies { bare($0, targets, isHook) }
            default: return step
            }
        }
    }

    /// The methods that classes have, their own and inherited.
    private func names(of bases: [String], in file: Int) -> [String] {
        var found: [String] = [], open = bases.map { ($0, file, 0) }
        while let (type, file, depth) = open.popLast() {
            guard depth < Callees.ancestryLimit, let home = callees.home(of: type, in: file) else { continue }
            found += callees.methods(of: home.type, in: home.file).sorted()
            open += callees.bases(of: home.type, in: home.file).map { ($0, home.file, depth + 1) }
        }
        return found
    }
}
