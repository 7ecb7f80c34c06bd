/// What names say about folders and files that nobody wants to have scanned.
enum Conventions {
    static let versionControl: Set<String> = [".git", ".hg", ".svn"]

    static let manifests: Set<String> = ["package.json", "tsconfig.json", "tsconfig.base.json", "jsconfig.json"]

    private static let dependencies: Set<String> = ["node_modules", "bower_components", "vendor", "third_party", "site-packages", ".yarn", ".pnpm-store"]
    private static let output: Set<String> = ["dist", "build", "out", "coverage", "target", "__pycache__", "storybook-static"]
    private static let tests: Set<String> = [
        "test", "tests", "__tests__", "__mocks__", "__fixtures__", "e2e", "cypress", "playwright", "spec", "fixtures", "mocks", "seed", "seeds", "seeders",
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
        let lower = name.lowercased()
        if lower.contains(".min.") || lower.hasSuffix(".bundle.js") { return .minified }
        if lower.contains(".test.") || lower.contains(".spec.") || lower.contains(".e2e.") || lower.contains(".stories.") { return .tests }
        if lower.hasPrefix("seed") { return .scripts }
        if lower.hasSuffix(".d.ts") || lower.hasSuffix(".d.mts") || lower.contains(".generated.") || lower.contains(".gen.") { return .generated }
        return nil
    }
}
