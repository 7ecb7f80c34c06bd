// Values that are the present moment, or were made in it.
extension Value {
    /// Made a moment ago, and like nothing that anybody else has: a time, a random text.
    package var isFresh: Bool {
        guard case .operation(.call(let name), _) = self else { return false }
        let last = name.split(separator: ".").last.map(String.init) ?? name
        return isMoment
            || ["uuid", "uuid1", "uuid4", "uuidv4", "uuidv7", "randomUUID", "nanoid", "cuid", "ulid", "token_urlsafe", "token_hex", "randomBytes", "utcnow"]
                .contains(last)
    }

    /// `now() + timedelta(seconds=left)`
    package var isReckonedFromNow: Bool {
        guard case .operation(let op, let operands) = self, op == .add || op == .subtract else { return false }
        // `now() - now() % day` is the same all day long.
        let moments = operands.filter { $0.parts.contains(where: \.isMoment) }
        return moments.count == 1 && (moments[0].isMoment || moments[0].isReckonedFromNow)
    }

    /// The present moment itself, in whatever form.
    package var isMoment: Bool {
        guard case .operation(.call(let name), let operands) = self else { return false }
        if ["new Date", "Date", "now", "timezone.now", "datetime.now", "CURRENT_TIMESTAMP"].contains(name) { return true }
        // `time.time()` of Python.
        if name == "time" || name == "time_ns", operands.contains(.name("time")) { return true }
        return ["toISOString", "toDate", "getTime", "valueOf", "format"].contains(name) && operands.contains { $0.isMoment }
    }

    /// The present moment: comparisons with it tell nothing about other requests.
    package var isClock: Bool {
        parts.contains { part in
            switch part {
            case .operation(.call("new Date"), _), .operation(.call("Date"), _), .operation(.call("now"), _): true
            default: false
            }
        }
    }

    /// A moment in whatever form.
    package var isTime: Bool {
        if isMoment { return true }
        switch self {
        case .operation(.call, let parts), .operation(.add, let parts), .operation(.subtract, let parts): return parts.contains(where: \.isTime)
        default: return false
        }
    }

    /// The day of a moment.
    package var isDay: Bool {
        guard case .operation(.call, let parts) = self, cutsToDay else { return false }
        return parts.contains(where: \.isTime)
    }

    /// What a function leaves of a moment is its day, and neither more nor less: not `date_trunc('month', …)`, `.slice(0, 7)`.
    package var cutsToDay: Bool {
        guard case .operation(.call(let name), let parts) = self, !isMoment, name.cutsTime else { return false }
        let isSlice = name.hasSuffix("slice") || name.hasSuffix("substr") || name.hasSuffix("substring")
        return parts.allSatisfy { part in
            switch part {
            case .literal(.string(let unit)):
                !["second", "minute", "hour", "week", "isoweek", "month", "quarter", "year", "decade"].contains(unit.lowercased())
            case .literal(.number(let end)): !isSlice || ["0", "1", "10"].contains(end)
            default: true
            }
        }
    }
}

extension Predicate.Comparison {
    package var isOrdering: Bool { [.less, .lessOrEqual, .greater, .greaterOrEqual].contains(self) }
}

extension Predicate {
    /// What is compared is made of the column in a way that leaves nothing of it to compare with: `length(code) > 3`, but not
    /// `lower(email) = $1`.
    package var isDisguised: Bool {
        guard let through = through?.lowercased(), !isOfTime else { return false }
        let given = value.stringLiteral
        switch through {
        case "lower", "lcase", "casefold", "iexact": return comparison.isOrdering || given.map { $0 != $0.lowercased() } ?? false
        case "upper", "ucase": return comparison.isOrdering || given.map { $0 != $0.uppercased() } ?? false
        case "trim", "btrim", "ltrim", "rtrim", "unaccent": return comparison.isOrdering
        default: return true
        }
    }

    /// Compares the day of a moment.
    package var isOfDay: Bool { through?.lowercased() == "date" || comparison == .equal && value.isDay }

    /// It asks for a day, or another stretch of time, to which a moment belongs.
    package var isOfTime: Bool {
        isOfDay
            || through.map {
                [
                    "day", "month", "year", "iso_year", "hour", "minute", "second", "time", "week", "week_day", "iso_week_day", "quarter", "extract",
                    "date_part", "date_trunc", "to_char", "strftime", "date_format", "trunc",
                ]
                .contains($0.lowercased())
            } ?? false
    }
}

extension String {
    /// A function of this name leaves the day of a moment.
    package var cutsTime: Bool {
        let name = lowercased().filter { $0 != "_" }
        return [
            "slice", "split", "substr", "substring", "datetrunc", "trunc", "date", "startofday", "sethours", "setutchours", "todatestring", "replace",
            "combine",
        ].contains { name == $0 || name.hasSuffix("." + $0) }
    }
}
