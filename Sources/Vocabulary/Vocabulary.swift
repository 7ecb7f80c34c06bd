import CBundled

/// Everything that data says about APIs, indexed for the lowering.
package struct Vocabulary: Sendable {
    package let apis: [DatabaseAPI]
    /// Methods that open a chain (or are one): name → the APIs that know it.
    package let openings: [String: [Int]]
    package let calls: CallMeanings
    package let models: ModelWords

    /// The vocabulary that is part of the binary.
    package static func bundled() throws -> Vocabulary {
        let apis = try bundledTexts(interlock_bundled_apis()).map { try DatabaseAPI(Entry(text: $0)) }
        let words = bundledTexts(interlock_bundled_words())
        return Vocabulary(apis: apis, calls: try CallMeanings(Entry(text: words[0])), models: try ModelWords(Entry(text: words[1])))
    }

    init(apis: [DatabaseAPI], calls: CallMeanings, models: ModelWords) {
        self.apis = apis
        self.calls = calls
        self.models = models
        var openings: [String: [Int]] = [:]
        for (index, api) in apis.enumerated() {
            for (name, link) in api.links where link.role.opens { openings[name, default: []].append(index) }
        }
        self.openings = openings
    }
}

/// The texts of a bundle, which stand one behind the other, each closed by a zero byte.
private func bundledTexts(_ bundle: interlock_bundle) -> [String] {
    UnsafeBufferPointer(start: bundle.start, count: bundle.count).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
}
