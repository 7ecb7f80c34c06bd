import Discovery
package import Flow

extension Change {
    /// What has changed between a commit and the files on the disk.
    ///
    /// - Parameters:
    ///   - folder: a folder of the repository.
    ///   - base: the commit from which the work of HEAD branched off counts. Nil is HEAD.
    ///   - isStaged: the index counts, rather than the files on the disk.
    ///   - isScanned: whether a file of this name is one that can be scanned.
    package static func since(_ base: String?, isStaged: Bool, in folder: String, isScanned: (String) -> Bool) async throws -> Change {
        let top: String
        do { top = try await Git(folder: folder).demand(["rev-parse", "--show-toplevel"]).line } catch let error as GitError {
            guard error.description.contains("not a git repository") else { throw error }
            throw GitError(description: "\(folder): not in a git repository, so there is nothing to compare with.")
        }
        let git = Git(folder: top)
        var change = Change()
        let commit = try await change.find(base, git)
        func shown(_ path: String) -> String { Discovery.tidied(top + "/" + path) }

        let compared = ["diff", "-U0", "--full-index", "-M", "--no-color", "--no-ext-diff", "--no-textconv", "--no-relative", "--submodule=short"]
            + ["--ignore-submodules=all", "--inter-hunk-context=0", "--src-prefix=a/", "--dst-prefix=b/"] + (isStaged ? ["--cached"] : []) + [commit, "--"]
        let changed = Patch(try await git.demand(compared)).files.filter { [$0.old, $0.new].contains { $0.map(isScanned) == true } }
        let before = try await git.objects(changed.compactMap(\.object))
        change.files = changed.map { file in
            File(path: file.new.map(shown), oldPath: file.old.map(shown), lines: file.lines, before: file.object.flatMap { before[$0] })
        }
        let untracked = try await git.demand(["ls-files", "--others", "--exclude-standard", "-z"]).zeroEnded.filter(isScanned).map(shown)
        if isStaged {
            for path in untracked { change.staged[path] = .some(nil) }
            try await change.readIndex(git, isScanned, shown)
        } else {
            change.files += untracked.map { File(path: $0, oldPath: nil, lines: [1...Int(Int32.max)], before: nil) }
        }
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
        guard !name.hasPrefix("-"), let commit = try await git.ask(["rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"])?.line else {
            throw GitError(description: "There is no commit \"\(name)\" here: fetch it first, as in `git fetch origin \(name.split(separator: "/").last ?? "main")`, in CI with the whole history (fetch-depth: 0).")
        }
        guard let head else { throw GitError(description: "There is no commit yet, so nothing to compare with \"\(name)\".") }
        guard let fork = try await git.ask(["merge-base", commit, head])?.line, !fork.isEmpty else {
            throw GitError(description: "\"\(name)\" and HEAD have no commit in common here: fetch more of the history, in CI the whole of it (fetch-depth: 0).")
        }
        base = "\(name) at \(fork.prefix(8))"
        return fork
    }

    /// What the index holds where that is not what stands on the disk.
    private mutating func readIndex(_ git: Git, _ isScanned: (String) -> Bool, _ shown: (String) -> String) async throws {
        // `:mode mode object object status`, and behind it the path.
        let parts = try await git.demand(["diff-files", "--raw", "-z", "--no-abbrev", "--ignore-submodules=all"]).zeroEnded
        var objects: [(path: String, object: String)] = []
        for (head, path) in zip(parts, parts.dropFirst()) where head.hasPrefix(":") && isScanned(path) {
            let words = head.split(separator: " ")
            if words.count == 5 { objects.append((shown(path), String(words[2]))) }
        }
        let texts = try await git.objects(objects.map(\.object))
        for item in objects { staged[item.path] = texts[item.object] }
    }
}

extension Git {
    /// Files as they are stored, by the names of their objects.
    fileprivate func objects(_ names: [String]) async throws -> [String: [UInt8]] {
        guard !names.isEmpty else { return [:] }
        let answer = try await demand(["cat-file", "--batch"], input: Array((names.joined(separator: "\n") + "\n").utf8))
        var found: [String: [UInt8]] = [:], at = 0
        // `object type size`, a line break, the bytes, a line break.
        while at < answer.count, let end = answer[at...].firstIndex(of: UInt8(ascii: "\n")) {
            let words = String(decoding: answer[at..<end], as: UTF8.self).split(separator: " ")
            guard words.count == 3, let size = Int(words[2]), size >= 0, end + 1 + size <= answer.count else {
                throw GitError(description: "git does not have the object \(words.first ?? "") of the base; fetch it first.")
            }
            if words[1] == "blob" { found[String(words[0])] = Array(answer[(end + 1)..<(end + 1 + size)]) }
            at = end + 2 + size
        }
        return found
    }
}
