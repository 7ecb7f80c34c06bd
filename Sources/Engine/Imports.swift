import Vocabulary

/// One module that a file brings in, read from its bytes before anything is parsed.
struct Import: Sendable {
    let module: String
    /// The local names under which the file knows what it imports.
    var names: [String] = []
    /// The module is passed on, or brought in by a call: what is used of it cannot be seen here.
    var isOpaque = false
}

/// Finds `import … from 'x'`, `export … from 'x'`, `require('x')` and `import('x')`; what is imported as a type alone is
/// nothing at run time.
struct ImportScan {
    private let text: UnsafeBufferPointer<UInt8>
    private var found: [Import] = []

    static func imports(in bytes: [UInt8]) -> [Import] {
        bytes.withUnsafeBufferPointer { text in
            var scan = ImportScan(text: text)
            scan.run()
            return scan.found
        }
    }

    private init(text: UnsafeBufferPointer<UInt8>) { self.text = text }

    private mutating func run() {
        var index = 0, statement = 0
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "i") || byte == UInt8(ascii: "e"), index == 0 || text[index - 1] == UInt8(ascii: "\n") { statement = index }
            guard byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\""), let kind = kind(before: index) else {
                index += 1
                continue
            }
            var end = index + 1
            while end < text.count, end - index < 200, text[end] != byte, text[end] != UInt8(ascii: "\n") { end += 1 }
            if end < text.count, text[end] == byte { note(String(decoding: UnsafeBufferPointer(rebasing: text[(index + 1)..<end]), as: UTF8.self), kind, statement, index) }
            index = end + 1
        }
    }

    private enum Kind { case from, required, called }

    /// What the word before a quote says.
    private func kind(before quote: Int) -> Kind? {
        var end = quote
        while end > 0, text[end - 1] == 0x20 || text[end - 1] == UInt8(ascii: "(") { end -= 1 }
        guard end > 3 else { return nil }
        switch text[end - 1] {
        case UInt8(ascii: "m"): return ends(end, with: "from") ? .from : nil
        case UInt8(ascii: "e"): return ends(end, with: "require") ? .required : nil
        case UInt8(ascii: "t"): return ends(end, with: "import") ? .called : nil
        default: return nil
        }
    }

    private mutating func note(_ module: String, _ kind: Kind, _ statement: Int, _ quote: Int) {
        var item = Import(module: module)
        switch kind {
        case .called: item.isOpaque = true
        case .from:
            if begins(statement, with: "import type ") || begins(statement, with: "export type ") { return }
            if begins(statement, with: "export") { item.isOpaque = true } else { item.names = names(from: statement + 6, to: quote) }
        case .required:
            var start = quote
            while start > 0, text[start - 1] != UInt8(ascii: "\n"), text[start - 1] != UInt8(ascii: ";"), quote - start < 2_000 { start -= 1 }
            // `const {\n a,\n b\n} = require('x')`
            if let close = text[start..<quote].firstIndex(of: UInt8(ascii: "}")), !text[start..<close].contains(UInt8(ascii: "{")) {
                while start > 0, text[start] != UInt8(ascii: "{"), quote - start < 4_000 { start -= 1 }
            }
            item.names = names(from: start, to: text[start..<quote].firstIndex(of: UInt8(ascii: "=")) ?? start)
            if item.names.isEmpty { item.isOpaque = true }
        }
        found.append(item)
    }

    private static let keywords: Set<String> = ["const", "let", "var", "as", "from", "type", "default", "import", "typeof"]

    /// The words of an import clause; of `a as b` both, which does no harm.
    private func names(from start: Int, to end: Int) -> [String] {
        guard start < end else { return [] }
        return text[start..<end].split(whereSeparator: { !WordSet.isWordByte($0) }).map { String(decoding: $0, as: UTF8.self) }.filter { !Self.keywords.contains($0) }
    }

    private func begins(_ start: Int, with word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard start + count <= text.count else { return false }
        for at in 0..<count where text[start + at] != word.utf8Start[at] { return false }
        return true
    }

    private func ends(_ end: Int, with word: StaticString) -> Bool { end >= word.utf8CodeUnitCount && begins(end - word.utf8CodeUnitCount, with: word) }
}

/// Which of these names the text calls, or makes a class or a declared field of: the others are types, constants and
/// components, through which nothing reaches a database from here.
func calledNames(in bytes: [UInt8], of names: Set<String>) -> Set<String> {
    guard !names.isEmpty else { return [] }
    let wanted = WordSet(names)
    var called: Set<String> = [], previous: UInt64 = 0, isPassedOn = false
    bytes.withUnsafeBufferPointer { text in
        WordSet.forEachWord(in: text) { hash, place in
            let next = place.upperBound < text.count ? text[place.upperBound] : 0
            // What is passed on ends with the statement.
            if isPassedOn, next == UInt8(ascii: ";") || next == UInt8(ascii: "(") { isPassedOn = false }
            if let name = wanted.word(hash), isPassedOn || previous == extendsHash || isDeclaredType(text, place) || isCall(text, place.upperBound) {
                called.insert(name)
            }
            // `module.exports = {orders, payouts}`, `export default orders`, `export { orders }`
            let opensList = place.upperBound + 1 < text.count && text[place.upperBound + 1] == UInt8(ascii: "{")
            if hash == exportsHash || hash == defaultHash || (hash == exportHash && opensList) { isPassedOn = true }
            previous = hash
        }
    }
    return called
}

private let extendsHash = WordSet.hash("extends"), exportsHash = WordSet.hash("exports"), defaultHash = WordSet.hash("default")
private let exportHash = WordSet.hash("export")

/// `f(…)`, `f?.(…)`, `f<T>(…)`, `f\`…\``, `f.g(…)`, `f.g.h(…)`.
private func isCall(_ text: UnsafeBufferPointer<UInt8>, _ end: Int) -> Bool {
    var at = end
    for _ in 0..<6 {
        while at < text.count, text[at] <= 0x20 || text[at] == UInt8(ascii: "?") || text[at] == UInt8(ascii: "!") { at += 1 }
        guard at < text.count else { return false }
        switch text[at] {
        case UInt8(ascii: "("), UInt8(ascii: "<"), UInt8(ascii: "`"): return true
        case UInt8(ascii: "."):
            at += 1
            while at < text.count, text[at] <= 0x20 { at += 1 }
            if at < text.count, text[at] == UInt8(ascii: "(") { return true }
            while at < text.count, WordSet.isWordByte(text[at]) { at += 1 }
        default: return false
        }
    }
    return false
}

/// `private orders: OrderService`: the type of a field or parameter, through which methods are called.
private func isDeclaredType(_ text: UnsafeBufferPointer<UInt8>, _ word: Range<Int>) -> Bool {
    guard text[word.lowerBound] >= 65, text[word.lowerBound] <= 90 else { return false }
    var at = word.lowerBound
    while at > 0, text[at - 1] == 0x20 { at -= 1 }
    guard at > 0, text[at - 1] == UInt8(ascii: ":") else { return false }
    // What is called a service is called upon, wherever it is declared; anything else where it is a field.
    if services.contains(where: { text[word].count >= $0.utf8.count && text[word].suffix($0.utf8.count).elementsEqual($0.utf8) }) { return true }
    at -= 1
    while at > 0, WordSet.isWordByte(text[at - 1]) || text[at - 1] == 0x20 || text[at - 1] == UInt8(ascii: "?") || text[at - 1] == UInt8(ascii: "!") { at -= 1 }
    let declaration = String(decoding: text[at..<word.lowerBound], as: UTF8.self)
    return modifiers.contains { declaration.contains($0) }
}

private let services = ["Repository", "Repo", "Service", "Store", "Dao", "Model", "Client", "Gateway"]
private let modifiers = ["private", "public", "protected", "readonly"]
