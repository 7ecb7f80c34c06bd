extension Value {
    /// NEW, in the function of a trigger.
    package static let newRow = Value.parameter(0, "NEW")
}

extension API {
    /// Statements inside the database.
    package static let stored = API(name: "plpgsql", dialect: .postgres, blocking: false)
}

/// What a migration says about functions and triggers of the database. The last word counts.
package enum StoredChange: Hashable, Sendable {
    /// The routine of that number among those of the unit; one of the same name and number of arguments is replaced.
    case define(String, arity: Int, routine: Int)
    case drop(String, arity: Int?)
    case trigger(String, Trigger)
    case dropTrigger(String, on: String?)

    /// It runs a function around each row that is inserted or changed.
    package struct Trigger: Hashable, Sendable {
        package let table: String
        package let function: String
        package let isBefore: Bool
        package let onInsert: Bool
        package let onUpdate: Bool

        package init(table: String, function: String, isBefore: Bool, onInsert: Bool, onUpdate: Bool) {
            (self.table, self.function, self.isBefore) = (table, function, isBefore)
            (self.onInsert, self.onUpdate) = (onInsert, onUpdate)
        }
    }

    /// The callee of the call that stands where a trigger's function lets its row pass: `RETURN NEW`, or something else.
    package static let passesRow = "trigger:new", endsTrigger = "trigger:other"
}
