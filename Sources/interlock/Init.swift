import ArgumentParser
import Checklist
import Configuration
import Discovery
import Reporters

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The files by which a project takes Interlock in. What exists is left as it is.
struct Init: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Write a configuration, a workflow and a pull-request template, after asking for each.",
        discussion: "Files that exist are left as they are. To start with what is there already, run `interlock baseline` afterwards.")

    enum Service: String, ExpressibleByArgument, CaseIterable { case github, gitlab, none }

    @Option(help: "The project's folder.")
    var folder = "."

    @Option(help: "Whose workflow to write: github, gitlab or none. Default: gitlab where there is a .gitlab-ci.yml, else github.")
    var ci: Service?

    @Flag(help: "Write everything without asking.")
    var yes = false

    func run() async throws {
        guard Place(folder).exists else { throw ValidationError("\(folder): no such file or directory") }
        guard yes || isatty(0) == 1 else { throw ValidationError("There is nobody to ask: give --yes to write everything.") }
        let service = ci ?? (Place(folder + "/.gitlab-ci.yml").exists ? .gitlab : .github)
        var wanted: [(path: String, text: String)] = []
        for file in files(service) {
            if Place(folder + "/" + file.path).exists {
                complain("\(file.path): exists already, left as it is.")
            } else if yes || ask("Write \(file.path), \(file.about)?") {
                wanted.append((file.path, file.text))
            }
        }
        let paths = try NewFiles.write(wanted, under: folder)
        for path in paths { try StandardOutput.write(Discovery.tidied(path).printable + "\n") }
        if service == .gitlab, !paths.isEmpty { complain("Add `include: .gitlab/interlock.yml` to .gitlab-ci.yml.") }
    }

    /// Yes, unless somebody says no.
    private func ask(_ question: String) -> Bool {
        StandardError.write(question + " [Y/n] ")
        guard let answer = readLine() else { return false }
        return answer.isEmpty || answer.lowercased().hasPrefix("y")
    }

    private struct File {
        let path: String
        let about: String
        let text: String
    }

    private func files(_ service: Service) -> [File] {
        let version = Interlock.configuration.version
        // In the project's own words, where it has said any.
        let texts = (try? Scope.parse([]).configurations(above: [folder]).checklist) ?? [:], template = Body.template(texts: texts)
        var files = [File(path: "interlock.yml", about: "what the project says about itself", text: Self.configurationText)]
        switch service {
        case .github:
            files.append(File(path: ".github/workflows/interlock.yml", about: "a check of every pull request", text: Self.github(version)))
            files.append(File(path: ".github/pull_request_template.md", about: "the checklist that it ticks", text: template))
        case .gitlab:
            files.append(File(path: ".gitlab/interlock.yml", about: "a check of every merge request", text: Self.gitlab(version)))
            files.append(File(path: ".gitlab/merge_request_templates/Default.md", about: "the checklist for authors", text: template))
        case .none: break
        }
        return files
    }

    private static let configurationText = """
        # Interlock's configuration; `interlock config schema` prints what may stand here, for editors.

        # What fails CI: a finding of at least this severity (note, warning, error).
        fail-on: warning

        # What is shown: findings of at least this confidence (low, medium, high).
        min-confidence: medium

        # Findings that were there before, written by `interlock baseline`.
        # baseline: interlock-baseline.json

        # Left out, as in a .gitignore.
        # exclude: [legacy/]

        # Your own functions, by name or with what stands before it.
        # sanitizers: [safeHref]          # let only harmless URLs pass
        # lockouts: [loginGuard.check]    # refuse an account after too many failures
        # locks: [withLock]               # run one at a time
        # payments: [wallet.charge]       # move money

        # Tables about which nothing is reported.
        # ignore-tables: [audit_*]

        """

    private static func github(_ version: String) -> String {
        """
        name: interlock
        on:
          pull_request:
            types: [opened, synchronize, reopened, edited]

        permissions:
          contents: read
          pull-requests: write

        jobs:
          interlock:
            runs-on: ubuntu-latest
            steps:
              - uses: actions/checkout@v4
                with: {fetch-depth: 0, persist-credentials: false}
              - name: Scan
                run: pipx run interlock==\(version) scan . --diff "origin/$GITHUB_BASE_REF" --format text --format "github=$RUNNER_TEMP/annotations" --format "markdown=$GITHUB_STEP_SUMMARY"
              - name: Annotate
                if: always()
                run: cat "$RUNNER_TEMP/annotations" 2>/dev/null || true
              - name: Checklist
                # The tokens of forks and of Dependabot may not write.
                if: always() && github.event.pull_request.head.repo.full_name == github.repository && github.actor != 'dependabot[bot]'
                env:
                  GH_TOKEN: ${{ github.token }}
                  REQUEST: repos/${{ github.repository }}/pulls/${{ github.event.pull_request.number }}
                  BODY: ${{ runner.temp }}/body.md
                run: |
                  gh api "$REQUEST" | python3 -c 'import json, os, sys; open(os.environ["BODY"], "w", newline="").write(json.load(sys.stdin)["body"] or "")'
                  cp "$BODY" "$BODY.before"
                  pipx run interlock==\(version) checklist --body "$BODY" --diff "origin/$GITHUB_BASE_REF" --write || code=$?
                  cmp -s "$BODY" "$BODY.before" || gh api --silent --method PATCH "$REQUEST" --field "body=@$BODY"
                  exit "${code:-0}"

        """
    }

    private static func gitlab(_ version: String) -> String {
        """
        interlock:
          image: python:3.12-bookworm
          rules:
            - if: $CI_PIPELINE_SOURCE == "merge_request_event"
          variables: {GIT_DEPTH: "0"}
          script:
            - pip install --quiet interlock==\(version)
            - interlock scan . --diff "$CI_MERGE_REQUEST_DIFF_BASE_SHA" --format text --format gitlab=gl-code-quality-report.json
          artifacts:
            when: always
            reports: {codequality: gl-code-quality-report.json}

        """
    }
}
