import Subprocess

/// Why git could not say what was asked, in one sentence.
package struct GitError: Error, CustomStringConvertible {
    package let description: String
}

/// The program git, run in one repository. It is asked about objects and differences, and never to change anything: not the
/// files, not the index, not a reference.
struct Git: Sendable {
    let folder: String

    /// What is read of one answer at most.
    private static let limit = 1 << 30

    // NB: a repository's own settings must not change what is printed, nor start a program of its choice.
    private static let settings = [
        "--no-optional-locks", "--no-pager", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "-c", "core.hooksPath=/dev/null",
        // What differs in its time alone is read anew, rather than noted in the index.
        "-c", "diff.autoRefreshIndex=false",
    ]

    /// What it says is read, too. Which repository is asked is told by the folder, and what is printed by the arguments alone;
    /// the index that a commit in the making uses stays.
    private static let environment: [Environment.Key: String?] = [
        "LC_ALL": "C", "GIT_DIR": nil, "GIT_WORK_TREE": nil, "GIT_PREFIX": nil, "GIT_DIFF_OPTS": nil, "GIT_EXTERNAL_DIFF": nil, "GIT_LITERAL_PATHSPECS": nil,
    ]

    /// What git prints; nil where it refuses.
    func ask(_ arguments: [String], input: [UInt8] = []) async throws -> [UInt8]? {
        let answer = try await run(arguments, input)
        return answer.code == 0 ? answer.output : nil
    }

    /// What git prints; where it refuses, what it says is the error.
    func demand(_ arguments: [String], input: [UInt8] = []) async throws -> [UInt8] {
        let answer = try await run(arguments, input)
        guard answer.code == 0 else {
            let said = answer.errors.split(separator: "\n").first { !$0.hasPrefix("warning:") && !$0.hasPrefix("hint:") } ?? "it refused"
            throw GitError(description: "git \(arguments.first ?? ""): \(said.trimmingPrefix("fatal: ").trimmingPrefix("error: "))")
        }
        return answer.output
    }

    private func run(_ arguments: [String], _ input: [UInt8]) async throws -> (code: Int, output: [UInt8], errors: String) {
        do {
            let result = try await Subprocess.run(
                .name("git"), arguments: Arguments(["-C", folder] + Self.settings + arguments), environment: .inherit.updating(Self.environment),
                input: .array(input), output: .bytes(limit: Self.limit),
                error: .string(limit: 1 << 20))
            let code = if case .exited(let code) = result.terminationStatus { Int(code) } else { 128 }
            return (code, result.standardOutput, result.standardError)
        } catch {
            throw GitError(description: "git cannot be run (\(error)).")
        }
    }
}

extension [UInt8] {
    /// Without the line break at its end.
    var line: String { String(decoding: prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self) }

    /// The parts that a zero byte ends.
    var zeroEnded: [String] { split(separator: 0).map { String(decoding: $0, as: UTF8.self) } }
}
