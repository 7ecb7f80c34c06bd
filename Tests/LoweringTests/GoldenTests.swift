import Engine
import Flow
import Foundation
import Testing

private let here = URL(filePath: #filePath).deletingLastPathComponent()
private let sources = ((try? FileManager.default.contentsOfDirectory(atPath: here.appending(path: "sources").path())) ?? []).sorted()

/// Each file of sources/ is lowered and linked; what the rules see of it stands in goldens/.
/// `UPDATE_GOLDENS=1 swift test` writes the goldens anew.
@Suite struct GoldenTests {
    @Test(arguments: sources) func flow(_ name: String) async throws {
        let bytes = [UInt8](try Data(contentsOf: here.appending(path: "sources/\(name)")))
        let text = try await Engine.outline([(name, try #require(Language(fileName: name)), bytes)]).joined(separator: "\n")
        let golden = here.appending(path: "goldens/\(name).txt")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] != nil {
            try text.write(to: golden, atomically: true, encoding: .utf8)
            return
        }
        #expect(try String(contentsOf: golden, encoding: .utf8) == text)
    }

    @Test func goldensAreOfSources() throws {
        let goldens = try FileManager.default.contentsOfDirectory(atPath: here.appending(path: "goldens").path()).sorted()
        #expect(goldens == sources.map { $0 + ".txt" })
        #expect(sources.count >= 7)
    }
}
