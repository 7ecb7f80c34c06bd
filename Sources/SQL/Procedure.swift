package import Flow

/// A function, a procedure or the body of a trigger, as it is defined: PL/pgSQL, or plain statements (`LANGUAGE sql`).
package struct Procedure: Hashable, Sendable {
    package var name: String
    package var parameters: [String] = []
    /// How many of them a caller gives.
    package var arity = 0
    package var returnsTrigger = false
    package var body: [Part] = []
    /// Byte offsets of the definition in the text that was parsed.
    package var start = 0, end = 0

    /// One statement of a body.
    package struct Part: Hashable, Sendable {
        package var form: Form
        package var start: Int, end: Int
    }

    package indirect enum Form: Hashable, Sendable {
        /// What its operations do, and the variables that take the columns of the result.
        case statement(Statement, into: [String])
        /// A call of another function, and the variables for its result.
        case call(String, [Term], into: [String])
        case assign(String, Term)
        case branch([Arm], otherwise: [Part])
        case loop(condition: Term?, [Part])
        /// `FOR row IN SELECT … LOOP`
        case each([String], Statement, [Part])
        case block([Part], handlers: [Handler])
        case returns(Term)
        case returnsRows(Statement)
        case raise
        /// EXIT and CONTINUE.
        case leave(condition: Term?)
        /// `GET DIAGNOSTICS n = ROW_COUNT`
        case rowCount(String)
        case opaque
    }

    package struct Arm: Hashable, Sendable {
        package var condition: Term
        package var body: [Part]
    }

    package struct Handler: Hashable, Sendable {
        /// `unique_violation`, `others`, an SQLSTATE.
        package var conditions: [String]
        package var body: [Part]
    }

    /// An expression, and the reads of its sub-selects: `nested(i)` stands for what the i-th of them gives.
    package struct Term: Hashable, Sendable {
        package var value: Value
        package var reads: [Read] = []
    }
}

/// `CREATE TRIGGER … ON table … EXECUTE FUNCTION f()`
package struct Trigger: Hashable, Sendable {
    package var name: String
    package var table: String
    package var function: String
    package var isBefore = true
    package var onInsert = false
    package var onUpdate = false
}

extension Value {
    /// A variable of the procedure, until the walk over it knows what it holds.
    static func variable(_ name: String) -> Value { .member(.name("variable"), name) }
    static func nested(_ index: Int) -> Value { .member(.name("nested"), String(index)) }

    package var variableName: String? {
        if case .member(.name("variable"), let name) = self { return name }
        return nil
    }

    /// The number of the sub-select whose result this value is.
    package var nestedNumber: Int? {
        if case .operation(.subquery, let parts) = self, case .member(.name("nested"), let number)? = parts.first { return Int(number) }
        return nil
    }
}
