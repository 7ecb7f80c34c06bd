import Discovery
package import Flow

/// The configuration files of a scan. For each file the nearest one above it counts, alone; it may extend another. Names of
/// functions mean the same everywhere, so those of all files are known in all.
package struct Configurations: Sendable {
    /// Innermost first.
    private var all: [Configuration] = []
    /// Those above what is scanned, or named by the user, as against those inside of it.
    private var outermost: [Configuration] = []
    private var isOnly = false

    private static let fileName = "interlock.yml"

    package init() {}

    /// - Parameters:
    ///   - roots: what is scanned; a configuration is looked for in the folders above each.
    ///   - nested: configuration files found inside.
    package init(above roots: [String], nested: [String], words: KnownWords) throws {
        var found: [String] = []
        for root in roots { if let path = Place(root).nearestAbove(named: Self.fileName), !found.contains(path) { found.append(path) } }
        outermost = try found.map { try Configuration(path: $0, words: words) }
        let inner = try nested.filter { path in !outermost.contains { Place($0.path) == Place(path) } }.map { try Configuration(path: $0, words: words) }
        if let stray = inner.first(where: \.namesBaseline) {
            throw ConfigurationError("\(stray.path): a baseline is for a whole project; name it in the outermost \(Self.fileName), or with --baseline.")
        }
        all = (outermost + inner).sorted { ($1.folder.depth, $0.path) < ($0.folder.depth, $1.path) }
    }

    /// One file for everything, wherever it stands; its paths are meant as from the folder where the user is.
    package init(only path: String, words: KnownWords) throws {
        all = [try Configuration(path: path, folder: Place("."), words: words)]
        outermost = all
        isOnly = true
    }

    package var paths: [String] { all.map(\.path).sorted() }

    package var names: OwnNames { all.reduce(OwnNames()) { $0.joined($1.names) } }

    /// The descriptions of libraries, each with the path of its file.
    package func apis() throws -> [(path: String, text: String)] {
        try all.flatMap(\.apis).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }.map { path in
            let bytes: [UInt8]
            do { bytes = try FileReader.read(path, limit: 2 << 20) } catch { throw ConfigurationError("\(error).") }
            return (path, try Document.text(bytes, path: path))
        }
    }

    package func baseline() throws -> String? {
        let named = Set(outermost.compactMap(\.baseline))
        guard named.count < 2 else { throw ConfigurationError("Two configurations name a baseline each: scan their folders apart, or give --baseline.") }
        return named.first
    }

    package var checklist: [String: String] { outermost.reduce(into: [:]) { $0.merge($1.checklist) { $1 } } }

    package func settings(for path: String) -> Settings {
        if all.isEmpty { return Settings() }
        let place = Place(path)
        return nearest(to: place)?.settings(for: place) ?? Settings()
    }

    package func excludes(_ path: String) -> Bool {
        if all.isEmpty { return false }
        let place = Place(path)
        return nearest(to: place)?.excludes(place) ?? false
    }

    private func nearest(to place: Place) -> Configuration? { all.first { isOnly || place.below($0.folder) != nil } }
}
