import Foundation
import Running
import Testing

private let examples: [String] = {
    let root = Tool.repository.appending(path: "examples")
    let apps = ((try? FileManager.default.contentsOfDirectory(atPath: root.path())) ?? []).filter { !$0.contains(".") }
    return apps.flatMap { app in
        ((try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: app).path())) ?? []).map { "\(app)/\($0)" }
    }.sorted()
}()

@Suite struct ExampleTests {
    /// What `interlock scan .` prints in each example; the repaired twins are silent.
    @Test(arguments: examples) func expected(_ name: String) throws {
        let folder = Tool.repository.appending(path: "examples/\(name)"), file = folder.appending(path: "expected.txt")
        let result = try Tool.run(["scan", ".", "--quiet", "--color", "never"], in: folder)
        if ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] != nil { try result.output.write(to: file, atomically: true, encoding: .utf8) }
        #expect(try String(contentsOf: file, encoding: .utf8) == result.output)
        #expect(result.code == (name.hasSuffix("-fixed") ? 0 : 1))
        #expect(name.hasSuffix("-fixed") == result.output.hasPrefix("No findings"))
        #expect(!result.output.contains("medium confidence"))
    }

    @Test func everyExampleHasItsTwin() {
        #expect(examples.count >= 12)
        for name in examples where name.hasSuffix("-vulnerable") { #expect(examples.contains(name.replacingOccurrences(of: "-vulnerable", with: "-fixed"))) }
    }

    @Test(arguments: ["text", "json", "sarif", "github"]) func sameOutputForAnyThreads(_ format: String) throws {
        let outputs = try ["1", "2", "3", "8"].map {
            try Tool.run(["scan", "examples", "--quiet", "--threads", $0, "--format", format], in: Tool.repository).output
        }
        #expect(!outputs[0].isEmpty && outputs.allSatisfy { $0 == outputs[0] })
    }
}
