import Flow
import Vocabulary

/// What a constant stands for: code says `Status.PAID`, the table holds `paid`, and a remedy must say what the table holds.
///
/// The lowering takes a constant for its name, wherever it is declared. Only when a finding speaks of it is its declaration
/// looked for, in the text of the project.
struct StoredStates: Sendable {
    private let values: [String: String]

    /// - Parameter reports: those whose texts are to be put right.
    init(in examination: Examination, for reports: [Report], _ workers: Workers) async {
        let wanted = Set(reports.flatMap { $0.finding.texts }.flatMap(Self.constants)).subtracting(examination.storedNames)
        guard !wanted.isEmpty else { values = [:]; return }
        let names = Dictionary(wanted.map { (WordSet.hash($0), $0) }) { first, _ in first }
        let found = await workers.map(examination.survey.files) { file in
            file.bytes.withUnsafeBufferPointer { Self.declarations(in: $0, of: names, isCode: file.isProgram) }
        }
        var all: [String: Set<String>] = [:]
        for file in found { for (name, values) in file { all[name, default: []].formUnion(values) } }
        values = all.compactMapValues { $0.count == 1 ? $0.first : nil }
    }

    /// The finding as the database would say it.
    func spelled(_ report: Report) -> Report {
        guard !values.isEmpty else { return report }
        var report = report
        report.finding.reword(spelled)
        return report
    }

    private func spelled(_ text: String) -> String {
        Self.constants(in: text).reduce(text) { text, name in
            values[name].map { text.replacing("'\(name)'", with: "'\($0)'").replacing("PRIOR:\(name)", with: "PRIOR:\($0)") } ?? text
        }
    }

    /// The words in quotes that are written like constants.
    private static func constants(in text: String) -> [String] {
        text.split(separator: "'").compactMap { word in
            word.utf8.count > 1 && word.utf8.contains { (65...90).contains($0) }
                && word.utf8.allSatisfy { (65...90).contains($0) || (48...57).contains($0) || $0 == 95 }
                ? String(word) : nil
        }
    }

    /// `PAID = "paid"`, `STATUS_PAID = "paid", _("Paid")`, `PAID: 'paid'`. A name that stands in quotes, or in a schema, is its
    /// own value; a text that says something else is a label, a colour or an icon.
    private static func declarations(in text: UnsafeBufferPointer<UInt8>, of names: [UInt64: String], isCode: Bool) -> [String: Set<String>] {
        var found: [String: Set<String>] = [:]
        WordSet.forEachWord(in: text) { hash, place in
            guard let name = names[hash], name.utf8.elementsEqual(text[place]) else { return }
            var at = place.upperBound
            let isQuoted = place.lowerBound > 0 && at < text.count && isQuote(text[at]) && text[place.lowerBound - 1] == text[at]
            if isQuoted || !isCode { found[name, default: []].insert(name) }
            func skip(_ isSkipped: (UInt8) -> Bool) { while at < text.count, isSkipped(text[at]) { at += 1 } }
            skip { $0 == UInt8(ascii: " ") }
            guard at < text.count, text[at] == UInt8(ascii: "=") || text[at] == UInt8(ascii: ":") else { return }
            at += 1
            skip { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "(") }
            guard at < text.count, isQuote(text[at]) else { return }
            let quote = text[at], start = at + 1
            at = start
            skip { isLower($0) && at - start < 64 }
            guard at < text.count, text[at] == quote, at > start else { return }
            let value = String(decoding: text[start..<at], as: UTF8.self)
            if Self.isCalledAfter(name, value) { found[name, default: []].insert(value) }
        }
        return found
    }

    /// Whether a constant is called after its value, wholly or at its end.
    private static func isCalledAfter(_ name: String, _ value: String) -> Bool {
        let word = "_" + value.replacing("-", with: "_")
        return ("_" + name.lowercased()).hasSuffix(word)
    }

    private static func isLower(_ byte: UInt8) -> Bool { (97...122).contains(byte) || (48...57).contains(byte) || byte == 95 || byte == 45 }

    private static func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") }
}

extension Finding {
    fileprivate var texts: [String] { [message, remedy] + evidence.map(\.note) + timeline.map(\.text) }

    fileprivate mutating func reword(_ spell: (String) -> String) {
        message = spell(message)
        remedy = spell(remedy)
        for at in evidence.indices { evidence[at].note = spell(evidence[at].note) }
        for at in timeline.indices { timeline[at].text = spell(timeline[at].text) }
    }
}
