import Flow

/// reviewdog's format: https://github.com/reviewdog/reviewdog/tree/master/proto/rdf. Its columns count bytes.
enum RDJSONReporter {
    static func render(_ presentation: Presentation) -> String {
        JSONReporter.encode(
            Document(source: .init(name: "interlock"), diagnostics: presentation.reports.map { Document.Diagnostic($0, presentation) }))
    }

    private struct Document: Encodable {
        let source: Source
        let diagnostics: [Diagnostic]

        struct Source: Encodable { let name: String }

        struct Diagnostic: Encodable {
            let message, severity: String
            let location: Location
            let code: Code
            let relatedLocations: [Related]

            init(_ report: Report, _ presentation: Presentation) {
                let finding = report.finding
                message = finding.message + " " + finding.help
                severity = finding.severity == .note ? "INFO" : finding.severity.rawValue.uppercased()
                location = Location(finding.span, presentation)
                code = Code(value: finding.rule)
                relatedLocations = finding.evidence.map { Related(message: "\($0.role.rawValue): \($0.note)", location: Location($0.span, presentation)) }
            }
        }

        struct Code: Encodable { let value: String }

        struct Related: Encodable {
            let message: String
            let location: Location
        }

        struct Location: Encodable {
            let path: String
            let range: Range

            init(_ span: Span, _ presentation: Presentation) {
                path = presentation.path(span)
                let region = presentation.byteRegion(span)
                range = Range(start: .init(line: region.line, column: region.column), end: .init(line: region.endLine, column: region.endColumn))
            }
        }

        struct Range: Encodable {
            let start, end: Position

            struct Position: Encodable { let line, column: Int }
        }
    }
}
