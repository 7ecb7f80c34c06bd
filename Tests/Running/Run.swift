package import Foundation

/// Runs a program for a test. Input and output go through files: pipes would tie the test to who reads when, and to signals.
package struct Run {
    package let output: String
    package let errors: String
    package let code: Int32

    package init(_ program: URL, _ arguments: [String], in folder: URL? = nil, input: Data = Data()) throws {
        let box = FileManager.default.temporaryDirectory.appending(path: "interlock-run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: box, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: box) }
        let files = ["input", "output", "errors"].map { box.appending(path: $0) }
        try input.write(to: files[0])
        for file in files.dropFirst() { try Data().write(to: file) }
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: files[1])
        process.standardError = try FileHandle(forWritingTo: files[2])
        try process.run()
        process.waitUntilExit()
        output = String(decoding: try Data(contentsOf: files[1]), as: UTF8.self)
        errors = String(decoding: try Data(contentsOf: files[2]), as: UTF8.self)
        code = process.terminationStatus
    }

    /// A Python script beside the tests, with what `scripts/bootstrap --tests` installed.
    package static func python(_ script: URL, input: Data) throws -> Run {
        try Run(URL(filePath: "/usr/bin/env"), ["python3", script.path()], input: input)
    }
}
