import Discovery
import Engine
import Flow
import Reporters
import Synchronization
import Triage

/// What was done, on standard error, so that the output itself is the same from run to run.
struct Summary {
    private let result: ScanResult
    private let base: Change?
    private let elapsed: Duration

    init(_ result: ScanResult, base: Change?, elapsed: Duration) {
        self.result = result
        self.base = base
        self.elapsed = elapsed
    }

    /// Always said: nothing goes missing without a word.
    func warn() {
        for warning in result.summary.warnings.prefix(20) { complain(warning) }
        if result.summary.warnings.count > 20 { complain("\(result.summary.warnings.count - 20) more warnings of this kind.") }
    }

    /// Names what the baseline holds for nothing; whether there is any.
    func name(_ stale: [Baseline.Entry], of baseline: Baseline?) -> Bool {
        guard let baseline, !stale.isEmpty else { return false }
        for entry in stale.prefix(10) { complain("\(baseline.path): no longer found: \(entry.rule) in \(entry.path): \(entry.message)") }
        if stale.count > 10 { complain("\(baseline.path): \(stale.count - 10) more are no longer found.") }
        complain("Take them out with `interlock baseline --prune`, so that they cannot come back unseen.")
        return true
    }

    func print() {
        if let base {
            let count = base.files.count, outside = result.summary.outside
            var line = "compared with \(base.base): \(count) file\(count == 1 ? "" : "s") changed"
            if outside > 0 { line += ", \(outside) finding\(outside == 1 ? "" : "s") elsewhere not shown" }
            complain(line + ".")
        }
        complain(text)
    }

    private var text: String {
        let findings = result.reports.count, files = result.summary.files
        let milliseconds = elapsed.components.seconds * 1_000 + elapsed.components.attoseconds / 1_000_000_000_000_000
        let time = milliseconds < 1_000 ? "\(milliseconds) ms" : "\(milliseconds / 1_000).\(milliseconds % 1_000 / 100) s"
        var line = "\(findings) finding\(findings == 1 ? "" : "s"), \(files) file\(files == 1 ? "" : "s") scanned in \(time)"
        let skipped = Discovered.Skip.allCases.compactMap { reason in result.summary.skipped[reason].map { "\($0) \(reason.name(of: $0))" } }
        if !skipped.isEmpty { line += "; skipped: \(skipped.joined(separator: ", "))" }
        let ignored = result.excused.count { $0.excuse != .baseline }, held = result.excused.count - ignored
        if ignored > 0 { line += "; \(ignored) suppressed" }
        if held > 0 { line += "; \(held) in the baseline" }
        if result.summary.syntaxErrors > 0 { line += "; \(result.summary.syntaxErrors) parsed with errors" }
        return line + "."
    }
}

extension Discovered.Skip {
    fileprivate func name(of count: Int) -> String {
        guard count == 1 else { return rawValue }
        return switch self {
        case .links: "link"
        case .tests: "test"
        case .scripts: "script"
        case .special: "special file"
        case .oddNames: "name not in UTF-8"
        default: rawValue
        }
    }
}

/// One line that is rewritten, at most once for each percent, once the work has turned out to be long.
final class ProgressBar: Sendable {
    private let total: Int
    private let isShown: Bool
    private let last = Atomic(-1)
    private let start = ContinuousClock.now

    private let things: String

    init(total: Int, of things: String = "files", isShown: Bool) {
        self.total = total
        self.things = things
        self.isShown = isShown
    }

    func show(_ done: Int) {
        guard isShown, total > 0 else { return }
        let percent = done * 100 / total
        guard ContinuousClock.now - start > .milliseconds(500) else { return }
        guard last.exchange(percent, ordering: .relaxed) < percent else { return }
        let filled = percent * 30 / 100
        StandardError.write("\r[\(String(repeating: "=", count: filled))\(String(repeating: " ", count: 30 - filled))] \(done) of \(total) \(things)")
    }

    func clear() { if isShown { StandardError.write("\r\u{1B}[K") } }
}
