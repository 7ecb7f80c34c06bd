import Flow
import Lowering
import Vocabulary

/// Which regions of a project's files can take part in a race: those that reach a write, what those call on the way to the
/// database, and their helpers, which may decide something. Nothing else is lowered, and a file without any is not parsed.
struct Reach {
    private let files: [Survey.File]
    private let modules: [[String: Int]]
    /// The number of the first region of each file, among those of all.
    private let base: [Int]
    /// For each region, those that it uses.
    private var uses: [[Int]] = []
    /// What each imported name of a file means.
    private var bound: [[UInt64: [Int]]] = []
    /// The regions of each file by the names that they declare.
    private let own: [[UInt64: [Int]]]
    /// What an exported name of a file has been found to mean; of a file as a whole under `all`.
    private var resolved: [[Exported: [Int]]]
    /// Interfaces that some class promises to have the methods of.
    private var promised: Set<Int> = []
    private var isWanted: [Bool] = []
    private var isHelper: [Bool] = []

    init(_ files: [Survey.File], _ modules: [[String: Int]]) {
        self.files = files
        self.modules = modules
        var count = 0
        base = files.map { file in
            defer { count += file.regions.count }
            return count
        }
        own = zip(files, base).map { file, base in
            var own: [UInt64: [Int]] = [:]
            for (at, region) in file.regions.enumerated() { for name in region.names { own[name, default: []].append(base + at) } }
            return own
        }
        resolved = Array(repeating: [:], count: files.count)
        uses = Array(repeating: [], count: count)
        bound = Array(repeating: [:], count: files.count)
        for file in files.indices { connect(file) }
        for file in files.indices { connectDeclared(file) }
        connectMethods()
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
        // `export * from './seats'` is what leads there.
        let passesOn = resolved[file].values.contains { $0.contains { isWanted[$0] || isHelper[$0] } }
        guard !demand.regions.isEmpty || !demand.helpers.isEmpty || passesOn else { return nil }
        demand.places = files[file].places
        for item in files[file].imports {
            // `const { take } = await import('./seats')` names what it brings where it stands.
            if item.form == .called, let target = modules[file][item.module], allRegions(of: target).contains(where: { isWanted[$0] }) {
                demand.places.append(item.place)
            }
            for binding in item.bindings where bound[file][WordSet.hash(binding.local)]?.contains(where: { isWanted[$0] }) == true {
                demand.reaching.insert(binding.local)
            }
        }
        return demand
    }

    private func allRegions(of file: Int) -> Range<Int> { base[file]..<base[file] + files[file].regions.count }

    // MARK: What uses what

    private mutating func connect(_ file: Int) {
        for item in files[file].imports {
            guard let target = modules[file][item.module] else { continue }
            switch item.form {
            case .passedOn: continue
            case .called: uses[base[file] + files[file].regions.index(of: item.place)] += regions(named: .all, of: target)
            case .bound: for binding in item.bindings { bound[file][WordSet.hash(binding.local), default: []] += regions(named: binding.exported, of: target) }
            }
        }
        for (at, region) in files[file].regions.enumerated() {
            // Whoever calls through an interface calls the class behind it.
            for name in region.promises {
                for interface in bound[file][name] ?? own[file][name] ?? [] {
                    uses[interface].append(base[file] + at)
                    promised.insert(interface)
                }
            }
            for name in region.mentions { uses[base[file] + at] += bound[file][name] ?? own[file][name] ?? [] }
        }
    }

    /// What is declared to be of an interface calls the classes behind it.
    private mutating func connectDeclared(_ file: Int) {
        guard !promised.isEmpty else { return }
        for (at, region) in files[file].regions.enumerated() {
            for name in region.declared { uses[base[file] + at] += (bound[file][name] ?? []).filter { promised.contains($0) } }
        }
    }

    /// Whoever calls a method that one class alone has calls that, whatever it is called on.
    private mutating func connectMethods() {
        for isPython in [true, false] {
            var owners: [UInt64: Int?] = [:]
            for (file, known) in files.enumerated() where (known.language == .python) == isPython {
                for (at, region) in known.regions.enumerated() {
                    for name in region.methods { owners.updateValue(owners.keys.contains(name) ? nil : base[file] + at, forKey: name) }
                }
            }
            for (file, known) in files.enumerated() where (known.language == .python) == isPython {
                for (at, region) in known.regions.enumerated() {
                    for name in region.called { if let owner = owners[name] ?? nil, owner != base[file] + at { uses[base[file] + at].append(owner) } }
                }
            }
        }
    }

    /// The regions that stand behind an exported name, wherever it has been passed on from.
    private mutating func regions(named name: Exported, of file: Int) -> [Int] {
        if case .named(let hash) = name, let known = own[file][hash] { return known }
        if let known = resolved[file][name] { return known }
        // An answer that is asked for while it is sought adds nothing to itself.
        resolved[file][name] = []
        var found: [Int] = []
        if name == .all { for (at, region) in files[file].regions.enumerated() where !region.names.isEmpty { found.append(base[file] + at) } }
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
        // Whatever a Python file has imported can be asked of it.
        if found.isEmpty, files[file].language == .python, case .named(let hash) = name {
            for item in files[file].imports where item.form == .bound {
                for binding in item.bindings where WordSet.hash(binding.local) == hash {
                    if let target = modules[file][item.module] { found += self.regions(named: binding.exported, of: target) }
                }
            }
        }
        // A default that no line shows: `export = …`, an object put together.
        if found.isEmpty, name == .default { found = self.regions(named: .all, of: file) }
        resolved[file][name] = found
        return found
    }

    // MARK: What is wanted

    private mutating func close() {
        var users = [[Int]](repeating: [], count: uses.count)
        for (region, used) in uses.enumerated() { for other in used { users[other].append(region) } }
        let opens = files.flatMap { $0.regions.map(\.opens) }
        let reaches = Self.closure(of: opens.map { $0.contains(.read) || $0.contains(.write) }, along: users)
        // A row is written by its own method where the way to it, or from it, leads to a read.
        let saves = Self.closure(of: opens.map { $0.contains(.saveRow) }, along: users)
        let writing = opens.indices.map {
            opens[$0].contains(.write) || opens[$0].contains(.verify) || opens[$0].contains(.pay) || (reaches[$0] && (saves[$0] || opens[$0].contains(.goOn)))
        }
        isWanted = Self.closure(of: Self.closure(of: writing, along: users), along: uses) { reaches[$0] }
        var fileOf: [Int] = []
        for (file, known) in files.enumerated() { fileOf += Array(repeating: file, count: known.regions.count) }
        for region in opens.indices where opens[region].contains(.show) {
            isWanted[region] = true
            // A component shows what those give it that use it.
            for user in users[region] where files[fileOf[user]].language.isMarkup { isWanted[user] = true }
        }
        // A component of a page decides nothing.
        func decides(_ region: Int) -> Bool { !files[fileOf[region]].language.isPage }
        var helpers = [Bool](repeating: false, count: uses.count)
        for region in uses.indices where isWanted[region] {
            for used in uses[region] where !isWanted[used] && (fileOf[used] == fileOf[region] || decides(used)) { helpers[used] = true }
        }
        // What is compared with a constant of another file is told with its value.
        for (file, known) in files.enumerated() {
            for (at, region) in known.regions.enumerated() where isWanted[base[file] + at] {
                for name in region.values { for used in bound[file][name] ?? [] where isData(used, fileOf) && !isWanted[used] { helpers[used] = true } }
            }
        }
        for region in uses.indices { uses[region] = uses[region].filter { fileOf[$0] == fileOf[region] } }
        let isWanted = isWanted
        isHelper = Self.closure(of: helpers, along: uses) { !isWanted[$0] }
    }

    private func isData(_ region: Int, _ fileOf: [Int]) -> Bool { files[fileOf[region]].regions[region - base[fileOf[region]]].isData }

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
