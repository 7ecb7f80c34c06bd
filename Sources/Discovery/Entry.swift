#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// One name in a folder. Names are bytes; those that are no UTF-8 are shown escaped and cannot be opened by that text.
struct Entry {
    let bytes: [UInt8]
    let name: String
    let isUTF8: Bool

    enum Kind: Equatable { case file(size: Int), folder, link, linkToFolder, special }

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
        let text = String(validating: bytes, as: UTF8.self)
        isUTF8 = text != nil
        name = text ?? bytes.map { $0 < 0x80 ? String(UnicodeScalar($0)) : "\\x" + String($0, radix: 16) }.joined()
    }

    /// In the order of their bytes; nil, with `errno`, where the folder cannot be read.
    static func all(in folder: String) -> [Entry]? {
        guard let stream = opendir(folder) else { return nil }
        defer { closedir(stream) }
        var entries: [Entry] = []
        while let entry = readdir(stream) {
            let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if bytes != [UInt8(ascii: ".")], bytes != [UInt8(ascii: "."), UInt8(ascii: ".")] { entries.append(Entry(bytes)) }
        }
        return entries.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    }

    /// Nil, with `errno`, where nothing can be learnt of it.
    func kind(below prefix: String) -> Kind? {
        let path = (Array(prefix.utf8) + bytes + [0]).map { CChar(bitPattern: $0) }
        var info = stat()
        guard lstat(path, &info) == 0 else { return nil }
        switch info.st_mode & S_IFMT {
        case S_IFREG: return .file(size: Int(info.st_size))
        case S_IFDIR: return .folder
        case S_IFLNK:
            var target = stat()
            return stat(path, &target) == 0 && target.st_mode & S_IFMT == S_IFDIR ? .linkToFolder : .link
        default: return .special
        }
    }
}
