/// A set of words that is looked up by hash while a text is walked byte by byte, without making a string of any word.
package struct WordSet: Sendable {
    private let words: [UInt64: String]
    private let filter: WordFilter

    package init(_ names: some Sequence<String>) {
        words = Dictionary(names.map { (Self.hash($0), $0) }) { first, _ in first }
        filter = WordFilter(words.keys)
    }

    package func word(_ hash: UInt64) -> String? { filter.mayContain(hash) ? words[hash] : nil }

    package static func hash(_ word: String) -> UInt64 { word.utf8.reduce(seed) { ($0 ^ UInt64($1)) &* prime } }

    package static func hash(of word: Slice<UnsafeBufferPointer<UInt8>>) -> UInt64 {
        var hash = seed
        for at in word.indices { hash = (hash ^ UInt64(word.base[at])) &* prime }
        return hash
    }

    /// Calls `look` with the hash and the place of every word of a text, in order.
    package static func forEachWord(in text: UnsafeBufferPointer<UInt8>, _ look: (UInt64, Range<Int>) -> Void) {
        var hash = seed, start = -1
        for at in 0...text.count {
            if at < text.count, isWordByte(text[at]) {
                if start < 0 { start = at }
                hash = (hash ^ UInt64(text[at])) &* prime
            } else if start >= 0 {
                look(hash, start..<at)
                hash = seed
                start = -1
            }
        }
    }

    /// Letters, digits, `_`, `$` and everything beyond ASCII.
    package static func isWordByte(_ byte: UInt8) -> Bool {
        (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || byte >= 0x30 && byte <= 0x39 || byte == 0x5F || byte == 0x24 || byte >= 0x80
    }

    private static let seed: UInt64 = 0xcbf2_9ce4_8422_2325, prime: UInt64 = 0x100_0000_01b3
}

/// Dismisses most words of a text without a look into a dictionary.
package struct WordFilter: Sendable {
    private var marks = [Bool](repeating: false, count: 4_096)

    package init(_ hashes: some Sequence<UInt64>) { for hash in hashes { marks[Int(hash & 4_095)] = true } }

    package func mayContain(_ hash: UInt64) -> Bool { marks[Int(hash & 4_095)] }
}
