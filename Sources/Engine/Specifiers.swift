// The module names of a file, read from its bytes before anything is parsed: enough to know which libraries a project
// uses and which files belong together.

/// `from 'x'`, `require('x')`, `import('x')`, `import 'x'`; what is imported as a type alone is nothing at run time.
func moduleSpecifiers(in bytes: [UInt8]) -> [String] {
    var found: [String] = []
    bytes.withUnsafeBufferPointer { text in
        var index = 0, isType = false
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "i") || byte == UInt8(ascii: "e"), index == 0 || text[index - 1] == UInt8(ascii: "\n") {
                isType = begins(text, index, with: "import type ") || begins(text, index, with: "export type ")
            }
            guard byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\""), follows(text, index) else {
                index += 1
                continue
            }
            var end = index + 1
            while end < text.count, end - index < 200, text[end] != byte, text[end] != UInt8(ascii: "\n") { end += 1 }
            if end < text.count, text[end] == byte, !isType {
                found.append(String(decoding: UnsafeBufferPointer(rebasing: text[(index + 1)..<end]), as: UTF8.self))
            }
            isType = false
            index = end + 1
        }
    }
    return found
}

private func begins(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, with word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard start + count <= text.count else { return false }
    for at in 0..<count where text[start + at] != word.utf8Start[at] { return false }
    return true
}

/// Whether the word before a quote brings in a module.
private func follows(_ text: UnsafeBufferPointer<UInt8>, _ quote: Int) -> Bool {
    var end = quote
    while end > 0, text[end - 1] == 0x20 || text[end - 1] == UInt8(ascii: "(") { end -= 1 }
    guard end > 3 else { return false }
    switch text[end - 1] {
    case UInt8(ascii: "m"): return ends(text, end, with: "from")
    case UInt8(ascii: "e"): return ends(text, end, with: "require")
    case UInt8(ascii: "t"): return ends(text, end, with: "import")
    default: return false
    }
}

private func ends(_ text: UnsafeBufferPointer<UInt8>, _ end: Int, with word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard end >= count else { return false }
    for at in 0..<count where text[end - count + at] != word.utf8Start[at] { return false }
    return true
}
