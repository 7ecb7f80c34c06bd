package import Foundation

/// What the build made, for tests that run it as a user would.
package enum Built {
    package static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Beside the test bundle, wherever the build put that.
    package static func program(_ name: String) -> URL {
        let own = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(path: name)
        return FileManager.default.isExecutableFile(atPath: own.path()) ? own : repository.appending(path: ".build/debug/\(name)")
    }
}
