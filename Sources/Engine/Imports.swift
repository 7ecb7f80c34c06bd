import Vocabulary

/// One module that a file brings in, read from its bytes before anything is parsed.
struct Import: Sendable {
    let module: String
    /// Where it stands.
    let place: Int
    var form = Form.bound
    /// Nothing at run time: `import type`.
    var isType = false
    var bindings: [Binding] = []

    enum Form: Sendable {
        /// Under the names of `bindings`.
        case bound
        /// Handed on to those who import this file: the names of `bindings`, or everything where there are none.
        case passedOn
        /// Brought in by a call in the middle of the code.
        case called
    }

    struct Binding: Sendable {
        let local: String
        let exported: Exported
    }
}

/// What a module gives: one of its names, `default` among them, or all.
enum Exported: Hashable, Sendable {
    case all
    case named(UInt64)

    static let `default` = Exported.named(WordSet.hash("default"))
}

/// Finds `import … from 'x'`, `export … from 'x'`, `require('x')` and `import('x')`; what is imported as a type alone is
/// nothing at run time.
struct ImportScan {
    private let text: UnsafeBufferPointer<UInt8>
    private var found: [Import] = []
    /// Where the last of them ended, so that two in one line keep their names apart.
    private var behind = 0

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
            if byte == UInt8(ascii: "i") || byte == UInt8(ascii: "e"), index == 0 || text[index - 1] == UInt8(ascii: "\n") || isIndented(index) {
                statement = index
            }
            guard byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\""), let kind = kind(before: index) else {
                index += 1
                continue
            }
            var end = index + 1
            while end < text.count, end - index < 200, text[end] != byte, text[end] != UInt8(ascii: "\n") { end += 1 }
            if end < text.count, text[end] == byte {
                note(String(decoding: UnsafeBufferPointer(rebasing: text[(index + 1)..<end]), as: UTF8.self), kind, statement, index)
            }
            index = end + 1
        }
    }

    /// `  import …`: the script of a component stands inside it.
    private func isIndented(_ index: Int) -> Bool {
        guard text[index - 1] <= 0x20, text.stands("import ", at: index) || text.stands("import{", at: index) else { return false }
        var start = index
        while start > 0, text[start - 1] == 0x20 || text[start - 1] == 9 { start -= 1 }
        return start == 0 || text[start - 1] == UInt8(ascii: "\n")
    }

    private enum Kind { case from, required, called }

    /// What the word before a quote says.
    private func kind(before quote: Int) -> Kind? {
        var end = quote, isCall = false
        while end > 0, text[end - 1] == 0x20 || text[end - 1] == UInt8(ascii: "(") {
            if text[end - 1] == UInt8(ascii: "(") { isCall = true }
            end -= 1
        }
        guard end > 3 else { return nil }
        switch text[end - 1] {
        case UInt8(ascii: "m"): return !isCall && ends(end, with: "from") ? .from : nil
        case UInt8(ascii: "e"): return isCall && ends(end, with: "require") ? .required : nil
        case UInt8(ascii: "t"): return isCall && ends(end, with: "import") ? .called : nil
        default: return nil
        }
    }

    private mutating func note(_ module: String, _ kind: Kind, _ statement: Int, _ quote: Int) {
        var item = Import(module: module, place: quote)
        switch kind {
        case .called: item.form = .called
        case .from:
            // A class or an interface is brought in by its type where another hands its objects over.
            if text.stands("export type ", at: statement) { return }
            guard let form = form(of: statement) else { return }
            item.isType = text.stands("import type ", at: statement)
            item.form = form
            item.bindings = bindings(from: max(statement + 6, behind), to: quote)
        case .required:
            var start = quote
            while start > 0, text[start - 1] != UInt8(ascii: "\n"), text[start - 1] != UInt8(ascii: ";"), quote - start < 2_000 { start -= 1 }
            // `const {\n a,\n b\n} = require('x')`
            if let close = text[start..<quote].firstIndex(of: UInt8(ascii: "}")), !text[start..<close].contains(UInt8(ascii: "{")) {
                while start > 0, text[start] != UInt8(ascii: "{"), quote - start < 4_000 { start -= 1 }
            }
            item.bindings = bindings(from: start, to: text[start..<quote].firstIndex(of: UInt8(ascii: "=")) ?? start, isRequired: true)
            if item.bindings.isEmpty { item.form = .called }
        }
        found.append(item)
        behind = quote
    }

    /// Only a list or a star is passed on; whatever else is exported has the word in a text.
    private func form(of statement: Int) -> Import.Form? {
        if text.stands("import", at: statement) { return .bound }
        guard text.stands("export", at: statement), let next = text[(statement + 6)...].first(where: { $0 > 0x20 }) else { return nil }
        return next == UInt8(ascii: "{") || next == UInt8(ascii: "*") ? .passedOn : nil
    }

    private static let keywords: Set<String> = ["const", "let", "var", "from", "type", "import", "typeof"]

    /// `a`, `{ a, b as c }`, `* as a`; of `const` and `require`, `a` and `{ a, b: c }`.
    private func bindings(from start: Int, to end: Int, isRequired: Bool = false) -> [Import.Binding] {
        guard start < end else { return [] }
        var found: [Import.Binding] = [], isListed = false, isRenamed = false, isAll = false, last: Exported?, at = start
        while at < end {
            let byte = text[at]
            guard WordSet.isWordByte(byte) else {
                if byte == UInt8(ascii: "{") { isListed = true }
                if byte == UInt8(ascii: "*") { isAll = true }
                if byte == UInt8(ascii: ":"), isListed { isRenamed = true }
                if byte == UInt8(ascii: ",") { (isRenamed, last) = (false, nil) }
                at += 1
                continue
            }
            let first = at
            while at < end, WordSet.isWordByte(text[at]) { at += 1 }
            let word = String(decoding: UnsafeBufferPointer(rebasing: text[first..<at]), as: UTF8.self)
            if word == "as" { isRenamed = last != nil; continue }
            guard !Self.keywords.contains(word) else { continue }
            if isRenamed, let exported = last, !found.isEmpty {
                found[found.count - 1] = .init(local: word, exported: exported)
                (isRenamed, last) = (false, nil)
                continue
            }
            let exported: Exported = isListed ? .named(WordSet.hash(word)) : isAll || isRequired ? .all : .default
            found.append(.init(local: word, exported: exported))
            last = exported
            isAll = false
        }
        return found
    }

    private func ends(_ end: Int, with word: StaticString) -> Bool { text.stands(word, at: end - word.utf8CodeUnitCount) }
}
