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

    /// It runs a function around each row that is changed, or around the statement as a whole.
    package struct Trigger: Hashable, Sendable {
        package var table = ""
        package var function = ""
        package var isBefore = true
        package var seesRows = true
        package var events: Set<Schema.Trigger.Event> = []

        package init() {}
    }

    /// The callee of the call that stands where a trigger's function lets its row pass: `RETURN NEW`, or something else.
    package static let passesRow = "trigger:new", endsTrigger = "trigger:other"
}
