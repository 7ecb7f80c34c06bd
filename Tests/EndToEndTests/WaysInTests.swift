import Foundation
import Running
import Testing

/// The ways by which a project takes Interlock in, each as far as it goes on one machine.
@Suite struct WaysInTests {
    private func shell(_ script: String, in folder: URL, _ environment: [String: String] = [:]) throws -> Run {
        let settings = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return try Run(URL(filePath: "/usr/bin/env"), settings + ["bash", "-euc", script], in: folder)
    }

    /// The program under its own name.
    private func programFolder(_ box: borrowing Sandbox) throws -> String {
        let folder = box.folder.appending(path: "bin")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: folder.appending(path: "interlock").path(), withDestinationPath: Tool.path)
        return folder.path()
    }

    // MARK: init

    @Test(arguments: [
        ("github", ["interlock.yml", ".github/workflows/interlock.yml", ".github/pull_request_template.md"]),
        ("gitlab", ["interlock.yml", ".gitlab/interlock.yml", ".gitlab/merge_request_templates/Default.md"]), ("none", ["interlock.yml"]),
    ])
    func initialises(_ service: String, _ files: [String]) throws {
        let box = try Sandbox()
        try box.write("a.ts", "export const a = 1;\n")
        let first = try Tool.run(["init", "--yes", "--ci", service], in: box.folder)
        #expect(first.code == 0 && first.output == files.map { $0 + "\n" }.joined(), "\(first.errors)")
        #expect(try box.scan(".").code == 0, "what it writes is valid")
        try box.write("interlock.yml", "fail-on: error\n")
        let again = try Tool.run(["init", "--yes", "--ci", service], in: box.folder)
        #expect(again.code == 0 && again.output.isEmpty && again.errors.hasPrefix("interlock: interlock.yml: exists already, left as it is.\n"))
        #expect(try String(contentsOf: box.folder.appending(path: "interlock.yml"), encoding: .utf8) == "fail-on: error\n")
    }

    @Test func nobodyToAsk() throws {
        let box = try Sandbox()
        let run = try Tool.run(["init"], in: box.folder)
        #expect(run.code == 2 && run.errors == "interlock: There is nobody to ask: give --yes to write everything.\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: box.folder.path()).isEmpty)
    }

    // MARK: GitHub

    /// The steps of action.yml with what a runner gives them.
    @Test func theAction() throws {
        let repository = try Repository()
        try repository.git("remote", "add", "origin", repository.folder.path())
        try repository.git("fetch", "-q", "origin")
        try repository.git("checkout", "-q", "-b", "work")
        try repository.box.write("src/guard.ts", Repository.unguarded)
        try repository.commit("two")
        let outside = try Sandbox()
        try outside.write("event.json", "{\"pull_request\": {\"number\": 7, \"body\": \"old\"}}")
        let request = "{\"number\": 7, \"body\": \"- [x] Race guard\\r\\nbye\"}"
        try outside.write("request.json", request)
        try outside.write(
            "bin/gh", "#!/bin/sh\nprintf '%s\\n' \"$@\" > '\(outside.folder.path())/asked'\n[ \"$#\" -gt 2 ] || cat '\(outside.folder.path())/request.json'\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: outside.folder.appending(path: "bin/gh").path())
        let path = try programFolder(outside) + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
        let runner = [
            "PATH": path, "RUNNER_TEMP": outside.folder.path(), "GITHUB_OUTPUT": outside.folder.appending(path: "output").path(), "GITHUB_BASE_REF": "main",
            "GITHUB_STEP_SUMMARY": outside.folder.appending(path: "summary").path(), "GITHUB_EVENT_PATH": outside.folder.appending(path: "event.json").path(),
            "GITHUB_REPOSITORY": "acme/shop", "INPUT_INSTALL": "path",
        ]
        let script = "'\(Tool.repository.appending(path: "scripts/action").path())' "
        func written(_ name: String) throws -> String { try String(contentsOf: outside.folder.appending(path: name), encoding: .utf8) }
        #expect(try shell(script + "install", in: repository.folder, runner).code == 0)
        let scan = try shell(script + "scan", in: repository.folder, runner)
        #expect(scan.code == 0, "the report comes first: \(scan.errors)")
        #expect(scan.output.contains("error[count-then-insert]") && scan.output.contains("::error file=src/claim.ts,line=7"))
        #expect(try written("output").split(separator: "\n").sorted() == ["code=1", "findings=1", "sarif=\(outside.folder.path())/interlock.sarif"].sorted())
        #expect(try written("summary").hasPrefix("## Interlock\n\n1 finding in ") && written("interlock.sarif").contains("count-then-insert"))
        #expect(try shell(script + "result", in: repository.folder, ["CODE": "1"]).code == 1)
        let boxes = try shell(script + "checklist", in: repository.folder, runner)
        #expect(boxes.code == 0, "\(boxes.errors)")
        #expect(try written("asked") == "api\n--silent\n--method\nPATCH\nrepos/acme/shop/pulls/7\n--field\nbody=@\(outside.folder.path())/interlock.body\n")
        #expect(try written("interlock.body").hasPrefix("- [ ] Race guard\r\n  _Interlock: 1 finding: count-then-insert"))
        let missing = try shell(script + "scan", in: repository.folder, runner.merging(["INPUT_DIFF": "nosuch"]) { $1 })
        #expect(missing.code == 2)
    }

    /// Every input reaches the script, and none of them becomes part of one.
    @Test func theActionsInputs() throws {
        let text = try String(contentsOf: Tool.repository.appending(path: "action.yml"), encoding: .utf8)
        for line in text.split(separator: "\n") where line.contains("run:") { #expect(!line.contains("${{"), "\(line)") }
        let script = try String(contentsOf: Tool.repository.appending(path: "scripts/action"), encoding: .utf8)
        for name in text.matches(of: /(INPUT_[A-Z]+):/).map(\.output.1) { #expect(script.contains(name), "\(name)") }
    }

    // MARK: pre-commit

    private func preCommit(_ arguments: [String], in folder: URL, _ environment: [String: String] = [:]) throws -> Run {
        let oracles = Tool.repository.appending(path: ".build/oracles").path()
        return try shell(
            "python3 -m pre_commit \(arguments.joined(separator: " "))", in: folder,
            ["PYTHONPATH": oracles, "PRE_COMMIT_HOME": folder.path() + "/.cache"].merging(environment) { $1 })
    }

    /// The real pre-commit with our own hooks, from a repository that holds what it would clone.
    @Test(arguments: ["interlock", "interlock-system"]) func preCommitStopsTheCommit(_ hook: String) throws {
        let hooks = try Sandbox()
        for path in [".pre-commit-hooks.yaml", "pyproject.toml", "scripts/wheel.py", "README.md", "LICENSE", "Sources/interlock/Interlock.swift"] {
            try hooks.write(path, try Data(contentsOf: Tool.repository.appending(path: path)))
        }
        let made = try shell(
            "git init -q -b main && git add -A && git -c user.email=a@b -c user.name=A commit -q -m one && git rev-parse HEAD", in: hooks.folder)
        let commit = made.output.split(separator: "\n").last ?? ""
        let repository = try Repository()
        try repository.box.write(".gitignore", ".cache/\n")
        try repository.box.write(
            ".pre-commit-config.yaml", "repos:\n- repo: file://\(hooks.folder.path())\n  rev: '\(commit)'\n  hooks:\n  - id: \(hook)\n")
        try repository.commit("two")
        let environment = ["INTERLOCK_BINARY": Tool.path, "PATH": try programFolder(hooks) + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")]
        try repository.box.write("src/guard.ts", Repository.unguarded)
        try repository.git("add", "src/guard.ts")
        let run = try preCommit(["run", "--verbose"], in: repository.folder, environment)
        #expect(run.code == 1 && run.output.contains("src/claim.ts:7") && run.output.contains("compared with HEAD at "), "\(run.output) \(run.errors)")
        try repository.box.write("src/guard.ts", Repository.guarded)
        try repository.box.write("README.md", "x")
        try repository.git("add", "-A")
        let clean = try preCommit(["run"], in: repository.folder, environment)
        #expect(clean.code == 0 && clean.output.contains("Passed"), "\(clean.output)")
    }

    // MARK: The wheel

    /// The wheel that `make wheel` builds: installed, run, and asked what it needs.
    @Test func theWheel() throws {
        let folder = Tool.repository.appending(path: ".build/wheel/dist")
        let wheels = try FileManager.default.contentsOfDirectory(atPath: folder.path()).filter { $0.hasSuffix(".whl") && !$0.hasPrefix(".") }
        let wheel = try #require(wheels.first, "make wheel TARGET=.build/wheel/dist")
        #expect(wheels.count == 1 && wheel.wholeMatch(of: /interlock-[0-9.]+-py3-none-(manylinux_2_[0-9]+|macosx_15_0)_[a-z0-9_]+\.whl/) != nil, "\(wheels)")
        let box = try Sandbox()
        try box.write("a.ts", racy)
        let install = try shell(
            "python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-index --no-deps --target here '\(folder.appending(path: wheel).path())'",
            in: box.folder)
        #expect(install.code == 0, "\(install.errors)")
        // Nothing of Swift is on the way.
        let run = try shell("env -i PATH=/usr/bin:/bin here/bin/interlock scan a.ts --format compact", in: box.folder)
        #expect(run.code == 1 && run.output.hasPrefix("a.ts:4:"), "\(run.errors)")
        #expect(try shell("here/bin/interlock explain count-then-insert | head -1", in: box.folder).output == "# count-then-insert\n")
        #expect(try shell("here/bin/interlock --version", in: box.folder).output == Tool.run(["--version"]).output)
        let needs = try shell("ldd here/bin/interlock | awk '{print $1}' | sed 's|.*/||'", in: box.folder).output.split(separator: "\n").map(String.init)
        let kin: Set<String> = [
            "linux-vdso.so.1", "libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1", "libpthread.so.0",
            "libdl.so.2",
        ]
        #expect(kin.isSuperset(of: needs), "\(needs)")
    }

    // MARK: Shells and manuals

    @Test(arguments: ["bash", "zsh", "fish"]) func completions(_ shell: String) throws {
        let run = try Tool.run(["--generate-completion-script", shell])
        #expect(run.code == 0)
        for word in ["scan", "baseline", "checklist", "migrate", "--diff", "--staged"] {
            #expect(run.output.contains(word.hasPrefix("--") && shell == "fish" ? String(word.dropFirst(2)) : word), "\(word)")
        }
        guard shell == "bash" else { return }
        let box = try Sandbox()
        try box.write("completion.bash", run.output)
        #expect(try self.shell("bash -n completion.bash", in: box.folder).code == 0)
    }

    /// The manual knows every command and option; `make man` writes it.
    @Test func manual() throws {
        let page = try String(contentsOf: Tool.repository.appending(path: "man/interlock.1"), encoding: .utf8)
        let help = try Tool.run(["help"]).output
        let commands = help.split(separator: "\n").drop { !$0.hasPrefix("SUBCOMMANDS") }.dropFirst().compactMap {
            $0.hasPrefix("  ") && !$0.hasPrefix("   ") ? $0.split(separator: " ").first : nil
        }.filter { $0 != "See" }
        #expect(commands.count >= 10)
        for command in commands {
            #expect(page.contains(".It Em \(command)\n"), "\(command): make man")
            for option in try Tool.run(["help", String(command)]).output.matches(of: /--[a-z][a-z-]+/).map({ String($0.output) }) {
                #expect(page.contains(" " + option.dropFirst()), "\(option) of \(command): make man")
            }
        }
    }
}
