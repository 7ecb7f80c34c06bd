package import Flow

/// How the arguments of a library's calls say conditions and changes: as functions (`eq(users.id, id)`), as keys of
/// objects (`{gt: 5}`, `{increment: 1}`) or as SQL text (`raw('n + 1')`).
package struct Phrases: Sendable {
    package let conditions: [String: Condition]
    package let changes: [String: Change]
    /// Functions whose argument is SQL text.
    package let raw: Set<String>
    /// What parts a column from a comparison in the name of an argument: `__` in `used_at__isnull=True`.
    package let lookup: String?
    /// What is seen of a column there, in place of itself: `date` in `created__date=today`.
    package let transforms: Set<String>
    /// Functions that name a column: `F("used")`.
    package let columns: Set<String>
    /// Functions and keys of a select list that compute over many rows.
    package let aggregates: [String: Read.Aggregate]

    package enum Condition: Sendable {
        case comparison(Predicate.Comparison)
        /// All of the conditions inside hold.
        case all
        /// Some of them hold, or none: what they name was looked at, and no more is known.
        case loose
        /// A function of a column, an operator and a value.
        case compare
    }

    package enum Change: String, Sendable {
        /// Computed by the database from the value in the row: something is added.
        case relative
        /// Something is taken away from it.
        case lowered
        /// It is multiplied, or divided.
        case scaled
        case absolute
        /// Only where the row is new.
        case created
    }

    var names: [String] { Array(columns) + Array(conditions.keys) + Array(raw) + Array(aggregates.keys) + Array(changes.keys) }
}
