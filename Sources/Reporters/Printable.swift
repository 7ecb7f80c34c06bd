extension String {
    /// The text with everything that a terminal would act on made visible: control characters, escapes, line breaks, and
    /// the bidirectional controls by which code can be made to look like other code.
    package var printable: String {
        guard unicodeScalars.contains(where: { $0.isHarmful }) else { return self }
        var out = ""
        for scalar in unicodeScalars { out += scalar.printable }
        return out
    }

    /// The same, with its line breaks kept.
    package var printableLines: String { split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }.joined(separator: "\n") }

    /// The same for the text of a JSON document, where the escape stands for the character, so that nothing is lost.
    var printableJSON: String {
        guard unicodeScalars.contains(where: { $0.isHarmful && $0 != "\n" }) else { return self }
        var out = ""
        for scalar in unicodeScalars {
            if scalar.isHarmful, scalar != "\n" {
                // All of them stand in the first plane: four digits.
                out += "\\u" + String(scalar.value + 0x10000, radix: 16).dropFirst()
            } else {
                out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}

extension Unicode.Scalar {
    var printable: String {
        if self == "\t" { return "    " }
        return isHarmful ? "\\u{\(String(value, radix: 16))}" : String(self)
    }

    fileprivate var isHarmful: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x61C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
