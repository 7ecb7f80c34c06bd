/// The loops of a page that a server fills in: `{% for partner in partners %}`, `{{#each partners as |partner|}}`.
struct PageLoops {
    private struct Loop {
        let name: String
        let list: String
        var range: Range<Int>
    }

    private var loops: [Loop] = []

    init(in bytes: [UInt8]) {
        var open: [Loop] = []
        for (place, words) in Self.tags(in: bytes) {
            switch (words.first, words.count) {
            case ("for", _):
                // `for key, value in pairs`: no element of a list.
                let isPlain = words.count > 3 && words[2] == "in"
                open.append(Loop(name: isPlain ? words[1] : "", list: isPlain ? Self.path(words[3]) : "", range: place..<bytes.count))
            case ("#each", 2...):
                let name = words.count > 3 && words[2] == "as" ? words[3].filter { $0 != "|" } : "this"
                open.append(Loop(name: name, list: Self.path(words[1]), range: place..<bytes.count))
            case ("endfor", _), ("/each", _):
                guard var loop = open.popLast() else { continue }
                loop.range = loop.range.lowerBound..<place
                loops.append(loop)
            default: continue
            }
        }
        loops = (loops + open).sorted { $0.range.lowerBound < $1.range.lowerBound }
    }

    /// Loops stand in one another, or side by side; of those side by side not all are looked at.
    private static let lookBack = 100

    /// The list of which a name is an element at that place; nil where it is a name of the page.
    func list(behind name: String, at place: Int) -> String? {
        var low = 0, high = loops.count
        while low < high {
            let middle = (low + high) / 2
            if loops[middle].range.lowerBound <= place { low = middle + 1 } else { high = middle }
        }
        // The innermost begins last.
        let loop = loops[max(0, low - Self.lookBack)..<low].last { $0.range.contains(place) && $0.name == name }
        return loop.flatMap { $0.list.isEmpty ? nil : $0.list }
    }

    /// The words of each tag that is no comment and fills nothing in.
    private static func tags(in bytes: [UInt8]) -> [(place: Int, words: [String])] {
        var found: [(place: Int, words: [String])] = [], at = 0
        let brace = UInt8(ascii: "{")
        while at + 1 < bytes.count {
            let isBlock = bytes[at] == brace && (bytes[at + 1] == UInt8(ascii: "%") || bytes[at + 1] == brace)
            guard isBlock else { at += 1; continue }
            let closing = bytes[at + 1] == brace ? UInt8(ascii: "}") : UInt8(ascii: "%")
            let start = at + 2
            var end = start
            while end < bytes.count, bytes[end] != closing, bytes[end] != UInt8(ascii: "\n") { end += 1 }
            let text = String(decoding: bytes[start..<end].filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "~") }, as: UTF8.self)
            found.append((at, text.split(whereSeparator: \.isWhitespace).map(String.init)))
            at = end
        }
        return found
    }

    /// `partners` of `partners|sort`, and nothing of what is computed.
    private static func path(_ word: String) -> String {
        let path = word.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }
        return path.count == word.count || word.dropFirst(path.count).first == "|" ? String(path) : ""
    }
}
