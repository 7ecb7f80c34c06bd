/// What is new since a base: the files, the lines in them, and what stood there before.
package struct Change: Sendable {
    /// The base as people call it: "origin/main at 1a2b3c4d".
    package var base = ""
    package var files: [File] = []
    /// What is to be scanned where that is not what stands on the disk: the index of a commit that is being made. Nil is nothing.
    package var staged: [String: [UInt8]?] = [:]

    package struct File: Sendable {
        /// Nil where it was deleted.
        package var path: String?
        /// Nil where it is new.
        package var oldPath: String?
        /// New lines, counted from 1.
        package var lines: [ClosedRange<Int>]
        /// Lines behind which some were taken out, and none put in.
        package var removals: [Int]
        /// What it was; nil where it is new.
        package var before: [UInt8]?

        package init(path: String?, oldPath: String?, lines: [ClosedRange<Int>], removals: [Int] = [], before: [UInt8]?) {
            self.path = path
            self.oldPath = oldPath
            self.lines = lines
            self.removals = removals
            self.before = before
        }
    }

    /// Files that have changed, too, and that nobody here can read.
    package var unread: [String] = []

    package init() {}

    /// The same with every path as the scan spells it.
    package func spelled(_ path: (String) -> String) -> Change {
        var change = self
        for at in change.files.indices {
            change.files[at].path = change.files[at].path.map(path)
            change.files[at].oldPath = change.files[at].oldPath.map(path)
        }
        change.staged = Dictionary(staged.map { (path($0.key), $0.value) }) { first, _ in first }
        change.unread = unread.map(path)
        return change
    }
}
