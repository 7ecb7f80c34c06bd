// swift-tools-version: 6.2
import PackageDescription

// discover files → prefilter → parse → lower to a language-neutral flow → link the project → detect → triage → report.
// One target per stage: inside a module files never import each other, so a target boundary is the only edge that
// a reader can see and the compiler can enforce.

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
]

func room(_ name: String, _ imports: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: imports, exclude: exclude, swiftSettings: strict)
}

func test(_ name: String, _ imports: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: imports, exclude: exclude, swiftSettings: strict)
}

let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let rainbow: Target.Dependency = .product(name: "Rainbow", package: "Rainbow")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "interlock",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "interlock", targets: ["interlock"]),
        .library(name: "GuardedSQLite", targets: ["GuardedSQLite", "GuardedRuntime"]),
        .library(name: "GuardedPostgres", targets: ["GuardedPostgres", "GuardedRuntime"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/onevcat/Rainbow", from: "4.2.2"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0"),
    ],
    targets: [
        room("Flow"),  // what code does, in no language: routines, steps, values, schema, findings
        room("Discovery", ["Flow"]),  // paths on disk → the files to scan, and why the others are left out
        room("Configuration", ["Flow", "Discovery", yams]),  // interlock.yml: what a project says about itself
        room("SQL", ["Flow"]),  // SQL text → statements: tables, predicates, locks, schema changes
        room("Vocabulary", ["Flow", "CBundled", yams], exclude: ["apis", "words.yml", "models.yml", "surfaces.yml"]),  // what an API call means; an ORM is data
        room("Syntax", ["CTreeSitter", "CGrammars"]),  // ~Copyable Parser, Tree, Node over tree-sitter
        room("Lowering", ["Flow", "SQL", "Vocabulary", "Syntax"]),  // syntax → [Routine], Schema; one folder a language
        room("Linking", ["Flow", "SQL"]),  // [Routine] → Project: calls replaced by what the callee does
        room("Rules", ["Flow"]),  // one file per rule: (Routine, in: Project) → [Finding]
        room("Proof", ["Flow", "Migrations", sqlite]),  // a finding played by two requests on a real, throw-away database
        room("Git", ["Flow", "Discovery", subprocess]),  // what has changed since a base, from objects alone
        room("Triage", ["Flow"]),  // which findings are shown, under which fingerprint, in which order
        room("Reporters", ["Flow", rainbow]),  // text, JSON, SARIF, GitHub: one file each
        room("Checklist", ["Flow"]),  // what a change says about the boxes of a pull request
        room("Engine", ["Flow", "Discovery", "Vocabulary", "Lowering", "Linking", "Rules", "Triage"]),  // the pipeline as one function
        room("Migrations"),  // safe migrations and RPCs from a description, in four dialects; nothing of the linter
        room("GuardedRuntime", ["Migrations", crypto, logging]),  // the reference fixed runtime, for any engine
        room("GuardedSQLite", ["GuardedRuntime", "Migrations", grdb]),  // its engine over SQLite
        room("GuardedPostgres", ["GuardedRuntime", "Migrations", "CPostgres"]),  // its engine over PostgreSQL
        .executableTarget(  // subcommands only; the one room that prints, exits or reads flags
            name: "interlock", dependencies: ["Flow", "Discovery", "Configuration", "Vocabulary", "Git", "Rules", "Triage", "Checklist", "Reporters", "Engine", "Proof", "Migrations", "CBundled", arguments],
            swiftSettings: strict),
        .systemLibrary(
            name: "CTreeSitter", pkgConfig: "tree-sitter",
            providers: [.apt(["libtree-sitter-dev"]), .brew(["tree-sitter"])]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
        .target(name: "CGrammars", exclude: ["vendor"]),  // fetched by scripts/bootstrap, not in git
        .target(name: "CBundled"),  // rule pages and vocabulary inside the binary
        .target(name: "Running", path: "Tests/Running", swiftSettings: strict),  // runs programs for the tests
        .target(  // races between requests, for tests, demonstrations and benchmarks
            name: "Racing", dependencies: ["GuardedRuntime", "Migrations", "GuardedSQLite", "GuardedPostgres", logging], path: "Tests/Racing", swiftSettings: strict),
        .executableTarget(name: "race", dependencies: ["GuardedRuntime", "Racing"], path: "Tests/race", swiftSettings: strict),
        test("SQLTests", ["Flow", "SQL", "Running"], exclude: ["oracle.py", "statements.sql"]),
        test("LoweringTests", ["Flow", "Discovery", "Engine"], exclude: ["goldens", "models", "projects", "sources"]),
        test("ConfigurationTests", ["Flow", "Configuration"]),
        test("TriageTests", ["Flow", "Engine", "Triage"]),
        test("ChecklistTests", ["Flow", "Checklist"]),
        test("RulePageTests", ["Flow", "Engine", "Rules", "Triage", "CBundled"]),
        test("ProofTests", ["Flow", "Engine", "Proof", "Triage"]),
        test("ReporterTests", ["Flow", "Engine", "Reporters", "Triage", "Running"], exclude: ["goldens", "validate.py"]),
        test("GuardedRuntimeTests", ["GuardedRuntime", "Migrations", "Racing", "Running", "race", "interlock", grdb, logging]),
        test("EndToEndTests", ["interlock", "Running"], exclude: ["schemas.py"]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c2x
)
