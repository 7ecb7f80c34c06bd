/// The names by which database calls begin, found by bytes: before anything is parsed, and then to tell which functions
/// of a file have to do with the database.
package struct Openings: Sendable {
    /// By their last byte.
    private let names: [[Opening]]

    private struct Opening: Sendable {
        let name: [UInt8]
        let receiver: Receiver
        let mayWrite: Bool
    }

    /// What stands before the dot, as far as the vocabulary says.
    private enum Receiver: Sendable {
        case any
        /// One of these words stands in the last name, or in the one before.
        case client([[UInt8]], above: Int)
        /// A name with a capital, or `this`.
        case type
    }

    init(_ apis: [DatabaseAPI]) {
        var names = [[Opening]](repeating: [], count: 256)
        for api in apis {
            let words = api.receivers.sorted().map { Array($0.utf8) }
            for (name, link) in api.links.sorted(by: { $0.key < $1.key }) where link.opens {
                let receiver: Receiver
                switch link.table {
                case .receiver: receiver = .client(words, above: 1)
                case .type: receiver = .type
                case .repository: receiver = .any
                case nil: receiver = words.isEmpty || link.arguments.isEmpty || words.contains(Array(name.utf8)) ? .any : .client(words, above: 0)
                }
                let bytes = Array(name.utf8)
                // What has run has told what it does; anything else may go on to a write, and so may the rows of some libraries.
                let onlyReads = link.role == .transaction || (link.role == .read && link.runs && api.instances.isEmpty)
                if let last = bytes.last { names[Int(last)].append(Opening(name: bytes, receiver: receiver, mayWrite: !onlyReads)) }
            }
        }
        self.names = names
    }

    /// A place in a text where a statement may be opened.
    package struct Place: Sendable {
        package let offset: Int
        package let mayWrite: Bool
    }

    /// Where statements may be opened, in order: one of the names stands before `(`, `<` or a backtick.
    package func places(in text: [UInt8], importing isImporter: Bool) -> [Place] {
        let declares = isImporter || Self.declaresModels(text)
        var found: [Place] = []
        text.withUnsafeBufferPointer { text in
            for at in text.indices {
                let byte = text[at]
                guard byte == UInt8(ascii: "(") || byte == UInt8(ascii: "`") || byte == UInt8(ascii: "<") else { continue }
                if let mayWrite = opening(text, at, declares) { found.append(Place(offset: at, mayWrite: mayWrite)) }
            }
        }
        return found
    }

    /// Whether a statement is opened by the call at this bracket, and whether it may write.
    private func opening(_ text: UnsafeBufferPointer<UInt8>, _ call: Int, _ declaresModels: Bool) -> Bool? {
        var isOpening = false
        var end = call
        // `query (`, `query?.(`, `query!(`
        while end > 0, text[end - 1] <= 0x20 || text[end - 1] == UInt8(ascii: ".") || text[end - 1] == UInt8(ascii: "?") || text[end - 1] == UInt8(ascii: "!") {
            end -= 1
        }
        guard end > 0 else { return nil }
        for opening in names[Int(text[end - 1])] where opening.name.count <= end {
            let start = end - opening.name.count
            var at = 0
            while at < opening.name.count, text[start + at] == opening.name[at] { at += 1 }
            guard at == opening.name.count, fits(opening.receiver, before: start, in: text, declaresModels) else { continue }
            if opening.mayWrite { return true }
            isOpening = true
        }
        return isOpening ? false : nil
    }

    private func fits(_ receiver: Receiver, before start: Int, in text: UnsafeBufferPointer<UInt8>, _ declaresModels: Bool) -> Bool {
        switch receiver {
        case .any: return true
        case .type:
            guard !declaresModels, let name = word(before: start, in: text) else { return true }
            return text[name.lowerBound] >= 65 && text[name.lowerBound] <= 90 || name.count == 4
        // A file that imports the library, or runs transactions, may call its client anything.
        case .client where declaresModels: return true
        case .client(let words, let above):
            guard var name = word(before: start, in: text) else { return start == 0 || !WordSet.isWordByte(text[start - 1]) }
            for _ in 0..<above {
                guard let outer = word(before: name.lowerBound, in: text) else { return !Self.follows(text, name.lowerBound) ? false : true }
                name = outer
            }
            return words.contains { contains(name, $0, in: text) }
        }
    }

    /// `private orders: Model<Order>`: a class of the model under any name.
    private static func declaresModels(_ text: [UInt8]) -> Bool {
        stands("Model<", in: text) || stands("ransaction(", in: text)
    }

    private static func stands(_ word: StaticString, in text: [UInt8]) -> Bool {
        let count = word.utf8CodeUnitCount, last = word.utf8Start[count - 1]
        var index = text.startIndex
        while let at = text[index...].firstIndex(of: last) {
            if at + 1 >= count, (0..<count).allSatisfy({ text[at + 1 - count + $0] == word.utf8Start[$0] }) { return true }
            index = at + 1
        }
        return false
    }

    /// The name before a dot, through `?.`, `!.` and line breaks; nil where something else stands there.
    private func word(before start: Int, in text: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        var end = start
        while end > 0, text[end - 1] <= 0x20 { end -= 1 }
        guard end > 0, text[end - 1] == UInt8(ascii: ".") else { return nil }
        end -= 1
        while end > 0, text[end - 1] <= 0x20 || text[end - 1] == UInt8(ascii: "?") || text[end - 1] == UInt8(ascii: "!") { end -= 1 }
        var begin = end
        while begin > 0, WordSet.isWordByte(text[begin - 1]) { begin -= 1 }
        return begin < end ? begin..<end : nil
    }

    /// A dot stands before: what it belongs to is no plain name.
    private static func follows(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Bool {
        var end = start
        while end > 0, text[end - 1] <= 0x20 { end -= 1 }
        return end > 0 && text[end - 1] == UInt8(ascii: ".")
    }

    /// Whether a name is the word, or contains it where the word is long enough to mean something; without case.
    private func contains(_ name: Range<Int>, _ word: [UInt8], in text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard name.count >= word.count, word.count > 4 || name.count == word.count else { return false }
        for start in name.lowerBound...(name.upperBound - word.count) {
            var at = 0
            while at < word.count, text[start + at] | (Self.isLetter(text[start + at]) ? 0x20 : 0) == word[at] { at += 1 }
            if at == word.count { return true }
        }
        return false
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A }
}
