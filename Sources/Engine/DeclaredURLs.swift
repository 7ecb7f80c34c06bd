import Flow
import Vocabulary

/// The URL fields that models and schemas declare, for the inventory: whether code that was understood writes them or not.
enum DeclaredURLs {
    static func surfaces(of project: Project, in files: [Survey.File]) -> [Surface] {
        project.declarations.flatMap { declaration -> [Surface] in
            let fields = declaration.fields.filter(\.namesURL)
            guard !fields.isEmpty else { return [] }
            let at = Int(declaration.span.file.index), places = places(of: fields, below: declaration.span, in: files[at].bytes)
            return fields.compactMap { field -> Surface? in
                guard let place = places[field] else { return nil }
                let span = Span(file: declaration.span.file, start: place.lowerBound, end: place.upperBound)
                let guardian: Surface.Guardian? =
                    switch project.validated[Schema.foldColumn(field)] {
                    case true?: .init("its type or a test names the schemes", span)
                    case false?: nil
                    case nil: .init("nothing from outside was seen to be written to it", span)
                    }
                return Surface(.url, declaration.name + "." + field, span, routine: "", guardian: guardian)
            }
        }
    }

    /// Models are written one field below the other; nobody's is longer than this.
    private static let reach = 8_000

    private static func places(of fields: [String], below span: Span, in bytes: [UInt8]) -> [String: Range<Int>] {
        let start = Int(span.start), end = min(bytes.count, start + reach)
        guard start < end else { return [:] }
        let wanted = Dictionary(fields.map { (WordSet.hash($0), $0) }) { first, _ in first }
        var found: [String: Range<Int>] = [:]
        bytes[start..<end].withUnsafeBufferPointer { text in
            WordSet.forEachWord(in: text) { hash, place in
                if let field = wanted[hash], found[field] == nil { found[field] = start + place.lowerBound..<start + place.upperBound }
            }
        }
        return found
    }
}
