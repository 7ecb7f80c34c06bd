import CTreeSitter

/// A tree-sitter parser. It belongs to one task and is reused for every file of that task.
package struct Parser: ~Copyable {
    private let parser: OpaquePointer

    package init(_ grammar: Grammar) {
        parser = ts_parser_new()
        // Cannot fail: the grammars are pinned to the ABI that the library reads, and the tests parse with each of them.
        precondition(ts_parser_set_language(parser, grammar.language), "the grammar's ABI is not the library's: run scripts/bootstrap")
    }

    deinit { ts_parser_delete(parser) }

    /// Parses and lends the tree to `body`; nil where `limit` (microseconds) ran out first.
    package func parse<Result>(_ bytes: [UInt8], limit: UInt64, body: (borrowing Tree) -> Result) -> Result? {
        ts_parser_set_timeout_micros(parser, limit)
        let pointer = bytes.withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { ts_parser_parse_string(parser, nil, $0.baseAddress, UInt32(clamping: $0.count)) }
        }
        guard let pointer else {
            ts_parser_reset(parser)
            return nil
        }
        return body(Tree(pointer))
    }
}

/// A parsed file. Its nodes are valid as long as it lives, which is the length of `Parser.parse`'s body.
package struct Tree: ~Copyable {
    private let tree: OpaquePointer

    init(_ tree: OpaquePointer) { self.tree = tree }

    deinit { ts_tree_delete(tree) }

    package var root: Node { Node(ts_tree_root_node(tree)) }
}
