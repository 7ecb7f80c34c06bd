/// What names say about folders and files that nobody wants to have scanned.
enum Conventions {
    static let versionControl: Set<String> = [".git", ".hg", ".svn"]

    static let manifests: Set<String> = ["package.json", "tsconfig.json", "tsconfig.base.json", "jsconfig.json"]

    static let configuration = "interlock.yml"
    static let misspelt = "interlock.yaml"

    private static let dependencies: Set<String> = [
        "node_modules", "bower_components", "vendor", "third_party", "site-packages", "venv", "virtualenv", ".yarn", ".pnpm-store",
    ]
    private static let output: Set<String> = ["dist", "build", "out", "coverage", "target", "__pycache__", "storybook-static"]
    private static let tests: Set<String> = [
        "test", "tests", "testing", "__tests__", "__mocks__", "__fixtures__", "e2e", "cypress", "playwright", "spec", "fixtures", "mocks", "seed", "seeds",
        "seeders",
    ]

    static func reasonToSkip(folder name: String) -> Discovered.Skip? {
        if dependencies.contains(name) { return .dependencies }
        if name.hasPrefix(".") { return .hidden }
        if output.contains(name) { return .buildOutput }
        if tests.contains(name) { return .tests }
        if name == "scripts" { return .scripts }
        return nil
    }

    static func reasonToSkip(file name: String) -> Discovered.Skip? {
        if name.utf8.prefix(4).elementsEqual("seed".utf8, by: { $0 | 0x20 == $1 }) { return .scripts }
        // `seat.test.ts`: what stands between two dots; of the last two parts `d.ts`, `bundle.js`.
        if name.hasSuffix(".py"), name.hasPrefix("test_") || name.hasSuffix("_test.py") || name == "conftest.py" || name == "tests.py" { return .tests }
        let parts = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).dropFirst()
        for part in parts.dropLast() { if let skip = marks[String(decoding: part, as: UTF8.self).lowercased()] { return skip } }
        guard let last = parts.last, let mark = parts.dropLast().last else { return nil }
        return ends[(String(decoding: mark, as: UTF8.self) + "." + String(decoding: last, as: UTF8.self)).lowercased()]
    }

    private static let marks: [String: Discovered.Skip] = [
        "min": .minified, "test": .tests, "spec": .tests, "e2e": .tests, "stories": .tests, "generated": .generated, "gen": .generated,
    ]
    private static let ends: [String: Discovered.Skip] = ["d.ts": .generated, "d.mts": .generated, "bundle.js": .minified]
}
