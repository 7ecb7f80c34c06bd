import ArgumentParser
import Discovery
import Engine
import Flow
import Reporters
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What was done, on standard error, so that the output itself is the same from run to run.
struct Summary {
    private let result: ScanResult
    private let elapsed: Duration

    init(_ result: ScanResult, elapsed: Duration) {
        self.result = result
        self.elapsed = elapsed
    }

    func print() {
        for warning in result.summary.warnings.prefix(20) { complain(warning) }
        if result.summary.warnings.count > 20 { complain("\(result.summary.warnings.count - 20) more warnings of this kind.") }
        complain(text)
    }

    private var text: String {
        let findings = result.reports.count, files = result.summary.files
        let milliseconds = elapsed.components.seconds * 1_000 + elapsed.components.attoseconds / 1_000_000_000_000_000
        let time = milliseconds < 1_000 ? "\(milliseconds) ms" : "\(milliseconds / 1_000).\(milliseconds % 1_000 / 100) s"
        var line = "\(findings) finding\(findings == 1 ? "" : "s"), \(files) file\(files == 1 ? "" : "s") scanned in \(time)"
        let skipped = Discovered.Skip.allCases.compactMap { reason in result.summary.skipped[reason].map { "\($0) \(reason.rawValue)" } }
        if !skipped.isEmpty { line += "; skipped: \(skipped.joined(separator: ", "))" }
        if result.summary.syntaxErrors > 0 { line += "; \(result.summary.syntaxErrors) parsed with errors" }
        return line + "."
    }
}

/// One line that is rewritten, at most once for each percent.
final class ProgressBar: Sendable {
    private let total: Int
    private let isShown: Bool
    private let last = Atomic(-1)

    init(total: Int, isShown: Bool) {
        self.total = total
        self.isShown = isShown
    }

    func show(_ done: Int) {
        guard isShown, total > 0 else { return }
        let percent = done * 100 / total
        guard last.exchange(percent, ordering: .relaxed) < percent else { return }
        let filled = percent * 30 / 100
        StandardError.write("\r[\(String(repeating: "=", count: filled))\(String(repeating: " ", count: 30 - filled))] \(done) of \(total) files")
    }

    func clear() { if isShown { StandardError.write("\r\u{1B}[K") } }
}

enum StandardError {
    static func write(_ text: String) {
        var text = text
        #if canImport(Glibc)
            _ = text.withUTF8 { Glibc.write(2, $0.baseAddress, $0.count) }
        #else
            _ = text.withUTF8 { Darwin.write(2, $0.baseAddress, $0.count) }
        #endif
    }
}

/// Writes a whole file or nothing: to a temporary file beside it, which then takes its name. What exists and is no
/// regular file (a device, a pipe) is written to as it is: its name must not be taken from it.
enum AtomicFile {
    static func write(_ text: String, to path: String) throws {
        var info = stat()
        let isPlain = stat(path, &info) != 0 || info.st_mode & S_IFMT == S_IFREG
        let target = isPlain ? path + ".tmp-\(getpid())" : path
        guard let file = fopen(target, "w") else { throw failure(path) }
        var text = text
        let written = text.withUTF8 { fwrite($0.baseAddress, 1, $0.count, file) }
        let isFlushed = fflush(file) == 0, reason = errno
        let isClosed = fclose(file) == 0
        guard written == text.utf8.count, isFlushed, isClosed else {
            if isPlain { unlink(target) }
            errno = reason
            throw failure(path)
        }
        guard isPlain, rename(target, path) != 0 else { return }
        let error = failure(path)
        unlink(target)
        throw error
    }

    private static func failure(_ path: String) -> ValidationError {
        ValidationError("\(path): cannot be written (\(String(cString: strerror(errno)).lowercased())).")
    }
}

enum StandardOutput {
    /// Writes everything, or says why not. A reader who has gone away ends the program by SIGPIPE, as is usual.
    static func write(_ text: String) throws {
        var text = text
        let error: Int32? = text.withUTF8 { buffer in
            var done = 0
            while done < buffer.count {
                #if canImport(Glibc)
                    let count = Glibc.write(1, buffer.baseAddress! + done, buffer.count - done)
                #else
                    let count = Darwin.write(1, buffer.baseAddress! + done, buffer.count - done)
                #endif
                if count < 0, errno == EINTR { continue }
                if count < 0 { return errno }
                done += count
            }
            return nil
        }
        if let error { throw ValidationError("Standard output cannot be written (\(String(cString: strerror(error)).lowercased())).") }
    }
}
