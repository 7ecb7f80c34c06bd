package import Flow

/// How a library is told to run a function before its writes (or in their place), and which writes those are.
package struct Hooks: Sendable {
    /// What the moments are called: name → the write that follows.
    package let moments: [String: Write.Operation]
    /// Calls whose first argument names the moment: `schema.pre('save', …)`.
    package let registrars: Set<String>
    /// A moment is itself a call that takes the function: `Order.beforeCreate(…)`.
    package let asCalls: Bool
    /// A moment is a method of the class of rows: `def clean(self)`.
    package let asMethods: Bool
    /// The key under which an object holds functions by moment: `hooks` in `define('Order', {…}, {hooks: {…}})` …
    package let option: String?
    /// … or by table and moment, `query` in `$extends({query: {order: {create() {…}}}})`.
    package let byTable: Bool

    package static let none = Hooks(moments: [:], registrars: [], asCalls: false, asMethods: false, option: nil, byTable: false)

    /// The moments as they are written in calls.
    package var names: [String] { moments.keys.map { $0.prefix(1).lowercased() + $0.dropFirst() } }

    /// `beforeCreate` and the decorator `BeforeCreate` are one moment.
    package func write(at moment: some StringProtocol) -> Write.Operation? {
        moments[String(moment)] ?? moments[moment.prefix(1).uppercased() + moment.dropFirst()]
    }
}
