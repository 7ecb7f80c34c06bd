import Foundation
import Running
import Testing

/// A git repository of its own for one test, with one guarded claim in two files.
final class Repository {
    let box: Sandbox
    var folder: URL { box.folder }

    static let claim = """
        import { held } from './guard';

        export async function claim(req) {
          return await held(req.id, async (c) => {
            const { rows } = await c.query('SELECT count(*) AS n FROM slots WHERE day = $1', [req.id]);
            if (rows[0].n >= 50) return null;
            await c.query('INSERT INTO slots (day) VALUES ($1)', [req.id]);
          });
        }

        """
    static let guarded = """
        import { Pool } from 'pg';
        const pool = new Pool();

        export async function held(id, work) {
          const c = await pool.connect();
          await c.query('BEGIN');
          await c.query('SELECT pg_advisory_xact_lock(hashtext($1))', [id]);
          const result = await work(c);
          await c.query('COMMIT');
          return result;
        }

        """
    static let unguarded = guarded.replacing("  await c.query('SELECT pg_advisory_xact_lock(hashtext($1))', [id]);\n", with: "")

    init(settings: [String] = []) throws {
        box = try Sandbox()
        try git("init", "-q", "-b", "main")
        for setting in settings + ["user.email=a@example.org", "user.name=A", "commit.gpgsign=false"] {
            let parts = setting.split(separator: "=", maxSplits: 1).map(String.init)
            try git("config", parts[0], parts[1])
        }
        try box.write("src/claim.ts", Self.claim)
        try box.write("src/guard.ts", Self.guarded)
        try box.write("src/old.ts", "import { Pool } from 'pg';\nconst pool = new Pool();\n" + racy)
        try commit("one")
    }

    @discardableResult func git(_ arguments: String...) throws -> String {
        let run = try Run(URL(filePath: "/usr/bin/env"), ["git"] + arguments, in: folder)
        guard run.code == 0 else { throw Failure(text: "git \(arguments): \(run.errors)") }
        return run.output
    }

    func commit(_ message: String) throws {
        try git("add", "-A")
        try git("commit", "-q", "-m", message)
    }

    /// The places of findings, as `src/claim.ts:7`, and the run.
    func found(_ arguments: [String]) throws -> (places: [String], run: Run) {
        let run = try Tool.run(["scan", ".", "--format", "compact"] + arguments, in: folder)
        return (run.output.split(separator: "\n").map { $0.split(separator: ":").prefix(2).joined(separator: ":") }, run)
    }

    private struct Failure: Error, CustomStringConvertible {
        let text: String
        var description: String { text }
    }
}
