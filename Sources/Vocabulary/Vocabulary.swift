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
    /// Methods that an extension of the client puts in the place of its own.
    package let extensions: [String: Write.Operation]
    /// The names by which calls begin, to be found by bytes.
    package let spotted: Openings
    package let calls: CallMeanings
    package let models: ModelWords

    /// Whether a module is one of the libraries.
    package func imports(_ module: String) -> Bool { apis.contains { $0.isImported(by: module) } }

    /// Whether a module brings in a template tag, which may have any name.
    package func bringsTag(_ module: String) -> Bool {
        apis.contains { api in api.isImported(by: module) && api.links.values.contains { $0.role == .tag } }
    }

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
        extensions = apis.reduce(into: [:]) { $0.merge($1.extensions) { first, _ in first } }
        phrases = Set(apis.flatMap(\.phrases.names))
    }
}
