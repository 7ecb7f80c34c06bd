import Discovery
package import Flow
import Linking
import Lowering
import Vocabulary

extension Engine {
    /// The linked routines of texts that make up one project, as text.
    package static func outline(_ texts: [(path: String, language: Language, bytes: [UInt8])], manifests: [(path: String, bytes: [UInt8])] = [])
        async throws -> [String]
    {
        let catalogue = try Catalogue.bundled(), manifests = manifests.compactMap { Manifest(path: $0.path, bytes: $0.bytes) }
        let files = texts.map { Discovered.File(path: $0.path, language: $0.language, size: $0.bytes.count) }
        let surveyed = texts.enumerated().map { at, text in Survey.File(files[at], catalogue.models) { _ in text.bytes } }
        let vocabularies = try Survey.vocabularies(of: surveyed, manifests, catalogue)
        let resolver = Modules(files: texts.map(\.path), manifests: manifests)
        let modules = surveyed.indices.map { Survey.modules(of: surveyed[$0], at: $0, resolver) }
        let survey = Survey(surveyed, modules: modules, vocabularies, manifests, prefilters: false)
        let lowering = Lowering(Grammars(), vocabularies)
        var units: [Unit] = []
        for (at, text) in texts.enumerated() {
            units.append(lowering.lower(text.bytes, of: FileID(at), as: text.language, own: Set(modules[at].keys), for: nil, limit: 10_000_000) ?? Unit())
        }
        let schema = Schema.after(units.flatMap(\.schema.changes))
        let live = StoredRoutines(units, order: Array(units.indices)).settle(units)
        return await Linker.link(live, modules: survey.modules, threads: 1).map(\.outline) + schema.outline
    }
}
