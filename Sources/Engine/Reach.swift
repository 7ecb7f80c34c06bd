import Flow
import Lowering
import Vocabulary

/// Which regions of a project's files can take part in a race: those that reach a write, what those call on the way to the
/// database, and their helpers, which may decide something. Nothing else is lowered, and a file without any is not parsed.
struct Reach {
    private let files: [Survey.File]
    private let modules: [[String: Int]]
    private let languages: [Language]
    /// The number of the first region of each file, among those of all.
    private let base: [Int]
    /// For each region, those that it uses.
    private var uses: [[Int]] = []
    /// What each imported name of a file means.
    private var bound: [[UInt64: [Int]]] = []
    private var resolved: [Question: [Int]] = [:]
    private var isWanted: [Bool] = []
    private var isHelper: [Bool] = []
    /// Regions from which the database is reached.
    private var reaches: [Bool] = []

    private struct Question: Hashable {
        let file: Int
        let name: Exported
    }

    init(_ files: [Survey.File], _ modules: [[String: Int]], _ languages: [Language]) {
        self.files = files
        self.modules = modules
        self.languages = languages
        var count = 0
        base = files.map { file in
            defer { count += file.regions.count }
            return count
        }
        uses = Array(repeating: [], count: count)
        bound = Array(repeating: [:], count: files.count)
        for file in files.indices { connect(file) }
        close()
    }

    /// What is to be lowered of a file; nil where nothing is.
    func demand(of file: Int) -> Demand? {
        let regions = files[file].regions
        var demand = Demand()
        for (at, region) in regions.enumerated() {
            if isWanted[base[file] + at] { demand.regions.append(region.start..<region.end) }
            if isHelper[base[file] + at] { demand.helpers.append(region.start..<region.end) }
        }
        guard !demand.regions.isEmpty || !demand.helpers.isEmpty else { return nil }
        for item in files[file].imports {
            for binding in item.bindings where bound[file][WordSet.hash(binding.local)]?.contains(where: { isWanted[$0] }) == true {
                demand.reaching.insert(binding.local)
            }
        }
        return demand
    }

    // MARK: What uses what

    private mutating func connect(_ file: Int) {
        var own: [UInt64: [Int]] = [:]
        for (at, region) in files[file].regions.enumerated() { for name in region.names { own[name, default: []].append(base[file] + at) } }
        for item in files[file].imports {
            guard let target = modules[file][item.module] else { continue }
            switch item.form {
            case .passedOn: continue
            case .called: uses[base[file] + files[file].regions.index(of: item.place)] += regions(named: .all, of: target)
            case .bound: for binding in item.bindings { bound[file][WordSet.hash(binding.local), default: []] += regions(named: binding.exported, of: target) }
            }
        }
        for (at, region) in files[file].regions.enumerated() {
            for name in region.mentions { uses[base[file] + at] += bound[file][name] ?? own[name] ?? [] }
        }
    }

    /// The regions that stand behind an exported name, wherever it has been passed on from.
    private mutating func regions(named name: Exported, of file: Int) -> [Int] {
        if let known = resolved[Question(file: file, name: name)] { return known }
        // An answer that is asked for while it is sought adds nothing to itself.
        resolved[Question(file: file, name: name)] = []
        var found: [Int] = []
        let regions = files[file].regions
        switch name {
        case .all:
            for (at, region) in regions.enumerated() where !region.names.isEmpty { found.append(base[file] + at) }
        case .named(let hash):
            for (at, region) in regions.enumerated() where region.names.contains(hash) { found.append(base[file] + at) }
        }
        if found.isEmpty || name == .all {
            for item in files[file].imports where item.form == .passedOn {
                guard let target = modules[file][item.module] else { continue }
                if item.bindings.isEmpty {
                    found += self.regions(named: name, of: target)
                } else {
                    for binding in item.bindings where name == .all || name == .named(WordSet.hash(binding.local)) || binding.exported == .all {
                        found += self.regions(named: binding.exported, of: target)
                    }
                }
            }
        }
        // A default that no line shows: `export = …`, an object put together.
        if found.isEmpty, name == .default { found = self.regions(named: .all, of: file) }
        resolved[Question(file: file, name: name)] = found
        return found
    }

    // MARK: What is wanted

    private mutating func close() {
        var users = [[Int]](repeating: [], count: uses.count), opening: [Region.Opening] = []
        for (region, used) in uses.enumerated() { for other in used { users[other].append(region) } }
        for file in files { opening += file.regions.map(\.opening) }
        reaches = Self.closure(of: opening.map { $0 > .none }, along: users)
        let reaches = reaches
        isWanted = Self.closure(of: Self.closure(of: opening.map { $0 == .write }, along: users), along: uses) { reaches[$0] }

        var fileOf: [Int] = []
        for (file, known) in files.enumerated() { fileOf += Array(repeating: file, count: known.regions.count) }
        var helpers = [Bool](repeating: false, count: uses.count)
        for region in uses.indices where isWanted[region] {
            // Components of a page decide nothing.
            for used in uses[region] where !isWanted[used] && (languages[fileOf[used]] != .tsx || fileOf[used] == fileOf[region]) { helpers[used] = true }
        }
        for region in uses.indices { uses[region] = uses[region].filter { fileOf[$0] == fileOf[region] } }
        let isWanted = isWanted
        isHelper = Self.closure(of: helpers, along: uses) { !isWanted[$0] }
    }

    private static func closure(of start: [Bool], along edges: [[Int]], where fits: (Int) -> Bool = { _ in true }) -> [Bool] {
        var found = start, open = start.indices.filter { start[$0] }
        while let next = open.popLast() {
            for other in edges[next] where !found[other] && fits(other) {
                found[other] = true
                open.append(other)
            }
        }
        return found
    }
}
