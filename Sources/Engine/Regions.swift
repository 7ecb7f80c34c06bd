import Vocabulary

/// A stretch of a file that declares something at its top level, as the lines tell before anything is parsed: from one
/// that begins in the first column to the next. Code that is not laid out so is one region, and nothing of it is left out.
struct Region: Sendable {
    let start: Int
    var end: Int
    /// What it declares, and under which other files can ask for it.
    var names: [UInt64] = []
    /// Names of this file and imported ones that it uses.
    var mentions: Set<UInt64> = []
    /// Imported names of which it asks the value.
    var values: Set<UInt64> = []
    /// A constant that is written out there: a limit, a list, an enumeration.
    var isData = false
    /// An interface or another type: nothing at run time.
    var isType = false
    /// The interfaces that a class in it promises to have the methods of.
    var promises: Set<UInt64> = []
    /// Imported names that it declares something to be of, where their own names do not say that they are called upon.
    var declared: Set<UInt64> = []
    /// Methods of two words or more that a class in it declares.
    var methods: Set<UInt64> = []
    /// Such methods that it calls on something.
    var called: Set<UInt64> = []
    /// What the statements that may be opened in it can come to.
    var opens: Set<Openings.Place.Deed> = []

    /// The regions of a text, in order and without a gap.
    static func all(in bytes: [UInt8]) -> [Region] {
        bytes.withUnsafeBufferPointer { text in
            var found = [Region(start: 0, end: 0)], line = 0, isClosed = true, isImport = true
            while line < text.count {
                let end = text[line...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
                if let first = text[line..<end].firstIndex(where: { $0 > 0x20 }) {
                    let begins = first == line && isClosed && (WordSet.isWordByte(text[line]) || text[line] == UInt8(ascii: "@"))
                    let brings = text.stands("import ", at: line)
                    if begins, !(brings && isImport) {
                        found[found.count - 1].end = line
                        found.append(Region(start: line, end: text.count, names: names(at: line, in: text), isType: isType(at: line, in: text)))
                        isImport = brings
                    }
                    // What a new declaration can follow: a line that closed the one before, or its comment.
                    let last = text[line..<end].last { $0 > 0x20 }
                    isClosed = first == line || last == UInt8(ascii: ";") || last == UInt8(ascii: "/") || (isClosed && text[first] == UInt8(ascii: "*"))
                }
                line = end + 1
            }
            found[found.count - 1].end = text.count
            for at in found.indices where !found[at].names.isEmpty { found[at].isData = isData(found[at].start..<found[at].end, in: text) }
            return found
        }
    }

    /// `export const LIMITS = {`, `const social = [`, `exports.FIND = '`, `enum Status {`, unless it is longer than what anybody writes out by hand.
    private static func isData(_ range: Range<Int>, in text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard range.count < 8_000 else { return false }
        var at = text.stands("export ", at: range.lowerBound) ? range.lowerBound + 7 : range.lowerBound
        guard ["const ", "enum ", "exports.", "module.exports.", "module.exports ="].contains(where: { text.stands($0, at: at) }) else { return false }
        if text.stands("enum ", at: at) || text.stands("const enum ", at: at) { return true }
        while at < range.upperBound {
            // The first `=` that is none of `=>`; a type may stand before it.
            if text[at] == UInt8(ascii: "="), at + 1 < range.upperBound, text[at + 1] != UInt8(ascii: ">") {
                guard let first = text[(at + 1)..<range.upperBound].first(where: { $0 > 0x20 }) else { return false }
                return dataStarts.contains(first) || makesLimiter(from: at + 1, in: text[..<range.upperBound])
            }
            at += 1
        }
        return false
    }

    /// `rateLimit({`, `new RateLimiterRedis({`
    private static func makesLimiter(from start: Int, in text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        guard let open = text[start...].prefix(60).firstIndex(of: UInt8(ascii: "(")) else { return false }
        let name = String(decoding: text[start..<open], as: UTF8.self).lowercased()
        return ["limit", "throttle", "slowdown"].contains { name.contains($0) }
    }

    private static let dataStarts = Set("{[\"'`-0123456789".utf8)

    /// A component is one region: what its template names stands in its script.
    static func component(in bytes: [UInt8]) -> Region { Region(start: 0, end: bytes.count, names: [defaultHash]) }

    private static let openers = WordSet([
        "export", "default", "async", "function", "abstract", "class", "const", "let", "var", "declare", "enum", "interface", "type", "namespace", "module",
        "exports",
    ])
    private static let byDefault = WordSet(["default", "exports"])

    /// `export async function take(`, `const { a, b } =`, `export { a, b as c }`, `exports.a =`: the words up to where the
    /// declaration has its names behind it.
    private static func names(at start: Int, in text: UnsafeBufferPointer<UInt8>) -> [UInt64] {
        var found: [UInt64] = [], at = start, isList = false, isDeclaration = false
        let limit = min(text.count, start + 4_000)
        while at < limit {
            let byte = text[at]
            if WordSet.isWordByte(byte) {
                let first = at
                while at < limit, WordSet.isWordByte(text[at]) { at += 1 }
                let word = WordSet.hash(of: text[first..<at])
                if !openers.contains(word) {
                    // `Wallet.pay = …` belongs to what `Wallet` is; by `router.post(…)` nothing is declared.
                    guard isDeclaration else { return assignsProperty(behind: at, in: text) ? [word] : [] }
                    found.append(word)
                } else if !isList {
                    isDeclaration = true
                    if byDefault.contains(word) { found.append(defaultHash) }
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                // Behind a name it is a body.
                if isList || found.contains(where: { $0 != defaultHash }) { return found }
                isList = true
            case UInt8(ascii: "}"), UInt8(ascii: "]"): return found
            case UInt8(ascii: "="), UInt8(ascii: "("), UInt8(ascii: "<"), UInt8(ascii: ";"): return found
            case UInt8(ascii: ":") where !isList: return found
            default: break
            }
            at += 1
        }
        return found
    }

    /// `.pay =`, `.prototype.pay =`
    private static func assignsProperty(behind end: Int, in text: UnsafeBufferPointer<UInt8>) -> Bool {
        var at = end
        while at < text.count, text[at] == UInt8(ascii: ".") || WordSet.isWordByte(text[at]) { at += 1 }
        guard at > end else { return false }
        while at < text.count, text[at] == 0x20 { at += 1 }
        return at + 1 < text.count && text[at] == UInt8(ascii: "=") && text[at + 1] != UInt8(ascii: "=")
    }

    /// `export interface`, `type`, `declare …`
    private static func isType(at start: Int, in text: UnsafeBufferPointer<UInt8>) -> Bool {
        let at = text.stands("export ", at: start) ? start + 7 : start
        return text.stands("interface ", at: at) || text.stands("type ", at: at) || text.stands("declare ", at: at)
    }
}

extension [Region] {
    /// The region that holds a place.
    func index(of place: Int) -> Int {
        var low = 0, high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].start <= place { low = middle + 1 } else { high = middle }
        }
        return low - 1
    }

    /// Notes which names each region uses: those of the file wherever they stand, imported ones where they are called,
    /// extended, declared as a field's type or passed on. The rest are types, constants and components, through which
    /// nothing reaches a database from here.
    mutating func noteMentions(in bytes: [UInt8], importing imported: some Sequence<String>, types: [String], wherever: Bool) {
        let types = WordSet(types)
        let names = Set(imported.map { WordSet.hash($0) }), brought = WordSet(hashes: names), own = WordSet(hashes: Set(flatMap(\.names)).subtracting(names))
        var current = 0, previous: UInt64 = 0, isPassedOn = false, isPromising = false
        bytes.withUnsafeBufferPointer { text in
            var survey = MethodSurvey(text)
            WordSet.forEachWord(in: text) { hash, place in
                while current + 1 < count, self[current + 1].start <= place.lowerBound {
                    current += 1
                    survey.enter(self[current])
                }
                let next = place.upperBound < text.count ? text[place.upperBound] : 0
                // What is passed on ends with the statement.
                if isPassedOn, next == UInt8(ascii: ";") || next == UInt8(ascii: "(") { isPassedOn = false }
                guard !self[current].isType else { return }
                survey.note(hash, at: place, in: &self[current])
                if isPromising {
                    self[current].promises.insert(hash)
                    let behind = text[place.upperBound...].first { $0 > 0x20 }
                    if behind == UInt8(ascii: "{") { isPromising = false }
                }
                if hash == implementsHash { isPromising = true }
                if own.contains(hash) {
                    self[current].mentions.insert(hash)
                } else if brought.contains(hash) {
                    if wherever || isPassedOn || previous == extendsHash || isCall(text, place.upperBound) {
                        self[current].mentions.insert(hash)
                    } else {
                        self[current].values.insert(hash)
                        if let type = declaredType(text, place) {
                            if type == .service { self[current].mentions.insert(hash) } else { self[current].declared.insert(hash) }
                        }
                    }
                }
                if types.contains(hash), declaredType(text, place) != nil { self[current].declared.insert(hash) }
                // `module.exports = {orders, payouts}`, `export default orders`, `export { orders }`
                let opensList = place.upperBound + 1 < text.count && text[place.upperBound + 1] == UInt8(ascii: "{")
                if hash == exportsHash || hash == defaultHash || (hash == exportHash && opensList) { isPassedOn = true }
                previous = hash
            }
        }
    }
}

private let implementsHash = WordSet.hash("implements")
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

private enum DeclaredType { case service, any }

/// `private orders: OrderService`: the type of a field or parameter, through which methods are called.
private func declaredType(_ text: UnsafeBufferPointer<UInt8>, _ word: Range<Int>) -> DeclaredType? {
    guard text[word.lowerBound] >= 65, text[word.lowerBound] <= 90 else { return nil }
    var at = word.lowerBound
    while at > 0, text[at - 1] == 0x20 { at -= 1 }
    guard at > 0, text[at - 1] == UInt8(ascii: ":") else { return nil }
    // What is called a service is called upon, wherever it is declared; anything else where it is a field.
    if services.contains(where: { text[word].count >= $0.utf8.count && text[word].suffix($0.utf8.count).elementsEqual($0.utf8) }) { return .service }
    at -= 1
    while at > 0, WordSet.isWordByte(text[at - 1]) || text[at - 1] == 0x20 || text[at - 1] == UInt8(ascii: "?") || text[at - 1] == UInt8(ascii: "!") { at -= 1 }
    while at < word.lowerBound {
        let start = at
        while at < word.lowerBound, WordSet.isWordByte(text[at]) { at += 1 }
        if at > start, modifiers.contains(WordSet.hash(of: text[start..<at])) { return .service }
        at += 1
    }
    return .any
}

private let services = ["Repository", "Repo", "Service", "Store", "Dao", "Model", "Client", "Gateway"]
private let modifiers = WordSet(["private", "public", "protected", "readonly"])
