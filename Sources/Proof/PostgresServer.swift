#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A PostgreSQL of our own in a folder that is made for it. It stops, and the folder goes, when this process ends, however that comes.
final class PostgresServer {
    let folder: String
    let library: String
    private let keeper: Keeper

    /// The folder of the server's programs, and of its client library; nil where there are none.
    static func programs() -> (programs: String, library: String)? {
        let script = """
            for found in "$(pg_config --bindir 2>/dev/null)" /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin; do
                [ -x "$found/initdb" ] && [ -x "$found/postgres" ] && { printf '%s\\n%s\\n' "$found" "$(pg_config --libdir 2>/dev/null)"; exit; }
            done
            """
        let lines = Shell.output(of: script).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let first = lines.first, !first.isEmpty else { return nil }
        return (first, lines.count > 1 ? lines[1] : "")
    }

    /// What keeps the server: it reads from a pipe whose other end this process holds, and so notices when it is gone.
    private static let script = """
        set -eu
        trap '' INT TERM HUP PIPE
        programs="$1" folder="$2"
        export LC_ALL=C
        owner="$(id -un)"
        if [ "$(id -u)" -eq 0 ]; then
            owner=postgres
            id -u "$owner" >/dev/null 2>&1 || owner=nobody
            chown "$owner" "$folder"
        fi
        as_owner() {
            if [ "$(id -u)" -ne 0 ]; then "$@"
            elif command -v runuser >/dev/null 2>&1; then runuser -u "$owner" -- "$@"
            else su -s /bin/sh "$owner" -c '"$0" "$@"' -- "$@"
            fi
        }
        cd "$folder"
        as_owner "$programs/initdb" -D "$folder/data" -U keeper -A trust -E UTF8 --no-locale --no-sync >"$folder/made" 2>&1 </dev/null || { echo failed; rm -rf "$folder"; exit 1; }
        {
            as_owner "$programs/postgres" -D "$folder/data" -k "$folder" -c port=5432 -c listen_addresses= -c fsync=off -c synchronous_commit=off \
                -c full_page_writes=off -c autovacuum=off -c max_connections=120 -c deadlock_timeout=60ms -c shared_buffers=16MB >"$folder/log" 2>&1 </dev/null || true
            : >"$folder/ended"
        } &
        echo started 2>/dev/null || true
        read -r nothing || true
        # A server that is still starting has no number yet.
        while [ ! -f "$folder/ended" ]; do
            if [ -f "$folder/data/postmaster.pid" ]; then kill -QUIT "$(head -n 1 "$folder/data/postmaster.pid" 2>/dev/null)" 2>/dev/null || true; fi
            sleep 0.05
        done
        wait || true
        rm -rf "$folder"
        """

    /// What names another server, or changes how sessions begin, is none of ours:
    /// https://www.postgresql.org/docs/15/libpq-envars.html
    private static func forgetOthers() {
        var names: [String] = [], at = environ
        while let entry = at.pointee {
            let text = String(cString: entry)
            if text.hasPrefix("PG"), let name = text.split(separator: "=").first { names.append(String(name)) }
            at += 1
        }
        for name in names { unsetenv(name) }
    }

    static let port = 5432

    init() throws(Obstacle) {
        Self.forgetOthers()
        guard let found = Self.programs() else {
            throw Obstacle("no PostgreSQL server is installed (Debian: apt-get install postgresql; Homebrew: brew install postgresql@16)")
        }
        library = found.library
        // The path of a socket may not be long.
        folder = try TemporaryFolder.make(in: "/tmp")
        guard let keeper = Keeper(Self.script, [found.programs, folder]) else {
            rmdir(folder)
            throw Obstacle("PostgreSQL could not be started")
        }
        self.keeper = keeper
        guard keeper.answer == "started" else { throw Obstacle("PostgreSQL could not make a database in \(folder)") }
    }
}

/// A script that waits for the end of its input, which comes when this process lets go of it or ends in whatever way, and then
/// clears away.
final class Keeper {
    private let lifeline: Int32
    private let process: pid_t
    private let output: Int32

    init?(_ script: String, _ arguments: [String]) {
        guard let started = Shell.start(script, arguments) else { return nil }
        (process, lifeline, output) = (started.process, started.input, started.output)
    }

    /// The next line that it prints.
    var answer: String? { Shell.line(from: output) }

    deinit {
        close(output)
        close(lifeline)
        var status: Int32 = 0
        waitpid(process, &status, 0)
    }
}

/// A folder that goes when this process does, however that comes.
final class TemporaryFolder {
    let path: String
    private let keeper: Keeper?

    init(in place: String) throws(Obstacle) {
        path = try Self.make(in: place)
        keeper = Keeper("trap '' INT TERM HUP; read -r nothing || true; rm -rf \"$1\"", [path])
    }

    static func make(in place: String) throws(Obstacle) -> String {
        var template = Array("\(place)/interlock-XXXXXX".utf8CString)
        guard let made = template.withUnsafeMutableBufferPointer({ buffer in buffer.baseAddress.flatMap { mkdtemp($0) } }) else {
            throw Obstacle("no folder could be made in \(place) for the database")
        }
        return String(cString: made)
    }
}

/// Running `/bin/sh`, without Foundation.
enum Shell {
    /// What a script prints.
    static func output(of script: String) -> String {
        guard let started = start(script, []) else { return "" }
        close(started.input)
        var text = "", line = line(from: started.output)
        while let found = line {
            text += found + "\n"
            line = Shell.line(from: started.output)
        }
        close(started.output)
        var status: Int32 = 0
        waitpid(started.process, &status, 0)
        return text
    }

    /// The ends of its pipes belong to the caller alone.
    static func start(_ script: String, _ arguments: [String]) -> (process: pid_t, input: Int32, output: Int32)? {
        var input: [Int32] = [0, 0], output: [Int32] = [0, 0]
        guard pipe(&input) == 0 else { return nil }
        guard pipe(&output) == 0 else {
            close(input[0])
            close(input[1])
            return nil
        }
        for end in [input[1], output[0]] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
        #else
            var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input[0], 0)
        posix_spawn_file_actions_adddup2(&actions, output[1], 1)
        posix_spawn_file_actions_addclose(&actions, input[0])
        posix_spawn_file_actions_addclose(&actions, output[1])
        // A signal for the whole group, as Ctrl-C sends it, must leave somebody to clean up.
        #if canImport(Darwin)
            var attributes: posix_spawnattr_t?
        #else
            var attributes = posix_spawnattr_t()
        #endif
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        posix_spawnattr_setpgroup(&attributes, 0)
        // What takes the folders away is found whatever the caller's PATH says.
        let words = (["/bin/sh", "-c", "PATH=\"$PATH:/usr/bin:/bin\"; \(script)", "sh"] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        let failure = posix_spawn(&process, "/bin/sh", &actions, &attributes, words, environ)
        close(input[0])
        close(output[1])
        guard failure == 0 else {
            close(input[1])
            close(output[0])
            return nil
        }
        return (process, input[1], output[0])
    }

    static func line(from descriptor: Int32) -> String? {
        var bytes: [UInt8] = [], byte: UInt8 = 0
        while true {
            let count = read(descriptor, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self) }
            if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(byte)
        }
    }
}
