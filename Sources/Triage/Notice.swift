import Flow

/// What the tool has to say about its own upkeep, reported beside the findings of rules.
package enum Notice: String, CaseIterable, Sendable {
    case invalidSuppression = "invalid-suppression"
    case unusedSuppression = "unused-suppression"
    case staleBaseline = "stale-baseline"

    package var id: String { rawValue }

    package var summary: String {
        switch self {
        case .invalidSuppression: "a comment that was meant to ignore a finding and does not"
        case .unusedSuppression: "a comment that ignores a finding which is no longer there"
        case .staleBaseline: "an entry of the baseline for a finding which is no longer there"
        }
    }

    func finding(at span: Span, _ message: String, _ help: String) -> Finding {
        Finding(rule: id, severity: .warning, confidence: .high, message: message, help: help, remedy: "", span: span, evidence: [], timeline: [], routine: "")
    }
}
