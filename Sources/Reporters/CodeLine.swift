/// A piece of one line of code as a terminal shows it: the whole line, or a window on it where the line is long.
struct CodeLine {
    /// How many cells a line may take; a longer one is shown around the code that is spoken of.
    static let limit = 140

    let text: String
    private let cells: [Cell]
    private let start: Int
    private let end: Int
    /// Cells taken by the mark of what was cut off on the left.
    private let indent: Int
    private let isWhole: Bool

    /// One code point, and what it takes on the screen.
    private struct Cell {
        let offset: Int
        let text: String
        let width: Int
    }

    /// `line` and `marked` are byte offsets in `bytes`; `marked` begins in the line.
    init(_ bytes: [UInt8], line: Range<Int>, around marked: Range<Int>) {
        // What can be shown lies within as many code points of four bytes, so that a line of megabytes is not walked through.
        let reach = 4 * Self.limit
        let near = max(line.lowerBound, marked.lowerBound - reach)..<min(line.upperBound, marked.lowerBound + reach)
        let all = Self.cells(bytes, near)
        let isComplete = near == line
        if isComplete, Self.width(all) <= Self.limit {
            (cells, start, end, indent, isWhole) = (all, line.lowerBound, line.upperBound, 0, true)
            text = all.map(\.text).joined()
            return
        }
        var low = all.firstIndex { $0.offset >= marked.lowerBound } ?? all.count, high = low
        var room = Self.limit - 2
        func take(_ index: Int) -> Bool {
            guard all.indices.contains(index), all[index].width <= room else { return false }
            room -= all[index].width
            return true
        }
        // First what is marked, but for a quarter of the room; then as much on either side as there is.
        while high < all.count, all[high].offset < marked.upperBound, room > Self.limit / 4, take(high) { high += 1 }
        var grows = true
        while grows {
            grows = false
            if take(low - 1) { (low, grows) = (low - 1, true) }
            if take(high) { (high, grows) = (high + 1, true) }
        }
        // What joins a character that was cut off would join the ellipsis.
        while low < high, all[low].width == 0 { low += 1 }
        cells = Array(all[low..<high])
        start = cells.first?.offset ?? marked.lowerBound
        end = high < all.count ? all[high].offset : near.upperBound
        let isCutLeft = start > line.lowerBound, isCutRight = end < line.upperBound
        indent = isCutLeft ? 1 : 0
        isWhole = false
        text = (isCutLeft ? "…" : "") + cells.map(\.text).joined() + (isCutRight ? "…" : "")
    }

    /// Whether what is marked can be shown in this piece too.
    func holds(_ marked: Range<Int>) -> Bool { isWhole || (start <= marked.lowerBound && marked.upperBound <= end) }

    /// Where the marked code stands in `text`, in cells. Never empty.
    func caret(_ marked: Range<Int>) -> (column: Int, length: Int) {
        let before = cells.prefix { $0.offset < marked.lowerBound }
        let inside = cells.dropFirst(before.count).prefix { $0.offset < marked.upperBound }
        return (indent + Self.width(before), max(1, Self.width(inside)))
    }

    private static func width(_ cells: some Sequence<Cell>) -> Int { cells.reduce(0) { $0 + $1.width } }

    private static func cells(_ bytes: [UInt8], _ range: Range<Int>) -> [Cell] {
        var cells: [Cell] = [], offset = range.lowerBound
        // The reach may begin within a code point.
        while offset < min(range.lowerBound + 3, range.upperBound), bytes[offset] & 0xC0 == 0x80 { offset += 1 }
        var input = bytes[offset..<range.upperBound].makeIterator(), parser = Unicode.UTF8.ForwardParser()
        while true {
            switch parser.parseScalar(from: &input) {
            case .valid(let encoded):
                let scalar = Unicode.UTF8.decode(encoded)
                let text = scalar.printable
                cells.append(Cell(offset: offset, text: text, width: text.unicodeScalars.count == 1 ? scalar.cells : text.count))
                offset += encoded.count
            case .error(let length):
                cells.append(Cell(offset: offset, text: "\u{FFFD}", width: 1))
                offset += length
            case .emptyInput: return cells
            }
        }
    }
}

extension Unicode.Scalar {
    /// What terminals give a code point: two cells for East Asian wide characters and emoji, none for what joins the one before.
    /// https://www.unicode.org/reports/tr11/
    fileprivate var cells: Int {
        switch value {
        case 0..<0x300: return 1
        case 0x200B...0x200D, 0xFE00...0xFE0F: return 0
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD:
            return 2
        case 0x1F1E6...0x1F1FF: return 1
        default:
            switch properties.generalCategory {
            case .nonspacingMark, .enclosingMark: return 0
            default: return properties.isEmojiPresentation ? 2 : 1
            }
        }
    }
}
