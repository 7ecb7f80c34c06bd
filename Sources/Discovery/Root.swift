#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// One path of the command line: a file or a folder that exists and can be read.
struct Root {
    let path: String
    let identity: [UInt8]
    let isFolder: Bool
    let size: Int

    init(_ given: String) throws {
        func refuse(_ reason: String) -> DiscoveryError { DiscoveryError(description: "\(given.isEmpty ? "\"\"" : given): \(reason)") }
        var info = stat()
        guard stat(given, &info) == 0 else {
            if given == "-" { throw refuse("no such file; --stdin --path NAME reads standard input") }
            throw refuse(lastError())
        }
        switch info.st_mode & S_IFMT {
        case S_IFDIR: isFolder = true
        case S_IFREG: isFolder = false
        default: throw refuse("neither a file nor a folder")
        }
        guard access(given, isFolder ? R_OK | X_OK : R_OK) == 0 else { throw refuse(lastError()) }
        path = Discovery.tidied(given)
        size = Int(info.st_size)
        identity = Self.resolved(given) ?? Array(given.utf8)
    }

    /// Without links and dots, and without the slash that only the topmost folder ends in.
    private static func resolved(_ path: String) -> [UInt8]? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        let bytes = (0..<strlen(resolved)).map { UInt8(bitPattern: resolved[$0]) }
        return bytes == [UInt8(ascii: "/")] ? [] : bytes
    }

    /// The package.json files of the folders above, up to the root of the repository: they tell which libraries it uses.
    func manifestsAbove() -> [String] {
        guard var folder = String(validating: identity, as: UTF8.self) else { return [] }
        var above: [String] = []
        for _ in 0..<40 {
            guard let slash = folder.lastIndex(of: "/") else { break }
            folder = String(folder[..<slash])
            if access(folder + "/package.json", R_OK) == 0 { above.append(folder + "/package.json") }
            if access(folder + "/.git", F_OK) == 0 { break }
        }
        return above
    }

    /// The .gitignore files of the folders above, up to the root of the repository.
    func ignoresAbove() -> [Ignores] {
        let parts = identity.split(separator: UInt8(ascii: "/")).map { Array($0) }
        var above: [Ignores] = []
        var count = parts.count
        while count >= 0 {
            let folder = "/" + parts[..<count].map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
            if count < parts.count, let bytes = try? FileReader.read(folder + "/.gitignore", limit: 1 << 20) {
                above.append(Ignores(file: IgnoreFile(bytes), base: Array(parts[count...])))
            }
            if access(folder + "/.git", F_OK) == 0 { return above.reversed() }
            count -= 1
        }
        return []
    }
}

/// A .gitignore, and the way down from its folder to the one that is read.
struct Ignores {
    let file: IgnoreFile
    let base: [[UInt8]]
}
