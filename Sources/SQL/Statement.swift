package import Flow

/// One SQL statement: what it does, in order, in the terms of `Flow`.
package struct Statement: Hashable, Sendable {
    package var operations: [Operation]
    /// Operations that take their rows from those that another, of that number, has changed.
    package var feeds: [Int: Int] = [:]
    /// Byte offsets in the text that was parsed.
    package var start: Int
    package var end: Int
    /// The comment that names a query for sqlc, HugSQL or PgTyped.
    package var name: String?

    package enum Operation: Hashable, Sendable {
        case read(Read)
        case write(Write)
        /// `asking` is the hole that stands for the level.
        case begin(Isolation, asking: Value? = nil)
        case end
        case lock(Lock)
        case schema(SchemaChange)
        /// A function of the database, and the column under which a SELECT gives its result; nil where it gives rows.
        case call(String, [Value], column: String?)
        case define(Procedure)
        case dropProcedure(String, arity: Int?)
        case trigger(String, StoredChange.Trigger)
        case dropTrigger(String, on: String?)
        case opaque
    }

    /// The operation whose outcome the caller sees: the last one that is not opaque.
    package var main: Operation? { operations.last { $0 != .opaque } }
}

extension Value {
    /// The placeholder called `name` (`1` for the first `?`, and for `$1`), until the host's argument takes its place.
    static func placeholder(_ name: String) -> Value { .member(.name("placeholder"), name) }
    static func hole(_ number: String) -> Value { .member(.name("hole"), number) }

    /// The name of the placeholder that this value is.
    package var placeholderName: String? {
        if case .member(.name("placeholder"), let name) = self { return name }
        return nil
    }

    /// The number of the template hole that this value is.
    package var holeNumber: Int? {
        if case .member(.name("hole"), let number) = self { return Int(number) }
        return nil
    }
}

extension Statement {
    /// The same statement with what the host gives: parameters in order or as one object of names.
    package func bound(to parameters: [Value], holes: [Value]) -> Statement {
        bound { part in
            if let hole = part.holeNumber { return hole < holes.count ? holes[hole] : .unknown }
            guard let name = part.placeholderName else { return part }
            if let index = Int(name) { return index >= 1 && index <= parameters.count ? parameters[index - 1] : .unknown }
            return parameters.first?.member(name) ?? .unknown
        }
    }

    /// The same statement with the host's values in place of placeholders and holes.
    package func bound(_ change: (Value) -> Value) -> Statement {
        var copy = self
        copy.operations = operations.map { operation in
            switch operation {
            case .read(let read): .read(read.rewritten { $0.mapped(change) })
            case .write(let write): .write(write.rewritten { $0.mapped(change) })
            case .lock(let lock): .lock(Lock(lock.kind, key: lock.key.mapped(change)))
            case .call(let name, let arguments, let column): .call(name, arguments.map { $0.mapped(change) }, column: column)
            case .begin(let isolation, let level?): .begin(isolation, asking: level.mapped(change))
            case .begin, .end, .schema, .define, .dropProcedure, .trigger, .dropTrigger, .opaque: operation
            }
        }
        return copy
    }
}
