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
    case typescript, tsx, javascript, python, sql, prisma

    /// Whether it is a programming language, in which database calls can be told by their names.
    package var isProgram: Bool {
        switch self {
        case .typescript, .tsx, .javascript, .python: true
        case .sql, .prisma: false
        }
    }

    package init?(fileName: some StringProtocol) {
        guard let dot = fileName.lastIndex(of: ".") else { return nil }
        switch fileName[fileName.index(after: dot)...].lowercased() {
        case "ts", "mts", "cts": self = .typescript
        case "tsx": self = .tsx
        case "js", "jsx", "mjs", "cjs": self = .javascript
        case "py": self = .python
        case "sql", "pgsql", "ddl": self = .sql
        case "prisma": self = .prisma
        default: return nil
        }
    }
}
