extension String {
    /// The words of `payout_status`, `payoutStatus`, `PayoutStatus`, in lower case.
    package var nameWords: [String] {
        var words: [String] = [], word: [UInt8] = [], wasLower = false
        func close() {
            if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
            word.removeAll(keepingCapacity: true)
        }
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: " "):
                close()
                wasLower = false
            case 65...90:
                if wasLower { close() }
                word.append(byte | 0x20)
                wasLower = false
            default:
                word.append(byte)
                wasLower = byte >= 97 && byte <= 122
            }
        }
        close()
        return words
    }

    /// Whether some of its words, one behind the other, make up `joined`: `rateLimit.check` has `ratelimit`.
    package func hasWords(_ joined: String) -> Bool {
        let words = nameWords
        for start in words.indices {
            var rest = joined[...]
            for word in words[start...] {
                guard rest.hasPrefix(word) else { break }
                rest = rest.dropFirst(word.count)
                if rest.isEmpty { return true }
            }
        }
        return false
    }
}

extension String {
    /// Whether it is a name for a URL: `review_url`, `website`, `avatarUrl`.
    package var namesURL: Bool { nameWords.last.map { Self.urlWords.contains($0) || $0.hasSuffix("url") } ?? false }

    /// Of an image, which a browser shows and does not run.
    package var namesImage: Bool {
        let name = lowercased()
        return Self.imageWords.contains { name.contains($0) }
    }

    private static let urlWords: Set<String> = [
        "url", "uri", "link", "href", "website", "homepage", "site", "redirect", "callback", "postback", "webhook", "avatar", "logo", "image", "next",
        "permalink",
    ]
    private static let imageWords: Set<String> = [
        "avatar", "logo", "image", "img", "photo", "picture", "icon", "cover_", "coverurl", "banner", "thumb", "poster", "background",
    ]
}
