#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where a path leads, as the names from the topmost folder down: for comparing paths that are written in several ways.
package struct Place: Hashable, Sendable {
    private let parts: [String]

    private init(parts: [String]) { self.parts = parts }

    package init(_ path: String) {
        var parts: [String] = []
        for part in ((path.hasPrefix("/") ? "" : Self.here + "/") + path).split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(String(part)) }
        }
        self.parts = parts
    }

    /// The folder where the user is, which no command leaves.
    static let here: String = {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard getcwd(&buffer, buffer.count) != nil else { return "/" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }()

    package var depth: Int { parts.count }

    package var path: String { "/" + parts.joined(separator: "/") }

    /// Whether something is there.
    package var exists: Bool { access(path, F_OK) == 0 }

    package var parent: Place { Place(parts: parts.dropLast()) }

    /// The way here from a folder above; nil where that is no folder above. Of the folder itself it is empty.
    package func below(_ folder: Place) -> [String]? { parts.starts(with: folder.parts) ? Array(parts.dropFirst(folder.parts.count)) : nil }

    /// The way here from a folder: `../src/a.ts`.
    package func way(from folder: Place) -> String {
        let common = zip(parts, folder.parts).prefix { $0 == $1 }.count
        return (Array(repeating: "..", count: folder.parts.count - common) + parts.dropFirst(common)).joined(separator: "/")
    }

    /// The same place without links, as far as it is there.
    package var resolved: Place {
        guard let whole = realpath(path, nil) else { return self }
        defer { free(whole) }
        return Place(String(cString: whole))
    }

    /// The path of a file that is written relative to this folder, as it is shown.
    package func beside(_ path: String) -> String { path.hasPrefix("/") ? path : Discovery.tidied(Place(self.path + "/" + path).path) }

    /// This folder and those above it, innermost first, up to the root of the repository that they are in.
    private var upward: [Place] {
        var folders: [Place] = []
        for count in stride(from: parts.count, through: 0, by: -1) {
            folders.append(Place(parts: Array(parts.prefix(count))))
            if folders[folders.count - 1].holds(".git") { break }
        }
        return folders
    }

    private func holds(_ name: String) -> Bool { Place(parts: parts + [name]).exists }

    /// The root of the repository that this folder is in.
    package var repository: Place? { upward.last.flatMap { $0.holds(".git") ? $0 : nil } }

    /// The file of this name in this folder or the nearest one above, up to the root of the repository.
    package func nearestAbove(named name: String) -> String? {
        upward.first { $0.holds(name) }.map { Discovery.tidied(Place(parts: $0.parts + [name]).path) }
    }
}

/// Patterns for paths below one folder, with the meaning of a .gitignore there.
package struct PathPatterns: Sendable {
    private let file: IgnoreFile

    package init(_ lines: [String]) { file = IgnoreFile(Array(lines.joined(separator: "\n").utf8)) }

    /// Whether they speak of a file, or of a folder that it is in.
    package func match(_ path: [String]) -> Bool {
        let parts = path.map { Array($0.utf8) }
        return parts.indices.contains { at in
            let verdict = file.verdict(Array(parts[...at]), isDirectory: at < parts.count - 1)
            return verdict == true && (at == parts.count - 1 || file.verdict(parts, isDirectory: false) != false)
        }
    }
}
