#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension [UInt8] {
    /// Whether a word stands in these bytes, found by one of its bytes that is rare in code.
    func hold(_ word: [UInt8], foundBy rare: UInt8) -> Bool {
        guard let offset = word.firstIndex(of: rare) else { return false }
        return withUnsafeBytes { text in
            guard let base = text.baseAddress else { return false }
            var at = 0
            while at < text.count, let found = memchr(base + at, Int32(rare), text.count - at) {
                let place = UnsafeRawPointer(found) - base, start = place - offset
                if start >= 0, start + word.count <= text.count, text[start..<start + word.count].elementsEqual(word) { return true }
                at = place + 1
            }
            return false
        }
    }
}
