#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a package.json or tsconfig.json says about how modules are found, and which packages are used.
package struct Manifest: Sendable {
    /// The folder it stands in, "" for the root of the scan.
    package let folder: String
    var name: String?
    package private(set) var dependencies: Set<String> = []
    /// The major version of React that it asks for.
    package private(set) var react: Int?
    /// Patterns of module names (`@/*`) with the paths they stand for, relative to `folder`.
    var paths: [(pattern: String, targets: [String])] = []
    var baseURL: String?
    /// The file itself, and the one whose options it takes over.
    let path: String
    var extended: String?

    /// Nil where the text is not the JSON that it should be; comments and trailing commas are no fault.
    package init?(path: String, bytes: [UInt8]) {
        let slash = path.lastIndex(of: "/")
        folder = slash.map { String(path[..<$0]) } ?? ""
        self.path = path
        let decoder = JSONDecoder()
        decoder.allowsJSON5 = true
        guard bytes.count < 1 << 20, let content = try? decoder.decode(Content.self, from: Data(bytes)) else { return nil }
        name = content.name
        for group in [content.dependencies, content.devDependencies, content.peerDependencies] { dependencies.formUnion(group?.keys.map { $0 } ?? []) }
        // What is written down elsewhere, or asked for as it comes, is taken for the newest.
        react = content.dependencies?["react"]?.text.map { text in
            Int(String(decoding: text.utf8.drop { !(48...57).contains($0) }.prefix { (48...57).contains($0) }, as: UTF8.self)) ?? 19
        }
        extended = content.extends
        baseURL = content.compilerOptions?.baseUrl
        paths = (content.compilerOptions?.paths ?? [:]).map { ($0.key, $0.value) }.sorted {
            ($1.pattern.utf8.count, $0.pattern) < ($0.pattern.utf8.count, $1.pattern)
        }
    }

    private struct Content: Decodable {
        var name: String?
        var dependencies: [String: Version]?
        var devDependencies: [String: Version]?
        var peerDependencies: [String: Version]?
        var compilerOptions: Options?
        var extends: String?

        enum CodingKeys: String, CodingKey { case name, dependencies, devDependencies, peerDependencies, compilerOptions, extends }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            name = try? fields.decodeIfPresent(String.self, forKey: .name)
            dependencies = try? fields.decodeIfPresent([String: Version].self, forKey: .dependencies)
            devDependencies = try? fields.decodeIfPresent([String: Version].self, forKey: .devDependencies)
            peerDependencies = try? fields.decodeIfPresent([String: Version].self, forKey: .peerDependencies)
            compilerOptions = try? fields.decodeIfPresent(Options.self, forKey: .compilerOptions)
            extends = try? fields.decodeIfPresent(String.self, forKey: .extends)
        }
    }

    private struct Options: Decodable {
        var baseUrl: String?
        var paths: [String: [String]]?
    }

    /// A version as it is asked for; in what form does not matter.
    private struct Version: Decodable {
        let text: String?

        init(from decoder: any Decoder) throws { text = try? decoder.singleValueContainer().decode(String.self) }
    }
}
