import Flow
import Syntax

/// Pages and components: markup with code in it is read as the function that it comes to, as one written in JSX would be.
final class Components {
    private let code: HostGrammar
    private var known: [Language: (grammar: Grammar, parser: MarkupParser)] = [:]

    /// A parser that is made only where a file of its language is read.
    private final class MarkupParser {
        let parser: Parser

        init(_ grammar: Grammar) { parser = Parser(grammar) }
    }

    init(_ code: HostGrammar) { self.code = code }

    /// Nil where parsing took longer than `limit` microseconds.
    func projection(of bytes: [UInt8], as language: Language, _ scripts: borrowing Parser, limit: UInt64) -> (Projection, hasErrors: Bool)? {
        tree(of: language == .html ? bytes.withoutTags : bytes, as: language, limit: limit) { root, grammar in
            let markup = Markup(bytes: bytes, grammar: grammar)
            var projection = Projection()
            func script(_ range: Range<Int>) -> Script { Script(range, of: bytes, code, scripts, limit: limit) }
            switch language {
            case .vue: projection = VueReader.projection(of: root, markup, script: script)
            case .svelte: projection = SvelteReader.projection(of: root, markup, script: script)
            case .astro: projection = AstroReader.projection(of: root, markup, script: script)
            case .html: projection = PageReader.projection(of: root, markup, script: script)
            case .typescript, .tsx, .javascript, .python, .sql, .prisma: break
            }
            return (projection, root.hasError)
        }
    }

    func tree<Result>(of bytes: [UInt8], as language: Language, limit: UInt64, _ body: (Node, Grammar) -> Result) -> Result? {
        guard let name = Grammar.Name(language) else { return nil }
        let (grammar, parser) =
            known[language]
            ?? {
                let grammar = Grammar(name); return (grammar, MarkupParser(grammar))
            }()
        known[language] = (grammar, parser)
        return parser.parser.parse(bytes, limit: limit) { tree in body(tree.root, grammar) }
    }
}

extension Grammar.Name {
    fileprivate init?(_ language: Language) {
        switch language {
        case .vue: self = .vue
        case .svelte: self = .svelte
        case .astro: self = .astro
        case .html: self = .html
        case .typescript, .tsx, .javascript, .python, .sql, .prisma: return nil
        }
    }
}

extension [UInt8] {
    /// With spaces in place of `{% … %}`: such a tag may stand anywhere, within the tags of the page as well, and hold a `<`.
    fileprivate var withoutTags: [UInt8] {
        var copy = self, open: Int?
        for at in indices.dropLast() {
            if open == nil, self[at] == UInt8(ascii: "{"), self[at + 1] == UInt8(ascii: "%"), at + 2 >= count || self[at + 2] != UInt8(ascii: ">") { open = at }
            guard let start = open, at > start + 1, self[at] == UInt8(ascii: "%"), self[at + 1] == UInt8(ascii: "}") else { continue }
            for place in start...at + 1 where self[place] != UInt8(ascii: "\n") { copy[place] = UInt8(ascii: " ") }
            open = nil
        }
        return copy
    }
}
