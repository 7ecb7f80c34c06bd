import Flow
import Vocabulary

/// Which functions of a file can have to do with the database: those in which a statement is opened, those that name
/// something imported from a file that reaches it, and the functions of the same file around those. Decided by the words
/// of the text, so that the rest need not be lowered.
struct Relevance {
    /// Places that matter by themselves, in order.
    private var places: [Int] = []
    /// The words of the text that may be names of this file's functions.
    private var words: [(hash: UInt64, at: Int)] = []

    init(_ bytes: [UInt8], _ openings: Openings, importing isImporter: Bool, reaching names: some Sequence<String>, functions: [String]) {
        places = openings.places(in: bytes, importing: isImporter)
        let reaching = Set(names.map { Self.hash($0.utf8) }), local = Set(functions.map { Self.hash($0.utf8) })
        var filter = [Bool](repeating: false, count: 4_096)
        for hash in reaching.union(local) { filter[Int(hash & 4_095)] = true }
        var hash = Self.seed, start = -1
        for (at, byte) in bytes.enumerated() {
            if Self.isWord(byte) {
                if start < 0 { start = at }
                hash = (hash ^ UInt64(byte)) &* Self.prime
            } else if start >= 0 {
                if filter[Int(hash & 4_095)] {
                    if reaching.contains(hash) { places.append(start) }
                    if local.contains(hash) { words.append((hash, start)) }
                }
                hash = Self.seed
                start = -1
            }
        }
        places.sort()
    }

    /// For each function, by its name and place, whether it is to be lowered.
    mutating func select(_ functions: [(name: String, start: Int, end: Int)]) -> [Bool] {
        var isWanted = functions.map { holdsPlace(from: $0.start, to: $0.end) }
        let names = functions.map { Self.hash($0.name.utf8) }
        let byName = Dictionary(grouping: functions.indices) { names[$0] }
        // Callers of what is wanted, until nothing more is.
        var open = functions.indices.filter { isWanted[$0] }
        let owners = words.map { word in owner(of: word.at, functions) }
        var users: [UInt64: [Int]] = [:]
        for (word, owner) in zip(words, owners) { if let owner { users[word.hash, default: []].append(owner) } }
        while let next = open.popLast() {
            for user in users[names[next]] ?? [] where !isWanted[user] {
                isWanted[user] = true
                open.append(user)
            }
        }
        // And what those call: it may decide something.
        for (word, owner) in zip(words, owners) {
            guard let owner, isWanted[owner] else { continue }
            for callee in byName[word.hash] ?? [] { isWanted[callee] = true }
        }
        return isWanted
    }

    /// Whether something between the functions matters.
    func holdsPlace(outside functions: [(name: String, start: Int, end: Int)]) -> Bool {
        places.contains { place in owner(of: place, functions) == nil }
    }

    private func holdsPlace(from start: Int, to end: Int) -> Bool {
        var low = 0, high = places.count
        while low < high {
            let middle = (low + high) / 2
            if places[middle] < start { low = middle + 1 } else { high = middle }
        }
        return low < places.count && places[low] < end
    }

    /// The function that holds a place; functions stand in order and do not overlap.
    private func owner(of place: Int, _ functions: [(name: String, start: Int, end: Int)]) -> Int? {
        var low = 0, high = functions.count
        while low < high {
            let middle = (low + high) / 2
            if functions[middle].start <= place { low = middle + 1 } else { high = middle }
        }
        return low > 0 && place < functions[low - 1].end ? low - 1 : nil
    }

    private static let seed: UInt64 = 0xcbf2_9ce4_8422_2325, prime: UInt64 = 0x100_0000_01b3

    private static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(seed) { ($0 ^ UInt64($1)) &* prime } }

    private static func isWord(_ byte: UInt8) -> Bool {
        (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || byte >= 0x30 && byte <= 0x39 || byte == 0x5F || byte == 0x24 || byte >= 0x80
    }
}
