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

    /// - Parameter places: where statements may be opened.
    init(_ bytes: [UInt8], places: [Int], reaching names: some Sequence<String>, functions: [String]) {
        self.places = places
        let reaching = WordSet(names), local = WordSet(functions)
        bytes.withUnsafeBufferPointer { text in
            WordSet.forEachWord(in: text) { hash, place in
                if reaching.contains(hash) { self.places.append(place.lowerBound) }
                if local.contains(hash) { words.append((hash, place.lowerBound)) }
            }
        }
        self.places.sort()
    }

    /// For each function, by its name and place, whether it is to be lowered.
    mutating func select(_ functions: [(name: String, start: Int, end: Int)]) -> [Bool] {
        var isWanted = functions.map { holdsPlace(from: $0.start, to: $0.end) }
        let names = functions.map { WordSet.hash($0.name) }
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
    func holdsPlace(outside functions: [(name: String, start: Int, end: Int)], within regions: [Range<Int>]) -> Bool {
        places.contains { place in regions.contains { $0.contains(place) } && owner(of: place, functions) == nil }
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
}
