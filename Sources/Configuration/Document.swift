import Yams

/// A fault in a configuration file, in one sentence that begins with its place.
package struct ConfigurationError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// A YAML text that was checked against a shape.
indirect enum Document {
    case text(String)
    case list([Document])
    case record([String: Document])

    /// More is no configuration; with aliases, a few lines could stand for any number of values.
    private static let sizeLimit = 1 << 20, valueLimit = 20_000

    init(_ bytes: [UInt8], path: String, shape: Shape) throws {
        let text = try Self.text(bytes, path: path)
        var reader = Reader(path: path, left: Self.valueLimit)
        do {
            // NB: the basic resolver leaves words as they are written; `off` is a word here and no falsehood.
            guard let node = try Yams.compose(yaml: text, .basic) else { self = .record([:]); return }
            if node.scalar?.string == "" { self = .record([:]) } else { self = try reader.read(node, shape, "") }
        } catch let error as YamlError {
            throw ConfigurationError("\(path)\(error.place): \(error.sentence).")
        }
    }

    /// A text that the reader of YAML can be trusted with. Aliases let a few lines stand for any number of values, as keys
    /// also before anybody could count them; no configuration needs them.
    static func text(_ bytes: [UInt8], path: String) throws -> String {
        guard bytes.count <= sizeLimit else { throw ConfigurationError("\(path): larger than \(sizeLimit >> 20) MB.") }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw ConfigurationError("\(path): not UTF-8.") }
        var line = 1, quote: UInt8?, previous = UInt8(ascii: " "), isComment = false
        for byte in bytes {
            if byte == UInt8(ascii: "\n") { (line, isComment) = (line + 1, false) }
            let begins = " \t\n[{,".utf8.contains(previous)
            if let open = quote {
                if byte == open { quote = nil }
            } else if !isComment {
                if begins, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") { quote = byte }
                if begins, byte == UInt8(ascii: "#") { isComment = true }
                if begins, byte == UInt8(ascii: "*") || byte == UInt8(ascii: "&") {
                    throw ConfigurationError("\(path):\(line): aliases and anchors are not read; a text that begins with * or & stands between quotes.")
                }
            }
            previous = byte
        }
        return text
    }

    subscript(key: String) -> Document? { if case .record(let fields) = self { fields[key] } else { nil } }

    var word: String? { if case .text(let text) = self { text } else { nil } }

    var items: [Document] { if case .list(let items) = self { items } else { [] } }

    var words: [String] { items.compactMap(\.word) }

    var fields: [String: Document] { if case .record(let fields) = self { fields } else { [:] } }
}

private struct Reader {
    let path: String
    /// How many values may still come.
    var left: Int

    mutating func read(_ node: Node, _ shape: Shape, _ key: String) throws -> Document {
        left -= 1
        guard left > 0 else { throw fault(node, "too many values") }
        switch shape {
        case .text:
            guard let text = node.scalar?.string, !text.isEmpty else { throw fault(node, "\(key) takes a text") }
            return .text(text)
        case .choice(let words):
            guard let text = node.scalar?.string, words.contains(text) else {
                throw fault(node, "\(key) takes \(words.joined(separator: ", ")), not \(Self.shown(node))")
            }
            return .text(text)
        case .list(let item):
            guard let sequence = node.sequence else { return .list([try read(node, item, key)]) }
            return .list(try sequence.map { try read($0, item, key) })
        case .mapping(let words, let value):
            return .record(try fields(of: node, key, words) { _ in value })
        case .record(let known):
            return .record(try fields(of: node, key, known.map(\.name)) { name in known.first { $0.name == name }?.shape })
        }
    }

    private mutating func fields(of node: Node, _ key: String, _ known: [String], _ shape: (String) -> Shape?) throws -> [String: Document] {
        guard let mapping = node.mapping else {
            throw fault(
                node, key.isEmpty ? "keys such as `rules:` are expected, not \(Self.shown(node))" : "\(key) takes keys and values, not \(Self.shown(node))")
        }
        var found: [String: Document] = [:]
        for (name, value) in mapping where value.scalar?.string != "" || value.scalar?.style != .plain {
            let word = name.scalar?.string ?? ""
            guard let shape = known.contains(word) ? shape(word) : nil else {
                let hint = Nearest.of(word, among: known).map { "Did you mean \"\($0)\"?" } ?? "There are: \(known.joined(separator: ", "))."
                throw ConfigurationError("\(path)\(Self.place(name)): there is no \(key.isEmpty ? "key" : "\(key)") \"\(word)\". \(hint)")
            }
            found[word] = try read(value, shape, word)
        }
        return found
    }

    private func fault(_ node: Node, _ sentence: String) -> ConfigurationError { ConfigurationError("\(path)\(Self.place(node)): \(sentence).") }

    private static func place(_ node: Node) -> String { node.mark.map { ":\($0.line):\($0.column)" } ?? "" }

    private static func shown(_ node: Node) -> String { node.scalar.map { "\"\($0.string)\"" } ?? (node.sequence == nil ? "keys and values" : "a list") }
}

extension YamlError {
    fileprivate var place: String {
        switch self {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): ":\(mark.line):\(mark.column)"
        case .duplicatedKeysInMapping(_, let context): ":\(context.mark.line):\(context.mark.column)"
        default: ""
        }
    }

    fileprivate var sentence: String {
        switch self {
        case .scanner(_, let problem, _, _), .parser(_, let problem, _, _), .composer(_, let problem, _, _): "not YAML (\(problem))"
        case .duplicatedKeysInMapping(let keys, _): "\(keys.compactMap { "\"\($0)\"" }.joined(separator: ", ")) stands there twice"
        default: "not YAML"
        }
    }
}
