import Flow
import FoundationEssentials

/// The stable, versioned format for programs: lines and columns from 1, columns in code points.
enum JSONReporter {
    static func render(_ presentation: Presentation) -> String {
        encode(
            Document(
                version: 1, tool: .init(name: "interlock", version: presentation.version), filesScanned: presentation.filesScanned,
                findings: presentation.reports.map { Document.Finding($0, presentation) }))
    }

    static func encode(_ document: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // Cannot fail: every value is a string, a number or a list of them.
        guard let data = try? encoder.encode(document) else { return "" }
        return String(decoding: data, as: UTF8.self).printableJSON + "\n"
    }
}

private struct Document: Encodable {
    let version: Int
    let tool: Tool
    let filesScanned: Int
    let findings: [Finding]

    struct Tool: Encodable { let name: String, version: String }

    struct Finding: Encodable {
        let rule, severity, confidence, message, help, remedy, routine, fingerprint: String
        let location: Location
        let evidence: [Evidence]
        let timeline: [Moment]
        let earlier: [Location]?
        let excuse: Excuse?
        let proof: ProofDocument?

        init(_ report: Report, _ presentation: Presentation) {
            let finding = report.finding
            rule = finding.rule
            severity = finding.severity.rawValue
            confidence = finding.confidence.rawValue
            message = finding.message
            help = finding.help
            remedy = finding.remedy
            routine = finding.routine
            fingerprint = report.fingerprint
            location = Location(finding.span, presentation)
            earlier = finding.earlier.isEmpty ? nil : finding.earlier.map { Location($0, presentation) }
            excuse = report.excuse.map { Excuse($0) }
            proof = report.proof.map { ProofDocument($0, presentation) }
            evidence = finding.evidence.map { Evidence(role: $0.role.rawValue, note: $0.note, location: Location($0.span, presentation)) }
            timeline = finding.timeline.map {
                Moment(request: $0.lane == .first ? "A" : $0.lane == .second ? "B" : "both", text: $0.text, evidence: $0.evidence)
            }
        }
    }

    /// Why a finding is not one to act on; only where such findings were asked for.
    struct Excuse: Encodable {
        let by, reason: String

        init(_ excuse: Report.Excuse) {
            switch excuse {
            case .comment: by = "comment"
            case .baseline: by = "baseline"
            }
            reason = excuse.reason
        }
    }

    struct Location: Encodable {
        let path: String
        let line, column, endLine, endColumn: Int

        init(_ span: Span, _ presentation: Presentation) {
            let region = presentation.region(span)
            path = presentation.path(span)
            (line, column, endLine, endColumn) = (region.line, region.column, region.endLine, region.endColumn)
        }
    }

    struct Evidence: Encodable {
        let role, note: String
        let location: Location
    }

    struct Moment: Encodable {
        let request, text: String
        let evidence: Int?
    }
}
