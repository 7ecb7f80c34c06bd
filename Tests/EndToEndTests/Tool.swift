import Foundation
import Running

/// The built program, run as a user would.
struct Tool {
    static let repository = Built.repository
    private static let program = Built.program("interlock")

    static var path: String { program.path() }

    static func run(_ arguments: [String], in folder: URL? = nil, input: Data = Data()) throws -> Run {
        try Run(program, arguments, in: folder, input: input)
    }

    /// A line for the shell, in which `$0` is the program.
    static func shell(_ line: String, _ arguments: String...) throws -> Run {
        try Run(URL(filePath: "/bin/sh"), ["-c", line, path] + arguments, in: repository)
    }
}

/// A folder of its own for one test.
struct Sandbox: ~Copyable {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "interlock-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func write(_ path: String, _ text: some DataProtocol) throws {
        let url = folder.appending(path: path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text).write(to: url)
    }

    func write(_ path: String, _ text: String) throws { try write(path, Array(text.utf8)) }

    func scan(_ arguments: String...) throws -> Run { try Tool.run(["scan", "--color", "never"] + arguments, in: folder) }

    /// By somebody to whom permissions apply: to root they do not, unless that is taken away.
    func scanUnprivileged(_ arguments: String...) throws -> Run {
        guard geteuid() == 0 else { return try Tool.run(["scan", "--color", "never"] + arguments, in: folder) }
        let limits = ["--bounding-set", "-dac_override,-dac_read_search", Tool.path, "scan", "--color", "never"]
        return try Run(URL(filePath: "/usr/bin/setpriv"), limits + arguments, in: folder)
    }
}

/// A routine with one finding, and the line on which it stands when the text begins with it.
let racy = """
    export async function claim(pool, id) {
      const { rows } = await pool.query('SELECT count(*) AS n FROM slots WHERE day = $1', [id]);
      if (rows[0].n >= 50) return null;
      await pool.query('INSERT INTO slots (day) VALUES ($1)', [id]);
    }

    """
