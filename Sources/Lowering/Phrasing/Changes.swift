import Flow
import SQL
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
        if field.name == Value.elided { return open.append(field.value) }
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
        case .operation(let op, _) where op.isArithmetic: put(column, Self.overRow(value, column))
        default: put(column, value)
        }
    }

    private static let signs: [String: Phrases.Change] = ["+": .relative, "-": .lowered, "*": .scaled]

    private mutating func put(_ column: String, _ value: Value) {
        assignments.removeAll { $0.column == column }
        assignments.append(Assignment(column, value))
    }

    /// `Item.stock - 1`: computed from a column of the row, unless it is a constant that stands under a name.
    private static func overRow(_ value: Value, _ column: String) -> Value {
        value.mapped { part in
            guard case .member(.name, let name) = part, part.isModelColumn || name.lowercased() == column.lowercased() else { return part }
            return .column(name)
        }
    }

    /// SQL text as a value: relative where it names a column.
    private static func computed(_ pieces: [Value], _ column: String) -> Value {
        var text = HostText(), parameters: [Value] = []
        text.text.append("UPDATE t SET c = ".utf8, host: 0)
        for piece in pieces {
            if let literal = piece.stringLiteral {
                text.text.append(literal.utf8, host: 0)
            } else if case .member(.name, let name) = piece {
                text.text.append("\"\(name)\"".utf8, host: 0)
            } else if case .list(let items) = piece, text.text.bytes.contains(UInt8(ascii: "?")) {
                parameters += items
            } else {
                text.text.appendHole(text.holes.count, host: 0)
                text.holes.append(piece)
            }
        }
        let statements = SQLReader.statements(in: text.text)
        if statements.count == 1, case .write(let write)? = statements[0].bound(to: parameters, holes: text.holes).operations.first,
            write.assignments.count == 1, write.filters.isEmpty, let value = write.assignments.first?.value, value != .unknown
        {
            return value
        }
        return touched(pieces, column)
    }

    /// Of text that cannot be read: whether it is computed from a column.
    private static func touched(_ pieces: [Value], _ column: String) -> Value {
        let operands = pieces.compactMap { piece -> Value? in
            if case .member(.name, let name) = piece { return .column(name) }
            guard let text = piece.stringLiteral else { return piece }
            return namesColumn(text) ? .column(column) : nil
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
