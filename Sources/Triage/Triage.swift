package import Flow

/// [Finding] → [Report]: which findings are shown, in which order, under which fingerprint.
package struct Triage: Sendable {
    package var only: Set<String>
    package var skipped: Set<String>
    package var baseline: Baseline?
    /// Comments that ignore nothing are told. Not where a part of a project was scanned: the finding may need the rest of it.
    package var reportsUnused = true
    private let policy: @Sendable (_ path: String) -> Policy

    package init(
        only: Set<String> = [], skipped: Set<String> = [], baseline: Baseline? = nil, policy: @escaping @Sendable (_ path: String) -> Policy = { _ in Policy() }
    ) {
        self.only = only
        self.skipped = skipped
        self.baseline = baseline
        self.policy = policy
    }

    /// Whether a rule is asked for at all.
    package func runs(_ rule: String) -> Bool { (only.isEmpty || only.contains(rule)) && !skipped.contains(rule) }

    /// What is shown, and what is not.
    package struct Verdict: Sendable {
        package var shown: [Report] = []
        /// Taken back by a comment, or held by the baseline.
        package var excused: [Report] = []
        /// Entries of the baseline that nothing matches any more.
        package var stale: [Baseline.Entry] = []

        package init() {}
    }

    package func verdict(
        on findings: [Finding], suppressions: [Suppressions], scanned: Set<String>, path: (FileID) -> String, code: (Span) -> [UInt8]
    ) -> Verdict {
        var policies: [FileID: Policy] = [:]
        func policy(of file: FileID) -> Policy {
            if let known = policies[file] { return known }
            let found = self.policy(path(file))
            policies[file] = found
            return found
        }
        let judged = oncePerAct(findings).filter { runs($0.rule) }.compactMap { policy(of: $0.span.file).judged($0) }
        var reports = fingerprinted(judged, path, code)
        var used: [[Set<String>]] = suppressions.map { $0.valid.map { _ in [] } }
        let byFile = Dictionary(grouping: suppressions.indices.filter { !suppressions[$0].valid.isEmpty }) { suppressions[$0].valid[0].span.file }
        for at in reports.indices {
            for list in byFile[reports[at].finding.span.file] ?? [] {
                for (index, suppression) in suppressions[list].valid.enumerated()
                where suppression.rules.contains(reports[at].finding.rule) && suppression.covers(reports[at].finding) {
                    used[list][index].insert(reports[at].finding.rule)
                    reports[at].excuse = reports[at].excuse ?? .comment(suppression.reason)
                }
            }
        }
        var verdict = Verdict()
        if let baseline {
            let open = reports.indices.filter { reports[$0].excuse == nil }.sorted { a, b in
                let isShown = (
                    policy(of: reports[a].finding.span.file).shows(reports[a].finding), policy(of: reports[b].finding.span.file).shows(reports[b].finding)
                )
                return isShown.0 == isShown.1 ? a < b : isShown.0
            }
            let (held, left) = baseline.match(open.map { reports[$0] }, path: { path($0.finding.span.file) }, isScanned: scanned.contains)
            for (at, isHeld) in zip(open, held) where isHeld { reports[at].excuse = .baseline }
            verdict.stale = left.filter { entry in
                let asked = self.policy(entry.path).severities
                return [entry.rule, Notice.staleBaseline.id].allSatisfy { rule in runs(rule) && asked[rule].map { $0 != nil } ?? true }
            }
        }
        var notices = suppressions.flatMap(\.faults)
        if reportsUnused { for (list, rules) in zip(suppressions, used) { notices += unused(list.valid, rules, policy) } }
        reports += fingerprinted(notices.filter { runs($0.rule) }.compactMap { policy(of: $0.span.file).judged($0) }, path, code)
        for var report in reports.sorted(by: { ($0.finding.span, $0.finding.rule) < ($1.finding.span, $1.finding.rule) }) {
            let policy = policy(of: report.finding.span.file)
            guard policy.shows(report.finding) else { continue }
            report.fails = report.finding.severity >= policy.failOn
            if report.excuse == nil { verdict.shown.append(report) } else { verdict.excused.append(report) }
        }
        return verdict
    }

    /// One notice for each comment, by the rules of it that ignored nothing. A rule that did not run says nothing about it.
    private func unused(_ suppressions: [Suppression], _ used: [Set<String>], _ policy: (FileID) -> Policy) -> [Finding] {
        zip(suppressions, used).compactMap { suppression, used in
            let isOff = policy(suppression.span.file).severities
            let idle = suppression.rules.filter { rule in
                guard runs(rule), !used.contains(rule) else { return false }
                if let asked = isOff[rule], asked == nil { return false }
                return true
            }
            guard !idle.isEmpty else { return nil }
            let names = idle.map { "`\($0)`" }.joined(separator: " and ")
            return Notice.unusedSuppression.finding(
                at: suppression.span, "The comment ignores \(names), and \(idle.count == 1 ? "that rule finds" : "those rules find") nothing here.",
                idle.count == suppression.rules.count ? "Delete the comment." : "Take \(names) out of the comment.")
        }
    }

    private func fingerprinted(_ findings: [Finding], _ path: (FileID) -> String, _ code: (Span) -> [UInt8]) -> [Report] {
        var seen: [String: Int] = [:]
        return findings.map { finding in
            let act = String(decoding: normalised(code(finding.span)), as: UTF8.self)
            let base = finding.rule + "\u{0}" + path(finding.span.file) + "\u{0}" + act
            let occurrence = seen[base, default: 0]
            seen[base] = occurrence + 1
            return Report(finding: finding, fingerprint: hash(base + "\u{0}\(occurrence)"), code: hash(act))
        }
    }

    /// A helper that is seen in several callers, or that two rules speak of, is reported once: with the strongest evidence.
    private func oncePerAct(_ findings: [Finding]) -> [Finding] { findings.merged { .init(rule: $0.rule, places: [$0.span]) } }

    /// The code without white space, with one kind of quotes and no comma before what closes a list, so that formatters
    /// change nothing.
    private func normalised(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        for byte in bytes where byte > 0x20 {
            let isClosing = byte == UInt8(ascii: ")") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
            if isClosing, out.last == UInt8(ascii: ",") { out.removeLast() }
            out.append(byte == UInt8(ascii: "\"") ? UInt8(ascii: "'") : byte)
        }
        return out
    }

    /// 128 bits of FNV-1a: stable over runs and machines, which Swift's own hashing is not.
    private func hash(_ text: String) -> String {
        var hex = ""
        for seed: UInt64 in [0xcbf2_9ce4_8422_2325, 0x8422_2325_cbf2_9ce4] {
            var value = seed
            for byte in text.utf8 { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
            let digits = String(value, radix: 16)
            hex += String(repeating: "0", count: 16 - digits.count) + digits
        }
        return hex
    }
}
