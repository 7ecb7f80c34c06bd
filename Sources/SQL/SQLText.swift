/// SQL as it stands in a host file: the bytes, and where each run of them came from, so that a statement's
/// span can be given in the host file although escapes, concatenations and template holes lie between.
package struct SQLText: Sendable, Hashable {
    package private(set) var bytes: [UInt8] = []
    private var runs: [Run] = []

    private struct Run: Hashable {
        let start: Int, host: Int
    }

    package init() {}

    /// A whole file of SQL.
    package init(file bytes: [UInt8]) {
        self.bytes = bytes
        runs = [Run(start: 0, host: 0)]
    }

    /// Text that stands at `host` in the host file, byte for byte.
    package mutating func append(_ text: some Sequence<UInt8>, host: Int) {
        runs.append(Run(start: bytes.count, host: host))
        let start = bytes.count
        bytes.append(contentsOf: text)
        for index in start..<bytes.count where bytes[index] == Self.mark { bytes[index] = 0x20 }
    }

    /// A template hole: hole number `index`, standing at `host`.
    package mutating func appendHole(_ index: Int, host: Int) {
        runs.append(Run(start: bytes.count, host: host))
        bytes.append(Self.mark)
        bytes.append(contentsOf: String(index).utf8)
        bytes.append(Self.mark)
    }

    package mutating func append(_ other: SQLText, holesFrom offset: Int) {
        let base = bytes.count
        var index = 0
        // Holes are renumbered, since both texts count theirs from zero.
        var out: [UInt8] = []
        var moved: [(Int, Int)] = []
        while index < other.bytes.count {
            if other.bytes[index] == Self.mark, let close = other.bytes[(index + 1)...].firstIndex(of: Self.mark) {
                let number = Int(String(decoding: other.bytes[(index + 1)..<close], as: UTF8.self)) ?? 0
                moved.append((index, out.count))
                out.append(Self.mark)
                out.append(contentsOf: String(number + offset).utf8)
                out.append(Self.mark)
                index = close + 1
                moved.append((index, out.count))
            } else {
                out.append(other.bytes[index])
                index += 1
            }
        }
        var shift = 0, next = 0
        for run in other.runs {
            while next < moved.count, moved[next].0 <= run.start {
                shift = moved[next].1 - moved[next].0
                next += 1
            }
            runs.append(Run(start: base + run.start + shift, host: run.host))
        }
        bytes.append(contentsOf: out)
    }

    package func host(at offset: Int) -> Int {
        var low = 0, high = runs.count
        guard high > 0 else { return 0 }
        while high - low > 1 {
            let middle = (low + high) / 2
            if runs[middle].start <= offset { low = middle } else { high = middle }
        }
        return runs[low].host + max(0, offset - runs[low].start)
    }

    static let mark: UInt8 = 1
}
