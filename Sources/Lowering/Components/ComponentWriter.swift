import Flow
import Syntax

/// A template written down as what it comes to: a function that is given `props` and returns elements.
struct ComponentWriter {
    let bytes: [UInt8]
    private(set) var body = Projection()
    /// The names that its code uses.
    private var used: [String] = []
    private var depth = 0

    /// Pages are nested less deeply; what stands deeper is left out.
    private static let depthLimit = 250

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    // MARK: Elements

    /// `<a href={…} />`; what it contains stands behind it.
    mutating func element(_ name: String, _ attributes: [Attribute], at place: Range<Int>) {
        guard !attributes.isEmpty || name.first?.isUppercase == true else { return }
        body.write("<" + name, for: place.lowerBound)
        for attribute in attributes { write(attribute) }
        body.write("/>\n", for: place.lowerBound)
    }

    private mutating func write(_ attribute: Attribute) {
        body.write(" ", for: attribute.place)
        switch attribute.value {
        case .text(let range):
            // A text is told apart from others by being one; quotes in it would end it.
            body.write(attribute.name + "=\"", for: attribute.place)
            body.write(String(decoding: bytes[range].filter { $0 != UInt8(ascii: "\"") }, as: UTF8.self) + "\"", for: range.lowerBound)
        case .code(let range):
            body.write(attribute.name + "={", for: attribute.place)
            code(range)
            body.write("}", for: range.upperBound)
        case .found(let owner, let range):
            body.write(attribute.name + "={" + owner, for: attribute.place)
            used.append(String(owner.prefix { $0 != "." && $0 != "[" }))
            body.copy(range, of: bytes)
            body.write("}", for: range.upperBound)
        case .all(let range):
            body.write("{...", for: attribute.place)
            code(range)
            body.write("}", for: range.upperBound)
        case .handler(let range):
            body.write(attribute.name + "={() => {", for: attribute.place)
            code(range)
            body.write("\n}}", for: range.upperBound)
        case .mixed(let parts):
            body.write(attribute.name + "={`", for: attribute.place)
            for part in parts {
                switch part {
                case .text(let range):
                    let plain = bytes[range].filter { ![UInt8(ascii: "`"), UInt8(ascii: "$"), UInt8(ascii: "\\")].contains($0) }
                    body.write(String(decoding: plain, as: UTF8.self), for: range.lowerBound)
                case .code(let range):
                    body.write("${", for: range.lowerBound)
                    code(range)
                    body.write("}", for: range.upperBound)
                }
            }
            body.write("`}", for: attribute.place)
        }
    }

    mutating func inside(_ write: (inout ComponentWriter) -> Void) {
        guard depth < Self.depthLimit else { return }
        depth += 1
        write(&self)
        depth -= 1
    }

    // MARK: What surrounds them

    /// What `write` writes is shown only where a condition holds, and none of those before it.
    mutating func when(_ condition: Range<Int>?, butNot others: [Range<Int>], _ place: Int, _ write: (inout ComponentWriter) -> Void) {
        body.write("{", for: place)
        for other in others {
            body.write("!(", for: other.lowerBound)
            code(other)
            body.write(") && ", for: other.upperBound)
        }
        if let condition {
            body.write("(", for: condition.lowerBound)
            code(condition)
            body.write(") && ", for: condition.upperBound)
        }
        fragment(place, write)
        body.write("}\n", for: place)
    }

    /// Once for each element of a list.
    mutating func forEach(_ list: Range<Int>, as parameters: Range<Int>?, _ write: (inout ComponentWriter) -> Void) {
        let isPath = bytes[list].allSatisfy { $0 <= 0x20 || Self.isName($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "?") }
        body.write(isPath ? "{" : "{(", for: list.lowerBound)
        code(list)
        body.write(isPath ? "" : ")", for: list.upperBound)
        mapped(as: parameters, list.upperBound, write)
    }

    /// With what a promise has come to.
    mutating func awaited(_ promise: Range<Int>, as name: Range<Int>?, _ write: (inout ComponentWriter) -> Void) {
        body.write("{[await (", for: promise.lowerBound)
        code(promise)
        body.write(")]", for: promise.upperBound)
        mapped(as: name, promise.upperBound, write)
    }

    /// With what another component hands over.
    mutating func with(_ parameters: Range<Int>, _ write: (inout ComponentWriter) -> Void) {
        body.write("{useSlot()", for: parameters.lowerBound)
        mapped(as: parameters, parameters.upperBound, write)
    }

    /// Behind a list: what is shown for each of it.
    private mutating func mapped(as parameters: Range<Int>?, _ place: Int, _ write: (inout ComponentWriter) -> Void) {
        body.write(".map((", for: place)
        if let parameters { body.copy(parameters, of: bytes) }
        body.write(") => (", for: place)
        fragment(place, write)
        body.write("))}\n", for: place)
    }

    /// Code with elements in it.
    mutating func mixed(_ place: Int, _ write: (inout ComponentWriter) -> Void) {
        body.write("{", for: place)
        inside(write)
        body.write("}\n", for: place)
    }

    mutating func fragment(_ place: Int, _ write: (inout ComponentWriter) -> Void) {
        body.write("<>", for: place)
        write(&self)
        body.write("</>", for: place)
    }

    mutating func code(_ range: Range<Int>) {
        used += Self.names(in: bytes[range])
        var start = range.lowerBound
        while let at = bytes[start..<range.upperBound].range(of: Self.given) {
            body.copy(start..<at.lowerBound, of: bytes)
            body.write("props", for: at.lowerBound)
            start = at.upperBound
        }
        body.copy(start..<range.upperBound, of: bytes)
    }

    /// What Astro calls that which a component is given.
    private static let given = Array("Astro.props".utf8)

    // MARK: The whole

    /// - Parameters:
    ///   - scripts: what runs for each component.
    ///   - shared: what runs once, when the file is loaded.
    ///   - sent: what runs in the browser when the page has come.
    ///   - browser: names of the browser that its template can use.
    func component(_ scripts: [Script], shared: [Script] = [], sent: [Script] = [], browser: Set<String> = []) -> Projection {
        var projection = Projection()
        for script in shared + scripts + sent { script.writeImports(to: &projection, bytes) }
        for script in sent {
            projection.write("export function \(Routine.pageScript)() {\n", for: script.range.lowerBound)
            script.writeBody(to: &projection, bytes)
            projection.write("}\n", for: script.range.upperBound)
        }
        for script in shared { script.writeBody(to: &projection, bytes) }
        let head = scripts.first?.range.lowerBound ?? 0
        projection.write("export default async function (props) {\n", for: head)
        let declared = (shared + scripts).reduce(into: Set<String>()) { $0.formUnion($1.declared) }
        var free: [String] = []
        // What its template names, and it calls its own, is what it is given.
        let asked = (shared + scripts).flatMap(\.asked).filter { !$0.hasPrefix("$") }
        for name in used + asked where !declared.contains(name) && !Self.global.contains(name) && !browser.contains(name) && !free.contains(name) {
            free.append(name)
        }
        if !free.isEmpty { projection.write("const { \(free.joined(separator: ", ")) } = props;\n", for: head) }
        for script in scripts { script.writeBody(to: &projection, bytes) }
        for script in shared + scripts { script.writeOptions(to: &projection, bytes) }
        projection.write("return <>\n", for: head)
        projection.append(body)
        projection.write("</>\n}\n", for: bytes.count)
        return projection
    }

    /// What a template can name of the browser, where its framework keeps nothing from it.
    static let browser: Set<String> = ["location", "navigator", "history"]

    /// What every script can name, and words that are no names.
    private static let global: Set<String> = [
        "props", "window", "document", "console", "Math", "JSON", "Object", "Array", "String", "Number", "Boolean", "Date", "Intl", "URL",
        "URLSearchParams", "encodeURIComponent", "decodeURIComponent", "encodeURI", "parseInt", "parseFloat", "isNaN", "undefined", "null", "true", "false",
        "this", "new", "typeof", "instanceof", "in", "of", "void", "await", "async", "return", "const", "let", "var", "if", "else", "function", "as",
        "Astro", "import", "delete", "for", "while", "switch", "case", "default", "try", "catch", "throw", "class", "super",
        "do", "with", "yield", "enum", "export", "extends", "finally", "debugger", "break", "continue", "static",
    ]

    /// The names that code begins with, not those of properties, nor words in quotes.
    private static func names(in code: ArraySlice<UInt8>) -> [String] {
        var found: [String] = [], at = code.startIndex, quote: UInt8?
        while at < code.endIndex {
            let byte = code[at]
            if let open = quote {
                if byte == open { quote = nil }
                at += 1
            } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                // In a template text it is an apostrophe.
                if at > code.startIndex, isName(code[at - 1]), at + 1 < code.endIndex, isName(code[at + 1]) { at += 1; continue }
                quote = byte
                at += 1
            } else if isName(byte) {
                let start = at
                while at < code.endIndex, isName(code[at]) { at += 1 }
                let before = code[..<start].last { $0 > 0x20 }, behind = code[at...].first { $0 > 0x20 }
                let isSpread = start >= code.startIndex + 3 && code[(start - 3)..<start].allSatisfy { $0 == UInt8(ascii: ".") }
                let isProperty = before == UInt8(ascii: ".") && !isSpread
                let isKey = behind == UInt8(ascii: ":") && (before == UInt8(ascii: "{") || before == UInt8(ascii: ","))
                if !isProperty, !isKey, code[start] > 57 || code[start] == 36 { found.append(String(decoding: code[start..<at], as: UTF8.self)) }
            } else {
                at += 1
            }
        }
        return found
    }

    private static func isName(_ byte: UInt8) -> Bool {
        byte == 36 || byte == 95 || (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte >= 0x80
    }
}
