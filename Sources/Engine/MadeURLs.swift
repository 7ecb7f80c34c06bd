import Flow
import Vocabulary

/// Names under which a server hands out URLs of its own: nobody can put anything else there.
enum MadeURLs {
    private static let makers = [("url_for(", "_"), ("reverse(", "v"), ("build_absolute_uri(", "_"), ("Function(", "F")].map {
        (word: Array($0.0.utf8), rare: Array($0.1.utf8)[0])
    }

    /// `def url(self): return url_for(…)`, `event_url = fields.Function(lambda item: item.event.url)`
    static func fields(in text: [UInt8]) -> Set<String> {
        guard makers.contains(where: { text.hold($0.word, foundBy: $0.rare) }) else { return [] }
        let define = WordSet.hash("def"), computed = WordSet.hash("Function"), calls = WordSet(["url_for", "reverse", "build_absolute_uri"])
        var found: Set<String> = []
        text.withUnsafeBufferPointer { text in
            var previous: UInt64 = 0, function: Range<Int>?, assigned: Range<Int>?, isFirst = true, seen = 0
            WordSet.forEachWord(in: text) { hash, place in
                let next = place.upperBound < text.count ? text[place.upperBound] : 0
                if previous == define { function = place }
                // The first word of a line that goes on with `=`.
                let gap = text[seen..<place.lowerBound]
                isFirst = gap.contains(UInt8(ascii: "\n")) || isFirst && seen == 0
                if isFirst { assigned = behind(place, in: text) == UInt8(ascii: "=") ? place : nil }
                seen = place.upperBound
                let made = next == UInt8(ascii: "(") ? calls.contains(hash) ? function : hash == computed ? assigned : nil : nil
                if let made {
                    let name = String(decoding: text[made], as: UTF8.self)
                    if name.namesURL { found.insert(name) }
                }
                previous = hash
            }
        }
        return found
    }

    private static func behind(_ place: Range<Int>, in text: UnsafeBufferPointer<UInt8>) -> UInt8? {
        text[place.upperBound...].first { $0 != 0x20 }
    }
}
