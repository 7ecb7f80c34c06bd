package import Flow

/// Everything that a reporter may show. Reporters read nothing else.
package struct Presentation: Sendable {
    package var reports: [Report]
    package var paths: [String]
    package var sources: [FileID: [UInt8]]
    package var rules: [RuleDescription]
    package var version: String
    package var filesScanned: Int
    package var usesColour: Bool
    private let lines: [FileID: LineTable]
    private let codePoints: [FileID: CodePoints]

    package struct RuleDescription: Sendable {
        package let id: String, summary: String, severity: Severity
        /// Read only by the formats that show it.
        private let text: @Sendable () -> String

        package init(id: String, summary: String, severity: Severity, page: @autoclosure @escaping @Sendable () -> String) {
            self.id = id
            self.summary = summary
            self.severity = severity
            text = page
        }

        package var page: String { text() }
    }

    package init(
        reports: [Report], paths: [String], sources: [FileID: [UInt8]], rules: [RuleDescription], version: String, filesScanned: Int, usesColour: Bool
    ) {
        self.reports = reports
        self.paths = paths
        self.sources = sources
        self.rules = rules
        self.version = version
        self.filesScanned = filesScanned
        self.usesColour = usesColour
        lines = sources.mapValues { LineTable($0) }
        codePoints = sources.mapValues { CodePoints($0) }
    }

    /// `src/app.ts:12`
    package func place(_ span: Span) -> String { "\(path(span)):\(region(span).line)" }

    func path(_ span: Span) -> String { paths[Int(span.file.index)] }

    /// A span as editors count: lines and code points from 1, the end behind the last character.
    func region(_ span: Span) -> Region {
        guard let points = codePoints[span.file], let bytes = sources[span.file] else { return Region.none }
        return region(span) { points.count(in: $0, of: bytes) }
    }

    /// The same with columns in bytes.
    func byteRegion(_ span: Span) -> Region { region(span) { $0.count } }

    private func region(_ span: Span, width: (Range<Int>) -> Int) -> Region {
        guard let table = lines[span.file], let bytes = sources[span.file] else { return Region.none }
        func position(_ offset: Int32) -> (line: Int, column: Int) {
            let offset = min(Int(offset), bytes.count), line = table.line(at: offset)
            return (line + 1, width(min(table.starts[line], offset)..<offset) + 1)
        }
        let start = position(span.start), end = position(max(span.start, span.end))
        return Region(line: start.line, column: start.column, endLine: end.line, endColumn: end.column)
    }

    struct Region: Equatable {
        let line: Int, column: Int, endLine: Int, endColumn: Int

        static let none = Region(line: 1, column: 1, endLine: 1, endColumn: 1)
    }

    /// The bytes of a file, and where a line (counted from 1) stands in them, without its line break.
    func line(_ line: Int, in file: FileID) -> (bytes: [UInt8], range: Range<Int>) {
        guard let table = lines[file], let bytes = sources[file], line >= 1, line <= table.starts.count else { return ([], 0..<0) }
        let range = table.range(ofLine: line - 1)
        return (bytes, bytes[range].last == UInt8(ascii: "\r") ? range.dropLast() : range)
    }

    func description(of rule: String) -> RuleDescription? { rules.first { $0.id == rule } }
}

/// The output formats.
package enum Format: String, CaseIterable, Sendable {
    case text, compact, json, sarif, github, gitlab, junit, checkstyle, rdjson, markdown

    /// Whether its readers see a proof; the others have one sentence for a finding, and viewers of SARIF show no more.
    private var showsProofs: Bool { self == .text || self == .json }

    /// Whether it can say of a finding that somebody has taken it back.
    private var marksExcuses: Bool {
        switch self {
        case .text, .json, .sarif: true
        case .compact, .github, .gitlab, .junit, .checkstyle, .rdjson, .markdown: false
        }
    }

    package func render(_ presentation: Presentation) -> String {
        var presentation = presentation
        if !marksExcuses {
            presentation.reports.removeAll { $0.excuse != nil }
        }
        if !showsProofs {
            for at in presentation.reports.indices {
                guard let proof = presentation.reports[at].proof, proof.verdict != .notExecutable else { continue }
                presentation.reports[at].finding.message +=
                    " \(proof.verdict == .proved ? "Proved" : "Refuted") on \(proof.engine): \(proof.reason)."
            }
        }
        switch self {
        case .text: return TextReporter(presentation).render()
        case .json: return JSONReporter.render(presentation)
        case .sarif: return SARIFReporter.render(presentation)
        case .github: return GitHubReporter.render(presentation)
        case .compact: return CompactReporter.render(presentation)
        case .gitlab: return GitLabReporter.render(presentation)
        case .junit: return JUnitReporter.render(presentation)
        case .checkstyle: return CheckstyleReporter.render(presentation)
        case .rdjson: return RDJSONReporter.render(presentation)
        case .markdown: return MarkdownReporter.render(presentation)
        }
    }
}
