/// How many code points stand before a byte, noted for every block, so that a column costs the same in a line of five megabytes.
struct CodePoints: Sendable {
    private static let block = 1_024
    private var before: [Int32] = [0]

    init(_ bytes: [UInt8]) {
        var total: Int32 = 0
        for start in stride(from: 0, to: bytes.count, by: Self.block) {
            total += Int32(Self.count(bytes[start..<min(start + Self.block, bytes.count)]))
            before.append(total)
        }
    }

    func count(in range: Range<Int>, of bytes: [UInt8]) -> Int { upTo(range.upperBound, bytes) - upTo(range.lowerBound, bytes) }

    private func upTo(_ offset: Int, _ bytes: [UInt8]) -> Int {
        let block = offset / Self.block
        return Int(before[block]) + Self.count(bytes[(block * Self.block)..<offset])
    }

    /// Continuation bytes belong to the code point that they continue.
    private static func count(_ bytes: ArraySlice<UInt8>) -> Int { bytes.count { $0 & 0xC0 != 0x80 } }
}
