import Flow

/// Who calls whom, and in which order routines can be linked.
struct CallGraph: Sendable {
    /// For each routine, the routine that each of its calls means, but for calls within a cycle.
    private(set) var calls: [[StepID: Int]]
    /// The calls within a cycle: those are read once round, which is where a second request can come between.
    private(set) var recursive: [[StepID: Int]] = []
    /// Routines by height: those of one level call only those of lower ones.
    private(set) var levels: [[Int]] = []
    /// The routine, or something that it calls, reaches the database, takes a lock or has a side effect.
    private(set) var matters: [Bool]

    /// - Parameter calls: for each routine, the routine that each of its calls means.
    init(_ routines: [Routine], calls: [[StepID: Int]]) {
        self.calls = calls
        matters = routines.map { routine in
            var touches = false
            routine.body.visit { if $0.kind.touchesOthers { touches = true } }
            return touches
        }
        cutCycles()
        arrange()
    }

    /// Tarjan's components, without recursion: no order puts one routine of a component before another.
    private mutating func cutCycles() {
        let count = calls.count, targets = calls.map { Array(Set($0.values)).sorted() }
        var index = [Int](repeating: -1, count: count), low = index, component = index
        var stack: [Int] = [], onStack = [Bool](repeating: false, count: count), counter = 0, components = 0
        for root in 0..<count where index[root] < 0 {
            var work: [(node: Int, next: Int)] = [(root, 0)]
            while let (node, next) = work.last {
                if next == 0, index[node] < 0 {
                    index[node] = counter
                    low[node] = counter
                    counter += 1
                    stack.append(node)
                    onStack[node] = true
                }
                if next < targets[node].count {
                    work[work.count - 1].next += 1
                    let target = targets[node][next]
                    if index[target] < 0 { work.append((target, 0)) } else if onStack[target] { low[node] = min(low[node], index[target]) }
                    continue
                }
                work.removeLast()
                if let parent = work.last { low[parent.node] = min(low[parent.node], low[node]) }
                guard low[node] == index[node] else { continue }
                while let member = stack.popLast() {
                    onStack[member] = false
                    component[member] = components
                    if member == node { break }
                }
                components += 1
            }
        }
        recursive = calls.indices.map { at in calls[at].filter { component[$0.value] == component[at] } }
        for at in calls.indices { calls[at] = calls[at].filter { component[$0.value] != component[at] } }
        // Members of a cycle matter together.
        var matter: Set<Int> = []
        for at in calls.indices where matters[at] { matter.insert(component[at]) }
        for at in calls.indices where !recursive[at].isEmpty && matter.contains(component[at]) { matters[at] = true }
    }

    /// Heights from the leaves up, and what matters with them.
    private mutating func arrange() {
        var callers = [[Int]](repeating: [], count: calls.count), open = calls.map { Set($0.values).count }
        for at in calls.indices { for target in Set(calls[at].values).sorted() { callers[target].append(at) } }
        var level = calls.indices.filter { open[$0] == 0 }
        while !level.isEmpty {
            levels.append(level)
            var next: [Int] = []
            for at in level {
                for caller in callers[at] {
                    if matters[at] { matters[caller] = true }
                    open[caller] -= 1
                    if open[caller] == 0 { next.append(caller) }
                }
            }
            level = next.sorted()
        }
    }
}

extension Step.Kind {
    fileprivate var touchesOthers: Bool {
        switch self {
        case .read, .write, .begin, .lock, .effect: true
        case .call(let call): call.callee.hasPrefix("rpc:") || call.runsText != nil || call.purpose != nil || call.effect != nil
        case .branch(let condition, _, _): condition.namesScheme
        case .loop, .scope, .attempt, .end, .unlock, .exit, .opaque: false
        }
    }
}
