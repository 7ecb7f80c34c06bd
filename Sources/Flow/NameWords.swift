extension String {
    /// The words of `payout_status`, `payoutStatus`, `PayoutStatus`, in lower case.
    package var nameWords: [String] { NameShape(self).words }

    /// Its words with underscores between them: `stock_left` of `stockLeft`.
    package var underscored: String { nameWords.joined(separator: "_") }

    /// The same, with an underscore for each byte that is no part of a plain name.
    package var asPlainName: String {
        String(decoding: utf8.map { 97...122 ~= $0 | 0x20 || 48...57 ~= $0 || $0 == UInt8(ascii: "_") ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
    }

    /// Whether some of its words, one behind the other, make up `joined`: `rateLimit.check` has `ratelimit`.
    package func hasWords(_ joined: String) -> Bool { NameShape(self).has(Array(joined.utf8)) }
}

/// A name without what joins its words, and where each of them begins: asked once for many words.
package struct NameShape {
    private var letters: [UInt8] = []
    /// A word begins there; at the end, too.
    private var starts: [Bool] = []

    package init(_ name: String) { self.init(name.utf8) }

    package init(_ name: some Sequence<UInt8>) {
        var wasLower = false, begins = true
        letters.reserveCapacity(32)
        starts.reserveCapacity(33)
        for byte in name {
            switch byte {
            case UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: " "):
                (begins, wasLower) = (true, false)
                continue
            case 65...90:
                starts.append(begins || wasLower)
                letters.append(byte | 0x20)
                wasLower = false
            default:
                starts.append(begins)
                letters.append(byte)
                wasLower = byte >= 97 && byte <= 122
            }
            begins = false
        }
        starts.append(true)
    }

    var words: [String] {
        var words: [String] = [], first = 0
        for end in starts.indices.dropFirst() where starts[end] {
            words.append(String(decoding: letters[first..<end], as: UTF8.self))
            first = end
        }
        return words
    }

    /// Whether words that stand one behind the other make up `joined`.
    package func has(_ joined: [UInt8]) -> Bool {
        guard let first = joined.first, letters.count >= joined.count else { return false }
        for start in 0...(letters.count - joined.count) where letters[start] == first && starts[start] && starts[start + joined.count] {
            var at = 1
            while at < joined.count, letters[start + at] == joined[at] { at += 1 }
            if at == joined.count { return true }
        }
        return false
    }
}

extension String {
    /// Whether it names until when something counts: `expires_at`, `deadline`.
    package var namesEnd: Bool { nameWords.contains(where: Self.ends.contains) }

    private static let ends: Set<String> = [
        "expires", "expiry", "expire", "expiration", "until", "end", "ends", "ending", "due", "deadline",
    ]

    /// Whether it is a name for a URL: `review_url`, `website`, `avatarUrl`.
    package var namesURL: Bool { nameWords.last.map { Self.urlWords.contains($0) || $0.hasSuffix("url") } ?? false }

    /// Of an image, which a browser shows and does not run.
    package var namesImage: Bool {
        let name = lowercased()
        return Self.imageWords.contains { name.contains($0) }
    }

    /// `banner`, `thumbnail`, `photos`: what is shown by its URL, without being called one.
    package var namesPictures: Bool { nameWords.last.map { Self.pictures.contains($0) } ?? false }

    private static let pictures: Set<String> = [
        "banner", "thumbnail", "thumb", "photo", "photos", "picture", "pictures", "image", "images", "cover", "poster", "icon", "avatar", "links", "urls",
    ]
    private static let urlWords: Set<String> = [
        "url", "uri", "link", "href", "website", "homepage", "site", "redirect", "callback", "postback", "webhook", "avatar", "logo", "image", "next",
        "permalink",
    ]
    private static let imageWords: Set<String> = [
        "avatar", "logo", "image", "img", "photo", "picture", "icon", "cover_", "coverurl", "banner", "thumb", "poster", "background",
    ]
}
