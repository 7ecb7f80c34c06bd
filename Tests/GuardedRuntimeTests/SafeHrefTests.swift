import Foundation
import GuardedRuntime
import Running
import Testing

/// The vectors that other languages test their own check with.
@Suite struct SafeHrefTests {
    struct Vectors: Decodable {
        struct Case: Decodable, CustomTestStringConvertible {
            var url: String, accepted: Bool, why: String
            var refusal: String?, result: String?

            var testDescription: String { why }
        }

        var longest: Int, schemes: [String], cases: [Case]
    }

    static let vectors: Vectors = {
        guard let data = try? Data(contentsOf: Built.repository.appending(path: "runtime/safe-href.json")),
            let read = try? JSONDecoder().decode(Vectors.self, from: data)
        else { return Vectors(longest: 0, schemes: [], cases: []) }
        return read
    }()

    @Test(arguments: vectors.cases) func vector(_ one: Vectors.Case) {
        do throws(SafeHref.Refusal) {
            let result = try SafeHref.checked(one.url)
            #expect(one.accepted && result == one.result ?? one.url)
        } catch {
            #expect(!one.accepted && error.rawValue == one.refusal)
        }
    }

    @Test func theFileSaysWhatTheCodeSays() {
        #expect(Self.vectors.cases.count > 100)
        #expect(Self.vectors.longest == SafeHref.longest && Set(Self.vectors.schemes) == SafeHref.schemes)
        #expect(Set(Self.vectors.cases.compactMap(\.refusal)) == Set(SafeHref.Refusal.allCases.map(\.rawValue)))
    }

    @Test func oldRowsAreShownHarmless() {
        #expect(SafeHref.shown("javascript:alert(1)") == "#")
        #expect(SafeHref.shown(nil) == "#")
        #expect(SafeHref.shown("https://example.com") == "https://example.com")
    }
}
