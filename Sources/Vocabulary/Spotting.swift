import Flow

// Where a text may verify a secret, found by its bytes before anything is parsed.
extension SurfaceWords {
    /// - Parameter modules: what the file imports.
    package func verifyingPlaces(in bytes: [UInt8], importing modules: some Sequence<String>) -> [Int] {
        let isImporter = modules.contains { module in packages.contains { module == $0 || module.hasPrefix($0 + "/") || module.hasPrefix($0 + ".") } }
        var places: [Int] = [], known: [UInt64: Spot] = [:]
        bytes.withUnsafeBufferPointer { text in
            WordSet.forEachWord(in: text) { hash, place in
                let next = text.byte(behind: place.upperBound)
                let isCall = next == UInt8(ascii: "("),
                    isCompared =
                        next == UInt8(ascii: "=") || next == UInt8(ascii: "!")
                        || text.stands("==", at: place.lowerBound - 3) || text.stands("!=", at: place.lowerBound - 3)
                        || text.stands("==", at: place.lowerBound - 2)
                        || next == UInt8(ascii: ")") && text.stands("(", at: place.lowerBound - 1)
                guard isCall || isCompared || next == UInt8(ascii: ",") || next == UInt8(ascii: "]") || next == UInt8(ascii: "\"") || next == UInt8(ascii: "'")
                else { return }
                let spot = known[hash] ?? spot(text[place])
                known[hash] = spot
                let verifies: Bool
                switch spot {
                case .nothing: verifies = false
                case .noun: verifies = isCompared
                case .verifying: verifies = isCall
                case .method: verifies = isCall && (isImporter || text.stands(".", at: place.lowerBound - 1))
                }
                if verifies { places.append(place.lowerBound) }
            }
        }
        return places
    }

    /// What a word can be part of.
    private enum Spot { case nothing, noun, verifying, method }

    private func spot(_ word: Slice<UnsafeBufferPointer<UInt8>>) -> Spot {
        guard word.count < 60 else { return .nothing }
        let isMethod = spottedMethods.contains(WordSet.hash(of: word))
        guard secret(in: NameShape(word)) != nil else { return isMethod ? .method : .nothing }
        // `verifyOtp` is a method of one library, and says by itself what it does.
        if !verbs.isDisjoint(with: String(decoding: word, as: UTF8.self).nameWords) { return .verifying }
        return isMethod ? .method : .noun
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// An element that frames a document begins a little before.
    fileprivate func framed(before at: Int) -> Bool {
        var start = at
        while start > 0, at - start < 300, self[start] != UInt8(ascii: "<") { start -= 1 }
        return stands("<iframe", at: start) || stands("<embed", at: start) || stands("<object", at: start)
    }

    /// The first byte behind a place that is no blank.
    fileprivate func byte(behind end: Int) -> UInt8 {
        var at = end
        while at < count,
            self[at] == 0x20 || self[at] == UInt8(ascii: "?") || self[at] == UInt8(ascii: "!") && at + 1 < count && self[at + 1] != UInt8(ascii: "=")
        { at += 1 }
        return at < count ? self[at] : 0
    }
}

// Where a text may show a URL that is no constant.
extension SurfaceWords {
    /// `href={item.url}`, `window.open(link.url)`, `location.href = next`: what stands there is neither quoted nor a component.
    package func shownPlaces(in bytes: [UInt8]) -> [Int] {
        var places: [Int] = []
        bytes.withUnsafeBufferPointer { text in
            for at in text.indices where text[at] == UInt8(ascii: "=") || text[at] == UInt8(ascii: "(") {
                let isCall = text[at] == UInt8(ascii: "(")
                let takes: Bool
                if isCall {
                    takes =
                        text.stands("open", at: at - 4) && text.stands("window.", at: at - 11) || text.stands("redirect", at: at - 8)
                        || text.stands("location.", at: at - 15) || text.stands("location.", at: at - 16)
                        || text.stands(".push", at: at - 5) && text.stands("outer", at: at - 10)
                } else {
                    takes =
                        text.stands("={", at: at) && text.stands("src", at: at - 3) && text.framed(before: at)
                        || text.stands("={", at: at) && (text.stands("href", at: at - 4) || text.stands("ction", at: at - 5) || text.stands("Href", at: at - 4))
                        || text.stands("location.href ", at: at - 14) || text.stands("location ", at: at - 9)
                }
                guard takes else { continue }
                var next = at + 1
                while next < text.count, text[next] <= 0x20 || text[next] == UInt8(ascii: "{") { next += 1 }
                guard next < text.count, WordSet.isWordByte(text[next]) || text[next] == UInt8(ascii: "`") && text.stands("${", at: next + 1) else { continue }
                places.append(at)
            }
        }
        return places
    }
}

extension SurfaceWords {
    private static let showing = WordSet(["href", "src", "action", "formaction", "formAction", "open", "location", "redirect", "push", "navigateTo", "goto"])

    /// A page in which something may be shown that it is filled with: the first such place, since a page is one region.
    package static func filledPlaces(in bytes: [UInt8]) -> [Int] {
        guard bytes.contains(UInt8(ascii: "{")) || bytes.contains(UInt8(ascii: "%")) || bytes.contains(UInt8(ascii: ":")) || bytes.contains(UInt8(ascii: "("))
        else { return [] }
        var found: Int?
        bytes.withUnsafeBufferPointer { text in
            WordSet.forEachWord(in: text) { hash, place in if found == nil, showing.contains(hash) { found = place.lowerBound } }
        }
        return found.map { [$0] } ?? []
    }
}

// Where a text may pay.
extension SurfaceWords {
    private static let events = WordSet(["checkout", "payment_intent", "payment", "invoice", "charge"])

    /// What a request to a provider is made of.
    private static let payingFields = WordSet(["purchase_units", "currency_code", "unit_amount"])

    /// `stripe.paymentIntents.create(`: the last two names of a callee.
    package func payingPlaces(in bytes: [UInt8]) -> [Int] {
        var places: [Int] = []
        bytes.withUnsafeBufferPointer { text in
            var owner = 0..<0
            WordSet.forEachWord(in: text) { hash, place in
                defer { owner = place }
                // `'checkout.session.completed'`
                if Self.events.contains(hash), text.stands(".", at: place.upperBound),
                    text.stands("'", at: place.lowerBound - 1) || text.stands("\"", at: place.lowerBound - 1)
                {
                    places.append(place.lowerBound)
                }
                if Self.payingFields.contains(hash), place.upperBound < text.count,
                    [UInt8(ascii: ":"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "=")].contains(text[place.upperBound])
                {
                    places.append(place.lowerBound)
                }
                guard payingWords.contains(hash), place.upperBound < text.count, text[place.upperBound] == UInt8(ascii: "(") else { return }
                let isOwned = owner.upperBound + 1 == place.lowerBound && text[owner.upperBound] == UInt8(ascii: ".")
                let name = String(decoding: text[(isOwned ? owner.lowerBound : place.lowerBound)..<place.upperBound], as: UTF8.self)
                if payingNames.contains(name) { places.append(place.lowerBound) }
            }
        }
        return places
    }
}

// Where a text declares codes that give something away.
extension SurfaceWords {
    private static let codes = ["promo", "coupon", "voucher", "gift", "discount", "invit", "referral"].map { Array($0.utf8) }

    /// `class PromoCode(BaseModel):`
    package static func declaresCodes(in bytes: [UInt8]) -> Bool {
        let keyword = WordSet.hash("class")
        var isDeclared = false, found = false
        bytes.withUnsafeBufferPointer { text in
            WordSet.forEachWord(in: text) { hash, place in
                if isDeclared, !found {
                    let name = text[place].map { $0 | 0x20 }
                    found = codes.contains { code in name.indices.contains { name[$0...].starts(with: code) } }
                }
                isDeclared = hash == keyword
            }
        }
        return found
    }
}

extension SurfaceWords {
    /// Whether some word speaks of a URL: `websiteUrl`, `homepage`.
    package static func namesURLs(in bytes: [UInt8]) -> Bool {
        let words = WordSet(["website", "homepage", "link", "href"])
        var found = false
        bytes.withUnsafeBufferPointer { text in
            WordSet.forEachWord(in: text) { hash, place in
                if found { return }
                let end = place.upperBound
                found =
                    words.contains(hash)
                    || place.count >= 3 && text[end - 1] == UInt8(ascii: "l") && text[end - 2] == UInt8(ascii: "r") && text[end - 3] | 0x20 == UInt8(ascii: "u")
            }
        }
        return found
    }
}
