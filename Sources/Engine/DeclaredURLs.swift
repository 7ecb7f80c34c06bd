import Flow
import Rules
import Vocabulary

/// The URL fields that models and schemas declare, for the inventory: whether code that was understood writes them or not.
struct DeclaredURLs {
    private let project: Project
    private let files: [Survey.File]

    /// - Parameter units: what was understood of each file.
    static func surfaces(of project: Project, _ units: [Unit], in files: [Survey.File]) -> [Surface] {
        let declared = DeclaredURLs(project: project, files: files)
        let found =
            project.declarations.flatMap { declared.surfaces(of: $0.name, $0.fields, in: $0.span.file, from: Int($0.span.start)) }
            + units.indices.flatMap { at -> [Surface] in
                guard [.typescript, .tsx, .javascript].contains(files[at].language) else { return [] }
                let tables = units[at].schema.changes.compactMap { if case .declareTable(let table) = $0 { table } else { nil } }
                guard !tables.isEmpty else { return [] }
                let words = firstPlaces(in: files[at].bytes)
                return tables.flatMap { table -> [Surface] in
                    let names = table.aliases + [table.name]
                    let start = names.flatMap { [Schema.foldColumn($0), Schema.foldColumn($0) + "schema"] }.compactMap { words[$0] }.min() ?? 0
                    return declared.surfaces(of: names[0], table.columns.map { $0.alias ?? $0.name }, in: FileID(at), from: start)
                }
            }
        // A model says what a row is; migrations, how it became so.
        func rank(_ surface: Surface) -> Int { files[Int(surface.span.file.index)].language == .sql ? 1 : 0 }
        return found.sorted { (rank($0), $0.span) < (rank($1), $1.span) }
    }

    private func surfaces(of holder: String, _ fields: [String], in file: FileID, from start: Int) -> [Surface] {
        let table = project.schema.table(holder)
        // A relation is another row, and a number or a switch no URL.
        let fields = fields.filter { field in
            guard field.namesURL || field.namesPictures, !["is", "has", "list", "max", "min"].contains(field.nameWords.first) else { return false }
            // A constant of the class.
            guard field.utf8.contains(where: { (97...122).contains($0) }) else { return false }
            guard let table, !table.columns.isEmpty else { return true }
            let type = table.types[table.column(field)] ?? ""
            return table.columns.contains(table.column(field)) && table.relations[field.lowercased()] == nil
                && !["bool", "int", "numeric", "decimal", "float", "date", "time"].contains { type.lowercased().hasPrefix($0) }
        }
        guard !fields.isEmpty else { return [] }
        let places = places(of: fields, in: files[Int(file.index)].bytes, from: start)
        return fields.compactMap { field -> Surface? in
            guard let place = places[Schema.foldColumn(field)] else { return nil }
            let span = Span(file: file, start: place.lowerBound, end: place.upperBound)
            let isChecked = table.map { $0.urls.contains($0.column(field)) } == true
            let guardian: String? =
                if isChecked || project.validated[Schema.foldColumn(field)] == true {
                    "its type or a test names the schemes"
                } else if project.madeURLs.contains(Schema.foldColumn(field)) {
                    "the project makes it up itself"
                } else {
                    nil
                }
            return Surface(.url, holder + "." + field, span, routine: "", guardian: guardian.map { .init($0, span) })
        }
    }

    /// Models are written one field below the other; nobody's is longer than this.
    private static let reach = 20_000

    /// Where a field is first named, by its folded name.
    private func places(of fields: [String], in bytes: [UInt8], from start: Int) -> [String: Range<Int>] {
        let end = min(bytes.count, start + Self.reach), wanted = Set(fields.map { Schema.foldColumn($0) })
        guard start < end else { return [:] }
        var found: [String: Range<Int>] = [:]
        bytes[start..<end].withUnsafeBufferPointer { text in
            WordSet.forEachWord(in: text) { _, place in
                let name = Schema.foldColumn(String(decoding: text[place], as: UTF8.self))
                if wanted.contains(name), found[name] == nil { found[name] = start + place.lowerBound..<start + place.upperBound }
            }
        }
        return found
    }

    /// Where each word of a file is first said, without case.
    private static func firstPlaces(in bytes: [UInt8]) -> [String: Int] {
        var found: [String: Int] = [:]
        bytes.withUnsafeBufferPointer { text in
            WordSet.forEachWord(in: text) { _, place in
                let name = Schema.foldColumn(String(decoding: text[place], as: UTF8.self))
                if found[name] == nil { found[name] = place.lowerBound }
            }
        }
        return found
    }
}
