import Engine
import Flow
import Foundation
import Testing

private let here = URL(filePath: #filePath).deletingLastPathComponent()
private let sources = names(in: "sources"), models = names(in: "models")

private func names(in folder: String) -> [String] { ((try? FileManager.default.contentsOfDirectory(atPath: here.appending(path: folder).path())) ?? []).sorted() }

/// Each file of sources/ is lowered and linked; what the rules see of it stands in goldens/. Of each file of models/,
/// the tables do.
/// `UPDATE_GOLDENS=1 swift test` writes the goldens anew.
@Suite struct GoldenTests {
    @Test(arguments: sources) func flow(_ name: String) async throws {
        try compare(try await outline("sources/\(name)").joined(separator: "\n"), name)
    }

    @Test(arguments: models) func schema(_ name: String) async throws {
        try compare(try await outline("models/\(name)").filter { $0.hasPrefix("table ") }.joined(separator: "\n"), name)
    }

    private func outline(_ path: String) async throws -> [String] {
        try await Engine.outline([(path, try #require(Language(fileName: path)), [UInt8](try Data(contentsOf: here.appending(path: path))))])
    }

    private func compare(_ text: String, _ name: String) throws {
        let golden = here.appending(path: "goldens/\(name).txt")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] != nil {
            try text.write(to: golden, atomically: true, encoding: .utf8)
            return
        }
        #expect(try String(contentsOf: golden, encoding: .utf8) == text)
    }

    @Test func goldensAreOfSources() throws {
        let goldens = try FileManager.default.contentsOfDirectory(atPath: here.appending(path: "goldens").path()).sorted()
        #expect(goldens == (sources + models).map { $0 + ".txt" }.sorted())
        #expect(sources.count >= 7 && models.count >= 11)
    }
}
