import ArgumentParser

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Why the last call of the system failed.
func systemError() -> String { String(cString: strerror(errno)).lowercased() }

/// Writes everything, or says with `errno` why not.
private func writeAll(_ text: String, to descriptor: Int32) -> Bool {
    var text = text
    return text.withUTF8 { buffer in
        var done = 0
        while done < buffer.count {
            let count = write(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done)
            if count < 0, errno == EINTR { continue }
            if count < 0 { return false }
            done += count
        }
        return true
    }
}

enum StandardStreams {
    /// A standard stream that was closed by the caller must not become the number of a file that is opened later. What takes
    /// its place fails as the closed one would: it is open the other way round.
    static func hold() {
        for descriptor in [Int32(0), 1, 2] where fcntl(descriptor, F_GETFD) < 0 { _ = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY) }
    }
}

enum StandardError {
    static func write(_ text: String) { _ = writeAll(text, to: 2) }
}

enum StandardOutput {
    /// A reader who has gone away ends the program by SIGPIPE, as is usual.
    static func write(_ text: String) throws {
        guard writeAll(text, to: 1) else { throw ValidationError("Standard output cannot be written (\(systemError())).") }
    }
}

enum StandardInput {
    /// Everything up to its end.
    static func read(limit: Int) throws -> [UInt8] {
        var bytes: [UInt8] = [], buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            guard bytes.count <= limit else { throw ValidationError("Standard input holds more than \(limit >> 20) MB.") }
            #if canImport(Glibc)
                let got = Glibc.read(0, &buffer, buffer.count)
            #else
                let got = Darwin.read(0, &buffer, buffer.count)
            #endif
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw ValidationError("Standard input cannot be read (\(systemError())).") }
            guard got > 0 else { return bytes }
            bytes.append(contentsOf: buffer[..<got])
        }
    }
}

/// Writes a whole file or nothing: to a temporary file beside it, which then takes its name and its mode. What exists and
/// is no regular file (a device, a pipe, a link) is written to as it is: its name must not be taken from it.
enum AtomicFile {
    static func write(_ text: String, to path: String) throws {
        var info = stat()
        let exists = lstat(path, &info) == 0, isPlain = !exists || info.st_mode & S_IFMT == S_IFREG
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        let target = isPlain ? folder + ".interlock-\(getpid())" : path
        if isPlain { unlink(target) }
        let file = open(target, O_WRONLY | O_CREAT | O_CLOEXEC | (isPlain ? O_EXCL : O_TRUNC), 0o666)
        guard file >= 0 else { throw failure(path) }
        if exists, isPlain { fchmod(file, info.st_mode & 0o7777) }
        guard writeAll(text, to: file) else {
            let error = failure(path)
            close(file)
            if isPlain { unlink(target) }
            throw error
        }
        guard close(file) == 0, !isPlain || rename(target, path) == 0 else {
            let error = failure(path)
            if isPlain { unlink(target) }
            throw error
        }
    }

    private static func failure(_ path: String) -> ValidationError { ValidationError("\(path): cannot be written (\(systemError())).") }
}
