import Flow

/// How libraries call the table of a class whose name nobody says.
enum TableNames {
    /// `WorkshopSeats`, as Sequelize says it: https://sequelize.org/docs/v6/core-concepts/model-basics/#table-name-inference
    static func plural(_ name: String) -> String {
        let last = name.nameWords.last ?? name, stem = name.dropLast(last.utf8.count)
        let ending = String(name.suffix(last.utf8.count))
        if same.contains(last) { return name }
        if let other = irregular[last] { return String(stem) + ending.prefix(1) + other.dropFirst() }
        if last.hasSuffix("y"), let before = last.dropLast().last, !"aeiou".contains(before) { return name.dropLast() + "ies" }
        if last.hasSuffix("is") { return name.dropLast(2) + "es" }
        if ["s", "x", "z", "ch", "sh"].contains(where: last.hasSuffix) {
            return last.hasSuffix("ss") || !last.hasSuffix("s") || last.hasSuffix("us") ? name + "es" : name
        }
        return name + "s"
    }

    private static let same: Set<String> = ["equipment", "information", "money", "news", "series", "species", "sheep", "fish", "rice", "data", "media"]
    private static let irregular = ["person": "people", "child": "children", "man": "men", "woman": "women", "foot": "feet", "tooth": "teeth", "mouse": "mice"]
}
