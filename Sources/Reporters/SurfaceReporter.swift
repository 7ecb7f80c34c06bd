package import Flow
import FoundationEssentials
import Rainbow

/// The inventory of a project's surfaces.
package struct SurfaceReporter {
    private let surfaces: [Surface]
    private let presentation: Presentation

    package init(_ surfaces: [Surface], _ presentation: Presentation) {
        self.surfaces = surfaces
        self.presentation = presentation
    }

    package enum Format: String, CaseIterable, Sendable { case text, json, markdown, html }

    package func render(_ format: Format) -> String {
        switch format {
        case .text: text()
        case .json: JSONReporter.encode(Document(version: 1, surfaces: surfaces.map { Document.Item($0, presentation) }))
        case .markdown: markdown()
        case .html: html()
        }
    }

    private var groups: [(kind: Surface.Kind, surfaces: [Surface])] {
        Surface.Kind.allCases.map { kind in (kind, surfaces.filter { $0.kind == kind }) }.filter { !$0.surfaces.isEmpty }
    }

    /// "6 of 7 are guarded; not google_reviews_config.review_url"
    private func summary(_ surfaces: [Surface]) -> String {
        let open = surfaces.filter { $0.guardian == nil }
        let head = "\(surfaces.count - open.count) of \(surfaces.count) guarded"
        guard !open.isEmpty, open.count <= 3 else { return head }
        return head + "; not " + open.map(\.name).joined(separator: ", ")
    }

    private func place(_ span: Span) -> String { presentation.place(span) }

    private func text() -> String {
        let paint = Paint(isOn: presentation.usesColour)
        guard !surfaces.isEmpty else { return "No surfaces in \(presentation.filesScanned) file\(presentation.filesScanned == 1 ? "" : "s").\n" }
        var out = ""
        for (kind, surfaces) in groups {
            out += paint(kind.title, .cyan, bold: true) + ": " + summary(surfaces).printable + "\n"
            for surface in surfaces {
                let guarded = surface.guardian.map { paint("guarded", .green) + "  " + $0.text.printable } ?? paint("none", .red, bold: true)
                out += "  \(surface.name.printable)  \(place(surface.span).printable)  \(guarded)\n"
                for writing in surface.writes where writing.span != surface.span {
                    out += "    written at \(place(writing.span).printable)\(writing.isGuarded ? "" : paint("  none", .red))\n"
                }
            }
        }
        return out
    }

    private func markdown() -> String {
        var out = ""
        for (kind, surfaces) in groups {
            out += "## \(kind.title)\n\n\(summary(surfaces).cell)\n\n| surface | place | guard |\n|---|---|---|\n"
            for surface in surfaces { out += "| \(surface.name.cell) | \(place(surface.span).cell) | \(surface.guardian?.text.cell ?? "**none**") |\n" }
            out += "\n"
        }
        return out.isEmpty ? "No surfaces.\n" : out
    }

    private func html() -> String {
        var out = """
            <!doctype html>
            <html lang="en"><meta charset="utf-8"><title>Surfaces</title>
            <style>body{font:15px system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}table{border-collapse:collapse;width:100%}
            td,th{border-bottom:1px solid #ddd;padding:.4rem .6rem;text-align:left;overflow-wrap:anywhere}.none{background:#fde8e8;font-weight:600}</style>
            <h1>Surfaces</h1>

            """
        for (kind, surfaces) in groups {
            out += "<h2>\(kind.title)</h2>\n<p>\(summary(surfaces).markup)</p>\n<table>\n<tr><th>surface<th>place<th>guard\n"
            for surface in surfaces {
                let row = surface.guardian == nil ? "<tr class=\"none\">" : "<tr>"
                out += "\(row)<td>\(surface.name.markup)<td>\(place(surface.span).markup)<td>\(surface.guardian?.text.markup ?? "none")\n"
            }
            out += "</table>\n"
        }
        return out + "</html>\n"
    }
}

private struct Document: Encodable {
    let version: Int
    let surfaces: [Item]

    struct Item: Encodable {
        let kind, name, path: String
        let line: Int
        let guarded: Bool
        let `guard`: Guardian?
        let writes: [Writing]

        init(_ surface: Surface, _ presentation: Presentation) {
            kind = surface.kind.rawValue
            name = surface.name
            path = presentation.path(surface.span)
            line = presentation.region(surface.span).line
            guarded = surface.guardian != nil
            `guard` = surface.guardian.map { Guardian(text: $0.text, path: presentation.path($0.span), line: presentation.region($0.span).line) }
            writes = surface.writes.map { Writing(path: presentation.path($0.span), line: presentation.region($0.span).line, guarded: $0.isGuarded) }
        }

        /// A guard that is missing is said to be, as null.
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Keys.self)
            try container.encode(kind, forKey: .kind)
            try container.encode(name, forKey: .name)
            try container.encode(path, forKey: .path)
            try container.encode(line, forKey: .line)
            try container.encode(guarded, forKey: .guarded)
            try container.encode(`guard`, forKey: .guard)
            try container.encode(writes, forKey: .writes)
        }

        enum Keys: String, CodingKey { case kind, name, path, line, guarded, `guard`, writes }
    }

    struct Guardian: Encodable { let text, path: String, line: Int }
    struct Writing: Encodable { let path: String, line: Int, guarded: Bool }
}

extension Surface.Kind {
    fileprivate var title: String {
        switch self {
        case .url: "URL fields"
        case .auth: "Authentication"
        case .status: "Status columns"
        case .cap: "Caps"
        case .token: "Single-use tokens"
        case .payment: "Payments"
        }
    }
}

extension String {
    /// For a cell of a Markdown table.
    fileprivate var cell: String { printable.replacing("|", with: "\\|").replacing("<", with: "&lt;") }

    fileprivate var markup: String {
        printable.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    }
}
