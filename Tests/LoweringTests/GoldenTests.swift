import Discovery
import Engine
import Flow
import Foundation
import Testing

private let here = URL(filePath: #filePath).deletingLastPathComponent()
private let sources = names(in: "sources"), models = names(in: "models"), projects = names(in: "projects")

private func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: here.appending(path: folder).path())) ?? []).sorted()
}

/// Each file of sources/ is lowered and linked; what the rules see of it stands in goldens/. Of each file of models/,
/// the tables do. A folder of projects/ is linked as a whole.
/// `UPDATE_GOLDENS=1 swift test` writes the goldens anew.
@Suite struct GoldenTests {
    @Test(arguments: sources) func flow(_ name: String) async throws {
        try compare(try await outline("sources/\(name)").joined(separator: "\n"), name)
    }

    @Test(arguments: models) func schema(_ name: String) async throws {
        try compare(try await outline("models/\(name)").filter { $0.hasPrefix("table ") }.joined(separator: "\n"), name)
    }

    @Test(arguments: projects) func linked(_ name: String) async throws {
        let discovered = try Discovery.files(under: [here.appending(path: "projects/\(name)").path()])
        let root = Discovery.tidied(here.appending(path: "projects/\(name)").path()) + "/"
        let texts = try discovered.files.map { file in
            (path: String(file.path.dropFirst(root.count)), language: file.language, bytes: [UInt8](try Data(contentsOf: URL(filePath: file.path))))
        }
        let manifests = discovered.manifests.filter { $0.hasPrefix(root) }.map { path in
            (path: String(path.dropFirst(root.count)), bytes: (try? Data(contentsOf: URL(filePath: path))).map { [UInt8]($0) } ?? [])
        }
        try compare(try await Engine.outline(texts, manifests: manifests).joined(separator: "\n"), name)
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
        #expect(goldens == (sources + models + projects).map { $0 + ".txt" }.sorted())
        #expect(sources.count >= 7 && models.count >= 11 && projects.count >= 3)
    }
}
