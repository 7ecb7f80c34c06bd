/// What a file takes from other files and gives to them, by name.
package struct Interface: Sendable {
    /// Local name → what was imported under it.
    package var imports: [String: Reference] = [:]
    /// Exported name → the local name behind it, or what is passed on from another file.
    package var exports: [String: Export] = [:]
    /// Files of which everything is passed on.
    package var passedOn: [String] = []
    package var classes: [String: Class] = [:]
    /// Names that hold an object of a class: `const orders = new OrderService()`.
    package var objects: [String: String] = [:]

    /// Every name of the file can be asked for, those that it imports as well.
    package var givesEverything = false
    /// Classes whose objects are rows.
    package var rows: Set<String> = []
    /// Methods that run when they are read like a column: `Link.is_spent`.
    package var properties: Set<String> = []

    /// Properties of objects that are functions under another name: `seats.take` → `take`.
    package var aliases: [String: String] = [:]

    /// Names that the file binds for good to what is written out in it: a limit, a table of prices, an enumeration.
    package var constants: [String: Value] = [:]
    /// What was taken for a constant by the look of it, `Status.PAID`: its name, and what it is a member of; nil where two say
    /// different.
    package var enumerators: [String: String?] = [:]

    /// Fields for URLs in schemas of requests and models, and whether only harmless schemes pass.
    package var validated: [String: Bool] = [:]

    package init() {}

    package struct Reference: Hashable, Sendable {
        package let module: String
        /// The exported name, "default", or "*" for the module as a whole.
        package let name: String

        package init(module: String, name: String) {
            self.module = module
            self.name = name
        }
    }

    package enum Export: Hashable, Sendable {
        case local(String)
        case passed(Reference)
    }

    package struct Class: Hashable, Sendable {
        package var bases: [String]
        /// The interfaces that it promises to have the methods of.
        package var promises: [String] = []

        package init(bases: [String], promises: [String] = []) {
            self.bases = bases
            self.promises = promises
        }
    }
}
