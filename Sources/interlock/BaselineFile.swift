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

    /// - Parameter spelling: the paths of the scan, as which those of the file are written.
    static func read(_ path: String, spelling: [String] = []) throws -> Baseline {
        let bytes = try FileReader.read(path, limit: 64 << 20)
        let content: Content
        do { content = try JSONDecoder().decode(Content.self, from: Data(bytes)) } catch {
            throw ValidationError("\(path): not a baseline as `interlock baseline` writes it.")
        }
        guard content.findings.allSatisfy({ (1...1_000_000).contains($0.count) }) else {
            throw ValidationError("\(path): not a baseline as `interlock baseline` writes it.")
        }
        guard content.version == 1 else { throw ValidationError("\(path): a baseline of version \(content.version), which this interlock does not know.") }
        let folder = Place(path).parent, known = Dictionary(spelling.map { (Place($0), $0) }) { first, _ in first }
        var baseline = Baseline(
            path: path,
            entries: content.findings.map { entry in
                var entry = entry
                entry.path = known[Place(folder.path + "/" + entry.path)] ?? folder.beside(entry.path)
                return entry
            })
        baseline.exists = { Place($0).exists }
        return baseline
    }

    static func write(_ baseline: Baseline) throws {
        let folder = Place(baseline.path).parent
        let entries = baseline.entries.map { entry in
            var entry = entry
            entry.path = Place(entry.path).way(from: folder)
            return entry
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(Content(findings: entries.sorted { ($0.path, $0.rule, $0.code) < ($1.path, $1.rule, $1.code) }))
        try AtomicFile.write(String(decoding: data, as: UTF8.self) + "\n", to: baseline.path)
    }
}
