import CBundled
package import Flow
import Yams

/// Everything that data says about APIs, indexed for the lowering.
package struct Vocabulary: Sendable {
    package let apis: [DatabaseAPI]
    /// Methods that open a chain (or are one): name → the APIs that know it.
    package let openings: [String: [Int]]
    package let calls: CallMeanings

    /// The vocabulary that is part of the binary.
    package static func bundled() throws -> Vocabulary {
        let decoder = YAMLDecoder()
        var apis: [DatabaseAPI] = []
        for text in bundledTexts(interlock_bundled_apis()) { apis.append(try decoder.decode(DatabaseAPI.self, from: text)) }
        let words = bundledTexts(interlock_bundled_words())
        return Vocabulary(apis: apis, calls: try decoder.decode(CallMeanings.self, from: words[0]))
    }

    init(apis: [DatabaseAPI], calls: CallMeanings) {
        self.apis = apis
        self.calls = calls
        var openings: [String: [Int]] = [:]
        for (index, api) in apis.enumerated() {
            for (name, link) in api.links {
                switch link.role {
                case .table, .sql, .tag, .routine, .batch, .transaction: openings[name, default: []].append(index)
                case .read, .insert, .update, .upsert, .delete, .filter, .filters, .one, .orNone, .returning, .lock, .parameters, .run, .skip: continue
                }
            }
        }
        self.openings = openings
    }
}

/// The texts of a bundle, which stand one behind the other, each closed by a zero byte.
private func bundledTexts(_ bundle: interlock_bundle) -> [String] {
    UnsafeBufferPointer(start: bundle.start, count: bundle.count).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
}

/// What calls outside the database mean: side effects, locks, entry points.
package struct CallMeanings: Decodable, Sendable {
    /// Kind of effect → callee names: a last component, or a dotted ending.
    private let effects: [String: [String]]
    /// Kind of effect → first words of camel-case names.
    private let verbs: [String: [String]]
    private let verbOf: [String: Effect.Kind]
    private let callees: [String: [(ending: String, kind: Effect.Kind)]]
    /// Method → which argument is the key and which the body.
    package let locks: [String: LockCall]
    /// Methods that register a request handler.
    package let routes: Set<String>
    /// Names of the parameters and calls through which a request comes in.
    package let inputs: [String: String]

    package struct LockCall: Decodable, Sendable {
        package let kind: String
        package let key: Int?
        package let body: Int?
        package let receiver: [String]?
    }

    private enum Keys: String, CodingKey { case effects, verbs, locks, routes, inputs }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Keys.self)
        effects = try values.decode([String: [String]].self, forKey: .effects)
        verbs = try values.decode([String: [String]].self, forKey: .verbs)
        locks = try values.decode([String: LockCall].self, forKey: .locks)
        routes = try Set(values.decode([String].self, forKey: .routes))
        inputs = try values.decode([String: String].self, forKey: .inputs)
        var callees: [String: [(ending: String, kind: Effect.Kind)]] = [:]
        for (kind, names) in effects {
            guard let kind = Effect.Kind(rawValue: kind) else { throw VocabularyError.unknownWord(kind) }
            for name in names { callees[Self.lastComponent(name), default: []].append((name.lowercased(), kind)) }
        }
        self.callees = callees
        var verbOf: [String: Effect.Kind] = [:]
        for (kind, words) in verbs {
            guard let kind = Effect.Kind(rawValue: kind) else { throw VocabularyError.unknownWord(kind) }
            for word in words { verbOf[word] = kind }
        }
        self.verbOf = verbOf
    }

    /// The side effect that a call of this name has, if any.
    package func effect(of callee: String) -> Effect.Kind? {
        let last = Self.lastComponent(callee)
        if let candidates = callees[last] {
            let path = callee.lowercased()
            if let hit = candidates.first(where: { path == $0.ending || path.hasSuffix("." + $0.ending) }) { return hit.kind }
        }
        guard let word = Self.firstWord(of: callee) else { return nil }
        return verbOf[word]
    }

    private static func lastComponent(_ name: String) -> String {
        String(name[(name.lastIndex(of: ".").map(name.index(after:)) ?? name.startIndex)...]).lowercased()
    }

    /// The first word of a camel-case name of two words or more: `sendPayout` → `send`; a single word decides nothing.
    private static func firstWord(of callee: String) -> String? {
        let last = callee[(callee.lastIndex(of: ".").map(callee.index(after:)) ?? callee.startIndex)...]
        var end = last.startIndex
        while end < last.endIndex, last[end].isLowercase { end = last.index(after: end) }
        guard end < last.endIndex, end > last.startIndex, last[end].isUppercase || last[end] == "_" else { return nil }
        return String(last[..<end])
    }
}
