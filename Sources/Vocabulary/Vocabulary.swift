import CBundled
package import Flow

/// Everything that data says about APIs, indexed for the lowering.
package final class Vocabulary: Sendable {
    package let apis: [DatabaseAPI]
    /// Methods that open a chain (or are one): name → the APIs that know it.
    package let openings: [String: [Int]]
    /// Methods of rows: name → the APIs whose rows have it.
    package let instances: [String: [Int]]
    /// Functions by which arguments are phrased (`eq`, `and`, `count`): calling one does nothing by itself.
    package let phrases: Set<String>
    /// Decorators of methods that run before a row is written.
    package let hooks: [String: Write.Operation]
    /// The names by which calls begin, to be found by bytes.
    package let spotted: Openings
    package let calls: CallMeanings
    package let models: ModelWords

    /// The vocabulary that is part of the binary.
    package static func bundled() throws -> Vocabulary {
        let apis = try bundledTexts(interlock_bundled_apis()).map { try DatabaseAPI(Entry(text: $0)) }
        let words = bundledTexts(interlock_bundled_words())
        return Vocabulary(apis: apis, calls: try CallMeanings(Entry(text: words[0])), models: try ModelWords(Entry(text: words[1])))
    }

    /// The same without the APIs that the project does not use; strictly, also without those that look like nobody else's.
    package func narrowed(to present: Set<Int>, strictly: Bool) -> Vocabulary {
        Vocabulary(apis: apis.indices.filter { present.contains($0) || (!strictly && apis[$0].recognised != .present) }.map { apis[$0] }, calls: calls, models: models)
    }

    package func has(_ name: String) -> Bool { apis.contains { $0.name == name } }

    init(apis: [DatabaseAPI], calls: CallMeanings, models: ModelWords) {
        self.apis = apis
        self.calls = calls
        self.models = models
        var openings: [String: [Int]] = [:], instances: [String: [Int]] = [:]
        for (index, api) in apis.enumerated() {
            for (name, link) in api.links where link.opens { openings[name, default: []].append(index) }
            for name in api.instances.keys { instances[name, default: []].append(index) }
        }
        self.openings = openings
        self.instances = instances
        spotted = Openings(apis)
        hooks = apis.reduce(into: [:]) { $0.merge($1.hooks) { first, _ in first } }
        phrases = Set(apis.flatMap(\.phrases.names))
    }
}

/// The texts of a bundle, which stand one behind the other, each closed by a zero byte.
private func bundledTexts(_ bundle: interlock_bundle) -> [String] {
    UnsafeBufferPointer(start: bundle.start, count: bundle.count).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
}
