import Flow
import FoundationEssentials

/// SARIF 2.1.0: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
/// The two requests are the two thread flows of one code flow, their steps numbered in one order of execution.
enum SARIFReporter {
    static func render(_ presentation: Presentation) -> String {
        let driver = Log.Driver(
            name: "interlock", semanticVersion: presentation.version, informationUri: nil, rules: presentation.rules.map { Log.RuleDescriptor($0) })
        let run = Log.Run(
            tool: .init(driver: driver), columnKind: "unicodeCodePoints", results: presentation.reports.map { Log.Result($0, presentation) })
        return JSONReporter.encode(
            Log(schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json", version: "2.1.0", runs: [run]))
    }
}

private struct Log: Encodable {
    let schema, version: String
    let runs: [Run]

    enum CodingKeys: String, CodingKey { case schema = "$schema", version, runs }

    struct Run: Encodable {
        let tool: Tool
        let columnKind: String
        let results: [Result]
    }

    struct Tool: Encodable { let driver: Driver }

    struct Driver: Encodable {
        let name, semanticVersion: String
        let informationUri: String?
        let rules: [RuleDescriptor]
    }

    struct Text: Encodable {
        let text: String
        var markdown: String?
    }

    struct RuleDescriptor: Encodable {
        let id, name: String
        let shortDescription, fullDescription, help: Text
        let defaultConfiguration: Configuration
        let properties: Properties

        init(_ rule: Presentation.RuleDescription) {
            id = rule.id
            name = rule.id.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
            shortDescription = Text(text: rule.summary + ".")
            fullDescription = Text(text: rule.summary + ".")
            let page = rule.page
            help = Text(text: page, markdown: page)
            defaultConfiguration = Configuration(level: rule.severity.rawValue)
            properties = Properties(
                tags: ["security", "correctness", "external/cwe/cwe-362", "external/cwe/cwe-367"], precision: "high",
                severity: rule.severity == .error ? "8.0" : "5.0")
        }
    }

    struct Configuration: Encodable { let level: String }

    struct Properties: Encodable {
        let tags: [String]
        let precision, severity: String

        enum CodingKeys: String, CodingKey { case tags, precision, severity = "security-severity" }
    }

    struct Result: Encodable {
        let ruleId, level: String
        let message: Text
        let locations: [Location]
        let relatedLocations: [Location]
        let codeFlows: [CodeFlow]?
        let suppressions: [Suppression]?
        let partialFingerprints: [String: String]
        let properties: ResultProperties

        init(_ report: Report, _ presentation: Presentation) {
            let finding = report.finding
            ruleId = finding.rule
            level = finding.severity.rawValue
            message = Text(text: finding.message + " " + finding.help)
            locations = [Location(finding.span, presentation)]
            let notes = finding.evidence.map { ($0.span, "\($0.role.rawValue): \($0.note)") }
            let earlier = finding.earlier.map { ($0, "earlier: the same, in a definition of this function that has been replaced since") }
            relatedLocations = (notes + earlier).enumerated().map { index, place in Location(place.0, presentation, id: index + 1, note: place.1) }
            codeFlows = finding.timeline.isEmpty ? nil : [CodeFlow(finding, presentation)]
            suppressions = report.excuse.map { [Suppression($0)] }
            partialFingerprints = ["interlock/v1": report.fingerprint]
            properties = ResultProperties(
                confidence: finding.confidence.rawValue, remedy: finding.remedy, routine: finding.routine,
                proof: report.proof.map { ProofDocument($0, presentation) })
        }
    }

    struct ResultProperties: Encodable {
        let confidence, remedy, routine: String
        let proof: ProofDocument?
    }

    struct Suppression: Encodable {
        let kind, justification: String

        init(_ excuse: Report.Excuse) {
            switch excuse {
            case .comment: kind = "inSource"
            case .baseline: kind = "external"
            }
            justification = excuse.reason
        }
    }

    struct CodeFlow: Encodable {
        let message: Text
        let threadFlows: [ThreadFlow]

        init(_ finding: Finding, _ presentation: Presentation) {
            message = Text(text: "Two requests at once.")
            threadFlows = [(Moment.Lane.first, "request A"), (.second, "request B")].map { lane, name in
                let moments = finding.timeline.enumerated().filter { $1.lane == lane || $1.lane == .both }
                return ThreadFlow(
                    id: name,
                    locations: moments.map { order, moment in
                        let span = moment.evidence.flatMap { finding.evidence.indices.contains($0) ? finding.evidence[$0].span : nil } ?? finding.span
                        return Step(location: Location(span, presentation, note: moment.text), executionOrder: order + 1)
                    })
            }
        }
    }

    struct ThreadFlow: Encodable {
        let id: String
        let locations: [Step]
    }

    struct Step: Encodable {
        let location: Location
        let executionOrder: Int
    }

    struct Location: Encodable {
        var id: Int?
        let physicalLocation: Physical
        var message: Text?

        init(_ span: Span, _ presentation: Presentation, id: Int? = nil, note: String? = nil) {
            self.id = id
            let region = presentation.region(span)
            physicalLocation = Physical(
                artifactLocation: .init(uri: Self.uri(presentation.path(span))),
                region: .init(startLine: region.line, startColumn: region.column, endLine: region.endLine, endColumn: region.endColumn))
            message = note.map { Text(text: $0) }
        }

        /// RFC 3986: everything outside the unreserved set and the slash is percent-encoded, and what is absolute has a scheme.
        private static func uri(_ path: String) -> String {
            var out = ""
            for byte in path.utf8 {
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"),
                    UInt8(ascii: "."),
                    UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"):
                    out.unicodeScalars.append(Unicode.Scalar(byte))
                default:
                    let digits = String(byte, radix: 16, uppercase: true)
                    out += "%" + (digits.count == 1 ? "0" : "") + digits
                }
            }
            return out.hasPrefix("/") ? "file://" + out : out
        }
    }

    struct Physical: Encodable {
        let artifactLocation: Artifact
        let region: Region
    }

    struct Artifact: Encodable { let uri: String }

    struct Region: Encodable { let startLine, startColumn, endLine, endColumn: Int }
}
