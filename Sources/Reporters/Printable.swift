extension String {
    /// The text with everything that a terminal would act on made visible: control characters, escapes, and the
    /// bidirectional controls by which code can be made to look like other code.
    package var printable: String {
        guard unicodeScalars.contains(where: { $0.isHarmful }) else { return self }
        var out = ""
        for scalar in unicodeScalars {
            if scalar == "\t" {
                out += "    "
            } else if scalar.isHarmful {
                out += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}

extension String {
    /// The same, with its line breaks kept.
    package var printableLines: String { split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }.joined(separator: "\n") }
}

extension Unicode.Scalar {
    fileprivate var isHarmful: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
