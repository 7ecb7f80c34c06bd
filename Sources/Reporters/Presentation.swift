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

    package struct RuleDescription: Sendable {
        package let id: String, summary: String, severity: Severity, page: String

        package init(id: String, summary: String, severity: Severity, page: String) {
            self.id = id
            self.summary = summary
            self.severity = severity
            self.page = page
        }
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
    }

    func path(_ span: Span) -> String { paths[Int(span.file.index)] }

    /// A span as editors count: lines and code points from 1, the end behind the last character.
    func region(_ span: Span) -> Region {
        guard let table = lines[span.file], let bytes = sources[span.file] else { return Region(line: 1, column: 1, endLine: 1, endColumn: 1) }
        let start = position(Int(span.start), table, bytes), end = position(max(Int(span.start), Int(span.end)), table, bytes)
        return Region(line: start.line, column: start.column, endLine: end.line, endColumn: end.column)
    }

    private func position(_ offset: Int, _ table: LineTable, _ bytes: [UInt8]) -> (line: Int, column: Int) {
        let offset = min(offset, bytes.count), line = table.line(at: offset)
        // Continuation bytes belong to the code point that they continue.
        let column = bytes[min(table.starts[line], offset)..<offset].count { $0 & 0xC0 != 0x80 }
        return (line + 1, column + 1)
    }

    struct Region: Equatable { let line: Int, column: Int, endLine: Int, endColumn: Int }

    func text(ofLine line: Int, in file: FileID) -> String {
        guard let table = lines[file], let bytes = sources[file], line >= 1, line <= table.starts.count else { return "" }
        let text = bytes[table.range(ofLine: line - 1)]
        return String(decoding: text.last == UInt8(ascii: "\r") ? text.dropLast() : text, as: UTF8.self)
    }

    func description(of rule: String) -> RuleDescription? { rules.first { $0.id == rule } }
}

/// The output formats.
package enum Format: String, CaseIterable, Sendable {
    case text, json, sarif, github

    package func render(_ presentation: Presentation) -> String {
        switch self {
        case .text: TextReporter(presentation).render()
        case .json: JSONReporter.render(presentation)
        case .sarif: SARIFReporter.render(presentation)
        case .github: GitHubReporter.render(presentation)
        }
    }
}
