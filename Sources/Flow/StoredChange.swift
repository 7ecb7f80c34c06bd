/// What a migration says about functions and triggers of the database. The last word counts.
package enum StoredChange: Hashable, Sendable {
    /// The routine of that number among those of the unit; one of the same name and number of arguments is replaced.
    case define(String, arity: Int, routine: Int)
    case drop(String, arity: Int?)
    /// A trigger that runs a function around each row that is inserted.
    case trigger(String, table: String, function: String, isBefore: Bool)
    case dropTrigger(String, on: String?)

    /// The callee of the call that stands where a trigger's function lets its row pass: `RETURN NEW`, or something else.
    package static let passesRow = "trigger:new", endsTrigger = "trigger:other"
}
