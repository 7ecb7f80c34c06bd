/// A set of words that is looked up by hash while a text is walked byte by byte, without making a string of any word.
package struct WordSet: Sendable {
    private let hashes: Set<UInt64>
    /// Dismisses most words of a text without a look into the set.
    private var marks = [Bool](repeating: false, count: 4_096)

    package init(_ names: some Sequence<String>) { self.init(hashes: Set(names.map { Self.hash($0) })) }

    package init(hashes: Set<UInt64>) {
        self.hashes = hashes
        for hash in hashes { marks[Int(hash & 4_095)] = true }
    }

    package func contains(_ hash: UInt64) -> Bool { marks[Int(hash & 4_095)] && hashes.contains(hash) }

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

extension UnsafeBufferPointer<UInt8> {
    /// Whether the text goes on with this from here, letters in either case where it may.
    package func stands(_ word: StaticString, at start: Int, inAnyCase: Bool = false) -> Bool {
        let length = word.utf8CodeUnitCount, ignored: UInt8 = inAnyCase ? 0x20 : 0
        guard start >= 0, start + length <= count else { return false }
        for at in 0..<length where self[start + at] | ignored != word.utf8Start[at] | ignored { return false }
        return true
    }
}
