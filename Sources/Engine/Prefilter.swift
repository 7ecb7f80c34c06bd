import Discovery
import Flow

/// Decides by its bytes whether a file is worth a parse at all.
enum Prefilter {
    static func reasonToSkip(_ bytes: [UInt8], _ language: Language) -> Discovered.Skip? {
        if bytes.prefix(8_000).contains(0) { return .binary }
        guard language != .sql else { return nil }
        if isMinified(bytes) { return .minified }
        if isGenerated(bytes) { return .generated }
        return nil
    }

    /// Lines of several hundred bytes on average are written by no one.
    private static func isMinified(_ bytes: [UInt8]) -> Bool {
        guard bytes.count > 20_000 else { return false }
        let lines = bytes.lazy.filter { $0 == UInt8(ascii: "\n") }.count + 1
        return bytes.count / lines > 400
    }

    private static func isGenerated(_ bytes: [UInt8]) -> Bool {
        let head = String(decoding: bytes.prefix(400), as: UTF8.self)
        return head.contains("@generated") || head.contains("DO NOT EDIT") || head.contains("do not edit")
    }
}
