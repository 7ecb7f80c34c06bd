/// The published schema of `interlock.yml`, for editors: https://json-schema.org/draft-07
package enum ConfigurationSchema {
    package static func text(words: KnownWords) -> String {
        guard case .record(let fields) = Shape.document(words) else { return "" }
        return """
            {
              "$schema": "http://json-schema.org/draft-07/schema#",
              "title": "interlock.yml",
              "description": "The configuration of Interlock.",
            \(record(fields, "  "))
            }

            """
    }

    private static func record(_ fields: [Shape.Field], _ indent: String) -> String {
        let inner = indent + "  "
        let properties = fields.map { field in
            "\(inner)\(quoted(field.name)): {\n\(inner)  \"description\": \(quoted(field.about)),\n\(body(field.shape, inner + "  "))\n\(inner)}"
        }
        return
            "\(indent)\"type\": \"object\",\n\(indent)\"additionalProperties\": false,\n\(indent)\"properties\": {\n\(properties.joined(separator: ",\n"))\n\(indent)}"
    }

    private static func body(_ shape: Shape, _ indent: String) -> String {
        switch shape {
        case .text: return "\(indent)\"type\": \"string\",\n\(indent)\"minLength\": 1"
        // Readers of YAML 1.1 take `off` for false.
        case .choice(let words): return "\(indent)\"enum\": [\((words.map(quoted) + (words.contains("off") ? ["false"] : [])).joined(separator: ", "))]"
        case .list(let item):
            let one = body(item, indent + "    ")
            return """
                \(indent)"anyOf": [
                \(indent)  {
                \(one)
                \(indent)  },
                \(indent)  {
                \(indent)    "type": "array",
                \(indent)    "items": {
                \(body(item, indent + "      "))
                \(indent)    }
                \(indent)  }
                \(indent)]
                """
        case .mapping(let words, let value):
            return """
                \(indent)"type": "object",
                \(indent)"propertyNames": {
                \(indent)  "enum": [\(words.map(quoted).joined(separator: ", "))]
                \(indent)},
                \(indent)"additionalProperties": {
                \(body(value, indent + "  "))
                \(indent)}
                """
        case .record(let fields): return record(fields, indent)
        }
    }

    private static func quoted(_ text: String) -> String { "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\"" }
}
