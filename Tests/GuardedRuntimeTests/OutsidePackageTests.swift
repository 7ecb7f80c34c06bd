import Foundation
import Racing
import Running
import Testing

/// A package of somebody else's, who takes one engine and must not need the library of the other, nor anything of the linter.
@Suite(.serialized) struct OutsidePackageTests {
    private static let folder = Built.repository.appending(path: ".build/outside")

    private func write(_ path: String, _ text: String) throws {
        let url = Self.folder.appending(path: path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        // A file that says the same stays as it is, so that a second run builds nothing.
        if (try? String(contentsOf: url, encoding: .utf8)) != text { try text.write(to: url, atomically: true, encoding: .utf8) }
    }

    private func writePackage() throws {
        try write(
            "Package.swift",
            """
            // swift-tools-version: 6.2
            import PackageDescription

            let package = Package(
                name: "outside", platforms: [.macOS(.v15)],
                dependencies: [.package(name: "interlock", path: "\(Built.repository.path())")],
                targets: [
                    .executableTarget(name: "with-sqlite", dependencies: [.product(name: "GuardedSQLite", package: "interlock")]),
                    .executableTarget(name: "with-postgres", dependencies: [.product(name: "GuardedPostgres", package: "interlock")]),
                ])
            """)
        for (name, library, store) in [
            ("with-sqlite", "GuardedSQLite", ".sqlite(path: CommandLine.arguments[1])"),
            ("with-postgres", "GuardedPostgres", ".postgres(CommandLine.arguments[1])"),
        ] {
            try write(
                "Sources/\(name)/main.swift",
                """
                import GuardedRuntime
                import \(library)

                let store = try GuardedStore\(store)
                let seats = try SlotCounter(.reservationSlot, cap: 2, store: store)
                try await store.migrate(seats)
                for _ in 0..<3 { print(try await seats.claim("table 4")) }
                """)
        }
    }

    @Test(arguments: [("with-sqlite", "sqlite3", "libpq"), ("with-postgres", "pq", "libsqlite3")])
    func oneEngine(_ product: String, _ own: String, _ other: String) throws {
        try writePackage()
        let build = try Run(URL(filePath: "/usr/bin/env"), ["swift", "build", "--package-path", Self.folder.path(), "--product", product])
        try #require(build.code == 0, "\(build.output.suffix(2_000)) \(build.errors.suffix(2_000))")
        let binary = Self.folder.appending(path: ".build/debug/\(product)")
        let database = try Database(product == "with-sqlite" ? .sqlite : .postgres)
        let run = try Run(binary, [database.ground.text])
        #expect(
            run.output == "taken(used: 1, remaining: 1, period: \"always\")\ntaken(used: 2, remaining: 0, period: \"always\")\nfull(used: 2, remaining: 0)\n",
            "\(run.errors)")
        #if os(Linux)
            let libraries = try Run(URL(filePath: "/usr/bin/env"), ["ldd", binary.path()]).output
            #expect(libraries.contains("lib\(own)") && !libraries.contains(other) && !libraries.contains("tree-sitter"), "\(libraries)")
        #endif
    }
}
