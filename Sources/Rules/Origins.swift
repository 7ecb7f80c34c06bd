import Flow

extension Paths {
    /// Which read of the written table an assigned value comes from, through which columns, and whether it was computed with.
    func source(of value: Value, in table: String?) -> Source? {
        var columns: [String] = [], origin: StepID?, arithmetic = false, isOwn = false, isMerged = false, isList = false
        func look(_ value: Value, computing: Bool, merging: Bool) {
            switch value {
            // One of a list that stands in a column.
            case .member(let base, "0"): look(base, computing: computing, merging: merging)
            case .member(let base, let name):
                guard case .outcome(let id, let facet) = base.root, facet == .row || facet == .rows, case .read(let read)? = steps[id]?.kind,
                    Naming.same(read.table, table)
                else {
                    return look(base, computing: computing, merging: merging)
                }
                let column = base.firstColumn ?? name
                // `line.product.stock` stands in another row, unless the column itself is a document.
                if base.firstColumn == nil { isOwn = true }
                origin = origin ?? id
                columns.append(read.columns.first { $0.alias == column }?.column ?? column)
                if computing { arithmetic = true }
                if merging, base.firstColumn == nil { isMerged = true }
            case .operation(let op, let parts):
                switch op {
                case .add, .subtract, .multiply, .divide: parts.forEach { look($0, computing: true, merging: merging) }
                case .not: parts.forEach { look($0, computing: true, merging: merging) }
                case .coalesce, .or, .and: parts.forEach { look($0, computing: computing, merging: merging) }
                case .conditional: parts.dropFirst().forEach { look($0, computing: computing, merging: merging) }
                case .call(let name):
                    if Self.converting.contains(name) { parts.forEach { look($0, computing: computing, merging: merging) } }
                    if ["filter", "concat", Value.amended].contains(name) { isList = true }
                    // What a helper makes of each item of a list that is written again, too.
                    if Self.rearranging.contains(name) || merging && !Self.converting.contains(name) {
                        parts.forEach { look($0, computing: computing, merging: true) }
                    }
                case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .isNull, .isNotNull, .oneOf, .notOneOf, .like, .subquery, .text: return
                }
            case .object(let fields, let rest):
                fields.forEach { look($0.value, computing: computing, merging: merging) }
                if let rest { look(rest, computing: computing, merging: true) }
            case .list(let items):
                if items.count > 1 { isList = true }
                items.forEach { look($0, computing: computing, merging: merging || items.count > 1) }
            case .either(let items): items.forEach { look($0, computing: computing, merging: merging) }
            case .literal, .outcome, .parameter, .input, .column, .name, .unknown: return
            }
        }
        look(value, computing: false, merging: false)
        return origin.map { Source(step: $0, columns: columns, isArithmetic: arithmetic, isOwn: isOwn, isMerged: isMerged, isList: isList) }
    }

    /// Calls that say the same in another form, and those that make a new list or object of the old one.
    private static let converting: Set<String> = [
        "max", "min", "round", "floor", "ceil", "Number", "parseInt", "parseFloat", "String", "toFixed", "stringify", "abs", "toString", "parse", "safeParse",
        "loads", "dumps", "structuredClone", "cloneDeep", "deepcopy", "copy", "map", "from", "decode", "encode", "new Set", "new Map", Value.elided,
    ]
    private static let rearranging: Set<String> = ["filter", "concat", "assign", "fromEntries", "union", Value.amended]
}

/// Where a written value was read, and what was made of it.
struct Source {
    let step: StepID
    let columns: [String]
    let isArithmetic: Bool
    /// It stands in the row itself, not in one that was reached through it.
    let isOwn: Bool
    /// The column's list or object is written again with something added or taken out.
    let isMerged: Bool
    /// It is a list in which every item is somebody's.
    let isList: Bool
}

extension Paths {
    /// The reads of a table whose rows these values were taken from.
    func origins(of values: [Value], in table: String?) -> [StepID] {
        var found = values.flatMap(\.steps).filter { isRead($0, of: table) }
        // The row was read again by the key that an earlier read gave: `locked = get(pk=sku.pk)`.
        for id in found.prefix(4) {
            guard case .read(let read)? = steps[id]?.kind, read.aggregate == .row || read.aggregate == .rows else { continue }
            for filter in read.filters where filter.comparison == .equal {
                for case .member(let row, let key) in filter.value.parts where Naming.same(key, filter.column) {
                    found += row.steps.filter { isRead($0, of: table) && !found.contains($0) }
                }
            }
        }
        return found
    }

    private func isRead(_ id: StepID, of table: String?) -> Bool {
        if case .read(let read)? = steps[id]?.kind { Naming.same(read.table, table) } else { false }
    }

    /// The read whose count or number of rows a value is, through defaults and conversions.
    func countedStep(_ value: Value) -> StepID? {
        switch value {
        case .outcome(let id, .count), .outcome(let id, .rowCount): id
        case .member(let base, let name):
            if case .outcome(let id, .row) = base.root, case .read(let read)? = steps[id]?.kind,
                read.columns.contains(where: { $0.alias == name && $0.aggregate != nil })
            {
                id
            } else {
                nil
            }
        case .operation(let op, let parts):
            switch op {
            case .coalesce, .or, .add, .subtract: parts.firstMapped { countedStep($0) }
            case .call(let name) where ["Number", "parseInt"].contains(name): parts.firstMapped { countedStep($0) }
            case .conditional: parts.dropFirst().firstMapped { countedStep($0) }
            default: nil
            }
        default: nil
        }
    }
}

extension Value {
    fileprivate var root: Value {
        switch self {
        case .member(let base, _): base.root
        case .operation(.coalesce, let parts), .operation(.or, let parts): parts.first?.root ?? self
        default: self
        }
    }

    /// The column in `row.column.property…`.
    fileprivate var firstColumn: String? {
        switch self {
        case .member(let base, let name): base.firstColumn ?? name
        case .operation(.coalesce, let parts), .operation(.or, let parts): parts.first?.firstColumn
        default: nil
        }
    }
}
