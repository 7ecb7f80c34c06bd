/// A file of the scan, numbered in the sorted order of paths, so that comparing numbers is comparing paths.
package struct FileID: Hashable, Comparable, Sendable {
    package let index: Int32

    package init(_ index: Int) { self.index = Int32(index) }

    package static func < (a: FileID, b: FileID) -> Bool { a.index < b.index }
}

/// A range of UTF-8 byte offsets in one file. Lines and columns are computed once, at the edge (`LineTable`).
package struct Span: Hashable, Comparable, Sendable {
    package let file: FileID
    package let start: Int32
    package let end: Int32

    package init(file: FileID, start: Int, end: Int) {
        self.file = file
        self.start = Int32(clamping: start)
        self.end = Int32(clamping: max(start, end))
    }

    package func contains(_ other: Span) -> Bool { file == other.file && start <= other.start && other.end <= end }

    package static func < (a: Span, b: Span) -> Bool {
        (a.file.index, a.start, a.end) < (b.file.index, b.start, b.end)
    }
}

/// The languages that can be lowered.
package enum Language: String, CaseIterable, Sendable {
    case typescript, tsx, javascript, python, sql, prisma, vue, svelte, astro, html

    /// How the names of its files end.
    package var extensions: [String] {
        switch self {
        case .typescript: ["ts", "mts", "cts"]
        case .tsx: ["tsx"]
        case .javascript: ["js", "jsx", "mjs", "cjs"]
        case .python: ["py"]
        case .sql: ["sql", "pgsql", "ddl"]
        case .prisma: ["prisma"]
        case .vue: ["vue"]
        case .svelte: ["svelte"]
        case .astro: ["astro"]
        case .html: ["html", "htm", "jinja", "jinja2", "j2", "njk", "hbs", "handlebars", "mustache", "ejs"]
        }
    }

    /// Whether there is code in it, in which database calls can be told by their names.
    package var isProgram: Bool {
        switch self {
        case .typescript, .tsx, .javascript, .python, .vue, .svelte, .astro, .html: true
        case .sql, .prisma: false
        }
    }

    /// Whether it is a page, or a part of one, in a language of markup with code in it.
    package var isMarkup: Bool {
        switch self {
        case .vue, .svelte, .astro, .html: true
        case .typescript, .tsx, .javascript, .python, .sql, .prisma: false
        }
    }

    /// Whether its code shows things to people, and most of it runs in their browsers.
    package var isPage: Bool { self == .tsx || isMarkup }

    /// `.ts .mts …`: what a message lists.
    package static var allExtensions: String { allCases.flatMap(\.extensions).map { "." + $0 }.joined(separator: " ") }

    private static let byExtension = Dictionary(uniqueKeysWithValues: allCases.flatMap { language in language.extensions.map { ($0, language) } })

    package init?(fileName: some StringProtocol) {
        guard let dot = fileName.lastIndex(of: "."), let language = Self.byExtension[fileName[fileName.index(after: dot)...].lowercased()] else { return nil }
        self = language
    }
}
