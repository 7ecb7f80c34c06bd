import Foundation
import Logging
import Running
import Synchronization

/// A client in a process of its own, whose lines are read while it runs.
final class Client: Sendable {
    private let process: Mutex<Process>
    private let output: FileHandle

    init(_ arguments: [String]) throws {
        let pipe = Pipe(), process = Process()
        process.executableURL = Built.program("race")
        process.arguments = arguments
        process.standardOutput = pipe
        try process.run()
        output = pipe.fileHandleForReading
        self.process = Mutex(process)
    }

    var id: Int32 { process.withLock { $0.processIdentifier } }

    /// Everything that it says, until it ends or is killed.
    func lines() async throws -> [String] {
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "client").async {
                let data = try? self.output.readToEnd()
                self.process.withLock { $0.waitUntilExit() }
                continuation.resume(returning: String(decoding: data ?? Data(), as: UTF8.self).split(separator: "\n").map(String.init))
            }
        }
    }

    /// Returns when it has said something.
    func firstBytes(_ count: Int) -> Int { (try? output.read(upToCount: count))?.count ?? 0 }

    func kill() { Foundation.kill(id, SIGKILL) }
}

extension Logger {
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
