import ArgumentParser
import Flow
import Reporters

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// `sarif`, or `sarif=out.sarif`; a file named `-` is standard output.
struct Output: ExpressibleByArgument {
    let format: Format
    let file: String?

    init(format: Format, file: String?) {
        self.format = format
        self.file = file == "-" ? nil : file
    }

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1)
        guard let name = parts.first, let format = Format(rawValue: String(name)), parts.count == 2 || !argument.contains("=") else { return nil }
        self.init(format: format, file: parts.count == 2 ? String(parts[1]) : nil)
    }

    static var allValueStrings: [String] { Format.allCases.map(\.rawValue) }

    /// What `--format` and `--output` ask for together. Files come first: the reader of standard output may go away.
    static func all(_ formats: [Output], _ output: String?) throws -> [Output] {
        let asked = formats.isEmpty ? [Output(format: .text, file: nil)] : formats, unnamed = asked.count { $0.file == nil }
        if output != nil, unnamed > 1 { throw ValidationError("--output is for one format: use --format NAME=FILE for each.") }
        if output != nil, unnamed == 0 { throw ValidationError("--output has nothing to hold: every --format names a file.") }
        if unnamed > 1 { throw ValidationError("Only one format can go to standard output: use --format NAME=FILE for the others.") }
        let all = asked.map { Output(format: $0.format, file: $0.file ?? output) }
        return all.filter { $0.file != nil } + all.filter { $0.file == nil }
    }

    /// Refuses, before anything is scanned, what could not be written afterwards or would destroy what is scanned.
    static func check(_ outputs: [Output]) throws {
        var places: Set<[UInt8]> = []
        for file in outputs.compactMap(\.file) {
            let place = try Destination(file)
            if place.isPlain, !places.insert(place.identity).inserted { throw ValidationError("\(file): two outputs cannot go to one file.") }
        }
    }
}

/// A file that a report is to be written to.
private struct Destination {
    let identity: [UInt8]
    /// Devices and pipes take any number of outputs.
    let isPlain: Bool

    init(_ file: String) throws {
        func refuse(_ reason: String) -> ValidationError { ValidationError("\(file.isEmpty ? "\"\"" : file): cannot be written (\(reason)).") }
        var info = stat()
        let exists = stat(file, &info) == 0
        guard exists || errno == ENOENT else { throw refuse(systemError()) }
        if exists, info.st_mode & S_IFMT == S_IFDIR { throw refuse("is a directory") }
        isPlain = !exists || info.st_mode & S_IFMT == S_IFREG
        let name = Self.resolved(file) ?? file
        if isPlain, Language(fileName: file) != nil || Language(fileName: name) != nil {
            throw ValidationError("\(file): has the name of a source file, and no report is written to one.")
        }
        let folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? "."
        guard access(exists ? file : folder, exists ? W_OK : W_OK | X_OK) == 0 else { throw refuse(systemError()) }
        if exists {
            identity = Array(name.utf8)
        } else {
            guard let last = file.split(separator: "/").last, !file.hasSuffix("/") else { throw refuse("no such file or directory") }
            identity = Array(((Self.resolved(folder) ?? folder) + "/" + last).utf8)
        }
    }

    private static func resolved(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
