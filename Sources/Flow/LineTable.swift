/// Byte offsets → lines and columns, computed once for a file, at the edge.
package struct LineTable: Sendable {
    package let starts: [Int]
    private let length: Int

    package init(_ bytes: [UInt8]) {
        var starts = [0]
        bytes.withUnsafeBufferPointer { buffer in
            for (offset, byte) in buffer.enumerated() where byte == UInt8(ascii: "\n") { starts.append(offset + 1) }
        }
        self.starts = starts
        self.length = bytes.count
    }

    /// The line of an offset, counted from 0.
    package func line(at offset: Int) -> Int {
        var low = 0, high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }

    /// The column of an offset, in bytes, counted from 0.
    package func column(at offset: Int) -> Int { offset - starts[line(at: offset)] }

    /// The bytes of a line, without its line break.
    package func range(ofLine line: Int) -> Range<Int> {
        let start = starts[line]
        let end = line + 1 < starts.count ? starts[line + 1] - 1 : length
        return start..<max(start, end)
    }
}
