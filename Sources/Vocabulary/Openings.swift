/// The names by which database calls begin, found by bytes: before anything is parsed, and then to tell which functions
/// of a file have to do with the database.
package struct Openings: Sendable {
    /// By their last byte.
    private let names: [[Opening]]
    /// What clients are called.
    private let clients: WordSet

    private struct Opening: Sendable {
        let name: [UInt8]
        let receiver: Receiver
        let does: Place.Deed
        /// It needs nothing before it: `sql`…``, `knex('seats')`, `query('SELECT …')`.
        var standsAlone = false
        /// Its first argument is SQL text.
        var takesText = false
    }

    /// What stands before the dot, as far as the vocabulary says.
    private enum Receiver: Sendable {
        case any
        /// One of these words stands in the last name, or in the one before.
        case client([[UInt8]], above: Int)
        /// A name with a capital, or `this`.
        case type
        /// One of these properties.
        case manager([[UInt8]])
    }

    init(_ apis: [DatabaseAPI]) {
        var names = [[Opening]](repeating: [], count: 256)
        func add(_ name: String, _ receiver: Receiver, _ does: Place.Deed, standsAlone: Bool = false, takesText: Bool = false) {
            guard let last = name.utf8.last else { return }
            names[Int(last)].append(Opening(name: Array(name.utf8), receiver: receiver, does: does, standsAlone: standsAlone, takesText: takesText))
        }
        for api in apis {
            let words = api.receivers.sorted().map { Array($0.utf8) }
            for (name, link) in api.links.sorted(by: { $0.key < $1.key }) where link.opens {
                let isClient = words.contains(Array(name.utf8)), isText = link.role == .sql || link.role == .tag
                let receiver: Receiver =
                    switch link.table {
                    case .receiver: .client(words, above: 1)
                    case .type: .type
                    case .repository, .manager: .any
                    case nil: words.isEmpty || link.arguments.isEmpty || isClient ? .any : .client(words, above: 0)
                    }
                add(
                    name, receiver, isText || link.role.mayWrite || link.flushes || api.writesPending ? .write : .read, standsAlone: isText || isClient,
                    takesText: isText && link.at == 0)
            }
            // `Order.beforeCreate(`, `orderSchema.pre('save', `: what is registered ends in a write.
            for name in api.hooks.registrars.sorted() + (api.hooks.asCalls ? api.hooks.names.sorted() : []) { add(name, .any, .write) }
            // `def clean(self)`
            if api.hooks.asMethods { for name in api.hooks.names.sorted() { add(name, .any, .write, standsAlone: true) } }
            // `Order.objects.create(`: any method may be the first.
            for (name, link) in api.links.merging(api.chained, uniquingKeysWith: { first, _ in first }) where !api.managers.isEmpty {
                add(name, .manager(api.managers.sorted().map { Array($0.utf8) }), link.role.mayWrite || api.writesPending ? .write : .read)
            }
            for (links, deed) in [(api.links.filter { !$0.value.opens }, Place.Deed.goOn), (api.chained, .goOn), (api.instances, .saveRow)] {
                for name in links.filter({ $0.value.role.mayWrite }).keys.sorted() { add(name, .any, deed) }
            }
        }
        self.names = names
        clients = WordSet(apis.flatMap(\.receivers))
    }

    /// A place in a text where a statement may be opened.
    package struct Place: Sendable {
        package let offset: Int
        package let does: Deed

        /// What it can come to.
        package enum Deed: Comparable, Sendable {
            /// A chain that has been opened goes on to a write.
            case goOn
            /// A row that was read elsewhere is written by a method of its own, if it is a row.
            case saveRow
            case read, write
            /// A secret is verified.
            case verify
            /// Money is moved, or somebody's payment looked up.
            case pay
            /// A URL is shown or followed.
            case show
        }
    }

    /// Where statements may be opened, in order: one of the names stands before `(`, `<` or a backtick.
    package func places(in text: [UInt8], importing isImporter: Bool) -> [Place] {
        var found: [Place] = []
        text.withUnsafeBufferPointer { text in
            let declares = isImporter || Self.declaresModels(text) || hasStandIn(text)
            for at in text.indices {
                let byte = text[at]
                guard byte == UInt8(ascii: "(") || byte == UInt8(ascii: "`") || byte == UInt8(ascii: "<") else { continue }
                if let does = opening(text, at, declares) { found.append(Place(offset: at, does: does)) }
            }
        }
        return found
    }

    /// What the call at this bracket can come to.
    private func opening(_ text: UnsafeBufferPointer<UInt8>, _ call: Int, _ declaresModels: Bool) -> Place.Deed? {
        var most: Place.Deed?
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
            guard at == opening.name.count, opening.standsAlone ? start == 0 || !WordSet.isWordByte(text[start - 1]) : Self.follows(text, start),
                fits(opening.receiver, before: start, in: text, declaresModels)
            else { continue }
            var does = opening.does
            if opening.takesText {
                guard let deed = Self.deed(ofTextAt: call, in: text) else { continue }
                does = deed
            }
            if does == .write { return .write }
            most = max(most ?? does, does)
        }
        return most
    }

    /// What the SQL text can do that a bracket or backtick begins; nil where an argument stands there that is no text.
    private static func deed(ofTextAt call: Int, in text: UnsafeBufferPointer<UInt8>) -> Place.Deed? {
        var at = call
        if text[call] == UInt8(ascii: "<") { return .write }
        while at < text.count, text[at] <= 0x20 || text[at] == UInt8(ascii: "(") { at += 1 }
        guard at < text.count, text[at] != UInt8(ascii: ")") else { return nil }
        guard [UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`")].contains(text[at]) else {
            return text.stands("async ", at: at) || text.stands("function", at: at) ? nil : .write
        }
        while at < text.count, !WordSet.isWordByte(text[at]) { at += 1 }
        // A SELECT that reads from a function may do anything.
        guard text.stands("select", at: at, inAnyCase: true) else { return .write }
        // Some way on, so that no number of statements makes the walk over them long.
        let limit = min(text.count, at + 4_000), end = text[at..<limit].firstIndex { $0 == UInt8(ascii: ";") } ?? limit
        while at < end, !text.stands("from", at: at, inAnyCase: true) { at += 1 }
        at = min(at + 4, end)
        while at < end, text[at] <= 0x20 { at += 1 }
        while at < end, WordSet.isWordByte(text[at]) || text[at] == UInt8(ascii: ".") { at += 1 }
        return at < end && text[at] == UInt8(ascii: "(") || at == end ? .write : .read
    }

    private func fits(_ receiver: Receiver, before start: Int, in text: UnsafeBufferPointer<UInt8>, _ declaresModels: Bool) -> Bool {
        switch receiver {
        case .any: return true
        case .type:
            guard !declaresModels, let name = word(before: start, in: text) else { return true }
            return text[name.lowerBound] >= 65 && text[name.lowerBound] <= 90 || name.count == 4
        case .manager(let words):
            guard let name = word(before: start, in: text) else { return false }
            return words.contains { text[name].elementsEqual($0) }
        // A file that imports the library, or runs transactions, may call its client anything.
        case .client where declaresModels: return true
        case .client(let words, let above):
            guard var name = word(before: start, in: text) else { return above == 0 }
            for _ in 0..<above {
                guard let outer = word(before: name.lowerBound, in: text) else { return !Self.follows(text, name.lowerBound) ? false : true }
                name = outer
            }
            return words.contains { contains(name, $0, in: text) }
        }
    }

    /// `private orders: Model<Order>`: a class of the model under any name.
    private static func declaresModels(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        stands("Model<", in: text) || stands("ransaction(", in: text)
    }

    /// `executor = db,`: a parameter of any name that stands for a client.
    private func hasStandIn(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var at = text.startIndex
        while let sign = text[at...].firstIndex(of: UInt8(ascii: "=")) {
            at = sign + 1
            guard at + 1 < text.count, text[at] == 0x20, WordSet.isWordByte(text[at + 1]) else { continue }
            var end = at + 1
            while end < text.count, WordSet.isWordByte(text[end]) { end += 1 }
            guard end < text.count, text[end] == UInt8(ascii: ",") || text[end] == UInt8(ascii: ")") else { continue }
            if clients.contains(WordSet.hash(of: text[(at + 1)..<end])) { return true }
        }
        return false
    }

    private static func stands(_ word: StaticString, in text: UnsafeBufferPointer<UInt8>) -> Bool {
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
