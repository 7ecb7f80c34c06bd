import Flow

/// Code put together from the parts of a file in which code and markup stand mixed, for a parser that knows only code.
/// Each of its bytes knows where in the file it stands, or what it was made up for.
struct Projection {
    private(set) var bytes: [UInt8] = []
    private var pieces: [Piece] = []

    private struct Piece {
        /// Where it begins here, and in the file.
        var start: Int
        let host: Int
        /// It stands so in the file; otherwise it was made up for what stands there.
        let isCopy: Bool
    }

    init() {}

    /// Words that the file does not have, for what stands in it at `place`.
    mutating func write(_ text: String, for place: Int) {
        pieces.append(Piece(start: bytes.count, host: place, isCopy: false))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func copy(_ range: Range<Int>, of file: [UInt8]) {
        pieces.append(Piece(start: bytes.count, host: range.lowerBound, isCopy: true))
        bytes.append(contentsOf: file[range])
    }

    mutating func append(_ other: Projection) {
        for var piece in other.pieces {
            piece.start += bytes.count
            pieces.append(piece)
        }
        bytes.append(contentsOf: other.bytes)
    }

    /// What stands here, in the file.
    func host(_ range: Range<Int>) -> Range<Int> {
        let start = host(of: range.lowerBound)
        return start..<max(start, range.isEmpty ? start : host(of: range.upperBound - 1, end: true))
    }

    private func host(of place: Int, end: Bool = false) -> Int {
        var low = 0, high = pieces.count
        while low < high {
            let middle = (low + high) / 2
            if pieces[middle].start <= place { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return 0 }
        let piece = pieces[low - 1]
        return piece.isCopy ? piece.host + place - piece.start + (end ? 1 : 0) : piece.host
    }
}
