import CTreeSitter

/// A node of a `Tree`.
package struct Node {
    private let node: TSNode

    init(_ node: TSNode) { self.node = node }

    private init?(present node: TSNode) {
        guard !ts_node_is_null(node) else { return nil }
        self.node = node
    }

    package var symbol: UInt16 { ts_node_symbol(node) }
    package var start: Int { Int(ts_node_start_byte(node)) }
    package var end: Int { Int(ts_node_end_byte(node)) }
    package var isNamed: Bool { ts_node_is_named(node) }
    package var hasError: Bool { ts_node_has_error(node) }

    package func child(_ field: UInt16) -> Node? { Node(present: ts_node_child_by_field_id(node, field)) }

    /// The named children, in order, read in one pass.
    package var children: [Node] {
        let count = ts_node_named_child_count(node)
        guard count > 0 else { return [] }
        var found: [Node] = []
        found.reserveCapacity(Int(count))
        // Reaching the n-th child costs n steps, a cursor costs an allocation.
        guard count > 3 else {
            for index in 0..<count { found.append(Node(ts_node_named_child(node, index))) }
            return found
        }
        forEachChild { if $0.isNamed { found.append($0) } }
        return found
    }

    /// Every child, named or not, in order.
    package func forEachChild(_ look: (Node) -> Void) {
        var cursor = ts_tree_cursor_new(node)
        defer { ts_tree_cursor_delete(&cursor) }
        guard ts_tree_cursor_goto_first_child(&cursor) else { return }
        repeat { look(Node(ts_tree_cursor_current_node(&cursor))) } while ts_tree_cursor_goto_next_sibling(&cursor)
    }
}
