package import Flow

/// [Finding] → [Report]: which findings are shown, in which order, under which fingerprint.
package struct Triage: Sendable {
    package var minimumConfidence: Confidence
    package var minimumSeverity: Severity
    package var only: Set<String>
    package var skipped: Set<String>

    package init(minimumConfidence: Confidence = .medium, minimumSeverity: Severity = .note, only: Set<String> = [], skipped: Set<String> = []) {
        self.minimumConfidence = minimumConfidence
        self.minimumSeverity = minimumSeverity
        self.only = only
        self.skipped = skipped
    }

    package func reports(_ findings: [Finding], path: (FileID) -> String, code: (Span) -> [UInt8]) -> [Report] {
        let shown = oncePerAct(findings).filter { finding in
            finding.confidence >= minimumConfidence && finding.severity >= minimumSeverity && (only.isEmpty || only.contains(finding.rule))
                && !skipped.contains(finding.rule)
        }
        var seen: [String: Int] = [:]
        return shown.map { finding in
            let base = finding.rule + "\u{0}" + path(finding.span.file) + "\u{0}" + String(decoding: normalised(code(finding.span)), as: UTF8.self)
            let occurrence = seen[base, default: 0]
            seen[base] = occurrence + 1
            return Report(finding: finding, fingerprint: hash(base + "\u{0}\(occurrence)"))
        }
    }

    /// A helper that is seen in several callers, or that two rules speak of, is reported once: with the strongest evidence.
    private func oncePerAct(_ findings: [Finding]) -> [Finding] {
        var best: [Key: Finding] = [:]
        for finding in findings {
            let key = Key(rule: finding.rule, span: finding.span)
            if let known = best[key], (known.confidence, known.evidence.count, finding.routine) >= (finding.confidence, finding.evidence.count, known.routine) {
                continue
            }
            best[key] = finding
        }
        return best.values.sorted { ($0.span, $0.rule) < ($1.span, $1.rule) }
    }

    private struct Key: Hashable { let rule: String, span: Span }

    /// The code without white space, so that formatters change nothing.
    private func normalised(_ bytes: [UInt8]) -> [UInt8] { bytes.filter { $0 > 0x20 } }

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
