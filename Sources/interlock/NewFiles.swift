import ArgumentParser

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Files that come into being together or not at all, and never in the place of others.
enum NewFiles {
    /// Writes each text under its path in `folder` and gives the paths. Where one of them exists, nothing is written.
    static func write(_ files: [(path: String, text: String)], under folder: String) throws -> [String] {
        let folder = folder.isEmpty ? "." : folder
        let paths = files.map { folder + "/" + $0.path }
        var info = stat()
        if let taken = paths.first(where: { lstat($0, &info) == 0 }) { throw ValidationError("\(taken): exists already, and nothing was written.") }
        var folders: [String] = [], written: [String] = []
        do {
            for (path, file) in zip(paths, files) {
                folders += try makeFolders(to: path)
                try create(path, file.text)
                written.append(path)
            }
        } catch {
            for path in written { unlink(path) }
            for path in folders.reversed() { rmdir(path) }
            throw error
        }
        return paths
    }

    /// A link to a finished file fails where the name is taken, which a rename would not.
    private static func create(_ path: String, _ text: String) throws {
        let draft = path + ".interlock-\(getpid())"
        try AtomicFile.write(text, to: draft)
        defer { unlink(draft) }
        guard link(draft, path) == 0 else { throw ValidationError("\(path): cannot be written (\(systemError())), and nothing was.") }
    }

    private static func makeFolders(to path: String) throws -> [String] {
        var made: [String] = [], at = path.startIndex
        while let slash = path[at...].firstIndex(of: "/") {
            at = path.index(after: slash)
            let folder = String(path[..<slash])
            if folder.isEmpty { continue }
            if mkdir(folder, 0o777) == 0 {
                made.append(folder)
            } else if errno != EEXIST {
                let reason = systemError()
                for folder in made.reversed() { rmdir(folder) }
                throw ValidationError("\(folder): cannot be made (\(reason)), and nothing was written.")
            }
        }
        return made
    }
}
