import Vocabulary

/// Finds `import a.b as c` and `from a.b import c, d as e`, at the top of a file and inside functions.
struct PythonImportScan {
    private let text: UnsafeBufferPointer<UInt8>

    static func imports(in bytes: [UInt8]) -> [Import] {
        bytes.withUnsafeBufferPointer { text in PythonImportScan(text: text).run() }
    }

    private func run() -> [Import] {
        var found: [Import] = [], line = 0
        while line < text.count {
            let end = text[line...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
            // A byte order mark is no part of the first word.
            if let first = text[line..<end].firstIndex(where: { $0 > 0x20 && $0 != 0xEF && $0 != 0xBB && $0 != 0xBF }) {
                if text.stands("import ", at: first) {
                    found += plain(first + 7, end, place: first)
                } else if text.stands("from ", at: first) {
                    found += named(first + 5, end, place: first)
                }
            }
            line = end + 1
        }
        return found
    }

    /// `a.b as c, d`
    private func plain(_ start: Int, _ end: Int, place: Int) -> [Import] {
        words(start, end).split(separator: ",").compactMap { part in
            guard let module = part.first else { return nil }
            let local = part.count > 2 && part[part.startIndex + 1] == "as" ? part[part.startIndex + 2] : String(module.prefix { $0 != "." })
            return Import(module: part.count > 2 ? module : local, place: place, bindings: [.init(local: local, exported: .all)])
        }
    }

    /// `a.b import c, d as e`, whose list may be in parentheses over many lines. A name may be a module of its own.
    private func named(_ start: Int, _ end: Int, place: Int) -> [Import] {
        var at = start
        while at < end, text[at] != 0x20 { at += 1 }
        let module = String(decoding: UnsafeBufferPointer(rebasing: text[start..<at]), as: UTF8.self)
        while at < end, text[at] <= 0x20 { at += 1 }
        guard text.stands("import", at: at) else { return [] }
        at += 6
        var close = end
        if let open = text[at..<end].first(where: { $0 > 0x20 }), open == UInt8(ascii: "(") {
            close = text[at..<min(text.count, at + 8_000)].firstIndex(of: UInt8(ascii: ")")) ?? end
        }
        var item = Import(module: module, place: place), found: [Import] = []
        for part in words(at, close).split(separator: ",") {
            guard let name = part.first else { continue }
            if name == "*" { return [Import(module: module, place: place, form: .passedOn)] }
            let local = part.count > 2 ? part[part.startIndex + 2] : name
            item.bindings.append(.init(local: local, exported: .named(WordSet.hash(name))))
            let inner = module.hasSuffix(".") ? module + name : module + "." + name
            found.append(Import(module: inner, place: place, bindings: [.init(local: local, exported: .all)]))
        }
        return [item] + found
    }

    /// Names with their dots, and commas; comments are left out.
    private func words(_ start: Int, _ end: Int) -> [String] {
        var found: [String] = [], at = start
        while at < end {
            let byte = text[at], first = at
            if byte == UInt8(ascii: "#") {
                while at < end, text[at] != UInt8(ascii: "\n") { at += 1 }
            } else if WordSet.isWordByte(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "*") {
                while at < end, WordSet.isWordByte(text[at]) || text[at] == UInt8(ascii: ".") || text[at] == UInt8(ascii: "*") { at += 1 }
                found.append(String(decoding: UnsafeBufferPointer(rebasing: text[first..<at]), as: UTF8.self))
            } else {
                if byte == UInt8(ascii: ",") { found.append(",") }
                at += 1
            }
        }
        return found
    }
}

extension Region {
    /// The regions of a Python file: what begins in the first column, outside of texts and brackets, with its decorators.
    static func allOfPython(in bytes: [UInt8]) -> [Region] {
        bytes.withUnsafeBufferPointer { text in
            var found = [Region(start: 0, end: 0)], line = 0, quote: UInt8?, isDecorated = false
            while line < text.count {
                let end = text[line...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
                if quote == nil, line < end, WordSet.isWordByte(text[line]) || text[line] == UInt8(ascii: "@") {
                    let names = declared(at: line, in: text)
                    if isDecorated {
                        found[found.count - 1].names += names
                    } else if !text.stands("import ", at: line), !text.stands("from ", at: line) {
                        found[found.count - 1].end = line
                        found.append(Region(start: line, end: text.count, names: names))
                    }
                    isDecorated = text[line] == UInt8(ascii: "@")
                }
                // Texts of several lines.
                var at = line
                while at < end {
                    let byte = text[at]
                    if byte == UInt8(ascii: "#"), quote == nil { break }
                    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'"), at + 2 < text.count, text[at + 1] == byte, text[at + 2] == byte {
                        if quote == nil { quote = byte } else if quote == byte { quote = nil }
                        at += 2
                    }
                    at += 1
                }
                line = end + 1
            }
            found[found.count - 1].end = text.count
            return found
        }
    }

    /// The name behind `def`, `async def` or `class`, or before `=` or `:`.
    private static func declared(at start: Int, in text: UnsafeBufferPointer<UInt8>) -> [UInt64] {
        var at = start
        for word in ["async ", "def ", "class "] as [StaticString] where text.stands(word, at: at) { at += word.utf8CodeUnitCount }
        while at < text.count, text[at] == 0x20 { at += 1 }
        let first = at
        while at < text.count, WordSet.isWordByte(text[at]) { at += 1 }
        guard at > first else { return [] }
        if first == start {
            // A call or a statement declares nothing.
            var next = at
            while next < text.count, text[next] == 0x20 { next += 1 }
            guard next < text.count, text[next] == UInt8(ascii: "=") || text[next] == UInt8(ascii: ":") || text[next] == UInt8(ascii: ",") else { return [] }
        }
        return [WordSet.hash(of: text[first..<at])]
    }
}
