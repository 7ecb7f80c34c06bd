import Flow

/// Methods of the classes of one language by their names alone, for calls on objects of which nothing says what they are.
struct MethodNames: Sendable {
    /// `Order.cancel`, where only one file has such a class.
    let ofClass: [String: Int]
    /// Methods by their name alone, where only one class has it.
    private let distinctive: [String: Int]
    /// Methods that several classes have, with those classes in lower case.
    private let shared: [String: [(type: String, at: Int)]]
    /// The classes that only one file has, by their folded names.
    private let classes: [String: String]

    /// - Parameter isMeant: whether a unit is in the language.
    init(_ units: [Unit], names: [[String: Int]], first: [Int], where isMeant: (Unit) -> Bool) {
        var ofClass: [String: [Int]] = [:], byName: [String: [(type: String, at: Int)]] = [:]
        for (file, unit) in units.enumerated() where isMeant(unit) {
            for (name, at) in names[file] {
                guard let dot = name.firstIndex(of: "."), unit.interface.classes[String(name[..<dot])] != nil,
                    !unit.routines[at - first[file]].onlyRefuses
                else { continue }
                ofClass[name, default: []].append(at)
                byName[String(name[name.index(after: dot)...]), default: []].append((name[..<dot].lowercased(), at))
            }
        }
        var classes: [String: Set<String>] = [:]
        for name in ofClass.keys {
            let type = String(name.prefix { $0 != "." })
            classes[Schema.foldColumn(type), default: []].insert(type)
        }
        self.classes = classes.compactMapValues { $0.count == 1 ? $0.first : nil }
        self.ofClass = ofClass.filter { $0.value.count == 1 }.mapValues { $0[0] }
        distinctive = byName.filter { $0.value.count == 1 }.mapValues { $0[0].at }
        shared = byName.filter { $0.value.count > 1 && $0.value.count < 12 }.mapValues { places in
            places.sorted { $0.at < $1.at }.filter { !$0.type.isEmpty }
        }
    }

    /// The method that a call means, where its name says something: the one that one class alone has, or that of the class
    /// after which the variable is called, as in `project.seats_left()`.
    func method(_ name: Substring, on owner: Substring) -> Int? {
        guard Self.saysSomething(name) else { return nil }
        if let found = distinctive[String(name)] { return found }
        let owner = owner.utf8.filter { $0 != UInt8(ascii: "_") }.map { $0 | 0x20 }
        return shared[String(name)]?.first { owner.suffix($0.type.utf8.count).elementsEqual($0.type.utf8) }?.at
    }

    /// The method of the class after which an object is called: `bookingRepository.save(…)`, and in a unit of work of that after
    /// whose rows it is called, as in `uow.accounts.get(…)` of an `AccountRepository`.
    func method(_ name: Substring, ofClassNamedAfter owner: Substring, of holder: Substring?) -> Int? {
        let own = Schema.foldColumn(String(owner)), one = own.hasSuffix("s") ? String(own.dropLast()) : own
        let kept = holder.map { Self.holders.contains(Schema.foldColumn(String($0))) } == true ? Self.keepers.flatMap { [own + $0, one + $0] } : []
        return ([own] + kept).firstMapped { folded in
            guard let type = classes[folded], Self.saysSomething(type[...]) else { return nil }
            return ofClass["\(type).\(name)"]
        }
    }

    /// What classes are called that keep rows for others.
    private static let keepers = ["repository", "repo", "dao", "store"]
    /// What holds one of each.
    private static let holders: Set<String> = ["uow", "unitofwork", "work", "repos", "repositories", "daos"]

    /// A name of two words or more.
    private static func saysSomething(_ name: Substring) -> Bool {
        name.utf8.dropFirst().contains { $0 == UInt8(ascii: "_") || (65...90).contains($0) }
    }
}

extension Routine {
    /// `raise NotImplementedError()`: what is meant stands in another class.
    fileprivate var onlyRefuses: Bool {
        guard case .exit(.throw)? = body.last?.kind else { return false }
        return body.dropLast().allSatisfy { if case .call = $0.kind { true } else { false } }
    }
}
