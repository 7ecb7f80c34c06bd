/// What may stand at a place of `interlock.yml`. The reader, the sentences of its errors and the published JSON Schema all
/// come from here, so that none of them can say something else than the others.
indirect enum Shape: Sendable {
    case text
    case choice([String])
    /// One value stands for a list of one.
    case list(Shape)
    /// Any of these words, each with such a value.
    case mapping([String], Shape)
    case record([Field])

    struct Field: Sendable {
        let name: String
        /// What it means, in one sentence; the description in the JSON Schema.
        let about: String
        let shape: Shape
    }
}

/// What other rooms know the names of.
package struct KnownWords: Sendable {
    let rules: [String]
    /// Of the pull-request checklist.
    let boxes: [String]

    package init(rules: [String], boxes: [String]) {
        self.rules = rules
        self.boxes = boxes
    }
}

extension Shape {
    /// The whole of an `interlock.yml`.
    static func document(_ words: KnownWords) -> Shape {
        .record(
            [
                Field(
                    name: "extends", about: "Configuration files that hold where this one says nothing; lists are joined. Relative to this file.",
                    shape: .list(.text)),
                Field(name: "exclude", about: "Files and folders to leave out, as in a .gitignore of this folder.", shape: .list(.text)),
            ] + settings(words.rules) + [
                Field(name: "baseline", about: "The file of findings that are known and left for later, written by `interlock baseline`.", shape: .text),
                Field(
                    name: "sanitizers", about: "Your functions that let only harmless URLs pass, by name or with what stands before it: safeHref, urls.clean.",
                    shape: .list(.text)),
                Field(
                    name: "lockouts", about: "Your functions that refuse an account after too many failures; called before the secret is verified.",
                    shape: .list(.text)),
                Field(
                    name: "locks", about: "Your functions that hold a lock while the function that they are given runs, or for the rest of the caller.",
                    shape: .list(.text)),
                Field(
                    name: "payments", about: "Your functions that charge, refund or pay out, with the amount or the payment among their arguments.",
                    shape: .list(.text)),
                Field(
                    name: "apis", about: "Files that describe libraries of your own, in the form of Interlock's own apis/*.yml. Relative to this file.",
                    shape: .list(.text)),
                Field(
                    name: "overrides", about: "Other settings for some paths; of several that match, the last one counts.",
                    shape: .list(
                        .record(
                            [Field(name: "paths", about: "Which files, as in a .gitignore of this folder.", shape: .list(.text))] + settings(words.rules)))),
                Field(
                    name: "checklist", about: "The texts of the boxes in your pull-request template, where they are not Interlock's own.",
                    shape: .mapping(words.boxes, .text)),
            ])
    }

    /// What can be set for all files, and for some.
    private static func settings(_ rules: [String]) -> [Field] {
        [
            Field(
                name: "rules", about: "How serious a rule's findings are; off silences it. Without it each rule has a severity of its own.",
                shape: .mapping(rules, .choice(["off", "note", "warning", "error"]))),
            Field(name: "min-confidence", about: "Show findings of at least this confidence. Default: medium.", shape: .choice(["low", "medium", "high"])),
            Field(name: "min-severity", about: "Show findings of at least this severity. Default: note.", shape: .choice(["note", "warning", "error"])),
            Field(
                name: "fail-on", about: "Exit 1 for a shown finding of at least this severity. Default: warning.", shape: .choice(["note", "warning", "error"])),
            Field(name: "ignore-tables", about: "Tables about which nothing is reported, such as logs and caches.", shape: .list(.text)),
        ]
    }
}
