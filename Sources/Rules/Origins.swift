import Flow

extension Paths {
    /// Which read of the written table an assigned value comes from, through which columns, and whether it was computed with.
    func source(of value: Value, in table: String?) -> (step: StepID, columns: [String], isArithmetic: Bool, isOwn: Bool)? {
        var columns: [String] = [], origin: StepID?, arithmetic = false, isOwn = false
        func look(_ value: Value, computing: Bool) {
            switch value {
            case .member(let base, let name):
                guard case .outcome(let id, let facet) = base.root, facet == .row || facet == .rows, case .read(let read)? = steps[id]?.kind,
                    Naming.same(read.table, table)
                else {
                    return look(base, computing: computing)
                }
                let column = base.firstColumn ?? name
                // `line.product.stock` stands in another row, unless the column itself is a document.
                if base.firstColumn == nil { isOwn = true }
                origin = origin ?? id
                columns.append(read.columns.first { $0.alias == column }?.column ?? column)
                if computing { arithmetic = true }
            case .operation(let op, let parts):
                switch op {
                case .add, .subtract, .multiply, .divide: parts.forEach { look($0, computing: true) }
                case .not: parts.forEach { look($0, computing: true) }
                case .coalesce, .or, .and: parts.forEach { look($0, computing: computing) }
                case .conditional: parts.dropFirst().forEach { look($0, computing: computing) }
                case .call(let name):
                    if ["max", "min", "round", "floor", "ceil", "Number", "parseInt", "parseFloat", "String", "toFixed", "stringify", "abs", "toString"]
                        .contains(name)
                    {
                        parts.forEach { look($0, computing: computing) }
                    }
                case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .isNull, .isNotNull, .oneOf, .notOneOf, .like, .subquery, .text: return
                }
            case .object(let fields, let rest):
                fields.forEach { look($0.value, computing: computing) }
                if let rest { look(rest, computing: computing) }
            case .list(let items), .either(let items): items.forEach { look($0, computing: computing) }
            case .literal, .outcome, .parameter, .input, .column, .name, .unknown: return
            }
        }
        look(value, computing: false)
        return origin.map { ($0, columns, arithmetic, isOwn) }
    }
}

extension Paths {
    /// The reads of a table whose rows these values were taken from.
    func origins(of values: [Value], in table: String?) -> [StepID] {
        values.flatMap(\.steps).filter { id in if case .read(let read)? = steps[id]?.kind { Naming.same(read.table, table) } else { false } }
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
