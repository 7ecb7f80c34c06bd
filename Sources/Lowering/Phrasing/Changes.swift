import Flow
import Vocabulary

/// What a statement writes, as far as its values could be read.
struct Changes {
    var assignments: [Assignment] = []
    /// What only a new row gets, in an upsert.
    var created: [Assignment] = []
    /// Some field is not known, because an object came from elsewhere.
    var partlyUnknown = false
    /// Objects that linking may know.
    var open: [Value] = []
    private let phrases: Phrases

    init(_ phrases: Phrases) { self.phrases = phrases }

    mutating func add(_ value: Value) {
        switch value {
        case .object(let fields, let rest):
            for field in fields { add(field) }
            if let rest, !rest.isRow { add(rest) }
        case .list(let items): if let first = items.first { add(first) } else { partlyUnknown = true }
        case .either(let items): merge(items)
        case .operation(.conditional, let parts) where parts.count == 3: merge(Array(parts.dropFirst()))
        case .operation(.and, let parts): merge(parts.suffix(1))
        case .literal(.null): return
        default:
            // `{...req.body}`: whatever somebody sends.
            if value.isOpen || value.isSent { open.append(value) }
            if !value.isOpen { partlyUnknown = true }
        }
    }

    /// Fields that only some ways through the code give.
    private mutating func merge(_ alternatives: [Value]) {
        partlyUnknown = true
        for value in alternatives { if case .object = value { add(value) } }
    }

    mutating func add(_ field: Value.Field) {
        guard let change = phrases.changes[field.name], case .object(let fields, let rest) = field.value else { return assign(field.name, field.value) }
        // `{$set: {…}, $inc: {…}}`: the fields of the fields are the columns.
        if rest != nil { partlyUnknown = true }
        for inner in fields {
            switch change {
            case .absolute: assign(inner.name, inner.value)
            case .relative, .lowered, .scaled: compute(inner.name, change, inner.value)
            case .created: created.append(Assignment(inner.name, inner.value))
            }
        }
    }

    /// By the database, from what stands in the row.
    mutating func compute(_ column: String, _ change: Phrases.Change, _ amount: Value) {
        switch change {
        case .absolute, .created: put(column, amount)
        case .relative: put(column, .operation(.add, [.column(column), amount]))
        case .lowered: put(column, .operation(.subtract, [.column(column), amount]))
        case .scaled: put(column, .operation(.multiply, [.column(column), amount]))
        }
    }

    private mutating func assign(_ column: String, _ value: Value) {
        switch value {
        case .object(let fields, _):
            if fields.count == 1, let change = phrases.changes[fields[0].name] {
                compute(column, change, fields[0].value)
            } else {
                put(column, value)
            }
        case .operation(.call(let name), let operands) where phrases.raw.contains(name): put(column, Self.computed(operands, column))
        // `eb('n', '+', 1)`
        case .operation(.call, let operands) where operands.count == 3 && Self.signs[operands[1].stringLiteral ?? ""] != nil:
            compute(column, Self.signs[operands[1].stringLiteral ?? ""] ?? .relative, operands[2])
        case .operation(.add, let operands), .operation(.subtract, let operands):
            put(column, operands.contains { if case .member(.name, _) = $0 { true } else { false } } ? Self.computed(operands, column) : value)
        default: put(column, value)
        }
    }

    private static let signs: [String: Phrases.Change] = ["+": .relative, "-": .lowered, "*": .scaled]

    private mutating func put(_ column: String, _ value: Value) {
        assignments.removeAll { $0.column == column }
        assignments.append(Assignment(column, value))
    }

    /// SQL text as a value: relative where it names a column.
    private static func computed(_ pieces: [Value], _ column: String) -> Value {
        var operands: [Value] = []
        for piece in pieces {
            if case .member(.name, let name) = piece {
                operands.append(.column(name))
            } else if let text = piece.stringLiteral {
                if namesColumn(text) { operands.append(.column(column)) }
            } else {
                operands.append(piece)
            }
        }
        return .operation(.text, operands)
    }

    /// Text with a word that is neither a function nor a word of SQL.
    private static func namesColumn(_ text: String) -> Bool {
        var word: [UInt8] = []
        for byte in Array(text.utf8) + [0x20] {
            let isLetter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A || byte == 0x5F || (!word.isEmpty && byte >= 0x30 && byte <= 0x39)
            if isLetter { word.append(byte); continue }
            if byte == UInt8(ascii: "(") { word = [] }
            if !word.isEmpty, !words.contains(String(decoding: word, as: UTF8.self).lowercased()) { return true }
            word = []
        }
        return false
    }

    private static let words: Set<String> = [
        "now", "current_timestamp", "current_date", "null", "true", "false", "default", "interval", "day", "days", "hour", "hours", "minute", "minutes",
        "case", "when", "then", "else", "end", "and", "or", "not", "is", "at", "time", "zone", "utc", "timestamp", "cast", "as", "int", "text", "date",
    ]
}
