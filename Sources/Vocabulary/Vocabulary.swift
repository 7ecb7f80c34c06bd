package import Flow

/// What calls mean in each language of a project.
package struct Vocabularies: Sendable {
    package let javascript: Vocabulary
    package let python: Vocabulary

    package init(javascript: Vocabulary, python: Vocabulary) {
        self.javascript = javascript
        self.python = python
    }

    /// Whether the same libraries are known, of the same dialects.
    package func knowsTheSame(as other: Vocabularies) -> Bool {
        javascript.libraries == other.javascript.libraries && python.libraries == other.python.libraries
    }

    package func of(_ language: Language) -> Vocabulary { language == .python ? python : javascript }
}

/// Everything that data says about APIs, indexed for the lowering.
package final class Vocabulary: Sendable {
    package let apis: [DatabaseAPI]
    /// Methods that open a chain (or are one): name → the APIs that know it.
    package let openings: [String: [Int]]
    /// Methods of rows: name → the APIs whose rows have it.
    package let instances: [String: [Int]]
    /// Functions by which arguments are phrased (`eq`, `and`, `count`): calling one does nothing by itself.
    package let phrases: Set<String>
    /// How functions come to run before writes, of those libraries that know such a thing.
    package let hooks: [Hooks]
    /// Functions that name a column of the row at hand: `F("used")`.
    package let columns: Set<String>
    /// A client that is itself called with a table, `knex('seats')`, by one of its names.
    package let callableClient: String?
    /// The names by which calls begin, to be found by bytes.
    package let spotted: Openings
    package let calls: CallMeanings
    package let models: ModelWords
    package let surfaces: SurfaceWords

    fileprivate var libraries: [String] { apis.map { "\($0.name) \($0.dialect) \($0.sessions)" } }

    /// Whether a module is one of the libraries.
    package func imports(_ module: String) -> Bool { apis.contains { $0.isImported(by: module) } }

    /// The template tags that a module brings in, by the names that it gives them.
    package func tags(of module: String) -> Set<String> {
        Set(apis.lazy.filter { $0.isImported(by: module) }.flatMap { $0.links.filter { $0.value.role == .tag }.keys })
    }

    init(apis: [DatabaseAPI], calls: CallMeanings, models: ModelWords, surfaces: SurfaceWords) {
        self.apis = apis
        self.calls = calls
        self.models = models
        self.surfaces = surfaces
        var openings: [String: [Int]] = [:], instances: [String: [Int]] = [:]
        for (index, api) in apis.enumerated() {
            for (name, link) in api.links where link.opens { openings[name, default: []].append(index) }
            for name in api.instances.keys { instances[name, default: []].append(index) }
        }
        self.openings = openings
        self.instances = instances
        spotted = Openings(apis)
        callableClient = apis.lazy.flatMap { api in api.links.filter { $1.opens && api.receivers.contains($0) }.keys }.min()
        hooks = apis.map(\.hooks).filter { !$0.moments.isEmpty }
        columns = Set(apis.flatMap(\.phrases.columns))
        phrases = Set(apis.flatMap(\.phrases.names))
    }
}
