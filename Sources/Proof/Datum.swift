import Flow

/// What a value is while a proof is played.
enum Datum: Hashable, Sendable {
    case null
    case boolean(Bool)
    case number(Double)
    case text(String)
    /// Seconds from the moment in which everything happens.
    case moment(Int)
    case row(Row)
    case rows([Row])
    case list([Datum])
    case object([String: Datum])
    /// Nothing that is known here decides it.
    case unknown

    struct Row: Hashable, Sendable {
        /// By the folded names of columns.
        var values: [String: Datum] = [:]
        /// A statement names it, so that it is the last to be taken away where there are too many.
        var isNamed = false
        /// The rows that came with it, by the name of the relation.
        var related: [String: [Row]] = [:]

        func value(_ column: String) -> Datum { values[column.folded] ?? .unknown }
    }
}

extension Datum {
    /// Whether it holds where a condition asks; nil where nobody knows.
    var truth: Bool? {
        switch self {
        case .null: false
        case .boolean(let flag): flag
        case .number(let number): number != 0
        case .text(let text): !text.isEmpty
        case .moment, .row, .rows, .list, .object: true
        case .unknown: nil
        }
    }

    var isKnown: Bool { self != .unknown }

    /// What JavaScript calls its kind; nil where it depends on how the library hands it over.
    var typeName: String? {
        switch self {
        case .boolean: "boolean"
        case .number: "number"
        case .text: "string"
        case .row, .rows, .list, .object: "object"
        case .null, .moment, .unknown: nil
        }
    }

    var number: Double? {
        switch self {
        case .number(let number): number
        case .boolean(let flag): flag ? 1 : 0
        case .text(let text): Double(text)
        case .moment(let seconds): Double(Clock.seconds + seconds)
        default: nil
        }
    }

    /// As SQL would write it.
    var literal: String {
        switch self {
        case .null, .unknown: "NULL"
        case .boolean(let flag): flag ? "true" : "false"
        case .number(let number): number.spelled
        case .text(let text): "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
        case .moment(let seconds): "'\(Clock.text(seconds))'"
        case .list(let items): "(" + items.map(\.literal).joined(separator: ", ") + ")"
        case .row, .rows, .object: "…"
        }
    }

    func isSame(as other: Datum) -> Bool {
        if self == other { return true }
        switch (self, other) {
        // A flag may be kept as a number, a number as text, a state in other case.
        case (.text(let one), .text(let another)): return one.folded == another.folded
        case (.null, _), (_, .null): return false
        default:
            guard let one = number, let another = other.number else { return false }
            return one == another
        }
    }

    /// Which of two comes first; nil where they cannot be compared.
    func isBelow(_ other: Datum) -> Bool? {
        if let one = number, let another = other.number { return one < another }
        if case .text(let one) = self, case .text(let another) = other { return one < another }
        return nil
    }
}

extension String {
    /// Without case and underscores, as drivers and libraries change both.
    var folded: String {
        String(decoding: utf8.compactMap { $0 == UInt8(ascii: "_") ? nil : $0 >= 65 && $0 <= 90 ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}

/// The moment in which everything happens: the same in every run.
enum Clock {
    /// 2026-01-15 12:00:00 UTC, in days since 1970 and seconds of the day.
    private static let day = 20_468, second = 43_200

    /// The same since 1970.
    static let seconds = day * 86_400 + second

    /// The moment in which the day began.
    static let startOfDay = -second

    static func text(_ offset: Int) -> String {
        let total = second + offset
        let days = day + (total >= 0 ? total / 86_400 : -((-total + 86_399) / 86_400)), rest = total - (days - day) * 86_400
        let (year, month, dayOfMonth) = civil(days)
        func padded(_ number: Int, _ width: Int = 2) -> String { String(repeating: "0", count: max(0, width - String(number).count)) + String(number) }
        return "\(padded(year, 4))-\(padded(month))-\(padded(dayOfMonth)) \(padded(rest / 3_600)):\(padded(rest / 60 % 60)):\(padded(rest % 60))"
    }

    /// Year, month, day, hour, minute and second.
    static func numbers(_ offset: Int) -> [Datum] { text(offset).split { !$0.isNumber }.map { .number(Double($0) ?? 0) } }

    static func offset(of text: String) -> Int? {
        let numbers = text.split { !$0.isNumber }.prefix(6).compactMap { Int($0) }
        guard numbers.count >= 3, numbers[0] > 1900, numbers[0] < 2200 else { return nil }
        let parts = numbers + Array(repeating: 0, count: 6 - numbers.count)
        return (days(parts[0], parts[1], parts[2]) - day) * 86_400 + parts[3] * 3_600 + parts[4] * 60 + parts[5] - second
    }

    /// https://howardhinnant.github.io/date_algorithms.html#civil_from_days
    private static func civil(_ days: Int) -> (Int, Int, Int) {
        let shifted = days + 719_468, era = shifted / 146_097, ofEra = shifted - era * 146_097
        let year = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100), month = (5 * ofYear + 2) / 153
        let number = month < 10 ? month + 3 : month - 9
        return (year + era * 400 + (number <= 2 ? 1 : 0), number, ofYear - (153 * month + 2) / 5 + 1)
    }

    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year, era = year / 400, ofEra = year - era * 400
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }
}

extension Datum {
    /// Inside other text.
    var plain: String {
        switch self {
        case .text(let text): text
        case .moment(let seconds): Clock.text(seconds)
        default: literal
        }
    }
}
