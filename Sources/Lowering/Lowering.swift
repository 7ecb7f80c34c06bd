package import Flow
import SQL
import Syntax
package import Vocabulary

/// The grammars, loaded once for the process.
package struct Grammars: Sendable {
    let typescript = HostGrammar(.typescript)
    let tsx = HostGrammar(.tsx)
    let javascript = HostGrammar(.javascript)
    let python = HostGrammar(.python)

    package init() {}
}

/// What is wanted of a file, where not everything is.
package struct Demand: Equatable, Sendable {
    /// The imported names, as the file knows them, through which the database is reached.
    package var reaching: Set<String> = []
    /// Where statements may be opened.
    package var places: [Int] = []
    /// The bytes in which functions that have to do with the database are wanted.
    package var regions: [Range<Int>] = []
    /// The bytes in which every function is wanted, since it may decide something for others.
    package var helpers: [Range<Int>] = []

    package init() {}
}

/// Syntax → flow, one file at a time. A value of this type belongs to one task and keeps that task's parsers.
package struct Lowering: ~Copyable {
    let grammars: Grammars
    private let vocabularies: Vocabularies
    let typescript: Parser
    let tsx: Parser
    let javascript: Parser
    let python: Parser
    let components: Components

    package init(_ grammars: Grammars, _ vocabularies: Vocabularies) {
        self.grammars = grammars
        self.vocabularies = vocabularies
        typescript = Parser(grammars.typescript.grammar)
        tsx = Parser(grammars.tsx.grammar)
        javascript = Parser(grammars.javascript.grammar)
        python = Parser(grammars.python.grammar)
        components = Components(grammars.tsx)
    }

    /// What the file does, or what is asked for of it. Nil where parsing took longer than `limit` microseconds.
    ///
    /// - Parameter own: the module names in it that mean files of the project.
    package func lower(_ bytes: [UInt8], of file: FileID, as language: Language, own: Set<String>, for demand: Demand?, limit: UInt64) -> Unit? {
        switch language {
        case .typescript: lower(bytes, file, own, with: typescript, grammars.typescript, demand, limit)
        case .tsx: lower(bytes, file, own, with: tsx, grammars.tsx, demand, limit)
        case .javascript: lower(bytes, file, own, with: javascript, grammars.javascript, demand, limit)
        case .python: lower(bytes, file, own, with: python, grammars.python, demand, limit)
        case .sql: SQLFileLowering(file: file, bytes: bytes).lower()
        case .prisma: PrismaLowering(bytes, file).lower()
        case .vue, .svelte, .astro, .html: lowerMarkup(bytes, file, as: language, own, limit)
        }
    }

    /// Only parses: the floor of what any analysis of these files costs.
    package func parse(_ bytes: [UInt8], as language: Language, limit: UInt64) -> Bool {
        switch language {
        case .typescript: typescript.parse(bytes, limit: limit) { _ in true } ?? false
        case .tsx: tsx.parse(bytes, limit: limit) { _ in true } ?? false
        case .javascript: javascript.parse(bytes, limit: limit) { _ in true } ?? false
        case .python: python.parse(bytes, limit: limit) { _ in true } ?? false
        case .sql: !SQLReader.statements(in: bytes).isEmpty
        case .prisma: PrismaLowering(bytes, FileID(0)).lower().hasSyntaxErrors
        case .vue, .svelte, .astro, .html: components.projection(of: bytes, as: language, tsx, limit: limit) != nil
        }
    }

    private func lower(
        _ bytes: [UInt8], _ file: FileID, _ own: Set<String>, with parser: borrowing Parser, _ grammar: HostGrammar, _ demand: Demand?, _ limit: UInt64
    ) -> Unit? {
        parser.parse(bytes, limit: limit) { tree in
            let vocabulary = grammar.isPython ? vocabularies.python : vocabularies.javascript
            var lowering = FileLowering(SourceFile(file: file, bytes: bytes, grammar: grammar, vocabulary: vocabulary), own: own)
            return lowering.lower(tree.root, for: demand)
        }
    }

    /// All of it, since it is one region.
    private func lowerMarkup(_ bytes: [UInt8], _ file: FileID, as language: Language, _ own: Set<String>, _ limit: UInt64) -> Unit? {
        guard let (projection, hasErrors) = components.projection(of: bytes, as: language, tsx, limit: limit) else { return nil }
        return tsx.parse(projection.bytes, limit: limit) { tree in
            let source = SourceFile(
                file: file, bytes: projection.bytes, grammar: grammars.tsx, vocabulary: vocabularies.javascript, projection: projection)
            var lowering = FileLowering(source, own: own)
            var unit = lowering.lower(tree.root, for: nil)
            unit.hasSyntaxErrors = hasErrors || tree.root.hasError
            return unit
        }
    }
}
