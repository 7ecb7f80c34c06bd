import Discovery
package import Flow

extension Change {
    /// What has changed between a commit and the files on the disk. All paths are absolute, without links.
    ///
    /// - Parameters:
    ///   - base: the commit from which the work of HEAD branched off counts. Nil is HEAD.
    ///   - isStaged: the index counts, rather than the files on the disk.
    ///   - folders: what is compared, all of one repository.
    ///   - isScanned: whether a file of this name is one that can be scanned.
    package static func since(_ base: String?, isStaged: Bool, in folders: [String], isScanned: (String) -> Bool) async throws -> Change {
        let git = try await Git.repository(of: folders), top = git.folder
        var change = Change()
        let commit = try await change.find(base, git)
        func whole(_ path: String) -> String { top + "/" + path }

        let compared =
            ["diff", "-U0", "--full-index", "-M", "--text", "--no-color", "--no-ext-diff", "--no-textconv", "--no-relative", "--submodule=short"]
            + ["--ignore-submodules=all", "--inter-hunk-context=0", "--src-prefix=a/", "--dst-prefix=b/"] + (isStaged ? ["--cached"] : []) + [commit, "--"]
        let all = Patch(try await git.demand(compared)).files
        let changed = all.filter { [$0.old, $0.new].contains { $0.map(isScanned) == true } }
        // A file that was renamed and is otherwise the same is told without its object.
        let before = try await git.objects(changed.map { file in file.object ?? file.old.map { "\(commit):\($0)" } })
        change.files = zip(changed, before).map { file, before in
            File(path: file.new.map(whole), oldPath: file.old.map(whole), lines: file.lines, removals: file.removals, before: before)
        }
        let untracked = try await git.demand(["ls-files", "--others", "--exclude-standard", "-z"]).zeroEnded
        change.unread = (all.compactMap { $0.new ?? $0.old } + (isStaged ? [] : untracked)).filter { !isScanned($0) }.map(whole)
        if isStaged {
            for path in untracked where isScanned(path) { change.staged[whole(path)] = .some(nil) }
            try await change.readIndex(git, isScanned, whole)
        } else {
            change.files += untracked.filter(isScanned).map { File(path: whole($0), oldPath: nil, lines: [1...Int(Int32.max)], removals: [], before: nil) }
        }
        try await change.readSparse(git, isScanned, whole)
        return change
    }

    /// The commit to compare with.
    private mutating func find(_ name: String?, _ git: Git) async throws -> String {
        let head = try await git.ask(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])?.line
        guard let name else {
            base = head.map { "HEAD at \($0.prefix(8))" } ?? "nothing, as there is no commit yet"
            if let head { return head }
            return try await git.demand(["hash-object", "-t", "tree", "--stdin"]).line
        }
        guard let head else { throw GitError(description: "There is no commit yet, so nothing to compare with \"\(name)\".") }
        guard !name.hasPrefix("-"), let commit = try await git.ask(["rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"])?.line else {
            let hint = name.hasPrefix("origin/") ? "fetch it first, as in `git fetch origin \(name.dropFirst(7))`; in CI" : "in CI, fetch"
            throw GitError(description: "There is no commit \"\(name)\" here: \(hint) the whole history (fetch-depth: 0).")
        }
        guard let fork = try await git.ask(["merge-base", commit, head])?.line, !fork.isEmpty else {
            throw GitError(
                description: "\"\(name)\" and HEAD have no commit in common here: fetch more of the history, in CI the whole of it (fetch-depth: 0).")
        }
        base = "\(name) at \(fork.prefix(8))"
        return fork
    }

    /// What the index holds where that is not what stands on the disk.
    private mutating func readIndex(_ git: Git, _ isScanned: (String) -> Bool, _ whole: (String) -> String) async throws {
        // `:mode mode object object status`, and behind it the path.
        let parts = try await git.demand(["diff-files", "--raw", "-z", "--no-abbrev", "--ignore-submodules=all"]).zeroEnded
        var objects: [(path: String, object: String)] = []
        for (head, path) in zip(parts, parts.dropFirst()) where head.hasPrefix(":") && isScanned(path) {
            let words = head.split(separator: " ")
            guard words.count == 5 else { continue }
            // Two sides of a merge, of which neither is staged.
            if words[4] == "U" { continue }
            // Said to come, with nothing in it yet.
            if words[2].allSatisfy({ $0 == "0" }) { staged[whole(path)] = .some(nil) } else { objects.append((path, String(words[2]))) }
        }
        for (item, text) in zip(objects, try await git.objects(objects.map(\.object))) { if let text { staged[whole(item.path)] = text } }
    }

    /// Files that a sparse checkout leaves out of the disk: part of the project all the same.
    private mutating func readSparse(_ git: Git, _ isScanned: (String) -> Bool, _ whole: (String) -> String) async throws {
        guard try await git.ask(["config", "--type=bool", "core.sparseCheckout"])?.line == "true" else { return }
        let paths = try await git.demand(["ls-files", "-t", "-z"]).zeroEnded.filter { $0.hasPrefix("S ") }.map { String($0.dropFirst(2)) }.filter(isScanned)
        for (path, text) in zip(paths, try await git.objects(paths.map { ":" + $0 })) where staged[whole(path)] == nil {
            if let text { staged[whole(path)] = text }
        }
    }
}

extension Git {
    /// The repository that all of these folders are in.
    fileprivate static func repository(of folders: [String]) async throws -> Git {
        var tops: [String] = []
        for folder in folders {
            do { tops.append(try await Git(folder: folder).demand(["rev-parse", "--show-toplevel"]).line) } catch let error as GitError {
                guard error.description.contains("not a git repository") else { throw error }
                throw GitError(description: "\(folder): not in a git repository, so there is nothing to compare with.")
            }
        }
        guard let top = tops.first, tops.allSatisfy({ $0 == top }) else {
            throw GitError(description: "The folders are of several repositories, each with changes of its own: scan them one by one.")
        }
        return Git(folder: top)
    }

    /// Files as they are stored, by the names of their objects, in that order; nil where there is no name, or no file.
    fileprivate func objects(_ names: [String?]) async throws -> [[UInt8]?] {
        let asked = names.compactMap { $0 }.filter { !$0.contains("\n") }
        guard !asked.isEmpty else { return names.map { _ in nil } }
        let answer = try await demand(["cat-file", "--batch"], input: Array((asked.joined(separator: "\n") + "\n").utf8))
        var found: [[UInt8]?] = [], at = 0
        // `object type size`, a line break, the bytes, a line break.
        while at < answer.count, let end = answer[at...].firstIndex(of: UInt8(ascii: "\n")) {
            let words = String(decoding: answer[at..<end], as: UTF8.self).split(separator: " ")
            guard words.count >= 3, let size = Int(words[words.count - 1]), size >= 0, end + 1 + size <= answer.count else {
                throw GitError(description: "git does not have the object \(words.first ?? "") of the base; fetch it first.")
            }
            found.append(words[words.count - 2] == "blob" ? Array(answer[(end + 1)..<(end + 1 + size)]) : nil)
            at = end + 2 + size
        }
        var next = found.makeIterator()
        return names.map { name in name.map { !$0.contains("\n") } == true ? next.next() ?? nil : nil }
    }
}
