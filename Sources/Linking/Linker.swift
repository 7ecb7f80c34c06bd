package import Flow

/// [Unit] → the routines of the project: a call of a routine that the project knows is replaced by what that routine
/// does, so that a rule sees check and act in one body wherever they were written.
///
/// A routine is linked after everything that it calls, so that its body is final when others take it in. Within a cycle
/// the callee is taken in once, as it was written. What stands at one height of the call graph is independent and is linked on all cores.
package struct Linker: Sendable {
    let routines: [Routine]
    private let files: [Int]
    let graph: CallGraph
    /// Methods that are read like columns, by name.
    let properties: [String: [Int]]
    /// For each file, whether something in it waits for linking besides calls: rows that are given, properties.
    private let hasGivens: [Bool]
    private let isPython: [Bool]
    /// Classes of rows, by their name in lower case, for each file in whose language they are.
    private let rowClasses: [[String: String]]
    /// The routines that run SQL text which their callers, or other files, give.
    private let textual: Set<Int>
    var runsTexts: Bool { !textual.isEmpty }
    /// Decorators, with the function inside each that runs what it decorates.
    let wrappers: [Int: Int]

    /// Beyond this many steps a body is no longer read together with its caller's.
    static let stepLimit: StepID = 1_200
    /// Nor is one that calls through more levels of others.
    private static let heightLimit = 60
    /// A callee that does nothing by itself is taken in only where it is short: it may decide something.
    static let pureLimit: StepID = 16
    /// Twice as long where it may refuse, and so decides for its caller.
    static let refusingLimit: StepID = 32

    /// - Parameter modules: for each file, the file that each of its module names means.
    package static func link(_ units: [Unit], modules: [[String: Int]], threads: Int) async -> [Routine] {
        let linker = await Linker(units, modules: modules, threads)
        return await linker.link(threads: threads)
    }

    private init(_ units: [Unit], modules: [[String: Int]], _ threads: Int) async {
        var routines: [Routine] = [], files: [Int] = [], first: [Int] = []
        for (file, unit) in units.enumerated() {
            first.append(routines.count)
            routines.append(contentsOf: unit.routines)
            files.append(contentsOf: Array(repeating: file, count: unit.routines.count))
        }
        let rows = Set(units.flatMap(\.interface.rows))
        let constants = Constants(units, modules: modules)
        let settled = await Self.each(Array(units.indices), threads) { [routines, first] file in
            constants.settled(routines[first[file]..<first[file] + units[file].routines.count], of: file)
        }
        routines = settled.flatMap { $0 }
        if units.contains(where: \.interface.givesEverything) { for at in routines.indices { routines[at].dropGivens { !rows.contains($0) } } }
        let classes = Dictionary(rows.sorted().map { ($0.lowercased(), $0) }) { first, _ in first }
        isPython = units.map(\.interface.givesEverything)
        rowClasses = units.map { $0.interface.givesEverything ? classes : [:] }
        properties = Self.properties(of: units, routines, first)
        var texts: Set<Int> = []
        for (at, routine) in routines.enumerated() {
            routine.body.visit { if case .call(let call) = $0.kind, call.runsText != nil { texts.insert(at) } }
        }
        textual = texts
        hasGivens = units.map { $0.interface.givesEverything || $0.routines.contains(where: \.leavesRowsOpen) }
        self.routines = routines
        self.files = files
        let callees = Callees(units, modules: modules, first: first)
        let calls = await Self.each(Array(routines.indices), threads) { [routines, files] at in
            var found: [StepID: Int] = [:]
            routines[at].body.visit { step in
                guard case .call(let call) = step.kind else { return }
                if let target = callees.resolve(call, from: routines[at].name, in: files[at]) { found[step.id] = target }
            }
            return found
        }
        graph = CallGraph(routines, calls: calls)
        wrappers = Self.wrappers(in: routines, files, calls)
    }

    private func link(threads: Int) async -> [Routine] {
        var done = routines
        var takenIn: Set<Int> = []
        for level in graph.levels.prefix(Self.heightLimit) {
            let part = level.filter { !graph.calls[$0].isEmpty || !graph.recursive[$0].isEmpty || hasGivens[files[$0]] || textual.contains($0) }
            let linked = await Self.each(part, threads) { [done] in link($0, done) }
            for (at, (routine, inside)) in zip(part, linked) {
                done[at] = routine
                takenIn.formUnion(inside)
            }
        }
        // A helper that was seen inside its callers, with their guards, is not looked at alone.
        let seen = done.indices.filter { at in
            let routine = routines[at]
            guard graph.matters[at] || routine.entry != .none else { return false }
            return !takenIn.contains(at) || (routine.entry != .none && routine.entry != .query)
        }
        return await Self.each(seen, threads) { [done] in done[$0].readingGivenRows(isPython: isPython[files[$0]]).actingElsewhere }
    }

    private static func each<Result: Sendable>(_ items: [Int], _ threads: Int, _ work: @escaping @Sendable (Int) -> Result) async -> [Result] {
        guard items.count > 32, threads > 1 else { return items.map(work) }
        let share = (items.count + threads * 4 - 1) / (threads * 4)
        return await withTaskGroup(of: (Int, [Result]).self) { group in
            for start in stride(from: 0, to: items.count, by: share) {
                group.addTask { (start, items[start..<min(start + share, items.count)].map(work)) }
            }
            var parts: [(Int, [Result])] = []
            for await part in group { parts.append(part) }
            return parts.sorted { $0.0 < $1.0 }.flatMap(\.1)
        }
    }

    /// The classes of rows that a routine may speak of.
    func rowClasses(of at: Int) -> [String: String] { rowClasses[files[at]] }

    /// One routine with its callees taken in, and which those were.
    private func link(_ at: Int, _ done: [Routine]) -> (Routine, Set<Int>) {
        var expansion = Expansion(of: at, by: self, done)
        let routine = expansion.run()
        return (routine, expansion.takenIn)
    }
}

extension Routine {
    /// What no function of the project turned out to be does what its name says.
    fileprivate var actingElsewhere: Routine {
        var acts = false
        body.visit { if case .call(let call) = $0.kind, call.effect != nil { acts = true } }
        guard acts else { return self }
        var copy = self
        copy.body = body.map(\.actingElsewhere)
        return copy
    }
}

extension Step {
    fileprivate var actingElsewhere: Step {
        guard case .call(let call) = kind else { return withBodies { $0.map(\.actingElsewhere) } }
        guard let effect = call.effect else { return self }
        var copy = self
        copy.kind = .effect(Effect(effect, name: call.callee, call.arguments))
        return copy
    }
}
