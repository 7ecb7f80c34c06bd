import Flow

/// By which columns rows belong together, and which rows are meant, as a WHERE says.
struct Scope {
    /// Columns that are compared with what a request brings.
    var columns: [String] = []
    /// Columns of time, which are compared with the present day, or with the present month.
    private var days: [String] = [], months: [String] = []
    private var fixed: [(column: String, text: String)] = []
    /// It compares with a moment that moves on, or with one that is kept as a number.
    private(set) var slides = false
    /// A condition of which nothing could be made.
    private(set) var leavesOut = false

    /// - Parameter isDaily: the check counts by days of the calendar, whatever it compares with.
    init(_ filters: [Predicate], _ table: Stage.Table, isDaily: Bool = false) {
        for filter in filters {
            guard let column = table.column(filter.column) else {
                leavesOut = true
                continue
            }
            let name = column.name
            if filter.isDisguised {
                leavesOut = true
                continue
            }
            if filter.isOfTime, !filter.isOfDay {
                if filter.isOfMonth, column.kind != .number { months.append(name) } else { slides = true }
                continue
            }
            switch filter.comparison {
            case .isNull: fixed.append((name, "IS NULL"))
            case .isNotNull: fixed.append((name, "IS NOT NULL"))
            case .equal where filter.isOfDay:
                if column.kind == .number { slides = true } else if !days.contains(name) { days.append(name) }
            case .greater, .greaterOrEqual, .less, .lessOrEqual:
                if column.kind == .moment || filter.value.isClock {
                    if !(filter.value.isDay || isDaily) || column.kind == .number { slides = true } else if !days.contains(name) { days.append(name) }
                    continue
                }
                guard filter.value.isConstant else {
                    leavesOut = true
                    continue
                }
                if case .literal(let literal) = filter.value, let sign = filter.comparison.sign { fixed.append((name, "\(sign) \(Datum(literal).literal)")) }
            case .equal, .notEqual:
                if case .literal(let literal) = filter.value {
                    let sign = filter.comparison == .notEqual ? "<>" : "="
                    fixed.append(
                        (
                            name,
                            literal == .null
                                ? filter.comparison == .notEqual ? "IS NOT NULL" : "IS NULL"
                                : "\(sign) \(Datum(literal).converted(to: column.kind ?? .text).literal)"
                        ))
                } else if filter.comparison == .equal, !columns.contains(name) {
                    columns.append(name)
                }
            case .oneOf, .notOneOf:
                guard case .list(let items) = filter.value else {
                    leavesOut = true
                    continue
                }
                let known = items.compactMap { item -> String? in
                    if case .literal(let literal) = item { Datum(literal).converted(to: column.kind ?? .text).literal } else { nil }
                }
                if known.count == items.count, !known.isEmpty {
                    fixed.append((name, "\(filter.comparison == .oneOf ? "IN" : "NOT IN") (\(known.joined(separator: ", ")))"))
                }
            case .other, .distinct, .like: leavesOut = true
            }
        }
    }

    func groups(_ alias: String) -> [String] { columns.map { "\(alias).\(spelled($0))" } + periods(alias).map(\.value) }

    func items(_ alias: String) -> [String] { columns.map { "\(alias).\(spelled($0))" } + periods(alias).map { "\($0.value) AS \($0.name)" } }

    /// Days and months of moments; both engines write a moment with its year and month first.
    private func periods(_ alias: String) -> [(value: String, name: String)] {
        func plain(_ column: String) -> String { column.lowercased().filter { $0.isLetter || $0.isNumber || $0 == "_" } }
        return days.map { ("date(\(alias).\(spelled($0)))", "day_of_\(plain($0))") }
            + months.map { ("substr(CAST(\(alias).\(spelled($0)) AS text), 1, 7)", "month_of_\(plain($0))") }
    }

    func conditions(_ alias: String) -> [String] { fixed.map { "\(alias).\(spelled($0.column)) \($0.text)" } }

    var told: String {
        let names = columns + days.map { "day of \($0)" } + months.map { "month of \($0)" }
        return names.isEmpty ? "table" : names.joined(separator: ", ")
    }
}

extension Predicate {
    /// `date_trunc('month', claimed_at) = date_trunc('month', now())`
    fileprivate var isOfMonth: Bool {
        guard comparison == .equal, through?.lowercased() == "date_trunc", case .operation(.call, let parts) = value else { return false }
        return parts.first?.stringLiteral?.lowercased() == "month" && value.parts.contains(where: \.isMoment)
    }
}

/// As it must be written: in quotes where it is not a plain word in small letters.
func spelled(_ name: String) -> String {
    let isPlain = name.utf8.allSatisfy { $0 >= 97 && $0 <= 122 || $0 >= 48 && $0 <= 57 || $0 == 95 } && name.utf8.first.map { $0 > 57 } == true
    return isPlain && !ReservedWords.contains(name) ? name : quoted(name)
}

extension Schema {
    /// A table as it must be written, with the schema in which it stands.
    func source(_ name: String) -> String {
        let known = table(name)
        return (known?.namespace.map { spelled($0) + "." } ?? "") + spelled(known?.spelling ?? name)
    }
}
