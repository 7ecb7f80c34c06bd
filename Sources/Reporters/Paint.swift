import Rainbow

/// Colours a text, or leaves it alone.
struct Paint {
    let isOn: Bool

    func callAsFunction(_ text: String, _ colour: NamedColor?, bold: Bool = false) -> String {
        guard isOn else { return text }
        // NB: Rainbow's own switch is process-wide and looks at the output by itself; the escape codes are written here from its colour numbers.
        var codes: [String] = bold ? ["1"] : []
        if let colour { codes.append("\(colour.rawValue)") }
        return codes.isEmpty ? text : "\u{1B}[\(codes.joined(separator: ";"))m\(text)\u{1B}[0m"
    }
}
