import ArgumentParser
import Discovery
import FoundationEssentials
import Triage

/// `interlock-baseline.json`. Its paths are relative to its own folder, so that it does not matter where the scan was begun.
enum BaselineFile {
    static let usualName = "interlock-baseline.json"

    private struct Content: Codable {
        var version = 1
        var findings: [Baseline.Entry]
    }

    static func read(_ path: String) throws -> Baseline {
        let bytes = try FileReader.read(path, limit: 64 << 20)
        let content: Content
        do { content = try JSONDecoder().decode(Content.self, from: Data(bytes)) } catch {
            throw ValidationError("\(path): not a baseline as `interlock baseline` writes it.")
        }
        guard content.version == 1 else { throw ValidationError("\(path): a baseline of version \(content.version), which this interlock does not know.") }
        let folder = Place(path).parent
        return Baseline(
            path: path,
            entries: content.findings.map { entry in
                var entry = entry
                entry.path = folder.beside(entry.path)
                return entry
            })
    }

    static func write(_ baseline: Baseline) throws {
        let folder = Place(baseline.path).parent
        let entries = baseline.entries.map { entry in
            var entry = entry
            if let way = Place(entry.path).below(folder) { entry.path = way.joined(separator: "/") }
            return entry
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(Content(findings: entries.sorted { ($0.path, $0.rule, $0.code) < ($1.path, $1.rule, $1.code) }))
        try AtomicFile.write(String(decoding: data, as: UTF8.self) + "\n", to: baseline.path)
    }
}
