/// An element of an XML document, which is all that the formats of test reports need.
struct XML {
    let name: String
    var attributes: [(String, String)] = []
    var text = ""
    var children: [XML] = []

    var document: String { "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + rendered("") }

    private func rendered(_ indent: String) -> String {
        let head = indent + "<" + name + attributes.map { " \($0.0)=\"\(Self.escaped($0.1))\"" }.joined()
        if children.isEmpty, text.isEmpty { return head + "/>\n" }
        if children.isEmpty { return head + ">" + Self.escaped(text, keepingLines: true) + "</\(name)>\n" }
        return head + ">\n" + children.map { $0.rendered(indent + "  ") }.joined() + indent + "</\(name)>\n"
    }

    /// https://www.w3.org/TR/xml/#charsets: what XML 1.0 has no place for is made visible.
    private static func escaped(_ text: String, keepingLines: Bool = false) -> String {
        var out = ""
        for scalar in (keepingLines ? text.printableLines : text.printable).unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "\u{FFFE}", "\u{FFFF}": out += "\u{FFFD}"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}
