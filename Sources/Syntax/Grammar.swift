import CGrammars
import CTreeSitter

/// A tree-sitter grammar, with its symbols and fields looked up by name once.
package struct Grammar: Sendable {
    package enum Name: Sendable { case typescript, tsx, javascript, python, vue, svelte, astro, html }

    nonisolated(unsafe) let language: OpaquePointer
    /// Symbol number → the symbol's name. What could not be parsed has a number beyond them all.
    package let symbols: [String]
    private let fields: [String: UInt16]

    package init(_ name: Name) {
        let pointer: UnsafeRawPointer =
            switch name {
            case .typescript: interlock_grammar_typescript()
            case .tsx: interlock_grammar_tsx()
            case .javascript: interlock_grammar_javascript()
            case .python: interlock_grammar_python()
            case .vue: interlock_grammar_vue()
            case .svelte: interlock_grammar_svelte()
            case .astro: interlock_grammar_astro()
            case .html: interlock_grammar_html()
            }
        language = OpaquePointer(pointer)
        symbols = (0..<ts_language_symbol_count(language)).map { [language] in String(cString: ts_language_symbol_name(language, TSSymbol($0))) }
        var fields: [String: UInt16] = [:]
        for id in 1...max(1, ts_language_field_count(language)) {
            if let name = ts_language_field_name_for_id(language, UInt16(id)) { fields[String(cString: name)] = UInt16(id) }
        }
        self.fields = fields
    }

    /// The name of a node's kind, `ERROR` where it is what could not be parsed.
    package func kind(of node: Node) -> String {
        let symbol = Int(node.symbol)
        return symbol < symbols.count ? symbols[symbol] : "ERROR"
    }

    /// The number of a field, 0 (which no node has) where the grammar does not know it.
    package func field(_ name: String) -> UInt16 { fields[name] ?? 0 }
}
